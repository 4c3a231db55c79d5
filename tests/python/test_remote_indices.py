# SPDX-License-Identifier: BSD-3-Clause
"""Any index gives on a remote array what NumPy gives on a local copy, both ways.

Hypothesis draws arrays, indices and values in pytest's process. All PEs of a pool run the same cases: each gets from
its right neighbour's array and sets in it, and compares with what NumPy does to a copy: values, types, and the class of
the exception. A case has memory of its own, so that many cases need two barriers. The number of
cases follows SHMEM4PY_TEST_CALLS, one for 20 calls.
"""

from __future__ import annotations

import os
import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest
from support import Array, me, right, same_bits

from shmem4py import shmem

# A modest number by default, shared by the pools. SHMEM4PY_TEST_CALLS raises it.
CASES = int(os.environ.get("SHMEM4PY_TEST_CALLS", "20000")) // 20
TOGETHER = 25  # cases between two barriers
NBYTES = 16384  # of a case

RECORD = np.dtype([("id", "i4"), ("where", "f8", (2,)), ("name", "S3")])
PADDED = np.dtype([("a", "i2"), ("b", "f4"), ("c", "i8")], align=True)
DTYPES: list[Any] = ["i8", "f8", "u1", "i2", "f4", "F", "?", "e", "M8[s]", "S5", "U3", ">i4", "V6", RECORD, PADDED]
LAYOUTS = ["C", "F", "gaps", "reversed", "transposed", "middle"]


class Case(NamedTuple):
    """One index of one array, and a value to set."""

    dtype: Any
    layout: str
    shape: tuple[int, ...]
    index: Any
    value: Any


def part(array: Array, slices: list[slice]) -> Array:
    """Return a view, also of an array without dimensions."""
    index: Any = (..., *slices)
    view: Array = array[index]
    return view


def laid_out(memory: Array, case: Case) -> Array:
    """Return a view of `memory`, a row of bytes, in the case's shape and layout."""
    dtype, shape = np.dtype(case.dtype), case.shape
    larger = tuple(2 * n + 1 for n in shape) if case.layout in ("gaps", "middle") else shape
    count = int(np.prod(larger))
    row: Array = memory[: count * dtype.itemsize].view(dtype)
    if case.layout == "F":
        turned: Array = row.reshape(larger[::-1]).T
        return turned
    if case.layout == "transposed" and len(shape) > 1:
        return np.moveaxis(row.reshape(shape[1:] + shape[:1]), -1, 0)
    array: Array = row.reshape(larger)
    if case.layout == "gaps":
        return part(array, [slice(None, 2 * n, 2) for n in shape])
    if case.layout == "reversed":
        return part(array, [slice(None, None, -1) for _ in shape])
    if case.layout == "middle":
        return part(array, [slice(1, 1 + n) for n in shape])
    return array


def fill(array: Array, pe: int) -> None:
    if array.dtype.names:
        for i, name in enumerate(array.dtype.names):
            fill(array[name], pe + i)
        return
    numbers = np.arange(array.size).reshape(array.shape) % 50 + 50 * pe
    array[...] = numbers.astype("S6").astype(array.dtype) if array.dtype.kind == "V" else numbers.astype(array.dtype)


def attempt(action: Any) -> tuple[Any, type[Exception] | None]:
    """Return what the action gives, and the class of the exception that NumPy raises."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return action(), None
    except (LookupError, ValueError, TypeError, OverflowError) as error:
        return None, type(error)


def run(cases: list[Case]) -> None:
    memory = shmem.zeros((len(cases), NBYTES), "u1", align=64)
    for row, case in zip(memory, cases, strict=True):
        fill(laid_out(row, case), me())
    shmem.barrier_all()
    for row, case in zip(memory, cases, strict=True):
        remote = shmem.remote(laid_out(row, case))[right()]
        copy = laid_out(np.zeros(NBYTES, "u1"), case)
        fill(copy, right())
        got, error = attempt(lambda: remote[case.index])  # noqa: B023
        want, expected = attempt(lambda: copy[case.index])  # noqa: B023
        assert error is expected, (case, error, expected)
        assert type(got) is type(want), (case, type(got), type(want))
        if want is not None:
            assert same_values(np.asarray(got), np.asarray(want)), (case, got, want)
        _, error = attempt(lambda: remote.__setitem__(case.index, case.value))  # noqa: B023
        _, expected = attempt(lambda: copy.__setitem__(case.index, case.value))  # noqa: B023
        # Where index and value are both wrong, either may be what is raised.
        both_wrong = want is None and error is not None and expected is not None
        assert error is expected or both_wrong, (case, error, expected)
    shmem.barrier_all()
    for row, case in zip(memory, cases, strict=True):
        copy = np.zeros(NBYTES, "u1")
        fill(laid_out(copy, case), me())
        before = copy.copy()
        _, error = attempt(lambda: laid_out(copy, case).__setitem__(case.index, case.value))  # noqa: B023
        # NumPy may have written a part before it raised; a remote array is as it was.
        want_row = copy if error is None else before
        if np.dtype(case.dtype) == PADDED:
            assert same_values(laid_out(row, case), laid_out(want_row, case)), case
        else:
            assert same_bits(row, want_row), case
    shmem.barrier_all()
    shmem.free(memory)


def same_values(a: Array, b: Array) -> bool:
    """Compare bits, field by field where there may be bytes between them."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.names:
        return all(same_values(a[name], b[name]) for name in a.dtype.names)
    return a.tobytes() == b.tobytes()


def cases() -> Any:
    """Return the strategy that draws a case."""
    from hypothesis import strategies as st

    def dimension(length: int) -> Any:
        near = st.integers(-length - 1, length)
        inside = st.integers(-length, length - 1) if length else near
        ends = st.none() | st.integers(-length - 2, length + 2)
        slices = st.builds(slice, ends, ends, st.sampled_from([None, 1, 2, -1, -2, 3, -3]))
        lists = st.lists(inside, max_size=4)
        kinds = st.sampled_from(["i8", "i4", "i1", ">i8"])
        arrays = st.builds(lambda items, kind: np.array(items, kind), lists, kinds)
        deep = st.builds(lambda items, kind: np.array([items, items], kind), st.lists(inside, max_size=3), kinds)
        masks = st.lists(st.booleans(), min_size=length, max_size=length).map(lambda bits: np.array(bits, bool))
        common = [inside, slices, slices, arrays]
        rare = [
            near,
            lists,
            deep,
            masks,
            st.builds(np.int16, inside),
            st.builds(np.array, inside),
            st.lists(near, max_size=3),
        ]
        return st.one_of(*common, *rare)

    junk = st.sampled_from(
        [1.5, "id", ["id"], np.zeros(2), [0.5], "nothing", b"x", True, False, np.True_, (), [[]], np.array(True)]
    )

    @st.composite
    def index(draw: Any, shape: tuple[int, ...]) -> Any:
        if draw(st.integers(0, 11)) == 0:
            size = int(np.prod(shape))
            return np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), bool).reshape(shape)
        if draw(st.integers(0, 15)) == 0:
            return draw(junk)
        parts = [draw(dimension(n)) for n in shape[: draw(st.integers(0, len(shape)))]]
        for extra in draw(st.lists(st.sampled_from([None, None, ..., ..., 0, True]), max_size=2)):
            parts.insert(draw(st.integers(0, len(parts))), extra)
        return parts[0] if len(parts) == 1 and draw(st.booleans()) else tuple(parts)

    @st.composite
    def value(draw: Any, case: Case) -> Any:
        kind = draw(st.integers(0, 9))
        if kind == 0:
            return draw(
                st.sampled_from([0, 1, -1, 300, 2.5, True, "7", b"7", 1j, None, [], "x", (1, (2, 3), b"z"), 1 << 70])
            )
        if kind == 1:
            return draw(
                st.sampled_from(
                    [[1], [1, 2], [[1], [2]], [1, "x"], np.arange(3), np.zeros((0,)), np.ones((1, 1, 1, 1))]
                )
            )
        copy = laid_out(np.zeros(NBYTES, "u1"), case)
        fill(copy, 3)
        found, error = attempt(lambda: np.array(copy[case.index]))
        if error is not None:
            return 1
        if kind == 2 and found.ndim:
            found = found[:1]
        if kind == 3:
            found = found[None]
        if kind == 4 and found.ndim:
            found = found[..., :1]
        if kind == 5 and found.dtype.kind in "iuf":
            found = found.astype("i8")
        if kind == 6:
            return found.tolist()
        if kind == 7 and found.size:
            return found.reshape(-1)[0]
        return found

    @st.composite
    def case(draw: Any) -> Case:
        shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
        drawn = Case(draw(st.sampled_from(DTYPES)), draw(st.sampled_from(LAYOUTS)), shape, draw(index(shape)), None)
        return drawn._replace(value=draw(value(drawn)))

    return case()


@pytest.mark.timeout(0)
@pytest.mark.parametrize("size_of_pool", [1, 2, 3])
def test_any_index_is_what_it_is_in_numpy(size_of_pool: int, pes: Any) -> None:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    @settings(
        max_examples=max(1, CASES // 3 // TOGETHER),
        deadline=None,
        database=None,
        derandomize=CASES <= 900,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(cases(), min_size=TOGETHER, max_size=TOGETHER))
    def check(drawn: list[Case]) -> None:
        pes(size_of_pool, run, drawn)

    check()
