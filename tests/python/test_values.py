# SPDX-License-Identifier: BSD-3-Clause
"""Collectives that return values, against NumPy's functions on the stack of what all PEs bring."""

from __future__ import annotations

import builtins
import functools
import itertools
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support import STRUCTURED, bfloat16, me, need, npes, symmetric

from shmem4py import shmem

everywhere = pytest.mark.pes(1, 2, 3, 4)
several = pytest.mark.pes(2, 3, 4)

FOLDS = ["sum", "prod", "max", "min", "any", "all", "argmax", "argmin", "cumsum"]
DTYPES = [*"?bhilqBHILQefdgFDG", ">i4", ">f8", ">f2", "M8[s]", "m8[ns]", "bfloat16", "S5"]
SHAPES: list[tuple[int, ...]] = [(), (0,), (1,), (5,), (2, 3), (3, 0, 2), (2, 3, 4)]
LAYOUTS = ["C", "F", "strided", "reversed", "symmetric"]


def dtype_of(name: str) -> np.dtype[Any]:
    return bfloat16() if name == "bfloat16" else np.dtype(name)


def brought(pe: int, shape: tuple[int, ...], dtype: np.dtype[Any], seed: int = 0) -> np.ndarray:
    """Return what a PE brings: small numbers, so that sums and products are exact, and equal ones among PEs."""
    rng = np.random.default_rng([seed, pe, *shape])
    numbers = rng.integers(-2 if dtype.kind in "ifcm" else 0, 4, shape)
    if dtype.kind == "c":
        numbers = numbers + 1j * rng.integers(-1, 2, shape)
    x: np.ndarray = np.asarray(numbers).astype(dtype)
    return x


def laid_out(x: np.ndarray, layout: str) -> Any:
    """Return an array of the same elements that lie in memory in another way."""
    if layout == "F":
        return np.asarray(x, order="F")
    if layout == "symmetric":
        return symmetric(x)
    if layout == "C" or x.ndim == 0:
        return x
    step = 2 if layout == "strided" else -1
    room = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    view = room[..., ::2] if step == 2 else room[..., : x.shape[-1]][..., ::-1]
    view[...] = x
    return view


def expected(name: str, stack: np.ndarray, index: int) -> Any:
    if name == "cumsum":
        return np.cumsum(stack, axis=0)[index]
    result = getattr(np, name)(stack, axis=0)
    if not name.startswith("arg"):
        return result
    return np.take_along_axis(stack, np.asarray(result)[np.newaxis], axis=0)[0], result


def assert_same(found: Any, wanted: Any) -> None:
    if isinstance(wanted, tuple):
        assert isinstance(found, tuple)
        for one, other in zip(found, wanted, strict=True):
            assert_same(one, other)
        return
    assert type(found) is type(wanted)
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    if found.dtype.kind == "V" and found.dtype.names is None:  # bfloat16, whose NaN the next line does not know
        found, wanted = found.astype("f4"), wanted.astype("f4")
    np.testing.assert_array_equal(found, wanted)


def fold(name: str, x: Any, **options: Any) -> Any:
    return getattr(shmem, name)(x, **options)


# --- reductions and the scan ---


@everywhere
@pytest.mark.parametrize("dtype", DTYPES)
def test_they_are_numpys_functions_over_the_stack(dtype: str) -> None:
    for name, (number, shape) in itertools.product(FOLDS, enumerate(SHAPES)):
        stack = np.stack([brought(pe, shape, dtype_of(dtype)) for pe in range(npes())])
        x = laid_out(brought(me(), shape, dtype_of(dtype)), LAYOUTS[number % len(LAYOUTS)])
        try:
            wanted = expected(name, stack, me())
        except TypeError:
            with pytest.raises(TypeError, match=f"^{name}: x has dtype"):
                fold(name, x)
            continue
        assert_same(fold(name, x), wanted)


@everywhere
@pytest.mark.parametrize("layout", LAYOUTS)
def test_members_may_differ_in_layout(layout: str) -> None:
    for name, dtype in itertools.product(["sum", "max", "any", "cumsum"], ["f8", "i2", ">f8", "e"]):
        stack = np.stack([brought(pe, (3, 4), np.dtype(dtype)) for pe in range(npes())])
        mine = laid_out(stack[me()], "C")
        x = laid_out(brought(me(), (3, 4), np.dtype(dtype)), layout) if layout == "symmetric" or me() else mine
        assert_same(fold(name, x), expected(name, stack, me()))


@everywhere
@pytest.mark.parametrize("dtype", ["f", "d", "g", "e", "F", "D", "m8[s]", "M8[D]", "bfloat16"])
def test_nan_spreads_from_whichever_pe_brings_it(dtype: str) -> None:
    missing: Any = np.array("NaT", dtype) if "8[" in dtype else np.nan
    for pe in range(npes()):
        x = brought(me(), (6,), dtype_of(dtype))
        if me() == pe:
            x[1] = missing
        if me() != pe:
            x[2] = missing
        stack = shmem.allgather(x)
        for name in ("max", "min", "argmax", "argmin") + (("sum",) if np.dtype(dtype_of(dtype)).kind != "M" else ()):
            assert_same(fold(name, x), expected(name, stack, me()))


@everywhere
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_max_and_min_order_all_floats(dtype: str) -> None:
    info = np.finfo(dtype)
    few = [-np.inf, info.min, -1.5, -info.tiny, -info.smallest_subnormal, -0.0, 0.0, info.smallest_subnormal, info.tiny]
    numbers = np.array([*few, 1.5, info.max, np.inf, np.nan, -np.nan], dtype)
    # Each number meets each other one.
    x = np.stack([np.roll(numbers, me() * shift) for shift in range(len(numbers))])
    stack = shmem.allgather(x)
    for name in ("max", "min"):
        assert_same(fold(name, x), expected(name, stack, me()))


@everywhere
def test_scalars_lists_and_other_sequences() -> None:
    n = npes()
    assert_same(shmem.sum(1), np.int64(n))
    assert_same(shmem.sum(0.5), np.float64(0.5 * n))
    assert_same(shmem.sum(True), np.int64(n))
    assert_same(shmem.max(np.int8(me())), np.int8(n - 1))
    assert_same(shmem.sum([[1, 2], [3, 4]]), np.array([[n, 2 * n], [3 * n, 4 * n]]))
    assert_same(shmem.prod(range(3)), np.array([0, 1, 2**n]))
    assert_same(shmem.any([me() == 0, False]), np.array([True, False]))
    assert_same(shmem.allgather("ab"), np.array(["ab"] * n))


@everywhere
def test_root_alone_gets_the_result() -> None:
    for root in range(npes()):
        for name in FOLDS[:-1]:
            for dtype in ("d", "e"):
                stack = np.stack([brought(pe, (3,), np.dtype(dtype)) for pe in range(npes())])
                found = fold(name, stack[me()], root=root)
                if me() == root:
                    assert_same(found, expected(name, stack, me()))
                else:
                    assert found is None


@everywhere
def test_sums_are_in_the_order_of_the_pes_and_alike_on_all() -> None:
    for dtype, size in (("f8", 7), ("f8", 3000), ("f4", 5), ("e", 9), ("F", 4), ("f8", 300_000)):
        rows = [np.random.default_rng(pe).normal(size=size).astype(dtype) for pe in range(npes())]
        total = shmem.sum(rows[me()])
        assert total.tobytes() == functools.reduce(np.add, rows).tobytes()
        assert shmem.cumsum(rows[me()]).tobytes() == functools.reduce(np.add, rows[: me() + 1]).tobytes()


@everywhere
def test_structured_sums_are_by_field() -> None:
    inner = np.dtype([("re", "f4"), ("im", "f4")])
    dtype = np.dtype([("n", "i8"), ("w", "f8", (2,)), ("z", inner)], align=True)

    def row(pe: int) -> np.ndarray:
        x = np.zeros((3,), dtype)
        x["n"], x["z"]["re"], x["z"]["im"] = pe + np.arange(3), 0.5 * pe, -pe
        x["w"] = pe + np.arange(6).reshape(3, 2)
        return x

    rows = [row(pe) for pe in range(npes())]
    for name, members in (("sum", rows), ("cumsum", rows[: me() + 1]), ("prod", rows)):
        found = fold(name, rows[me()])
        assert found.dtype == dtype
        function = np.prod if name == "prod" else np.sum
        for field in ("n", "w"):
            np.testing.assert_array_equal(found[field], function([x[field] for x in members], axis=0))
        np.testing.assert_array_equal(found["z"]["im"], function([x["z"]["im"] for x in members], axis=0))
    # As NumPy sums small integers.
    small = np.zeros((), [("a", "i2"), ("b", "?")])
    small["a"], small["b"] = 30_000, True
    scalar: Any = shmem.sum(small)
    assert isinstance(scalar, np.void)
    assert scalar.dtype == [("a", "i8"), ("b", "i8")]
    assert scalar.tolist() == (30_000 * npes(), npes())
    for name, x in (("sum", np.zeros(2, STRUCTURED)), ("max", small), ("argmax", small)):
        with pytest.raises(TypeError, match=f"^{name}: x has dtype"):
            fold(name, x)


@everywhere
def test_reduce_with_folds_in_the_order_of_the_pes() -> None:
    assert shmem.reduce_with(lambda a, b: 10 * a + b, me() + 1) == int("1234"[: npes()])
    turns = [np.random.default_rng(pe).normal(size=(3, 3)) for pe in range(npes())]
    product = shmem.reduce_with(np.matmul, turns[me()])
    assert product.tobytes() == functools.reduce(np.matmul, turns).tobytes()
    for root in range(npes()):
        product = shmem.reduce_with(np.matmul, turns[me()], root=root)
        assert (product is None) == (me() != root)

    def first(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a += b
        return a

    x = np.full(4, me())
    assert shmem.reduce_with(first, x).tolist() == [sum(range(npes()))] * 4
    assert x.tolist() == [me()] * 4
    assert type(shmem.reduce_with(max, 1.5)) is np.float64


@everywhere
def test_results_are_new_arrays() -> None:
    for name in [*FOLDS, "allgather", "bcast"]:
        for dtype in ("d", "e"):
            x = symmetric(brought(me(), (3,), np.dtype(dtype)))
            before = x.copy()
            x.flags.writeable = False
            found = fold(name, x)
            for array in found if isinstance(found, tuple) else (found,):
                assert array.flags.writeable
                assert not np.shares_memory(array, x)
                array[...] = 1
            assert x.tolist() == before.tolist()
    assert not np.shares_memory(shmem.scatter(rows := np.zeros((npes(), 2))), rows)


# --- moving ---


@everywhere
@pytest.mark.parametrize("dtype", [*DTYPES, "U3", "structured"])
def test_gather_and_allgather_are_numpys_stack(dtype: str) -> None:
    kind = STRUCTURED if dtype == "structured" else dtype_of(dtype)
    for number, shape in enumerate(SHAPES):
        rows = [np.zeros(shape, kind) if dtype == "structured" else brought(pe, shape, kind) for pe in range(npes())]
        if dtype == "structured":
            for pe, row in enumerate(rows):
                row["id"] = pe
        wanted = np.stack(rows)
        x = laid_out(rows[me()], LAYOUTS[number % len(LAYOUTS)])
        assert_same(shmem.allgather(x), wanted)
        assert_same(shmem.gather(x, root=None), wanted)
        root = number % npes()
        found = shmem.gather(x, root)
        if me() == root:
            assert_same(found, wanted)
        else:
            assert found is None


@everywhere
@pytest.mark.parametrize("dtype", [*DTYPES, "U3", "structured"])
def test_bcast_and_scatter_are_the_roots(dtype: str) -> None:
    kind = STRUCTURED if dtype == "structured" else dtype_of(dtype)
    for number, shape in enumerate(SHAPES):
        root = number % npes()
        x = np.zeros(shape, kind) if dtype == "structured" else brought(root, shape, kind)
        sent = laid_out(x, LAYOUTS[number % 4])
        assert_same(shmem.bcast(sent if me() == root else None, root), x[()])
        rows = np.stack([x if dtype == "structured" else brought(pe, shape, kind, 7) for pe in range(npes())])
        rows = rows.astype(kind)  # stack makes it native
        sent = laid_out(rows, LAYOUTS[number % 4])
        assert_same(shmem.scatter(sent if me() == root else None, root), rows[me()])


@everywhere
def test_ragged_arrays_differ_in_shape_and_dtype() -> None:
    def part(pe: int) -> np.ndarray:
        return np.arange(pe * 1000, dtype="f4" if pe % 2 else "i8").reshape((pe, 1000) if pe else (0,))

    for found in (shmem.allgather(part(me()), ragged=True), shmem.gather(part(me()), root=None, ragged=True)):
        assert isinstance(found, list)
        for pe, array in enumerate(found):
            assert_same(array, part(pe))
    for root in range(npes()):
        found = shmem.gather([me()] * me(), root, ragged=True)
        assert (found is None) == (me() != root)
        if found is not None:
            assert [array.tolist() for array in found] == [[pe] * pe for pe in range(npes())]


@everywhere
@pytest.mark.parametrize("scale", [1, 70, 30_000])
def test_alltoallv_gives_each_its_pieces(scale: int) -> None:
    def piece(source: int, target: int) -> np.ndarray:
        size = scale * ((source + 2 * target) % 3)
        kind = bfloat16() if source == target == 0 else np.dtype("iBfG"[(source + target) % 4])
        return (np.arange(size) + source).astype(kind).reshape(-1, 1)

    found = shmem.alltoallv([piece(me(), pe) for pe in range(npes())])
    assert len(found) == npes()
    for pe, array in enumerate(found):
        assert_same(array, piece(pe, me()))
    assert shmem.alltoallv(range(npes())) == [me()] * npes()


@everywhere
def test_data_larger_than_the_workspace() -> None:
    size = 700_001
    rows = [np.random.default_rng(pe).normal(size=size) for pe in range(npes())]
    mine = rows[me()]
    assert_same(shmem.sum(mine), functools.reduce(np.add, rows))
    assert_same(shmem.max(mine.astype("f4")[::-1]), np.max([row.astype("f4")[::-1] for row in rows], axis=0))
    assert_same(shmem.sum(mine.astype("i1")), np.sum([row.astype("i1") for row in rows], axis=0))
    assert_same(shmem.cumsum(mine), np.cumsum(rows, axis=0)[me()])
    assert_same(shmem.sum(mine.astype("e")), functools.reduce(np.add, [row.astype("e") for row in rows]))
    value, pe = shmem.argmin(mine.reshape(-1, 1))
    assert_same((value, pe), expected("argmin", np.stack(rows).reshape(npes(), -1, 1), 0))
    assert_same(shmem.allgather(mine), np.stack(rows))
    assert_same(shmem.bcast(mine if me() == npes() - 1 else None, npes() - 1), rows[-1])
    assert_same(shmem.scatter(np.stack(rows) if me() == 0 else None), mine)
    parts = shmem.allgather(mine[: size // (me() + 1)], ragged=True)
    for number, part in enumerate(parts):
        assert_same(part, rows[number][: size // (number + 1)])


# --- teams ---


def teams() -> Iterator[tuple[Any, list[int]]]:
    """Yield the teams that this PE is in, each with its members."""
    need("teams")
    world = range(npes())
    for start, stride in ((0, 1), (npes() - 1, -1), (0, 2), (npes() // 2, 1)):
        members = list(world[start::stride])
        team = shmem.TEAM_WORLD.split_strided(start, stride, len(members))
        if team:
            yield team, members
            team.destroy()
        shmem.barrier_all()


@everywhere
def test_on_teams() -> None:
    for team, members in teams():
        mine = members.index(me())
        last = len(members) - 1
        for dtype in ("d", "e"):
            stack = np.stack([brought(pe, (4,), np.dtype(dtype)) for pe in members])
            for name in FOLDS:
                assert_same(fold(name, stack[mine], team=team), expected(name, stack, mine))
            assert (shmem.sum(stack[mine], last, team) is None) == (mine != last)
            assert_same(shmem.allgather(stack[mine], team=team), stack)
            assert (shmem.gather(stack[mine], last, team=team) is None) == (mine != last)
            assert_same(shmem.scatter(stack if mine == last else None, last, team), stack[mine])
            assert_same(shmem.bcast(stack if mine == last else None, last, team), stack)
        assert shmem.reduce_with(lambda a, b: 10 * a + b, me() + 1, team=team) == int(
            "".join(str(pe + 1) for pe in members)
        )
        found = shmem.alltoallv([[me()] * pe for pe in members], team)
        assert [piece.tolist() for piece in found] == [[pe] * me() for pe in members]
        big = np.full(5000, float(me()))
        assert_same(shmem.sum(big, team=team), np.full(5000, float(sum(members))))
        assert_same(shmem.allgather(big, team=team)[:, 0], np.array(members, "f8"))


# --- members that bring different things ---

DIFFERENT: dict[str, tuple[Any, Any]] = {
    "shape": (np.zeros(3), np.zeros(4)),
    "shape of the same size": (np.zeros((2, 3)), np.zeros((3, 2))),
    "dimensions": (np.zeros(6), np.zeros((2, 3))),
    "empty and not": (np.zeros(0), np.zeros(3)),
    "empty shapes": (np.zeros((0, 2)), np.zeros((2, 0))),
    "scalar and array": (1.0, [1.0]),
    "dtype": (np.zeros(3), np.zeros(3, "f4")),
    "dtype of the same size": (np.zeros(3, "i8"), np.zeros(3, "u8")),
    "dtype that numpy sums alike": (np.zeros(3, "i1"), np.zeros(3, "i2")),
    "dtype without a kernel": (np.zeros(3), np.zeros(3, "e")),
    "two dtypes without a kernel": (np.zeros(3, "m8[s]"), np.zeros(3, "m8[us]")),
    "large": (np.zeros(100_000), np.zeros(100_001)),
    "large and small": (np.zeros(100_000), np.zeros(1)),
}


@several
@pytest.mark.parametrize("what", DIFFERENT)
def test_a_difference_is_a_value_error_on_all_that_names_both(what: str) -> None:
    pair = DIFFERENT[what]
    for name in ("sum", "max", "any", "cumsum", "argmax", "gather", "allgather"):
        for odd in {0, npes() - 1}:
            x = pair[1 if me() == odd else 0]
            with pytest.raises(ValueError, match=f"^{name}: PE 0 brings") as caught:
                fold(name, x)
            for side in map(np.asarray, pair):
                assert f"{side.dtype} of shape {side.shape}" in str(caught.value)
            # Nobody is left behind, and the team goes on.
            assert shmem.sum(1) == npes()


@several
def test_another_function_or_root_is_a_value_error_on_all() -> None:
    for odd in (0, npes() - 1):
        with pytest.raises(ValueError, match=r"PE 0 called (sum|max), PE \d called (sum|max)"):
            fold("max" if me() == odd else "sum", 1.0)
        with pytest.raises(ValueError, match=r"PE 0 called (sum|allgather), PE \d called (sum|allgather)"):
            fold("sum" if me() == odd else "allgather", np.float16(1))
        with pytest.raises(ValueError, match=r"sum: PE 0 has root (0|None), PE \d has root (0|None)"):
            shmem.sum(1.0, None if me() == odd else 0)
        assert shmem.sum(1) == npes()


@pytest.mark.pes(3, 4)
def test_members_that_all_bring_something_else() -> None:
    for _ in range(5):
        with pytest.raises(ValueError, match=r"sum: PE 0 brings float64 of shape \(0,\), PE 1 brings .*\(1,\)"):
            shmem.sum(np.zeros(me()))
        with pytest.raises(ValueError, match=r"allgather: PE 0 brings int64 .*, PE 1 brings .*\(2,\)"):
            shmem.allgather([0] * (me() + 1))
        assert shmem.sum(1) == npes()


@several
def test_differences_on_a_team() -> None:
    for team, members in teams():
        if len(members) > 1:
            with pytest.raises(ValueError, match=r"PE 0 of the team brings .* \(0,\), PE 1 brings .* \(1,\)"):
                shmem.sum(np.zeros(members.index(me())), team=team)
            assert shmem.sum(1, team=team) == len(members)


# --- errors ---


@everywhere
def test_errors_name_argument_and_limit() -> None:
    n = npes()
    for name in ("sum", "max", "argmax", "gather", "bcast", "scatter"):
        with pytest.raises(IndexError, match=f"^{name}: root is {n}, but PEs are 0 to {n - 1}"):
            fold(name, [1], root=n)
        with pytest.raises(IndexError, match=f"^{name}: root is -1"):
            fold(name, [1], root=-1)
        with pytest.raises(TypeError, match=f"^{name}: root must be an integer, not str"):
            fold(name, [1], root="0")
        with pytest.raises(TypeError, match="Python objects"):
            fold(name, [object()] * n)
        with pytest.raises(TypeError, match=f"^{name}: team must be a Team, not int"):
            fold(name, [1], team=3)
    with pytest.raises(TypeError, match="reduce_with: f must be callable, not int"):
        shmem.reduce_with(3, [1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"alltoallv: there are {n + 1} pieces, but must be one for each of {n} PEs"):
        shmem.alltoallv([0] * (n + 1))
    with pytest.raises(ValueError, match=rf"scatter: the root's x has shape \({n + 1},\)"):
        shmem.scatter(np.zeros(n + 1) if me() == 0 else None)
    with pytest.raises(ValueError, match=r"scatter: the root's x has shape \(\)"):
        shmem.scatter(3)
    with pytest.raises(RuntimeError, match="the team is invalid"):
        shmem.sum(1, team=shmem.TEAM_INVALID)
    freed = shmem.zeros(3)
    shmem.free(freed)
    for name in ("sum", "argmax", "allgather"):
        with pytest.raises(shmem.FreedError, match=f"^{name}: the memory of x was freed"):
            fold(name, freed)
    assert shmem.sum(1) == n


@everywhere
def test_nothing_is_kept_of_a_call() -> None:
    x, dtype = np.zeros(5, "i4"), np.dtype("f8")

    def counts() -> list[int]:
        return [sys.getrefcount(thing) for thing in (x, dtype, x.dtype, None)]

    before = after = counts()
    for _ in range(3):
        before = counts()
        for _ in range(300):
            for name in ("sum", "max", "any", "cumsum", "allgather"):
                fold(name, x)
                fold(name, 1.5)
            shmem.gather(x)
            shmem.sum(x, 0)
        after = counts()
    assert all(abs(a - b) < 100 for a, b in zip(after, before, strict=True))


# --- names ---


def test_import_of_all_names_keeps_the_builtins() -> None:
    names: dict[str, Any] = {}
    exec("from shmem4py.shmem import *", names)
    assert not [name for name in vars(builtins) if name in names and not name.startswith("__")]
    for name in ("prod", "argmax", "cumsum", "gather", "scatter", "bcast"):
        assert names[name] is getattr(shmem, name)


# --- any of it ---


@several
@pytest.mark.parametrize("seed", range(8))
def test_random_calls(seed: int) -> None:
    rng = np.random.default_rng(seed)  # the same on all PEs
    for _ in range(40):
        shape = tuple(rng.integers(0, 5, rng.integers(0, 4)).tolist())
        dtype = dtype_of(rng.choice([name for name in DTYPES if name != "S5"]))
        name = rng.choice(FOLDS)
        data_seed = int(rng.integers(1 << 30))
        rows = [brought(pe, shape, dtype, data_seed) for pe in range(npes())]
        layouts = rng.choice(LAYOUTS[:4], npes())
        x = laid_out(rows[me()], layouts[me()])
        try:
            wanted = expected(name, np.stack(rows), me())
        except TypeError:
            with pytest.raises(TypeError):
                fold(name, x)
            continue
        assert_same(fold(name, x), wanted)


@everywhere
def test_any_byte_but_zero_is_true() -> None:
    x = np.frombuffer(b"\x01\x02\x00" if me() % 2 else b"\x02\x01\x00", np.bool_)
    assert shmem.all(x).tolist() == [True, True, False]
    assert shmem.any(x).tolist() == [True, True, False]


@everywhere
@pytest.mark.parametrize("code", ["f2", "f8", "U3"])
def test_members_may_differ_in_byte_order(code: str) -> None:
    x = np.array(["1", "2"]).astype(("<" if me() % 2 else ">") + code)
    assert (shmem.allgather(x) == np.array(["1", "2"]).astype(code)).all()


@several
def test_an_error_of_one_pe_is_raised_on_all() -> None:
    class Broken:
        def __array__(self, *args: Any, **kwargs: Any) -> Any:
            raise LookupError("no data")

    with pytest.raises(RuntimeError, match="LookupError: no data"):
        shmem.bcast(Broken() if me() == 0 else None)
    with pytest.raises(ValueError, match="there are 0 pieces"):
        shmem.alltoallv([] if me() == 0 else [1] * npes())
