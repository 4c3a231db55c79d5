# SPDX-License-Identifier: BSD-3-Clause
"""put and get: every dtype, every layout on either side, sizes, scalars, contexts, non-blocking.

Every PE writes to its right neighbour, or reads from its left one. The data depend on the PE that
has written them. The result is compared to the last bit with that of NumPy's assignment, also
where memory had to stay untouched.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import ANY, Array, bfloat16, everywhere, left, me, need, noise, npes, right, same_bits, several, symmetric

from shmem4py import shmem

PUTS = [shmem.put, shmem.put_nbi]
GETS = [shmem.get, shmem.get_nbi]

# Ways of looking at an array of shape (6, 5, 4).
VIEWS: dict[str, Callable[[Array], Array]] = {
    "whole": lambda a: a,
    "rows": lambda a: a[1:3],
    "every other row": lambda a: a[::2],
    "column": lambda a: a[:, 2],
    "deep column": lambda a: a[:, :, 1],
    "inner block": lambda a: a[1:5, 1:4, 1:3],
    "transposed": lambda a: a.T,
    "transposed block": lambda a: a.transpose(2, 0, 1)[1:3, ::2],
    "reversed": lambda a: a[::-1],
    "reversed inner": lambda a: a[:, ::-2, ::-1],
    "one element": lambda a: a[3:4, 2:3, 1:2],
    "zero-dimensional": lambda a: a[2, 3, 1, ...],
    "new axis": lambda a: a[:, None, 1],
    "empty": lambda a: a[2:2],
    "field-like bytes": lambda a: a[..., ::3],
}
SHAPE = (6, 5, 4)


def move(call: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Make a call on all PEs after all have read the old values; it is complete when this returns."""
    shmem.barrier_all()
    call(*args, **kwargs)
    shmem.quiet()
    shmem.barrier_all()


@everywhere
@pytest.mark.parametrize("call", PUTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ANY, ids=str)
def test_put_of_any_dtype(call: Callable[..., None], dtype: Any) -> None:
    for n in (1, 2, 3, 17):
        before = noise(n + 1, dtype, seed=99)
        target = symmetric(before)
        move(call, target[:n], noise(n, dtype, seed=me()), right())
        assert same_bits(target[:n].copy(), noise(n, dtype, seed=left()))
        assert same_bits(target[n:].copy(), before[n:])
        shmem.free(target)


@everywhere
@pytest.mark.parametrize("call", GETS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ANY, ids=str)
def test_get_of_any_dtype(call: Callable[..., None], dtype: Any) -> None:
    for n in (1, 2, 3, 17):
        source = symmetric(noise(n, dtype, seed=me()))
        target = noise(n + 1, dtype, seed=99)
        move(call, target[:n], source, left())
        assert same_bits(target[:n].copy(), noise(n, dtype, seed=left()))
        assert same_bits(target[n:].copy(), noise(n + 1, dtype, seed=99)[n:])
        shmem.free(source)


@several
def test_bfloat16_of_ml_dtypes() -> None:
    dtype = bfloat16()
    target = symmetric(np.zeros(5, dtype))
    move(shmem.put, target, np.full(5, me() + 0.5, dtype), right())
    assert (target.astype(float) == left() + 0.5).all()


@several
@pytest.mark.parametrize("dtype", ["i1", "i4", "f8", "F", "S5"])
@pytest.mark.parametrize("name", VIEWS)
def test_put_into_a_view(name: str, dtype: str) -> None:
    view = VIEWS[name]
    target = symmetric(noise(SHAPE, dtype, seed=1))
    expected = noise(SHAPE, dtype, seed=1)
    view(expected)[...] = noise(view(expected).shape, dtype, seed=left())
    move(shmem.put, view(target), noise(view(target).shape, dtype, seed=me()), right())
    assert same_bits(target.copy(), expected)


@several
@pytest.mark.parametrize("dtype", ["i1", "i4", "f8", "F", "S5"])
@pytest.mark.parametrize("name", VIEWS)
def test_put_from_a_view(name: str, dtype: str) -> None:
    view = VIEWS[name]
    shape = view(np.empty(SHAPE)).shape
    target = symmetric(noise(shape, dtype, seed=1))
    move(shmem.put, target, view(noise(SHAPE, dtype, seed=me())), right())
    assert same_bits(target.copy(), view(noise(SHAPE, dtype, seed=left())).copy())


@several
@pytest.mark.parametrize("name", VIEWS)
def test_get_from_a_view_into_the_same_view(name: str) -> None:
    view = VIEWS[name]
    source = symmetric(noise(SHAPE, "f8", seed=me()))
    target = noise(SHAPE, "f8", seed=99)
    expected = target.copy()
    view(expected)[...] = view(noise(SHAPE, "f8", seed=left()))
    move(shmem.get, view(target), view(source), left())
    assert same_bits(target, expected)


@several
@pytest.mark.parametrize("call", PUTS, ids=lambda f: f.__name__)
def test_every_view_into_every_other_of_its_shape(call: Callable[..., None]) -> None:
    views = list(VIEWS.values())
    for a in views:
        for b in views:
            shape = a(np.empty(SHAPE)).shape
            if b(np.empty(SHAPE)).shape != shape:
                continue
            target = symmetric(noise(SHAPE, "i4", seed=1))
            expected = noise(SHAPE, "i4", seed=1)
            a(expected)[...] = b(noise(SHAPE, "i4", seed=left()))
            move(call, a(target), b(noise(SHAPE, "i4", seed=me())), right())
            assert same_bits(target.copy(), expected)
            shmem.free(target)


@several
@pytest.mark.parametrize("shape", [(1,), (4,), (5, 1), (5, 4), (6, 1, 1), (1, 5, 1), ()], ids=str)
@pytest.mark.parametrize("gap", [slice(None, None, 1), slice(None, None, 2)], ids=["rows", "every other row"])
def test_source_is_broadcast_into_a_view(shape: tuple[int, ...], gap: slice) -> None:
    target = symmetric(noise((12, 5, 5), "f8", seed=1))
    expected = target.copy()
    into = (gap, slice(None), slice(0, 4))
    if gap.step == 1:
        into = (slice(0, 6), slice(None), slice(0, 4))
    expected[into] = noise(shape, "f8", seed=left())
    move(shmem.put, target[into], noise(shape, "f8", seed=me()), right())
    assert same_bits(target.copy(), expected)


@several
def test_broadcast_source_with_zero_strides() -> None:
    target = symmetric(np.zeros((3, 4)))
    move(shmem.put, target, np.broadcast_to(np.arange(4.0) + me(), (3, 4)), right())
    assert (target == np.arange(4.0) + left()).all()


@several
def test_scalars_fill_the_target() -> None:
    for value, dtype in [(3, "i4"), (2.5, "f8"), (np.float32(1.5), "f4"), (np.int64(-7), "i8"), (True, "?"), (1j, "D")]:
        target = symmetric(np.zeros((2, 3), dtype))
        move(shmem.put, target, value, right())
        assert (target == value).all()
        move(shmem.put, target[:, 1], np.zeros((), dtype)[()], right())
        assert (target[:, 1] == 0).all()
        assert (target[:, [0, 2]] == value).all()
        shmem.free(target)


@several
def test_python_scalar_with_size_fills_the_first_elements() -> None:
    target = symmetric(np.zeros(5))
    move(shmem.put, target, 2.0, right(), 3)
    assert target.tolist() == [2, 2, 2, 0, 0]


@everywhere
@pytest.mark.parametrize("call", [*PUTS, *GETS], ids=lambda f: f.__name__)
def test_size_counts_elements(call: Callable[..., None]) -> None:
    ctx = shmem.CTX_DEFAULT
    if call in PUTS:
        target = symmetric(np.full(4, -1.0))
        move(call, target, np.full(6, float(me())), right(), size=3, ctx=ctx)
        result: Array = target
    else:
        source = symmetric(np.full(6, float(me())))
        result = np.full(4, -1.0)
        move(call, result, source, left(), 3, ctx)
    assert result.tolist() == [left()] * 3 + [-1]


@everywhere
def test_size_zero_moves_nothing() -> None:
    target = symmetric(np.full(2, -1.0))
    move(shmem.put, target, np.zeros(2), right(), size=0)
    assert target.tolist() == [-1, -1]


@several
def test_size_with_gaps_moves_the_first_elements_in_index_order() -> None:
    target = symmetric(np.zeros((3, 4), dtype=int))
    move(shmem.put, target[:, :2], np.arange(1, 7).reshape(3, 2), right(), size=3)
    assert target.tolist() == [[1, 2, 0, 0], [3, 0, 0, 0], [0, 0, 0, 0]]


@several
def test_fortran_arrays_keep_their_layout() -> None:
    target = shmem.zeros((2, 3), order="F")
    move(shmem.put, target, np.asfortranarray(np.arange(6.0).reshape(2, 3)), right())
    assert target.tolist() == [[0, 1, 2], [3, 4, 5]]
    flat = symmetric(np.zeros(6))
    move(shmem.put, flat, np.asfortranarray(np.arange(6.0).reshape(2, 3)), right(), 6)
    assert flat.tolist() == [0, 3, 1, 4, 2, 5]


@several
def test_c_and_fortran_of_one_shape_are_moved_by_index() -> None:
    target = shmem.zeros((2, 3), order="F")
    move(shmem.put, target, np.arange(6.0).reshape(2, 3), right())
    assert target.tolist() == [[0, 1, 2], [3, 4, 5]]


# Moved tile by tile: dimensions that a tile fits into, that it divides, and that leave a rest.
LARGE = [(40, 37), (16, 33), (33, 16), (1, 50), (64, 17), (3, 35, 33)]
CROSSWISE: dict[str, Callable[[Array], Array]] = {
    "last two": lambda a: a.swapaxes(-1, -2),
    "all": lambda a: a.T,
    "every other row": lambda a: a.swapaxes(-1, -2)[..., ::2, :],
    "every other column": lambda a: a.swapaxes(-1, -2)[..., ::2],
    "rows backwards": lambda a: a.swapaxes(-1, -2)[..., ::-1, :],
}


@several
@pytest.mark.parametrize("shape", LARGE, ids=str)
@pytest.mark.parametrize("name", CROSSWISE)
def test_transposed(shape: tuple[int, ...], name: str) -> None:
    view = CROSSWISE[name]
    theirs = view(noise(shape, "f8", seed=left()))
    mine = symmetric(noise(shape, "f8", seed=me()))
    target = symmetric(noise(theirs.shape, "f8", seed=9))
    move(shmem.put, target, view(mine), right())
    assert same_bits(target.copy(), np.ascontiguousarray(theirs))
    fetched = np.zeros(theirs.shape)
    move(shmem.get, fetched, view(mine), left())
    assert same_bits(fetched, np.ascontiguousarray(theirs))
    expected = noise(shape, "f8", seed=5)
    into = symmetric(expected.copy())
    view(expected)[...] = np.ascontiguousarray(theirs)
    move(shmem.put, view(into), np.ascontiguousarray(view(mine)), right())
    assert same_bits(into.copy(), expected)


@everywhere
def test_to_oneself_and_to_all() -> None:
    target = symmetric(np.full(npes(), -1))
    for pe in range(npes()):
        shmem.put(target[me() : me() + 1], np.array([me()]), pe)
    shmem.barrier_all()
    assert target.tolist() == list(range(npes()))


@several
def test_symmetric_to_symmetric() -> None:
    source, target = symmetric(noise(100, "f8", seed=me())), symmetric(np.zeros(100))
    move(shmem.put, target, source, right())
    assert same_bits(target.copy(), noise(100, "f8", seed=left()))


@several
def test_read_only_source() -> None:
    source = noise(10, "f8", seed=me())
    source.flags.writeable = False
    target = symmetric(np.zeros(10))
    move(shmem.put, target, source, right())
    assert same_bits(target.copy(), noise(10, "f8", seed=left()))


@several
@pytest.mark.parametrize("nbytes", [7, 64, 4096, 65537, 1 << 20, (8 << 20) + 3])
def test_transfers_of_all_lengths(nbytes: int) -> None:
    target = symmetric(np.zeros(nbytes + 1, dtype=np.uint8))
    move(shmem.put, target[1:], noise(nbytes, "u1", seed=me()), right())
    assert target[0] == 0
    assert same_bits(target[1:].copy(), noise(nbytes, "u1", seed=left()))
    back = np.empty(nbytes, dtype=np.uint8)
    move(shmem.get, back, target[1:], right())
    assert same_bits(back, noise(nbytes, "u1", seed=me()))
    shmem.free(target)


@several
def test_put_nbi_of_a_temporary_array() -> None:
    target = symmetric(np.zeros(100_000))
    for k in range(5):
        shmem.put_nbi(target, np.full(100_000, me() + k, dtype=float), right())
        np.full(100_000, -1.0)  # would take the memory of the temporary if that had been freed
        gc.collect()
    shmem.quiet()
    shmem.barrier_all()
    assert (target == left() + 4).all()


@several
def test_get_nbi_target_dropped_before_quiet() -> None:
    source = symmetric(noise(100_000, "f8", seed=me()))
    target = np.empty(100_000)
    gone = weakref.ref(target)
    shmem.get_nbi(target, source, left())
    del target
    gc.collect()
    other = np.zeros(100_000)
    shmem.quiet()
    shmem.barrier_all()
    assert (other == 0).all()
    gc.collect()
    assert gone() is None  # no references are kept after quiet


@several
def test_many_non_blocking_calls_complete_at_quiet() -> None:
    target = symmetric(np.zeros(1000, dtype=int))
    for i in range(1000):
        shmem.put_nbi(target[i : i + 1], np.array([me() * 1000 + i]), right())
    shmem.quiet()
    shmem.barrier_all()
    assert (target == left() * 1000 + np.arange(1000)).all()


@everywhere
@pytest.mark.parametrize("dtype", ["b", "h", "i", "l", "B", "H", "I", "L", "f", "d", "F", "D", "g", "?", "e", "S3"])
def test_p_and_g(dtype: str) -> None:
    target = symmetric(np.zeros(3, dtype))
    value = np.array([1 + me()]).astype(dtype)[0]
    shmem.p(target[1:2], value, right())
    shmem.barrier_all()
    expected = np.array([1 + left()]).astype(dtype)[0]
    assert target.tolist() == [target[0], expected, target[2]]
    assert shmem.g(target[1:2], right()) == value


@everywhere
def test_p_with_numbers_of_python_and_arrays_of_one_element() -> None:
    target = symmetric(np.zeros(1))
    for value in (2, 2.0, np.float64(2), np.int8(2), np.array(2.0), np.array([[2.0]])):
        shmem.p(target, value, right())
        shmem.barrier_all()
        assert target[0] == 2
        shmem.barrier_all()
        target[0] = 0
        shmem.barrier_all()
    assert shmem.g(target, right()) == 0


@several
def test_put_with_context_and_its_quiet() -> None:
    need("team_contexts")
    with shmem.Ctx.create() as ctx:
        target = symmetric(np.zeros(4))
        shmem.put(target, np.full(4, me() + 1.0), right(), ctx=ctx)
        shmem.put_nbi(target[:1], np.full(1, -1.0), right(), ctx=ctx)
        ctx.quiet()
        shmem.barrier_all()
        assert target.tolist() == [-1] + [left() + 1] * 3


@several
def test_fence_orders_puts_to_one_pe() -> None:
    data, flag = symmetric(np.zeros(1, dtype=int)), symmetric(np.zeros(1, dtype=int))
    for k in range(1, 200):
        shmem.p(data, k, right())
        shmem.fence()
        shmem.p(flag, k, right())
        shmem.wait_until(flag, ">=", k)
        assert data[0] >= k
    shmem.barrier_all()


@several
@pytest.mark.parametrize("distance", [0, 1, 16, 63, 64, 4080])
def test_transfers_whose_target_begins_behind_the_source_modulo_a_page(distance: int) -> None:
    # Copies of some KB use another method at some of these distances.
    longest = (1 << 20) + 1
    there, own = shmem.empty(longest + 8192, "u1"), np.empty(longest + 3 * 4096, "u1")
    here = own[-own.ctypes.data % 4096 :]  # from a page on, as on the other PEs
    for length in (4095, 4096, 4097, 5000, 65536 + 63, longest - 1, longest):
        data = noise(length, "u1", 100 * me() + length % 97)
        theirs = noise(length, "u1", 100 * left() + length % 97)
        to = (here.ctypes.data + distance - there.ctypes.data) % 4096 + 64
        source = here[64 : 64 + length]
        source[...] = data
        there[...] = 7
        shmem.barrier_all()
        shmem.put(there[to : to + length], source, right())
        shmem.barrier_all()
        assert same_bits(there[to : to + length], theirs)
        assert (there[to - 8 : to] == 7).all()
        assert (there[to + length : to + length + 8] == 7).all()
        back = (there.ctypes.data + to + distance - here.ctypes.data) % 4096 + 64
        here[...] = 9
        shmem.get(here[back : back + length], there[to : to + length], right())
        assert same_bits(here[back : back + length], data)
        assert (here[back - 8 : back] == 9).all()
        assert (here[back + length : back + length + 8] == 9).all()
        shmem.barrier_all()
    shmem.free(there)
