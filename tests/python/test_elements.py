# SPDX-License-Identifier: BSD-3-Clause
"""One element of an array as an argument: `(a, i)` and `a[i:i+1]` mean the same to every call that wants one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import Array, everywhere, left, me, need, npes, right, several, symmetric

from shmem4py import shmem

# Arrays of 24 elements in some layout, and indices with the position of what they name in a C-ordered array.
LAYOUTS: dict[str, Callable[[], Array]] = {
    "row": lambda: shmem.zeros(24, "i8"),
    "C": lambda: shmem.zeros((2, 3, 4), "i8"),
    "Fortran": lambda: shmem.zeros((2, 3, 4), "i8", "F"),
    "strided": lambda: shmem.zeros((2, 6, 4), "i8")[:, ::2],
    "reversed": lambda: shmem.zeros((2, 3, 4), "i8")[::-1, :, ::-1],
}
INDICES: list[Any] = [(0, 0, 0), (1, 2, 3), (0, -1, 1), (-2, np.int8(1), np.uint64(2)), (1, 0, -4)]


def named(a: Array, index: Any) -> tuple[Any, Array]:
    """Return an index and the slice that names the same element."""
    if a.ndim == 1:
        i = int(np.ravel_multi_index([int(i) % n for i, n in zip(index, (2, 3, 4), strict=True)], (2, 3, 4)))
        return (i if i % 2 else i - 24), a[i : i + 1]
    i, j, k = (int(i) % n for i, n in zip(index, a.shape, strict=True))
    return index, a[i : i + 1, j : j + 1, k : k + 1]


@everywhere
@pytest.mark.parametrize("layout", LAYOUTS)
def test_calls_on_an_element_that_is_named_by_its_index(layout: str) -> None:
    a = LAYOUTS[layout]()
    fetched = np.zeros(3, "i8")
    for where in INDICES:
        index, there = named(a, where)
        a[...] = 100 * me()
        shmem.barrier_all()
        assert shmem.g((a, index), right()) == 100 * right()
        shmem.barrier_all()
        shmem.p((a, index), me(), right())
        shmem.barrier_all()
        assert there.item() == left()
        assert (a != 100 * me()).sum() == (left() != 100 * me())
        shmem.barrier_all()
        shmem.atomic_set((a, index), 5, right())
        assert shmem.atomic_fetch((a, index), right()) == 5
        shmem.atomic_add((a, index), 1, right())
        shmem.atomic_inc((a, index), right())
        assert shmem.atomic_fetch_add((a, index), 3, right()) == 7
        assert shmem.atomic_swap((a, index), 12, right()) == 10
        assert shmem.atomic_compare_swap((a, index), 12, 9, right()) == 12
        shmem.atomic_fetch_add_nbi((fetched, 1), (a, index), 2, right())
        shmem.atomic_fetch_nbi((fetched, -1), (a, index), right())
        shmem.quiet()
        assert fetched[1] == 9
        assert shmem.atomic_fetch_op((a, index), 1, "xor", right()) == 11
        shmem.barrier_all()
        shmem.wait_until((a, index), "==", 10)
        assert shmem.test((a, index), "==", 10)
        assert not shmem.test((a, index), "!=", 10)
        assert there.item() == 10
        shmem.barrier_all()


@several
def test_signals_in_an_array() -> None:
    signals, data = shmem.zeros((npes(), 2), "u8"), shmem.zeros((npes(), 3))
    for step in range(1, 4):
        for pe in range(npes()):
            shmem.put_signal(data[me()], np.full(3, 10.0 * step + me()), pe, (signals, (me(), 1)), step, "set")
            shmem.signal_add((signals, (me(), 0)), 1, pe)
        for pe in range(npes()):
            assert shmem.signal_wait_until((signals, (pe, 1)), ">=", step) == step
            assert data[pe].tolist() == [10.0 * step + pe] * 3
        shmem.barrier_all()
    assert shmem.signal_fetch((signals, (left(), 0))) == 3
    shmem.barrier_all()
    shmem.signal_set((signals, (me(), 0)), 8, right())
    shmem.barrier_all()
    assert signals[left(), 0] == 8


@several
def test_locks_in_an_array() -> None:
    locks, counts = shmem.zeros(2, "l"), shmem.zeros(2, "i8")
    for i in (0, 1):
        shmem.set_lock((locks, i))
        shmem.p((counts, i), shmem.g((counts, i), 0) + 1, 0)
        shmem.quiet()
        shmem.clear_lock((locks, i))
    shmem.barrier_all()
    assert shmem.g((counts, 0), 0) == shmem.g((counts, 1), 0) == npes()
    shmem.barrier_all()
    if me() == 0:
        assert not shmem.test_lock((locks, 1))
        shmem.set_lock(locks[:1])
    shmem.barrier_all()
    if me() == 1:
        assert shmem.test_lock((locks, -1))
    shmem.barrier_all()
    if me() == 0:
        shmem.clear_lock((locks, -2))
        shmem.clear_lock(locks[1:])


@pytest.mark.pes(1)
def test_arrays_without_dimensions_and_with_one_element() -> None:
    a, b = shmem.zeros((), "i8"), shmem.zeros((3, 1), "i8")
    shmem.p((a, ()), 3, 0)
    shmem.p((b, 2), 4, 0)
    shmem.p((b, (1,)), 5, 0)
    assert a == 3
    assert b.tolist() == [[0], [5], [4]]


@pytest.mark.pes(1)
def test_element_of_packed_records() -> None:
    records = shmem.zeros(8, np.dtype([("key", "u1"), ("value", "i8")]))
    values = records["value"]
    shmem.p((values, 2), 7, 0)
    assert shmem.g((values, 2), 0) == 7
    with pytest.raises(ValueError, match="atomic_add: target is not aligned"):
        shmem.atomic_add((values, 2), 1, 0)
    shmem.atomic_add((values, 7), 1, 0)  # at byte 64
    assert values[7] == 1


CALLS: list[Callable[[Any], object]] = [
    lambda e: shmem.p(e, 1, 0),
    lambda e: shmem.g(e, 0),
    lambda e: shmem.atomic_add(e, 1, 0),
    lambda e: shmem.atomic_fetch(e, 0),
    lambda e: shmem.atomic_fetch_nbi(np.zeros(1, "u8"), e, 0),
    lambda e: shmem.wait_until(e, "==", 1),
    lambda e: shmem.test(e, "==", 1),
    lambda e: shmem.signal_fetch(e),
    lambda e: shmem.signal_set(e, 1, 0),
]


@pytest.mark.pes(1)
@pytest.mark.parametrize("call", range(len(CALLS)))
def test_indices_that_cannot_be(call: int) -> None:
    a, b, zero = shmem.full(4, 9, "u8"), shmem.full((2, 3), 9, "u8"), shmem.full((), 9, "u8")
    cases: list[tuple[Any, type[Exception], str]] = [
        ((a, 4), IndexError, "index 4 of .* is out of bounds for axis 0 with size 4"),
        ((a, -5), IndexError, "index -5 of .* is out of bounds for axis 0 with size 4"),
        ((a, 1 << 70), IndexError, ""),
        ((b, (1, 3)), IndexError, "index 3 of .* is out of bounds for axis 1 with size 3"),
        ((a, (1, 1)), IndexError, "too many indices for .*: it is 1-dimensional, but 2 were given"),
        ((zero, 0), IndexError, "too many indices"),
        ((a, 1.0), IndexError, "must be an integer or a tuple of integers"),
        ((a, True), IndexError, "must be an integer"),
        ((a, None), IndexError, "must be an integer"),
        ((a, slice(1, 2)), IndexError, "must be an integer"),
        ((a, [1]), IndexError, "must be an integer"),
        ((a, (slice(1), 2)), IndexError, ""),
        ((b, 1), ValueError, "leaves 3 elements, must leave one"),
        ((b, ()), ValueError, "leaves 6 elements"),
        ((a,), TypeError, r"or \(array, index\), not tuple"),
        ((a, 1, 2), TypeError, r"or \(array, index\), not tuple"),
        ((1, a), TypeError, r"or \(array, index\), not tuple"),
        ([a, 1], TypeError, r"or \(array, index\), not list"),
        (a, ValueError, r"has 4 elements, must have one; of an array a, \(a, i\) or a\[i:i\+1\] is element i"),
        ((np.zeros(4, "u8"), 1), ValueError, "not in symmetric memory"),
    ]
    for argument, error, message in cases:
        with pytest.raises(error, match=message):
            CALLS[call](argument)
    assert (a == 9).all()
    assert (b == 9).all()


@pytest.mark.pes(1)
def test_freed_and_read_only_arrays() -> None:
    a = shmem.zeros(4, "i8")
    a.flags.writeable = False
    assert shmem.g((a, 1), 0) == 0
    for call in (shmem.p, shmem.atomic_add):
        with pytest.raises(ValueError, match="target is read-only"):
            call((a, 1), 1, 0)
    with pytest.raises(ValueError, match="fetch is read-only"):
        shmem.atomic_fetch_nbi((a, 1), (a, 1), 0)
    b = shmem.zeros(4, "i8")
    shmem.free(b)
    for argument in ((b, 1), (b[1:], 1)):
        with pytest.raises(shmem.FreedError, match="atomic_inc: the memory of target was freed"):
            shmem.atomic_inc(argument, 0)


@pytest.mark.pes(1)
def test_dtypes_that_cannot_be_are_told_what_can() -> None:
    halves, bools = shmem.zeros(2, "f2"), shmem.zeros(2, "?")
    advice = r"shmem.zeros\(shape, 'int64'\) makes such an array"
    for a in (halves, bools, shmem.zeros(2, ">i8")):
        with pytest.raises(TypeError, match=f"atomic_inc: target has dtype {a.dtype}, must be one of int.*{advice}"):
            shmem.atomic_inc((a, 0), 0)
        with pytest.raises(TypeError, match=f"wait_until: ivar has dtype .*, must be one of .*{advice}"):
            shmem.wait_until((a, 0), "==", 0)
        with pytest.raises(TypeError, match=f"test_all: ivars has dtype .*, must be one of .*{advice}"):
            shmem.test_all(a, "==", 0)
        with pytest.raises(TypeError, match=r"signal has dtype .*, as shmem.new_signal\(\) makes one"):
            shmem.signal_fetch((a, 0))
        with pytest.raises(TypeError, match=r"lock has dtype .*, as shmem.new_lock\(\) makes one"):
            shmem.test_lock((a, 0))


@several
def test_fetched_elements_keep_their_arrays() -> None:
    need("amo_nbi")
    a = symmetric(np.full(2, me(), "i8"))
    for _ in range(100):
        shmem.atomic_fetch_nbi((np.zeros(1000, "i8"), 999), (a, 1), right())
    shmem.quiet()
