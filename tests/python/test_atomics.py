# SPDX-License-Identifier: BSD-3-Clause
"""Every atomic operation on every dtype that has it: its effect, its result, and that it is atomic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import BITWISE_AMO, EXTENDED_AMO, everywhere, left, me, npes, right, several, symmetric

from shmem4py import shmem

TYPES = {
    **dict.fromkeys(["set", "fetch", "swap", "inc", "add", "fetch_inc", "fetch_add", "compare_swap"], EXTENDED_AMO),
    **dict.fromkeys(["and", "or", "xor", "fetch_and", "fetch_or", "fetch_xor"], [*BITWISE_AMO, "i4", "i8"]),
}
BEFORE, VALUE = 0b1100, 0b1010
AFTER = {
    "set": VALUE, "inc": BEFORE + 1, "add": BEFORE + VALUE,
    "and": BEFORE & VALUE, "or": BEFORE | VALUE, "xor": BEFORE ^ VALUE,
    "fetch": BEFORE, "swap": VALUE, "compare_swap": VALUE, "fetch_inc": BEFORE + 1,
    "fetch_add": BEFORE + VALUE, "fetch_and": BEFORE & VALUE, "fetch_or": BEFORE | VALUE, "fetch_xor": BEFORE ^ VALUE,
}  # fmt: skip
FETCHING = [op for op in AFTER if op.startswith("fetch") or "swap" in op]
BAD = {
    **dict.fromkeys(["set", "fetch", "swap"], ["h", "g", "F", "?", "S4", "e", ">i4"]),
    **dict.fromkeys(["inc", "add", "fetch_inc", "fetch_add", "compare_swap"], ["e", "g", "B", "F", ">f8"]),
    **dict.fromkeys(["and", "or", "xor", "fetch_and", "fetch_or", "fetch_xor"], ["f", "d", "h"]),
}


def arguments(op: str) -> list[int]:
    if op in ("inc", "fetch", "fetch_inc"):
        return []
    return [BEFORE, VALUE] if op == "compare_swap" else [VALUE]


def cases(ops: Any = AFTER) -> list[Any]:
    return [pytest.param(op, dtype, id=f"{op}-{dtype}") for op in ops for dtype in TYPES[op]]


@everywhere
@pytest.mark.parametrize(("op", "dtype"), cases())
def test_blocking(op: str, dtype: str) -> None:
    target = symmetric(np.full(3, BEFORE, dtype))
    result = getattr(shmem, f"atomic_{op}")(target[1:2], *arguments(op), right())
    shmem.barrier_all()
    assert target.tolist() == [BEFORE, AFTER[op], BEFORE]
    assert result == (BEFORE if op in FETCHING else None)
    shmem.free(target)


@everywhere
@pytest.mark.parametrize(("op", "dtype"), cases(FETCHING))
def test_non_blocking(op: str, dtype: str) -> None:
    target = symmetric(np.full(1, BEFORE, dtype))
    fetch = np.zeros(1, dtype)
    getattr(shmem, f"atomic_{op}_nbi")(fetch, target, *arguments(op), right())
    shmem.quiet()
    shmem.barrier_all()
    assert (fetch[0], target[0]) == (BEFORE, AFTER[op])
    shmem.free(target)


@several
@pytest.mark.parametrize("op", AFTER)
def test_with_a_context(op: str) -> None:
    target = symmetric(np.full(1, BEFORE, "u8"))
    getattr(shmem, f"atomic_{op}")(target, *arguments(op), right(), ctx=shmem.CTX_DEFAULT)
    shmem.quiet()
    shmem.barrier_all()
    assert target[0] == AFTER[op]


@everywhere
@pytest.mark.parametrize("op", [*shmem.AMO, "add", "XOR"])
def test_by_operator(op: str) -> None:
    name = str(op).lower()
    calls: list[Any] = [shmem.atomic_op, shmem.atomic_fetch_op, shmem.atomic_fetch_op_nbi]
    for call in calls:
        target, fetch = symmetric(np.full(1, BEFORE, "u8")), np.zeros(1, "u8")
        args: Any = (target, VALUE, op, right())
        if call is shmem.atomic_fetch_op_nbi:
            args = (fetch, *args)
        result = call(*args)
        shmem.quiet()
        shmem.barrier_all()
        assert target[0] == AFTER[name]
        if call is shmem.atomic_fetch_op:
            assert result == BEFORE
        if call is shmem.atomic_fetch_op_nbi:
            assert fetch[0] == BEFORE
        shmem.free(target)


@everywhere
@pytest.mark.parametrize("dtype", ["i", "l", "I", "L"])
def test_compare_swap_that_does_not_match_changes_nothing(dtype: str) -> None:
    target = symmetric(np.full(1, 5, dtype))
    assert shmem.atomic_compare_swap(target, 4, 9, right()) == 5
    shmem.barrier_all()
    assert target[0] == 5


@everywhere
@pytest.mark.parametrize("dtype", ["i4", "i8", "u4", "u8"])
def test_arithmetic_wraps_around(dtype: str) -> None:
    limits = np.iinfo(dtype)
    target = symmetric(np.full(1, limits.max, dtype))
    assert shmem.atomic_fetch_inc(target, right()) == limits.max
    shmem.barrier_all()
    assert target[0] == limits.min


@everywhere
@pytest.mark.parametrize("dtype", ["i4", "i8", "u4", "u8", "f4", "f8"])
def test_extreme_values_go_through(dtype: str) -> None:
    limits = np.finfo(dtype) if dtype[0] == "f" else np.iinfo(dtype)
    target = symmetric(np.zeros(1, dtype))
    for value in (limits.min, limits.max):
        shmem.atomic_set(target, value, right())
        shmem.barrier_all()
        assert target[0] == value
        assert shmem.atomic_fetch(target, right()) == value
        assert shmem.atomic_swap(target, value, right()) == value
        shmem.barrier_all()


@everywhere
def test_negative_zero_and_nan_keep_their_bits() -> None:
    target = symmetric(np.zeros(1))
    shmem.atomic_set(target, -0.0, right())
    shmem.barrier_all()
    assert np.signbit(target[0])
    shmem.barrier_all()
    shmem.atomic_swap(target, np.nan, right())
    shmem.barrier_all()
    assert np.isnan(shmem.atomic_fetch(target, right()))


@several
@pytest.mark.parametrize("dtype", ["i4", "i8", "u8"])
def test_adds_of_all_pes_are_not_lost(dtype: str) -> None:
    counter = symmetric(np.zeros(1, dtype))
    for _ in range(500):
        shmem.atomic_inc(counter, 0)
        shmem.atomic_add(counter, 2, 0)
    shmem.barrier_all()
    assert shmem.atomic_fetch(counter, 0) == 1500 * npes()


@several
def test_fetched_numbers_are_all_different() -> None:
    counter = symmetric(np.zeros(1, dtype=int))
    mine = [shmem.atomic_fetch_inc(counter, 0) for _ in range(300)]
    assert mine == sorted(mine)
    drawn = symmetric(np.zeros(300 * npes(), dtype=int))
    shmem.collect(drawn, symmetric(np.array(mine)))
    assert sorted(drawn.tolist()) == list(range(300 * npes()))


@several
def test_compare_swap_makes_a_lock() -> None:
    lock, total = symmetric(np.zeros(1, dtype=int)), symmetric(np.zeros(1, dtype=int))
    for _ in range(50):
        while shmem.atomic_compare_swap(lock, 0, me() + 1, 0):
            pass
        shmem.p(total, int(shmem.g(total, 0)) + 1, 0)
        shmem.quiet()
        assert shmem.atomic_swap(lock, 0, 0) == me() + 1
    shmem.barrier_all()
    assert shmem.g(total, 0) == 50 * npes()


@several
def test_every_pe_sets_its_own_bit() -> None:
    bits = symmetric(np.zeros(1, dtype=np.uint64))
    shmem.atomic_or(bits, 1 << me(), left())
    shmem.atomic_or(bits, 1 << me(), 0)
    shmem.barrier_all()
    if me() == 0:
        assert bits[0] == (1 << npes()) - 1


@everywhere
def test_values_of_python_and_numpy() -> None:
    target = symmetric(np.zeros(1, dtype=np.int64))
    for value in (3, np.int8(3), np.uint64(3), np.array(3), np.array([3]), True + 2):
        shmem.atomic_set(target, value, right())
        shmem.barrier_all()
        assert target[0] == 3
        shmem.barrier_all()


@pytest.mark.pes(1)
@pytest.mark.parametrize(("op", "dtype"), [(op, dtype) for op in AFTER for dtype in BAD[op]])
def test_dtype_without_the_operation_is_refused(op: str, dtype: str) -> None:
    target = shmem.zeros(1, dtype)
    with pytest.raises(TypeError, match=rf"atomic_{op}: .*dtype"):
        getattr(shmem, f"atomic_{op}")(target, *arguments(op), 0)


@pytest.mark.pes(1)
@pytest.mark.parametrize(
    ("dtype", "value", "error"),
    [
        ("i4", 1 << 31, OverflowError),
        ("i4", -(1 << 31) - 1, OverflowError),
        ("u4", -1, OverflowError),
        ("u8", 1 << 64, OverflowError),
        ("i8", 1 << 63, OverflowError),
        ("i8", 1.5, TypeError),
        ("i8", "1", TypeError),
        ("i8", None, TypeError),
        ("i8", np.zeros(2, int), (TypeError, ValueError)),
        ("f8", 1j, TypeError),
    ],
)
def test_value_that_does_not_fit_is_refused(dtype: str, value: Any, error: Any) -> None:
    target = shmem.zeros(1, dtype)
    calls: list[Callable[..., object]] = [shmem.atomic_set, shmem.atomic_swap]
    for call in calls:
        with pytest.raises(error):
            call(target, value, 0)
    assert target[0] == 0


@pytest.mark.pes(1)
def test_target_has_exactly_one_element() -> None:
    shapes: list[Any] = [0, 2, (2, 1)]
    for shape in shapes:
        with pytest.raises(ValueError, match=r"atomic_inc: target .*element"):
            shmem.atomic_inc(shmem.zeros(shape, int), 0)
    shapes = [(), 1, (1, 1)]
    for shape in shapes:
        shmem.atomic_inc(shmem.zeros(shape, int), 0)


@pytest.mark.pes(1)
def test_operator_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="op"):
        shmem.atomic_op(shmem.zeros(1, int), 1, "nand", 0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="op"):
        shmem.atomic_op(shmem.zeros(1, int), 1, None, 0)  # type: ignore[arg-type]
