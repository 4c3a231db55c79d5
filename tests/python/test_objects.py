# SPDX-License-Identifier: BSD-3-Clause
"""Collectives of Python objects: sizes, teams, handles of symmetric arrays, failures that must not hang the others."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import Array, me, need, npes, same_bits

from shmem4py import shmem

pes = pytest.mark.pes(1, 2, 3, 4)
some = pytest.mark.pes(2, 3, 4)

# Around what a record holds, and several pieces of a stream, so that both halves of a region are used again.
SIZES = [0, 1, 100, 400, 463, 464, 465, 511, 512, 513, 5000, (1 << 21) - 7, 1 << 21, (1 << 21) + 1, 9_000_000]


class Refused:
    """What no pickler takes."""

    def __reduce__(self) -> Any:
        raise ZeroDivisionError("no such pickle")


def made(pe: int, size: int) -> Any:
    """Return an object of PE `pe` with about so many bytes, in and out of the pickle."""
    data: Array = (np.arange(size) * (pe + 3)).astype(np.uint8)
    return {
        "pe": pe,
        "text": "ä" * (size // 2),
        "rows": [data, (data[::2], np.asfortranarray(data[: size // 6 * 6].reshape(-1, 6)))],
    }


def check(got: Any, pe: int, size: int) -> None:
    want = made(pe, size)
    assert (got["pe"], got["text"]) == (want["pe"], want["text"])
    assert same_bits(got["rows"][0], want["rows"][0])
    assert same_bits(got["rows"][1][0], want["rows"][1][0])
    assert same_bits(got["rows"][1][1], want["rows"][1][1])
    assert got["rows"][1][1].flags.f_contiguous
    got["rows"][0][:] = 0  # fresh memory of this PE's own, to be written


@pes
@pytest.mark.parametrize("size", SIZES)
def test_bcast_of_every_size_from_every_root(size: int) -> None:
    for root in range(npes()):
        obj = made(root, size) if me() == root else None
        got = shmem.bcast_object(obj, root)
        if me() == root:
            assert got is obj
        else:
            check(got, root, size)


@pes
@pytest.mark.parametrize("size", SIZES)
def test_gathers_of_every_size(size: int) -> None:
    mine = made(me(), size // (me() + 1))
    everyone = shmem.allgather_objects(mine)
    root = npes() - 1
    gathered = shmem.gather_objects(mine, root)
    assert (gathered is None) == (me() != root)
    for objects in (everyone, gathered):
        if objects is None:
            continue
        assert objects[me()] is mine
        for pe, obj in enumerate(objects):
            if pe != me():
                check(obj, pe, size // (pe + 1))


@pes
@pytest.mark.parametrize("size", SIZES)
def test_alltoall_of_every_size(size: int) -> None:
    """Each pair has a size of its own, so messages lie at odd places of the streams."""

    def of_pair(a: int, b: int) -> int:
        return size // (1 + (a + 2 * b) % 4)

    mine = [made(me(), of_pair(me(), pe)) for pe in range(npes())]
    for pe, obj in enumerate(shmem.alltoall_objects(mine)):
        if pe == me():
            assert obj is mine[pe]
        else:
            check(obj, pe, of_pair(pe, me()))


@some
def test_large_and_small_messages_together() -> None:
    """Only one PE has a long stream; all take part in its rounds."""
    for long in range(npes()):
        size = 6_000_000 if me() == long else 10
        for pe, obj in enumerate(shmem.allgather_objects(np.full(size, me(), np.uint8))):
            assert obj.shape == (6_000_000 if pe == long else 10,)
            assert (obj == pe).all()


@pes
@pytest.mark.parametrize(
    "obj",
    [
        None,
        True,
        -1,
        1 << 100,
        1.5,
        "",
        "text",
        b"",
        b"bytes",
        (),
        [[]],
        {"a": {1: {2, 3}}},
        range(5),
        np.float32(2),
        int,
    ],
    ids=repr,
)
def test_plain_objects(obj: Any) -> None:
    got = shmem.bcast_object(obj if me() == 0 else "ignored")
    assert got == obj
    assert type(got) is type(obj)
    assert shmem.allgather_objects(obj) == [obj] * npes()


@pes
@pytest.mark.parametrize(
    "dtype", ["f8", ">i4", "?", "S3", "U2", "M8[s]", "c16", "O", [("a", "i4"), ("b", "f8", 3)]], ids=str
)
@pytest.mark.parametrize("shape", [(), (0,), (300,), (4, 0, 2), (30, 40)], ids=str)
def test_arrays_of_every_kind(dtype: Any, shape: Any) -> None:
    want = np.ones(shape, dtype)
    got = shmem.bcast_object(want.copy() if me() == 0 else None)
    assert got is not None
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    assert np.array_equal(got, want)


@some
def test_readonly_and_shared_arrays_stay_so() -> None:
    data = np.arange(1000.0)
    data.flags.writeable = False
    got = shmem.bcast_object([data, data] if me() == 0 else None)
    assert got is not None
    assert got[0] is got[1]
    assert not got[0].flags.writeable


@some
def test_objects_that_refer_to_themselves() -> None:
    loop: list[Any] = [np.zeros(1000)]
    loop.append(loop)
    got = shmem.bcast_object(loop if me() == 0 else None)
    assert got is not None
    assert got[1] is got


# --- handles ---


@some
def test_symmetric_array_arrives_as_the_pes_own() -> None:
    a = shmem.zeros((4, 6))
    a[...] = me()
    for view in (a, a[1:, ::2], a.T, a[::-1, ::-1], a[2], a[1:1], a[3, 5:]):
        got = shmem.bcast_object({"it": view} if me() == 0 else None)
        assert got is not None
        it = got["it"]
        assert (it.shape, it.strides, it.dtype) == (view.shape, view.strides, view.dtype)
        assert it.ctypes.data == view.ctypes.data
        assert (it == me()).all()
    shmem.barrier_all()
    got_back = shmem.allgather_objects(a[0, :2])
    shmem.barrier_all()
    if me() == 0:
        shmem.put(got_back[1], np.full(2, 9.0), 1)  # as with any symmetric array
    shmem.barrier_all()
    assert a[0, 0] == (9 if me() == 1 else me())
    shmem.barrier_all()
    shmem.free(a)


@some
def test_fields_other_dtypes_and_readonly_views_travel_as_handles() -> None:
    a = shmem.zeros(5, [("id", "i4"), ("weight", "f8")])
    readonly = a[1:]
    readonly.flags.writeable = False
    for view in (a["weight"], a.view(np.uint8), readonly):
        got = shmem.bcast_object(view if me() == 0 else None)
        assert got is not None
        assert (got.ctypes.data, got.dtype, got.strides) == (view.ctypes.data, view.dtype, view.strides)
        assert got.flags.writeable == view.flags.writeable
    shmem.free(a)


@some
def test_handle_keeps_the_array_alive() -> None:
    a = shmem.full(10, me())
    got = shmem.allgather_objects(a)
    del a
    shmem.barrier_all()
    other = shmem.full(10, -1.0)  # a collection of what all have dropped would come here
    assert all((x == me()).all() for x in got)
    shmem.free(other)


@some
def test_freed_array_raises_on_all() -> None:
    a = shmem.zeros(3)
    shmem.free(a)
    with pytest.raises(shmem.FreedError if me() == 0 else RuntimeError, match=r"freed"):
        shmem.bcast_object([a] if me() == 0 else None)
    assert shmem.bcast_object(me()) == 0


@some
def test_array_that_the_receiver_has_dropped_raises_there() -> None:
    a = shmem.zeros(3)
    if me() != 0:
        del a
        with pytest.raises(shmem.FreedError, match=r"^bcast_object: a symmetric array of the object: .*dropped"):
            shmem.bcast_object(None)
    else:
        assert shmem.bcast_object(a) is a
    assert shmem.bcast_object(me()) == 0


@some
def test_copies_of_symmetric_arrays() -> None:
    """`pickle.dumps` copies, and so travel peers' views and arrays of subclasses."""
    a = shmem.full(3, me())
    copy = pickle.loads(pickle.dumps(a))
    copy[:] = -1
    assert (a == me()).all()
    shmem.barrier_all()
    peer = shmem.ptr(a, 0)
    if peer is not None:
        got = shmem.bcast_object(peer if me() == npes() - 1 else None, npes() - 1)
        assert got is not None
        assert (got == 0).all()
    got = shmem.bcast_object(a.view(np.recarray) if me() == 0 else None)
    assert got is not None
    assert (got == 0).all()
    shmem.barrier_all()
    shmem.free(a)


# --- failures ---


@pes
@pytest.mark.parametrize("size", [0, 3_000_000])
def test_object_that_cannot_be_pickled_raises_on_all(size: int) -> None:
    bad = [np.zeros(size), Refused()]
    for root in range(npes()):
        words = (
            "^no such pickle$"
            if me() == root
            else rf"bcast_object: PE {root} cannot pickle .*: ZeroDivisionError: no such"
        )
        with pytest.raises(ZeroDivisionError if me() == root else RuntimeError, match=words):
            shmem.bcast_object(bad if me() == root else None, root)
        for call in (shmem.gather_objects, shmem.allgather_objects):
            words = words.replace("bcast_object", call.__name__)
            with pytest.raises(ZeroDivisionError if me() == root else RuntimeError, match=words):
                call(bad if me() == root else np.ones(size))
    assert shmem.allgather_objects(me()) == list(range(npes()))


@some
def test_alltoall_tells_the_pe_that_the_object_was_for() -> None:
    objs: list[Any] = [np.full(2_500_000, pe) for pe in range(npes())]
    if me() == 0:
        objs[1] = Refused()
        with pytest.raises(ZeroDivisionError):
            shmem.alltoall_objects(objs)
    elif me() == 1:
        with pytest.raises(RuntimeError, match="alltoall_objects: PE 0 cannot pickle its object: ZeroDivisionError"):
            shmem.alltoall_objects(objs)
    else:
        assert all((got == me()).all() for got in shmem.alltoall_objects(objs))
    assert shmem.allgather_objects(me()) == list(range(npes()))


@some
def test_long_error_text_arrives() -> None:
    class Wordy:
        def __reduce__(self) -> Any:
            raise ValueError("x" * 5000 + " end")

    with pytest.raises(ValueError if me() == 0 else RuntimeError, match=" end$"):
        shmem.allgather_objects(Wordy() if me() == 0 else me())
    assert shmem.allgather_objects(me()) == list(range(npes()))


class Poison:
    """What pickles, and cannot be made again."""

    def __reduce__(self) -> Any:
        return int, ("no number",)


@some
def test_object_that_cannot_be_unpickled_raises_where_it_arrives() -> None:
    if me() == 0:
        shmem.bcast_object(Poison())
    else:
        with pytest.raises(ValueError, match="no number"):
            shmem.bcast_object(None)
    assert shmem.allgather_objects(me()) == list(range(npes()))


@pes
def test_wrong_arguments() -> None:
    for root in (-1, npes()):
        with pytest.raises(IndexError, match=rf"bcast_object: root is {root}, but PEs are 0 to"):
            shmem.bcast_object(1, root)
        with pytest.raises(IndexError, match=r"gather_objects: root"):
            shmem.gather_objects(1, root)
    with pytest.raises(ValueError, match=r"alltoall_objects: objs has .* objects, must have one for each"):
        shmem.alltoall_objects([0] * (npes() + 1))
    with pytest.raises(RuntimeError, match="invalid"):
        shmem.bcast_object(1, team=shmem.TEAM_INVALID)


# --- teams and threads ---


@some
@pytest.mark.parametrize("size", [10, 700_000])
def test_teams(size: int) -> None:
    """Roots and results count as in the team; a team's region is smaller than the world's."""
    with shmem.TEAM_WORLD.split_strided(1, 1, npes() - 1) as team:
        if not team:
            return
        n, rank = team.n_pes(), team.my_pe()
        check_team(team, n, rank, size)


def check_team(team: shmem.Team, n: int, rank: int, size: int) -> None:
    got = shmem.bcast_object(made(rank, size) if rank == n - 1 else None, n - 1, team)
    assert got is not None
    check(got, n - 1, size)
    for pe, obj in enumerate(shmem.allgather_objects(made(rank, size), team)):
        check(obj, pe, size)
    gathered = shmem.gather_objects(rank, n - 1, team)
    assert gathered == (list(range(n)) if rank == n - 1 else None)
    assert shmem.alltoall_objects([(rank, pe) for pe in range(n)], team) == [(pe, rank) for pe in range(n)]


@pytest.mark.pes(4)
def test_teams_that_overlap_one_after_the_other() -> None:
    rows, columns = shmem.TEAM_WORLD.split_2d(2)
    for k in range(20):
        size = 100 if k % 2 else 40_000
        for team in (rows, columns, shmem.TEAM_WORLD):
            n, rank = team.n_pes(), team.my_pe()
            for pe, obj in enumerate(shmem.allgather_objects((k, rank, b"x" * size), team)):
                assert obj == (k, pe, b"x" * size)
            assert n > rank
    columns.destroy()
    rows.destroy()


@some
def test_threads_in_calls_of_different_teams() -> None:
    need("thread_multiple")
    teams = [shmem.TEAM_WORLD.split_strided(0, 1, npes()) for _ in range(3)]
    wrong: list[Any] = []

    def work(team: shmem.Team, k: int) -> None:
        for i in range(20):
            got = shmem.allgather_objects((k, i, np.full(30_000, k)), team)
            wrong.extend(x for x in got if (x[0], x[1]) != (k, i) or (x[2] != k).any())

    threads = [threading.Thread(target=work, args=(team, k)) for k, team in enumerate(teams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    for team in teams:
        team.destroy()


@some
def test_many_calls_keep_no_memory() -> None:
    """Neither blocks of the heap nor regions are kept."""
    before = shmem.heap_info().used if shmem.engine().name == "smp" else 0
    calls: list[Callable[[], Any]] = [
        lambda: shmem.bcast_object(np.ones(1000)),
        lambda: shmem.alltoall_objects([1] * npes()),
    ]
    for _ in range(100):
        for call in calls:
            call()
    if before:
        assert shmem.heap_info().used == before
