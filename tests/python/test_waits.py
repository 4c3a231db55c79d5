# SPDX-License-Identifier: BSD-3-Clause
"""wait_until and test, one variable and many, with status and per-element values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import STANDARD_AMO, everywhere, me, npes, right, several, symmetric

from shmem4py import shmem

COMPARE: dict[Any, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<=": operator.le, "<": operator.lt, ">=": operator.ge,
    "eq": operator.eq, "Ne": operator.ne, "GT": operator.gt,
    shmem.CMP_LE: operator.le, shmem.CMP.LT: operator.lt, 5: operator.ge,
}  # fmt: skip
TYPES = [*STANDARD_AMO, "h", "H"]
FAMILIES = ["all", "any", "some"]


@everywhere
@pytest.mark.parametrize("dtype", TYPES)
def test_test_with_every_comparison(dtype: str) -> None:
    a = symmetric(np.full(1, 3, dtype))
    for cmp, function in COMPARE.items():
        for value in (2, 3, 4):
            assert shmem.test(a, cmp, value) is bool(function(3, value)), (cmp, value)
    shmem.free(a)


@everywhere
@pytest.mark.parametrize("dtype", TYPES)
def test_wait_ends_when_another_pe_stores(dtype: str) -> None:
    flag = symmetric(np.zeros(1, dtype))
    shmem.p(flag, 1 + me(), right())
    shmem.wait_until(flag, "!=", 0)
    assert flag[0] == 1 + (me() - 1) % npes()
    shmem.barrier_all()
    shmem.free(flag)


@several
@pytest.mark.parametrize("how", ["p", "put", "put_nbi", "atomic_set", "atomic_add", "iput"])
def test_every_way_of_storing_wakes(how: str) -> None:
    flag = symmetric(np.zeros(1, dtype=np.int64))
    for k in range(1, 20):
        if how in ("put", "put_nbi", "iput"):
            getattr(shmem, how)(flag, np.array([k]), right())
            shmem.quiet()
        else:
            getattr(shmem, how)(flag, 1 if how == "atomic_add" else k, right())
        shmem.wait_until(flag, ">=", k)
    shmem.barrier_all()


@several
def test_stores_through_a_ptr_view_wake() -> None:
    flag = symmetric(np.zeros(1, dtype=int))
    there = shmem.ptr(flag, right())
    if there is None:
        pytest.skip("no direct access between PEs")
    there[0] = 1
    shmem.wait_until(flag, "==", 1)
    shmem.barrier_all()


@everywhere
@pytest.mark.parametrize("cmp", COMPARE, ids=str)
def test_waits_that_are_already_true(cmp: Any) -> None:
    a = symmetric(np.full(4, 3, dtype=int))
    value = next(v for v in (3, 2, 4) if COMPARE[cmp](3, v))
    shmem.wait_until(a[1:2], cmp, value)
    shmem.wait_until_all(a, cmp, value)
    assert shmem.wait_until_any(a, cmp, value) in range(4)
    assert sorted(shmem.wait_until_some(a, cmp, value)) == [0, 1, 2, 3]


@everywhere
@pytest.mark.parametrize("vector", [False, True], ids=["value", "values"])
@pytest.mark.parametrize("dtype", ["i", "l", "Q"])
def test_tests_of_many(dtype: str, vector: bool) -> None:
    a = symmetric(np.array([0, 5, 0, 5, 5], dtype))
    suffix, value = ("_vector", [5] * 5) if vector else ("", 5)

    def call(family: str, status: Any = None) -> Any:
        return getattr(shmem, f"test_{family}{suffix}")(a, "==", value, status)

    assert call("all") is False
    assert call("any") in (1, 3, 4)
    assert sorted(call("some")) == [1, 3, 4]
    assert call("all", [1, 0, 1, 0, 0]) is True
    assert call("any", [0, 1, 0, 0, 1]) == 3
    assert call("some", np.array([0, 1, 0, 0, 1], np.int32)) == [3]
    assert call("any", [0, 1, 0, 1, 1]) is None
    assert call("some", [0, 1, 0, 1, 1]) == []
    assert call("all", [1] * 5) is True
    assert call("any", [1] * 5) is None
    shmem.free(a)


@everywhere
def test_vector_compares_element_by_element() -> None:
    a = symmetric(np.arange(4))
    assert shmem.test_all_vector(a, "==", [0, 1, 2, 3]) is True
    assert shmem.test_all_vector(a, "==", [0, 1, 2, 4]) is False
    assert shmem.test_some_vector(a, ">=", np.array([1, 1, 3, 3])) == [1, 3]
    assert shmem.test_any_vector(a, "<", (0, 0, 3, 0)) == 2
    shmem.wait_until_all_vector(a, "==", range(4))
    assert shmem.wait_until_any_vector(a, "<", [0, 0, 3, 0]) == 2
    assert sorted(shmem.wait_until_some_vector(a, ">", [-1, 5, 1, 5])) == [0, 2]


@everywhere
@pytest.mark.parametrize("vector", ["", "_vector"])
def test_nothing_to_wait_for(vector: str) -> None:
    empty, some = shmem.zeros(0, dtype=int), shmem.zeros(3, dtype=int)

    def value(n: int) -> Any:
        return [1] * n if vector else 1

    for a, status in ((empty, None), (some, [1, 1, 1])):
        v = value(a.size)
        assert getattr(shmem, f"wait_until_all{vector}")(a, "==", v, status) is None
        assert getattr(shmem, f"wait_until_any{vector}")(a, "==", v, status) is None
        assert getattr(shmem, f"wait_until_some{vector}")(a, "==", v, status) == []
        assert getattr(shmem, f"test_all{vector}")(a, "==", v, status) is True
        assert getattr(shmem, f"test_any{vector}")(a, "==", v, status) is None
        assert getattr(shmem, f"test_some{vector}")(a, "==", v, status) == []


@several
@pytest.mark.parametrize("vector", ["", "_vector"])
@pytest.mark.parametrize("family", FAMILIES)
def test_waits_of_many_end_when_all_pes_have_stored(family: str, vector: str) -> None:
    flags = symmetric(np.zeros(npes(), dtype=np.int64))
    for pe in range(npes()):
        shmem.p(flags[me() : me() + 1], 7, pe)
    seen: set[int] = set()
    value: Any = [7] * npes() if vector else 7
    wait = getattr(shmem, f"wait_until_{family}{vector}")
    status = np.zeros(npes(), dtype=np.int32)
    while len(seen) < npes():
        result = wait(flags, "==", value, status)
        found = range(npes()) if family == "all" else [result] if family == "any" else result
        assert found
        assert not seen & set(found)  # status excludes what was seen
        seen |= set(found)
        status[list(found)] = 1
    assert (flags == 7).all()
    shmem.barrier_all()


@several
def test_wait_until_any_does_not_starve_later_elements() -> None:
    flags = symmetric(np.ones(4, dtype=int))
    assert {shmem.wait_until_any(flags, "==", 1) for _ in range(100)} <= set(range(4))


@several
def test_extreme_values() -> None:
    for dtype in ("i4", "i8", "u4", "u8"):
        limits = np.iinfo(dtype)
        a = symmetric(np.array([limits.max], dtype))
        assert shmem.test(a, "==", limits.max)
        assert shmem.test(a, ">", limits.min)
        shmem.barrier_all()
        shmem.p(a, limits.min, right())
        shmem.wait_until(a, "<", limits.max)
        assert a[0] == limits.min
        shmem.barrier_all()
        shmem.free(a)


@pytest.mark.pes(1)
@pytest.mark.parametrize("dtype", ["f", "d", "b", "B", "F", "S4", "?", ">i4"])
def test_dtype_that_cannot_be_waited_for(dtype: str) -> None:
    a = shmem.zeros(1, dtype)
    with pytest.raises(TypeError, match=r"wait_until: ivar .*dtype"):
        shmem.wait_until(a, "==", 0)
    with pytest.raises(TypeError, match=r"test_all: ivars .*dtype"):
        shmem.test_all(a, "==", 0)


@pytest.mark.pes(1)
def test_wrong_arguments() -> None:
    a = shmem.zeros(3, dtype=int)
    with pytest.raises(ValueError, match=r"wait_until: ivar .*element"):
        shmem.wait_until(a, "==", 0)
    with pytest.raises(ValueError, match="cmp"):
        shmem.test(a[:1], "=", 0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cmp"):
        shmem.test(a[:1], 6, 0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="cmp"):
        shmem.test(a[:1], None, 0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="value"):
        shmem.test(a[:1], "==", 0.5)
    with pytest.raises(OverflowError):
        shmem.test(a[:1], "==", 1 << 63)
    with pytest.raises(ValueError, match="status"):
        shmem.test_all(a, "==", 0, [0, 0])
    with pytest.raises(ValueError, match="values"):
        shmem.test_all_vector(a, "==", [0, 0])
    with pytest.raises(ValueError, match="symmetric"):
        shmem.wait_until(np.zeros(1, dtype=int), "==", 0)
