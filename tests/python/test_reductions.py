# SPDX-License-Identifier: BSD-3-Clause
"""Reductions and scans: every operator on every dtype that has it, on teams, in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import COMPLEX, FIXED, REAL, SIGNED, UNSIGNED, everywhere, me, need, npes, several, symmetric

from shmem4py import shmem

BITWISE = [*UNSIGNED, "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "P"]
ORDERED = [*SIGNED, *UNSIGNED, *FIXED, *REAL]
TYPES = {
    **dict.fromkeys(["and", "or", "xor"], BITWISE),
    **dict.fromkeys(["max", "min"], ORDERED),
    **dict.fromkeys(["sum", "prod"], [*ORDERED, *COMPLEX]),
}
UFUNC: dict[str, Any] = {
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "max": np.maximum,
    "min": np.minimum, "sum": np.add, "prod": np.multiply,
}  # fmt: skip


def values(pe: int, n: int, dtype: str) -> np.ndarray:
    """Return small integers, so that sums and products are exact in every dtype."""
    rng = np.random.default_rng(pe)
    v = rng.integers(0, 3, n)
    if np.dtype(dtype).kind == "c":
        return (v + 1j * rng.integers(0, 2, n)).astype(dtype)
    return v.astype(dtype)


def expected(op: str, n: int, dtype: str, pes: Any = None) -> np.ndarray:
    pes = range(npes()) if pes is None else pes
    result: np.ndarray = UFUNC[op].reduce([values(pe, n, dtype) for pe in pes]).astype(dtype)
    return result


@everywhere
@pytest.mark.parametrize(("op", "dtype"), [(op, t) for op in TYPES for t in TYPES[op]])
def test_reduce(op: Any, dtype: str) -> None:
    for n in (1, 7):
        source, target = symmetric(values(me(), n, dtype)), symmetric(np.full(n + 1, 9, dtype))
        shmem.reduce(target, source, op, size=n)
        assert target.tolist() == [*expected(op, n, dtype).tolist(), 9]
        shmem.barrier_all()
        target[:] = 9
        getattr(shmem, f"{op}_reduce")(target[:n], source)
        assert target.tolist() == [*expected(op, n, dtype).tolist(), 9]
        assert source.tolist() == values(me(), n, dtype).tolist()
        shmem.barrier_all()
        shmem.free(target)
        shmem.free(source)


@everywhere
@pytest.mark.parametrize("n", [0, 1, 100, 5000, 100_000])
def test_long_sums(n: int) -> None:
    source, target = symmetric(np.arange(n) * (me() + 1.0)), shmem.zeros(n)
    shmem.sum_reduce(target, source)
    total = npes() * (npes() + 1) // 2
    assert (target == np.arange(n) * total).all()


@several
@pytest.mark.parametrize("op", [*shmem.OP, "SUM", "Max"])
def test_operator_as_enum_or_name(op: Any) -> None:
    source, target = symmetric(values(me(), 4, "u4")), shmem.zeros(4, "u4")
    shmem.reduce(target, source, op)
    assert target.tolist() == expected(str(op).lower(), 4, "u4").tolist()


@several
def test_operator_left_out_is_sum() -> None:
    target = shmem.zeros(1, int)
    shmem.reduce(target, symmetric(np.array([1])))
    assert target[0] == npes()


@everywhere
@pytest.mark.parametrize("n", [1, 10, 40_000])
def test_in_place(n: int) -> None:
    a = symmetric(np.full(n, me() + 1))
    shmem.sum_reduce(a, a)
    assert (a == npes() * (npes() + 1) // 2).all()


@everywhere
def test_size() -> None:
    source, target = symmetric(np.ones(6)), symmetric(np.zeros(5))
    shmem.sum_reduce(target, source, size=2)
    assert target.tolist() == [npes(), npes(), 0, 0, 0]
    shmem.barrier_all()
    shmem.sum_reduce(target, source, 0)
    shmem.sum_reduce(target, source[1:])
    assert target.tolist() == [npes()] * 5


@everywhere
def test_on_teams() -> None:
    need("teams")
    source, target = symmetric(values(me(), 5, "i8")), shmem.zeros(5, "i8")
    for start, stride in ((0, 1), (0, 2), (npes() - 1, -1), (npes() // 2, 1)):
        members = range(start, npes() if stride > 0 else -1, stride)
        with shmem.TEAM_WORLD.split_strided(start, stride, len(members)) as team:
            if team:
                assert me() in members
                for op in ("sum", "max", "prod"):
                    shmem.reduce(target, source, op, team=team)
                    assert target.tolist() == expected(op, 5, "i8", members).tolist()
                    shmem.sync(team)
        shmem.barrier_all()


@several
def test_back_to_back() -> None:
    source, target = shmem.zeros(3, int), shmem.zeros(3, int)
    for k in range(200):
        source[:] = k * (me() + 1)
        shmem.sum_reduce(target, source)
        assert (target == k * npes() * (npes() + 1) // 2).all()


@several
def test_maximum_and_minimum_of_negative_and_infinite_numbers() -> None:
    source = symmetric(np.array([-1.0 - me(), np.inf if me() == 0 else 0.0, -np.inf if me() == 0 else 0.0]))
    high, low = shmem.zeros(3), shmem.zeros(3)
    shmem.max_reduce(high, source)
    shmem.min_reduce(low, source)
    assert high.tolist() == [-1, np.inf, 0]
    assert low.tolist() == [-npes(), 0, -np.inf]


@several
def test_integer_sums_wrap_around() -> None:
    for dtype in ("i1", "u4", "i8"):
        source, target = symmetric(np.full(1, np.iinfo(dtype).max, dtype)), shmem.zeros(1, dtype)
        shmem.sum_reduce(target, source)
        with np.errstate(over="ignore"):
            assert target[0] == np.add.reduce(np.full(npes(), np.iinfo(dtype).max, dtype), dtype=dtype)


SCANS: list[Callable[..., None]] = [shmem.inscan, shmem.exscan]


@everywhere
@pytest.mark.parametrize("scan", SCANS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", TYPES["sum"])
def test_scans(scan: Callable[..., None], dtype: str) -> None:
    need("scans")
    for n in (1, 6):
        source, target = symmetric(values(me(), n, dtype)), symmetric(np.full(n, 9, dtype))
        scan(target, source)
        before = range(me() + 1) if scan is shmem.inscan else range(me())
        sums = sum((values(pe, n, dtype) for pe in before), np.zeros(n, dtype)).astype(dtype)
        assert target.tolist() == sums.tolist()
        shmem.barrier_all()
        shmem.free(target)
        shmem.free(source)


@everywhere
@pytest.mark.parametrize("scan", SCANS, ids=lambda f: f.__name__)
def test_scans_in_place_on_a_team_and_long(scan: Callable[..., None]) -> None:
    need("scans", "teams")
    a = symmetric(np.full(10_000, me() + 1))
    with shmem.TEAM_WORLD.split_strided(npes() - 1, -1, npes()) as team:
        scan(a, a, team=team)
        last = me() if scan is shmem.inscan else me() + 1
        assert (a == sum(range(last + 1, npes() + 1))).all()


@pytest.mark.pes(2)
@pytest.mark.parametrize(
    ("op", "dtype"),
    [
        ("and", "f"),
        ("xor", "d"),
        ("max", "F"),
        ("min", "D"),
        ("sum", "?"),
        ("sum", "e"),
        ("sum", "S3"),
    ],
)
def test_dtype_without_the_operator_is_refused(op: Any, dtype: str) -> None:
    a = shmem.zeros(2, dtype)
    with pytest.raises(TypeError, match="dtype"):
        shmem.reduce(a, a, op)


@pytest.mark.pes(2)
def test_wrong_arguments() -> None:
    a, b = shmem.zeros(3), shmem.zeros(2)
    with pytest.raises(ValueError, match="size"):
        shmem.sum_reduce(a, b, 3)
    with pytest.raises(ValueError, match="op"):
        shmem.reduce(a, a, "mean")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="op"):
        shmem.reduce(a, a, 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="dtype"):
        shmem.sum_reduce(a, shmem.zeros(3, int))
    with pytest.raises(ValueError, match=r"source of shape \(2,\) does not match target of shape \(3,\)"):
        shmem.sum_reduce(a, b)
    with pytest.raises(TypeError, match="target must be a numpy.ndarray"):
        shmem.sum_reduce([0.0] * 3, a)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="overlap"):
        shmem.sum_reduce(a[:2], a[1:])
