# SPDX-License-Identifier: BSD-3-Clause
"""Remote indexing: what an index gets and sets, what it refuses, and atomics by index."""

from __future__ import annotations

import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest
from support import Array, left, me, noise, npes, right, same_bits, symmetric

from shmem4py import shmem

everywhere = pytest.mark.pes(1, 2, 3, 4)
several = pytest.mark.pes(2, 3, 4)


def values(pe: int, shape: tuple[int, ...] = (4, 5), dtype: Any = float) -> Array:
    """Return what PE `pe` holds in a test."""
    return (np.arange(np.prod(shape)) + 100 * pe).astype(dtype).reshape(shape)


def same_values(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.char == "g":
        return a.shape == b.shape and bool((a == b).all())
    return same_bits(a, b)


INDICES: list[Any] = [
    0, -1, (1, 2), (-1, -5), slice(None), slice(1, 3), slice(None, None, -2), (slice(None), 1),
    (slice(3, 0, -1), slice(None, None, 2)),
    ..., (..., 2), (1, ...), None, (None, 1, None, slice(2)), (), np.int8(2), np.array(1),
    [0, 2], ([0, 2, 2], [1, -1, 4]), (slice(None), [1, 1, 0]), ([[0], [3]], [0, 2]), (2, [0, 3]),
    ([1, 2], slice(1, 4)), np.zeros((0,), int),
    [], True, False, (np.array([True, False, True, False]), 1),
    (slice(None), np.array([True, False, True, False, False])),
    np.arange(20).reshape(4, 5) % 3 == 0, np.zeros((4, 5), bool), (None, [0, 1], ..., 3),
]  # fmt: skip


@everywhere
@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_gets_what_it_gets_of_a_local_array(index: Any) -> None:
    a = symmetric(values(me()))
    got = shmem.remote(a)[right()][index]
    want = values(right())[index]
    assert type(got) is type(want)
    assert same_bits(np.asarray(got), np.asarray(want))
    shmem.barrier_all()
    shmem.free(a)


@everywhere
@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_sets_what_it_sets_of_a_local_array(index: Any) -> None:
    a = symmetric(values(me()))
    new = np.arange(np.size(values(0)[index])).reshape(np.shape(values(0)[index])) - 7.5
    shmem.remote(a)[right()][index] = new
    shmem.barrier_all()
    want = values(me())
    want[index] = new
    assert same_bits(a, want)
    shmem.free(a)


@everywhere
@pytest.mark.parametrize(
    "view", [lambda a: a.T, lambda a: a[::-1, ::2], lambda a: a[1:3], lambda a: a[2], lambda a: a[1, 1:2].reshape(())]
)
def test_views_of_any_layout(view: Any) -> None:
    a = symmetric(values(me()))
    r = shmem.remote(view(a))
    theirs = view(values(right()))
    assert r[right()].shape == theirs.shape
    assert same_bits(r[right()][...], theirs)
    shmem.barrier_all()
    r[right()][...] = theirs + 0.5
    shmem.barrier_all()
    want = values(me())
    view(want)[...] += 0.5
    assert same_bits(a, want)
    shmem.free(a)


@everywhere
@pytest.mark.parametrize("dtype", ["i8", "u1", "i2", "f4", "f8", "F", "g", "?", "e", "M8[s]", "S5", ">i4", "V6"])
def test_dtypes(dtype: str) -> None:
    def held(pe: int) -> Array:
        # Some bits of a longdouble mean nothing and are not always copied.
        return values(pe, (3, 4), dtype) if dtype == "g" else noise((3, 4), dtype, pe)

    theirs = held(right())
    a = symmetric(held(me()))
    r = shmem.remote(a)[right()]
    for index in ((1, 2), 1, (slice(None), 1), [2, 0]):
        got, want = r[index], theirs[index]
        assert type(got) is type(want)
        assert same_values(got, want)
    shmem.barrier_all()
    r[0, 0], r[1], r[[2, 2], [0, 1]] = theirs[1, 1], theirs[2], theirs[0, :2]
    shmem.barrier_all()
    want, before = held(me()), held(me())
    want[0, 0], want[1], want[2, :2] = before[1, 1], before[2], before[0, :2]
    assert same_values(a, want)
    shmem.free(a)


RECORD = np.dtype([("id", "i4"), ("where", "f8", (2,)), ("name", "S3")])


@everywhere
def test_fields() -> None:
    a = shmem.zeros(3, RECORD)
    a["id"], a["where"], a["name"] = me(), [[me(), 1], [2, 3], [4, 5]], b"ab"
    shmem.barrier_all()
    r = shmem.remote(a)[right()]
    assert r["id"].tolist() == [right()] * 3
    assert r["where"].tolist() == [[right(), 1], [2, 3], [4, 5]]
    assert r[["id", "name"]].tolist() == [(right(), b"ab")] * 3
    record = r[1]
    assert isinstance(record, np.void)
    assert record["where"].tolist() == [2, 3]
    record["id"] = 1000  # a copy
    shmem.barrier_all()
    r["id"] = [7, 8, 9]
    r[1] = (5, (6, 7), b"xyz")
    r[["id", "name"]] = np.array([(1, 1), (2, 2), (3, 3)], dtype=[("id", "i4"), ("name", "S3")])
    shmem.barrier_all()
    assert a["id"].tolist() == [1, 2, 3]
    assert a["name"].tolist() == [b"1", b"2", b"3"]
    assert a["where"].tolist() == [[me(), 1], [6, 7], [4, 5]]
    shmem.barrier_all()
    field = shmem.remote(a["id"])
    field[right()][2] = 12
    shmem.barrier_all()
    assert a["id"].tolist() == [1, 2, 12]
    shmem.free(a)


@everywhere
def test_what_an_index_returns_is_a_copy() -> None:
    a = symmetric(values(me()))
    r = shmem.remote(a)
    for index in (..., slice(1, 3), 0, None, (0, ...)):
        got = r[right()][index]
        got[...] = -1
    r[right()][0][1] = -1
    shmem.barrier_all()
    assert same_bits(a, values(me()))
    shmem.free(a)


@everywhere
def test_source_may_be_what_is_written() -> None:
    a = symmetric(np.arange(2000.0))
    r = shmem.remote(a)
    r[me()][1:] = a[:-1]
    assert a.tolist() == [0, *range(1999)]
    r[me()][::-1] = a
    assert a[0] == 1998
    shmem.barrier_all()
    peer = shmem.ptr(a, right())
    if peer is not None:
        r[right()][1:] = peer[:-1]
    shmem.barrier_all()
    if peer is not None:
        assert a[:3].tolist() == [1998, 1998, 1997]
    shmem.free(a)


@everywhere
def test_large_arrays() -> None:
    a = symmetric(np.arange(300_000.0).reshape(3, -1) + me())
    r = shmem.remote(a)
    theirs = np.arange(300_000.0).reshape(3, -1) + right()
    assert same_bits(r[right()][...], theirs)
    assert same_bits(r[right()][:, ::3], theirs[:, ::3])
    assert same_bits(r[right()][:, [5, 3]], theirs[:, [5, 3]])
    shmem.barrier_all()
    r[right()][:] = theirs * 2
    shmem.barrier_all()
    assert same_bits(a, (np.arange(300_000.0).reshape(3, -1) + me()) * 2)
    shmem.free(a)


# --- PEs, teams, contexts ---


@everywhere
def test_arrays_are_made_once_and_iterate_over_pes() -> None:
    a = symmetric(values(me()))
    r = shmem.remote(a)
    assert len(r) == npes()
    assert r[npes() - 1] is r[npes() - 1]
    assert [array.pe for array in r] == list(range(npes()))
    assert [int(array[0, 0]) for array in r] == [100 * pe for pe in range(npes())]
    assert r[np.int64(0)] is r[0]
    assert same_bits(r.array, a)
    for pe in (npes(), -1, 1 << 40):
        with pytest.raises(IndexError, match=rf"remote: pe is {pe}, but PEs are 0 to {npes() - 1}"):
            r[pe]
    with pytest.raises(TypeError, match="pe must be an integer"):
        r["0"]  # type: ignore[index]
    with pytest.raises(TypeError, match=r"r\[pe\]\[...\] = x"):
        r[0] = a  # type: ignore[index]
    shmem.free(a)


@several
def test_pes_are_those_of_the_team() -> None:
    a = symmetric(values(me()))
    start = 1 if me() > 0 else 0
    team = shmem.TEAM_WORLD.split_strided(1, 1, npes() - 1)
    if team:
        r = shmem.remote(a, team=team)
        assert len(r) == npes() - 1
        last = team.n_pes() - 1
        assert r[last][0, 0] == 100 * (last + start)
        with pytest.raises(IndexError, match="pe is"):
            r[last + 1]
        with team.create_ctx() as ctx:
            inside = shmem.remote(a, ctx=ctx)
            assert inside[last][0, 0] == 100 * (last + start)
            assert inside[last][[1, 0], [0, 0]].tolist() == [100 * (last + start) + 5, 100 * (last + start)]
            assert shmem.remote(a, ctx=ctx, team=team)[last][0, 0] == 100 * (last + start)
            with pytest.raises(ValueError, match="PE 0 of team is not in the team of ctx"):
                shmem.remote(a, team=shmem.TEAM_WORLD, ctx=ctx)
        with pytest.raises(RuntimeError, match="destroyed"):
            inside[last][0, 0]
        with pytest.raises(RuntimeError, match="destroyed"):
            inside[last][0, 0] = 1
        with pytest.raises(RuntimeError, match="the context is invalid"):
            shmem.remote(a, ctx=ctx)
    shmem.barrier_all()
    if team:
        team.destroy()
    shmem.free(a)


# --- attributes and refusals ---


@everywhere
def test_attributes_are_those_of_the_array() -> None:
    a = symmetric(values(me(), (4, 5), "i4"))
    r = shmem.remote(a[1:, ::2])
    array = r[right()]
    assert (array.shape, array.dtype, array.ndim, array.size, len(array)) == ((3, 3), np.dtype("i4"), 2, 9, 3)
    assert (array.itemsize, array.nbytes, array.pe) == (4, 36, right())
    assert repr(array) == f"<RemoteArray of PE {right()}: shape (3, 3), dtype int32>"
    assert repr(r) == f"<Remote: array of shape (3, 3), dtype int32, on {npes()} PEs>"
    with pytest.raises(TypeError, match="len"):
        len(shmem.remote(a[0, :1].reshape(()))[0])
    assert {array: 1}[r[right()]] == 1
    assert (array == r[right()], array != r[right()], array == r) == (True, False, False)
    shmem.free(a)


SILENT: dict[str, Any] = {
    "sum": np.sum, "asarray": np.asarray, "array": lambda x: np.array(x, dtype=float), "list": list, "for": iter,
    "bool": bool,
    "in": lambda x: 3 in x, "==": lambda x: x == 3, "!=": lambda x: x != np.zeros(3),
    "ufunc": lambda x: np.zeros((4, 5)) + x,
    "copyto": lambda x: np.copyto(np.zeros((4, 5)), x), "set": lambda x: np.zeros((4, 5)).__setitem__(..., x),
    "<": lambda x: x < 3,
}  # fmt: skip


@pytest.mark.pes(2)
@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_communicated_in_silence(name: str) -> None:
    a = symmetric(values(me()))
    with pytest.raises(TypeError, match=r"\[\.\.\.\]"):
        SILENT[name](shmem.remote(a)[right()])
    shmem.free(a)


@pytest.mark.pes(2)
def test_objects_are_the_extensions_to_make_and_not_pickled() -> None:
    a = symmetric(values(me()))
    r = shmem.remote(a)
    for thing in (r, r[0], r[0].at, r[0].at[0, 0]):
        with pytest.raises(TypeError, match="cannot create"):
            type(thing)()
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(thing)
        assert weakref.ref(thing)() is thing
    shmem.free(a)


@pytest.mark.pes(1)
def test_arrays_that_cannot_be_remote() -> None:
    calls: list[tuple[Any, Any, str]] = [
        ([1, 2], TypeError, "remote: a must be a numpy.ndarray"),
        (np.zeros(3), ValueError, "remote: a is not in symmetric memory"),
        (shmem.zeros(3)[0], TypeError, "remote: a must be"),
    ]
    for a, error, message in calls:
        with pytest.raises(error, match=message):
            shmem.remote(a)
    a = shmem.zeros(3)
    with pytest.raises(TypeError, match="ctx must be a Ctx"):
        shmem.remote(a, ctx=0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="team must be a Team"):
        shmem.remote(a, team=0)  # type: ignore[arg-type]


@everywhere
def test_freed_arrays_raise() -> None:
    a = symmetric(values(me()))
    r = shmem.remote(a)
    array, reference = r[right()], r[right()].at[0, 0]
    shmem.free(a)
    uses: list[Any] = [
        lambda: array[0, 0], lambda: array[...], lambda: array[[0, 1]], lambda: array.__setitem__((0, 0), 1.0),
        lambda: array.__setitem__(..., 1), lambda: array.at[0, 0], reference.fetch, lambda: reference.add(1),
        lambda: shmem.remote(a),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(shmem.FreedError, match="was freed at"):
            use()
    b = symmetric(values(me()))
    shmem.free(a2 := symmetric(values(me())))
    with pytest.raises(shmem.FreedError, match="the value"):
        shmem.remote(b)[right()][...] = a2
    shmem.free(b)


@everywhere
def test_an_array_that_is_dropped_stays_until_its_remote_goes() -> None:
    a = symmetric(values(me()))
    r = shmem.remote(a)
    del a
    gc.collect()
    b = symmetric(values(me() + 50))  # would take the memory
    assert r[right()][0, 0] == 100 * right()
    shmem.barrier_all()
    shmem.free(b)


@pytest.mark.pes(2)
def test_changes_of_the_arrays_attributes_do_not_show() -> None:
    a = symmetric(values(me()))
    r = shmem.remote(a)
    a.setflags(write=False)
    r[right()][0, 0] = -1
    shmem.barrier_all()
    assert a[0, 0] == -1
    r = shmem.remote(a)
    for index in ((0, 0), ..., [0, 1]):
        with pytest.raises(ValueError, match="read-only"):
            r[right()][index] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        r[right()].at[0, 0].add(1)
    assert r[right()].at[0, 0].fetch() == -1
    shmem.barrier_all()
    shmem.free(a)


BAD: list[tuple[Any, Any, Any]] = [
    (9, 1, IndexError), ((0, -6), 1, IndexError), ((0, 0, 0), 1, IndexError), (1.5, 1, IndexError),
    ("x", 1, IndexError),
    ([0, 9], 1, IndexError), (np.zeros((3, 5), bool), 1, IndexError), (([0, 1], [0, 1, 2]), 1, IndexError),
    ((..., ...), 1, IndexError),
    ((0, 0), "x", ValueError), ((0, 0), [1, 2], (ValueError, TypeError)), ((0, 0), {}, TypeError),
    ((0, 0), 1j, TypeError),
    (slice(None), np.zeros((4, 6)), ValueError), (0, [1, 2, 3], ValueError), (0, [1, 2, 3, 4, "x"], ValueError),
    ([0, 1], np.zeros(3), ValueError), ([0, 1], ["1", "x", "2", "3", "4"], ValueError),
    (np.ones((4, 5), bool), np.zeros(3), ValueError),
    (slice(0, 2), np.array([["1"] * 5, ["x"] * 5]), ValueError), ([0, 1], np.array([["1"] * 5, ["x"] * 5]), ValueError),
]  # fmt: skip


@pytest.mark.pes(2)
@pytest.mark.parametrize(("index", "value", "error"), BAD, ids=str)
def test_what_cannot_be_raises_before_anything_is_written(index: Any, value: Any, error: Any) -> None:
    a = symmetric(values(me()))
    with pytest.raises(error):
        values(0)[index] = value
    with pytest.raises(error):
        shmem.remote(a)[right()][index] = value
    shmem.barrier_all()
    assert same_bits(a, values(me()))
    shmem.free(a)


@pytest.mark.pes(2)
def test_elements_are_not_deleted() -> None:
    a = symmetric(values(me()))
    with pytest.raises(ValueError, match="cannot delete"):
        del shmem.remote(a)[right()][0, 0]  # type: ignore[attr-defined]
    shmem.free(a)


NUMBERS: list[Any] = [
    0, 1, -1, 127, -128, 255, 1.5, -0.0, float("nan"), float("inf"), True, np.bool_(True), 1 << 31, 1 << 53,
    (1 << 53) + 1, 1 << 63, 1 << 64,
    -(1 << 63), 1e300, np.float32(0.1), np.float64(0.1), np.int8(-3), np.int64(7), np.uint64(1 << 63), np.array(3),
    np.array([3]), "4", b"4",
    1 + 2j, None, np.datetime64(5, "s"), 1 << 100, [3], (3,), np.float16(0.5), np.longdouble(1.25),
]  # fmt: skip


@pytest.mark.pes(2)
@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "q", "u1", "u4", "u8", "f4", "f8", "?", "F", "e"])
@pytest.mark.filterwarnings("ignore")
def test_one_element_takes_the_values_that_a_local_one_takes(dtype: str) -> None:
    a = shmem.zeros(4, dtype)
    r = shmem.remote(a)[right()]
    for value in NUMBERS:
        local = np.zeros(4, dtype)
        error: type[Exception] | None = None
        try:
            local[1] = value
        except (TypeError, ValueError, OverflowError) as raised:
            error = type(raised)
        if error is None:
            r[1] = value
        else:
            with pytest.raises(error):
                r[1] = value
        assert same_bits(r[1:2], local[1:2]), value
        r[1] = 0
    shmem.barrier_all()
    shmem.free(a)


# --- atomics by index ---

UPDATES: dict[str, tuple[Any, Any]] = {
    "set": (7, 7), "add": (3, 13), "and_": (6, 2), "or_": (5, 15), "xor_": (3, 9), "min": (4, 4), "max": (12, 12),
}  # fmt: skip


@everywhere
@pytest.mark.parametrize("dtype", ["i4", "i8", "u4", "u8"])
def test_atomics_of_integers(dtype: str) -> None:
    a = symmetric(np.full((2, 3), 10, dtype))
    at = shmem.remote(a)[right()].at
    for name, (operand, after) in UPDATES.items():
        assert getattr(at[1, 2], name)(operand) is None
        assert at[-1, -1].fetch() == after
        fetching = {"set": "swap"}.get(name, f"fetch_{name.rstrip('_')}")
        at[1, 2].set(10)
        assert getattr(at[1, 2], fetching)(operand) == 10
        assert at[1, 2].fetch() == after
        at[1, 2].set(10)
    at[0, 0].inc()
    assert at[0, 0].fetch_inc() == 11
    assert at[0, 0].compare_swap(11, 5) == 12
    assert at[0, 0].compare_swap(12, 5) == 12
    assert at[0:1, 0].fetch() == 5
    at[0, 0] += 4
    at[0, 0] -= 1
    at[0, 0] |= 16
    at[0, 0] &= 25
    at[0, 0] ^= 3
    assert at[0, 0].fetch() == (((5 + 4 - 1) | 16) & 25) ^ 3
    shmem.barrier_all()
    assert a.tolist() == [[27, 10, 10], [10, 10, 10]]
    shmem.free(a)


@everywhere
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_atomics_of_reals(dtype: str) -> None:
    a = symmetric(np.full(3, 2.5, dtype))
    at = shmem.remote(a)[right()].at
    at[1] += 1.25
    at[1] -= 0.5
    assert at[1].fetch_add(1) == 3.25
    assert at[1].fetch_inc() == 4.25
    assert at[1].swap(0.5) == 5.25
    assert at[1].fetch_max(2) == 0.5
    assert at[1].fetch_max(1) == 2
    assert at[1].fetch_min(-3) == 2
    at[1].min(5)
    at[1].max(-4)
    assert at[1].compare_swap(-3, 8) == -3
    shmem.barrier_all()
    assert a.tolist() == [2.5, 8, 2.5]
    for operation in ("and_", "or_", "xor_", "fetch_and"):
        with pytest.raises(TypeError, match=rf"RemoteReference.{operation}: the array has dtype"):
            getattr(at[1], operation)(1)
    shmem.free(a)


@everywhere
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_bits_of_reals_are_compared_so_that_nan_and_negative_zero_end_the_loop(dtype: str) -> None:
    a = symmetric(np.array([np.nan, -0.0, 0.0, 1.0], dtype))
    at = shmem.remote(a)[right()].at
    assert np.isnan(at[0].fetch_add(1))
    assert np.isnan(at[0].fetch())
    assert at[1].fetch_add(-0.0) == 0
    assert np.signbit(at[1].fetch())
    assert at[1].compare_swap(0.0, 5) == 0  # -0.0 has other bits
    assert np.signbit(at[1].fetch())
    at[1] += 2
    assert at[1].fetch() == 2
    for operation in ("fetch_max", "fetch_min"):  # as numpy.maximum and minimum: a NaN wins
        assert np.isnan(getattr(at[0], operation)(3))
        at[3].set(1)
        getattr(at[3], operation)(np.nan)
        assert np.isnan(at[3].fetch())
    assert np.isnan(at[0].compare_swap(np.nan, 4))
    assert at[0].fetch() == 4
    shmem.barrier_all()
    shmem.free(a)


@several
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "u8"])
def test_no_update_is_lost(dtype: str) -> None:
    a = symmetric(np.zeros(4, dtype))
    at = shmem.remote(a)[0].at
    rounds = 200
    for i in range(rounds):
        at[0] += 1
        at[1].add(2)
        shmem.atomic_add(a[0:1], 1, 0)
        shmem.atomic_inc(a[1:2], 0)
        at[2].max(i * npes() + me())
        at[3].fetch_max(me())
    shmem.barrier_all()
    want = [2 * rounds * npes(), 3 * rounds * npes(), rounds * npes() - 1, npes() - 1]
    assert shmem.remote(a)[0][...].tolist() == want
    shmem.barrier_all()
    shmem.free(a)


@everywhere
def test_several_elements_are_updated_one_by_one() -> None:
    a = symmetric(np.zeros((3, 4), "i8"))
    at = shmem.remote(a)[right()].at
    want = np.zeros((3, 4), "i8")
    at[[0, 0, 1], [1, 1, 2]] += 1
    np.add.at(want, ([0, 0, 1], [1, 1, 2]), 1)
    at[2].add([1, 2, 3, 4])
    want[2] += [1, 2, 3, 4]
    at[:, ::2].inc()
    want[:, ::2] += 1
    at[want > 2].max(np.int32(9))
    want[want > 2] = 9
    at[1:, 3].set([[5, 6]])
    want[1:, 3] = [5, 6]
    at[0] -= [4, 3, 2, 1]
    want[0] -= [4, 3, 2, 1]
    at[[], 0].add(5)
    shmem.barrier_all()
    assert same_bits(a, want)
    for name in ("fetch", "fetch_inc"):
        with pytest.raises(ValueError, match=rf"RemoteReference.{name}: the index has 4 elements, must have one"):
            getattr(at[2], name)()
    with pytest.raises(ValueError, match="the index has 0 elements"):
        at[[], 0].fetch_add(1)
    with pytest.raises(ValueError, match="broadcast"):
        at[2].add([1, 2])
    with pytest.raises(TypeError, match="dtype"):
        at[2].add([0.5] * 4)
    with pytest.raises(OverflowError, match="out of bounds"):
        at[2].add(1 << 64)
    shmem.barrier_all()
    assert same_bits(a, want)
    shmem.free(a)


@pytest.mark.pes(2)
def test_references_are_not_assigned_to() -> None:
    a = symmetric(np.zeros(4, "i8"))
    at = shmem.remote(a)[right()].at
    values: list[Any] = [3, at[0], np.zeros(1), None]
    for value in values:
        with pytest.raises(TypeError, match=r"at\[i\]\.set\(x\)"):
            at[1] = value
    with pytest.raises(TypeError, match=r"at\[i\]\.set\(x\)"):
        del at[1]  # type: ignore[attr-defined]
    other = shmem.remote(a)[right()].at
    other[1] += 2  # the same array: what GlobalArray does
    assert repr(at[1]) == f"<RemoteReference to 1 element of {shmem.remote(a)[right()]!r}>"
    with pytest.raises(IndexError, match="out of bounds"):
        at[4]
    with pytest.raises(TypeError, match="takes no field"):
        at["x"]  # type: ignore[index]
    shmem.barrier_all()
    assert a.tolist() == [0, 2, 0, 0]
    small = shmem.zeros(3, "i2")
    with pytest.raises(TypeError, match="RemoteReference.add: the array has dtype int16, must be one of int32"):
        shmem.remote(small)[0].at[0].add(1)
    shmem.free(small)
    shmem.free(a)


@several
def test_index_arrays_wake_a_pe_that_waits() -> None:
    a = symmetric(np.zeros(64, "i8"))
    r = shmem.remote(a)
    for step in range(1, 50):
        r[right()][[3, 5]] = step
        shmem.wait_until(a[3:4], ">=", step)
        r[left()][[True, *[False] * 63]] = step
        shmem.wait_until(a[:1], ">=", step)
    shmem.barrier_all()
    shmem.free(a)


@several
def test_a_reference_stands_where_one_element_is_wanted() -> None:
    a, flags = symmetric(np.zeros((2, 3), "i8")), symmetric(np.zeros(2, "u8"))
    r, f = shmem.remote(a), shmem.remote(flags)
    shmem.p(r[right()].at[1, 2], 5, right())
    assert shmem.g(r[right()].at[1, 2], right()) == 5
    shmem.atomic_add(r[right()].at[1, 2], 2, right())
    shmem.barrier_all()
    shmem.wait_until(r[me()].at[1, 2], "==", 7)
    shmem.put_signal(a[0], np.arange(3), right(), f[right()].at[1], 1, "set")
    shmem.signal_wait_until(f[me()].at[1], "==", 1)
    assert a[0].tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=rf"wait_until: ivar is an element of PE {right()}, must be one of this PE"):
        shmem.wait_until(r[right()].at[1, 2], "==", 7)
    there, other = r[right()].at[1, 2], rf"is an element of PE {right()}, but pe is {me()}"
    with pytest.raises(ValueError, match=f"p: target {other}"):
        shmem.p(there, 5, me())
    with pytest.raises(ValueError, match=f"atomic_fetch_add: target {other}"):
        shmem.atomic_fetch_add(there, 5, me())
    with pytest.raises(ValueError, match=f"signal_set: signal {other}"):
        shmem.signal_set(f[right()].at[1], 1, me())
    with pytest.raises(ValueError, match=f"put_signal: signal {other}"):
        shmem.put_signal(a[0], np.arange(3), me(), f[right()].at[1], 1, "set")
    with pytest.raises(ValueError, match=rf"fetch is an element of PE {right()}, must be one of this PE"):
        shmem.atomic_fetch_nbi(there, a[0, :1], me())
    with pytest.raises(ValueError, match="p: target is a reference to 3 elements, must be to one"):
        shmem.p(r[right()].at[0], 5, right())
    shmem.barrier_all()
    shmem.free(flags)
    shmem.free(a)


@several
def test_a_reference_is_compared_in_the_team_that_numbers_it() -> None:
    team = shmem.TEAM_WORLD.split_strided(1, 1, npes() - 1)
    a = symmetric(np.zeros(2, "i8"))
    if me() > 0:
        r = shmem.remote(a, team=team)  # PE 0 of the team is PE 1
        shmem.atomic_add(r[0].at[0], 1, 1)
        with pytest.raises(ValueError, match="is an element of PE 0, but pe is 0"):
            shmem.atomic_add(r[0].at[0], 1, 0)
        with team.create_ctx() as ctx:
            shmem.atomic_add(r[0].at[1], 1, 0, ctx)
            ctx.quiet()
    shmem.barrier_all()
    assert a.tolist() == ([npes() - 1] * 2 if me() == 1 else [0, 0])
    shmem.barrier_all()
    if me() > 0:
        team.destroy()
    shmem.free(a)


@everywhere
@pytest.mark.parametrize("index", [slice(None), 1, [0, 2]], ids=str)
def test_fields_between_those_of_a_view_stay(index: Any) -> None:
    whole = symmetric(np.zeros(3, [("x", "f8"), ("y", "i4"), ("z", "f8")]))
    whole["y"] = 7 + me()
    shmem.barrier_all()
    r = shmem.remote(whole[["x", "z"]])
    r[right()][index] = (1.5, 2.5)
    shmem.barrier_all()
    assert (whole["y"] == 7 + me()).all()
    assert (whole["x"][index] == 1.5).all()
    assert (whole["z"][index] == 2.5).all()
    shmem.barrier_all()
    shmem.free(whole)
