# SPDX-License-Identifier: BSD-3-Clause
"""Collectives on arrays of any kind: each PE brings another one, and the results are those of symmetric arrays.

What is not symmetric and contiguous goes through the extension's workspace, in pieces where it is large. Target and
source of each PE are of kinds that differ among PEs, so that in every call some stage and some do not.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from support import everywhere, me, need, noise, npes, same_bits, several

from shmem4py import _core, shmem
from shmem4py.testing import run_program

Array = np.ndarray

KINDS = [
    "symmetric", "private", "strided", "symmetric strided", "fortran", "symmetric fortran", "reversed", "unaligned",
    "interleaved",
]  # fmt: skip

# Elements of a row of float64: small, more than a buffer of the world's region (1 MiB) of one and of all PEs together.
SIZES = [1, 6, 150_001]


def placed(values: Array, kind: str, heap: Array) -> Array:
    """Return an array of this kind with these values, in two dimensions; `heap` has room for twice as many."""
    shape, n = values.shape, values.size
    a: Array
    if kind == "symmetric":
        a = heap[:n].reshape(shape)
    elif kind == "private":
        a = np.empty(shape, values.dtype)
    elif kind == "strided":
        a = np.empty((shape[0], 2 * shape[1]), values.dtype)[:, ::2]
    elif kind == "symmetric strided":
        a = heap[: 2 * n].reshape(shape[0], 2 * shape[1])[:, 1::2]
    elif kind == "fortran":
        a = np.empty(shape, values.dtype, order="F")
    elif kind == "symmetric fortran":
        a = heap[:n].reshape(shape[::-1]).T
    elif kind == "reversed":
        a = np.empty(shape, values.dtype)[::-1, ::-1]
    elif kind == "unaligned":
        a = np.frombuffer(bytearray(values.nbytes + 1), np.uint8)[1:].view(values.dtype).reshape(shape)
    else:
        a = np.empty((*shape, 2), values.dtype)[..., 0]
    a[...] = values
    return a


class Places:
    """Targets and sources of ever other kinds on a heap that is allocated once."""

    def __init__(self, most: int, dtype: Any = np.float64) -> None:
        self._heaps = [shmem.zeros(2 * max(most, 1), dtype) for _ in range(2)]

    def pair(self, turn: int, target: Array, source: Array) -> tuple[Array, Array]:
        kinds = KINDS[(turn + me()) % len(KINDS)], KINDS[(turn + 4 * me() + turn // len(KINDS)) % len(KINDS)]
        return placed(target, kinds[0], self._heaps[0]), placed(source, kinds[1], self._heaps[1])

    def free(self) -> None:
        for heap in self._heaps:
            shmem.free(heap)


def rows(n: int, dtype: Any = np.float64) -> list[Array]:
    """Return every PE's source, in two rows; sums of these depend on their order."""
    rng = np.random.default_rng(n)
    values = [rng.normal(size=(2, n)) * 10.0 ** rng.integers(-8, 8) for _ in range(npes())]
    return [v.astype(dtype) for v in values]


def in_order(ufunc: Any, parts: list[Array]) -> Array:
    result: Array = functools.reduce(ufunc, parts)
    return result


def turns(n: int) -> Iterator[int]:
    """Few turns with much data; enough turns for every kind on every PE with little."""
    return iter(range(0, 2 * len(KINDS), 1 if n < 100 else 5))


@everywhere
@pytest.mark.parametrize("n", SIZES)
def test_reductions_of_any_arrays_are_those_of_the_members_in_order(n: int) -> None:
    every, old = rows(n), np.full((2, n), 7.0)
    places = Places(2 * n)
    for turn in turns(n):
        for reduce, ufunc in ((shmem.sum_reduce, np.add), (shmem.max_reduce, np.maximum)):
            target, source = places.pair(turn, old, every[me()])
            reduce(target, source)
            assert same_bits(target.copy("C"), in_order(ufunc, every))
            assert same_bits(source.copy("C"), every[me()])
            shmem.barrier_all()
    places.free()


@everywhere
@pytest.mark.parametrize("n", SIZES)
def test_scans_of_any_arrays(n: int) -> None:
    need("scans")
    every, old = rows(n), np.full((2, n), 7.0)
    places = Places(2 * n)
    for turn in turns(n):
        target, source = places.pair(turn, old, every[me()])
        shmem.inscan(target, source)
        assert same_bits(target.copy("C"), in_order(np.add, every[: me() + 1]))
        shmem.barrier_all()
        target, source = places.pair(turn + 1, old, every[me()])
        shmem.exscan(target, source)
        assert same_bits(target.copy("C"), in_order(np.add, every[: me()]) if me() else np.zeros((2, n)))
        shmem.barrier_all()
    places.free()


@everywhere
@pytest.mark.parametrize("n", SIZES)
def test_broadcast_of_any_arrays(n: int) -> None:
    every, old = rows(n), np.full((2, n), 7.0)
    places = Places(2 * n)
    for turn in turns(n):
        target, source = places.pair(turn, old, every[me()])
        root = turn % npes()
        shmem.broadcast(target, source, root)
        assert same_bits(target.copy("C"), every[root])
        shmem.barrier_all()
    places.free()


@everywhere
@pytest.mark.parametrize("n", SIZES)
def test_collects_of_any_arrays(n: int) -> None:
    every = rows(n)
    lengths = [(3 * pe + n) % (n + 1) for pe in range(npes())]
    ragged = [v[:, :length] for v, length in zip(every, lengths, strict=True)]
    both, uneven = np.concatenate(every), np.concatenate([v.ravel() for v in ragged])
    places = Places(both.size)
    for turn in turns(n):
        target, source = places.pair(turn, np.full_like(both, 7), every[me()])
        shmem.fcollect(target, source)
        assert same_bits(target.copy("C"), both)
        shmem.barrier_all()
        target, source = places.pair(turn, np.full((1, uneven.size), 7.0), ragged[me()])
        shmem.collect(target, source)
        assert same_bits(target.ravel(), uneven)
        shmem.barrier_all()
    places.free()


@everywhere
@pytest.mark.parametrize("n", SIZES)
def test_alltoalls_of_any_arrays(n: int) -> None:
    every = [np.concatenate([v + 1000 * k for k in range(npes())]) for v in rows(n)]
    expected = np.concatenate([v[2 * me() : 2 * me() + 2] for v in every])
    places = Places(expected.size)
    for turn in turns(n):
        target, source = places.pair(turn, np.full_like(expected, 7), every[me()])
        shmem.alltoall(target, source)
        assert same_bits(target.copy("C"), expected)
        shmem.barrier_all()
    places.free()


@everywhere
@pytest.mark.parametrize("n", [1, 6, 40_001])
@pytest.mark.parametrize(("tst", "sst"), [(1, 1), (2, 3), (3, 1)])
def test_strided_alltoalls_of_any_arrays(n: int, tst: int, sst: int) -> None:
    size = n * npes()
    every = [noise((1, size * sst), "i8", seed=pe) for pe in range(npes())]
    old = noise((1, size * tst), "i8", seed=99)
    expected = old.copy()
    expected[0, ::tst] = np.concatenate([v[0, ::sst][n * me() : n * me() + n] for v in every])
    places = Places(max(tst, sst) * size, "i8")
    for turn in turns(n):
        target, source = places.pair(turn, old, every[me()])
        shmem.alltoalls(target, source, tst, sst)
        assert same_bits(target.copy("C"), expected)
        shmem.barrier_all()
    places.free()


@several
@pytest.mark.parametrize("n", [5, 100_000])
def test_only_one_member_stages(n: int) -> None:
    t, x = shmem.zeros(n), shmem.zeros(n)
    for pe in range(npes()):
        x[:] = np.arange(n) + me()
        private = x.copy() if me() == pe else x
        shmem.sum_reduce(t, private)
        assert (t == npes() * np.arange(n) + npes() * (npes() - 1) / 2).all()
        shmem.barrier_all()
        result = np.zeros(n) if me() == pe else t
        shmem.max_reduce(result, x)
        assert (result == np.arange(n) + npes() - 1).all()
        shmem.barrier_all()


@several
@pytest.mark.parametrize("n", [5, 300_000])
def test_symmetric_arrays_that_differ_among_members(n: int) -> None:
    x, y, t, u = (shmem.zeros(n) for _ in range(4))
    x[:], y[:] = me(), me() + 0.5
    shmem.barrier_all()
    target = u if me() == 0 else t
    shmem.sum_reduce(target, x if me() else y)
    assert (target == npes() * (npes() - 1) / 2 + 0.5).all()
    shmem.barrier_all()
    shmem.broadcast(target, x if me() else y, 0)
    assert (target == 0.5).all()
    shmem.barrier_all()
    together = (shmem.zeros(n * npes()), shmem.zeros(n * npes()))
    shmem.fcollect(together[me() % 2], x)
    assert (together[me() % 2] == np.repeat(np.arange(npes()), n)).all()


@pytest.mark.pes(2)
def test_data_larger_than_the_workspace() -> None:
    n = 9_000_000  # 72 MB
    x = np.full(n, me() + 1.0)
    x[::1000] = np.arange(n // 1000)
    shmem.sum_reduce(x, x)
    assert (x[::1000] == 2 * np.arange(n // 1000)).all()
    assert (x[1::1000] == 3).all()


@several
def test_teams_have_regions_of_their_own() -> None:
    need("teams")
    teams = [shmem.TEAM_WORLD.split_strided() for _ in range(20)]  # the last ones have small regions
    teams.append(shmem.TEAM_WORLD.split_strided(npes() - 1, -1, npes()))
    for n in (3, 50_000):
        for k, team in enumerate(teams):
            mine = team.my_pe()
            target = np.zeros(n)
            shmem.sum_reduce(target, [k] * n, team=team)
            assert (target == k * npes()).all()
            together = np.zeros((npes(), n))
            shmem.fcollect(together, np.full(n, float(mine)), team=team)
            assert (together == np.arange(npes())[:, None]).all()
            crossed = np.zeros((npes(), n))
            shmem.alltoall(crossed, together + 10 * mine, team=team)
            assert (crossed == 10 * np.arange(npes())[:, None] + mine).all()
    for team in teams:
        team.destroy()


@several
def test_numbers_and_lists() -> None:
    total = np.zeros(3)
    shmem.sum_reduce(total, me() + 1)
    assert total.tolist() == [npes() * (npes() + 1) / 2] * 3
    shmem.sum_reduce(total, [1, 2, me()])
    assert total.tolist() == [npes(), 2 * npes(), npes() * (npes() - 1) / 2]
    least = np.zeros((), "i2")
    shmem.min_reduce(least, np.int16(me()))
    assert least == 0
    everyone = np.zeros(npes(), "i4")
    shmem.fcollect(everyone, me())
    assert everyone.tolist() == list(range(npes()))
    shmem.broadcast(total, (1, 2, 3) if me() == 1 else total, 1)
    assert total.tolist() == [1, 2, 3]


@several
def test_source_broadcasts_to_the_target() -> None:
    table = np.zeros((3, 4))
    row = np.arange(4.0) if me() else shmem_row()
    if me():
        shmem_row()
    shmem.sum_reduce(table, row)
    assert (table == npes() * np.arange(4)).all()
    flat = np.zeros(12)
    shmem.sum_reduce(flat.reshape(3, 4), np.arange(12.0))
    assert (flat == npes() * np.arange(12)).all()


def shmem_row() -> Array:
    """Return a symmetric row; collective."""
    row: Array = shmem.zeros(4)
    row[:] = np.arange(4)
    return row


@several
@pytest.mark.parametrize("dtype", [">f8", ">i4", ">c16"])
def test_byte_order_that_is_not_the_machines(dtype: str) -> None:
    x = (np.arange(5) + me()).astype(dtype)
    target = np.zeros(5, dtype) if me() else shmem_like(5, dtype)
    if me():
        shmem_like(5, dtype)
    shmem.sum_reduce(target, x)
    assert target.dtype == x.dtype
    assert target.tolist() == (npes() * np.arange(5) + npes() * (npes() - 1) // 2).astype(dtype).tolist()


def shmem_like(n: int, dtype: str) -> Array:
    """Return a symmetric array; collective."""
    a: Array = shmem.zeros(n, dtype)
    return a


@several
@pytest.mark.parametrize("dtype", ["S5", "M8[s]", [("id", "i4"), ("weight", "f8"), ("name", "S3")], "?", "e"])
def test_elements_of_any_dtype_move(dtype: Any) -> None:
    every = [noise(4, dtype, seed=pe) for pe in range(npes())]
    target = np.zeros((npes(), 4), dtype)
    shmem.fcollect(target[:, ::-1].copy()[:, ::-1] if me() else target, every[me()])
    if me() == 0:
        assert all(same_bits(target[pe], every[pe]) for pe in range(npes()))
    got = np.zeros(4, dtype)
    shmem.broadcast(got, every[me()], npes() - 1)
    assert same_bits(got, every[-1])


@several
def test_no_elements_and_no_dimensions() -> None:
    for target, source in ((np.zeros(0), []), (shmem.zeros(0), np.zeros(0)), (np.zeros((0, 3)), np.zeros((0, 3)))):
        shmem.sum_reduce(target, np.asarray(source, float))
        shmem.broadcast(target, np.asarray(source, float), 0)
        shmem.alltoall(target, np.asarray(source, float).reshape(target.shape))
        shmem.fcollect(np.zeros(0), np.zeros(0))
        shmem.collect(np.zeros(0), np.zeros(0))
    point = np.zeros(())
    shmem.sum_reduce(point, np.ones(()))
    assert point == npes()


@several
@pytest.mark.parametrize("n", [6, 200_000])
def test_overlapping_private_arrays(n: int) -> None:
    x = np.arange(n + 1.0)
    shmem.sum_reduce(x[1:], x[:-1])
    assert x.tolist() == [0, *(npes() * np.arange(n)).tolist()]
    pairs = np.arange(2.0 * n).reshape(n, 2)
    shmem.sum_reduce(pairs[:, 0], pairs[:, 1])
    assert (pairs[:, 0] == npes() * pairs[:, 1]).all()
    blocks = np.repeat(np.arange(npes()) + 10.0 * me(), n)
    shmem.alltoall(blocks, blocks)
    assert (blocks == np.repeat(10.0 * np.arange(npes()) + me(), n)).all()
    y = np.full(n * npes(), float(me()))
    shmem.fcollect(y, y[:n])
    assert (y == np.repeat(np.arange(npes()), n)).all()


@pytest.mark.pes(2)
def test_mistakes_are_found_before_anything_moves() -> None:
    x = np.ones(3)
    x.setflags(write=False)
    with pytest.raises(ValueError, match="sum_reduce: target is read-only"):
        shmem.sum_reduce(x, np.ones(3))
    with pytest.raises(TypeError, match="sum_reduce: target must be a numpy.ndarray"):
        shmem.sum_reduce([1.0, 2.0], np.ones(2))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="dtype"):
        shmem.sum_reduce(np.zeros(3), np.zeros(3, "i4"))
    with pytest.raises(TypeError, match="dtype"):
        shmem.sum_reduce(np.zeros(2, int), [0.5, 1])
    with pytest.raises(TypeError, match="source must be an array, a number or a list of numbers, not NoneType"):
        shmem.sum_reduce(np.zeros(2, int), None)  # type: ignore[arg-type]
    with pytest.raises(OverflowError, match="source"):
        shmem.sum_reduce(np.zeros(2, "i1"), [1, 300])
    with pytest.raises(ValueError, match=r"source of shape \(2,\) does not match target of shape \(3,\).*size="):
        shmem.sum_reduce(np.zeros(3), [1, 2])
    with pytest.raises(ValueError, match="size is 4, but target has 3 elements"):
        shmem.sum_reduce(np.zeros(3), np.zeros(5), size=4)
    with pytest.raises(ValueError, match=r"fcollect: target of shape \(5,\).*size="):
        shmem.fcollect(np.zeros(5), np.zeros(2))
    with pytest.raises(ValueError, match=r"alltoall: .*shape \(3,\).*size="):
        shmem.alltoall(np.zeros(3), np.zeros(3))
    gone = shmem.zeros(3)
    shmem.free(gone)
    for target, source in ((gone, np.ones(3)), (np.ones(3), gone[::-1])):
        with pytest.raises(shmem.FreedError):
            shmem.sum_reduce(target, source)
    total = np.zeros(3)  # all are still in step
    shmem.sum_reduce(total, np.ones(3))
    assert total.tolist() == [2, 2, 2]


@pytest.mark.pes(2)
def test_totals_that_do_not_fit_raise_on_all() -> None:
    with pytest.raises(ValueError, match="collect: .*(4 together|32 bytes)"):
        shmem.collect(np.zeros(4 if me() else 5), np.zeros(2))
    with pytest.raises(ValueError, match="collect: .*(4 together|32 bytes)"):
        shmem.collect(np.zeros(4 if me() else 3), np.zeros(2))
    roomy = np.full(6, 9.0)
    shmem.collect(roomy, np.full(3, float(me())), size=2)
    assert roomy.tolist() == [0, 0, 1, 1, 9, 9]


@several
def test_threads_in_different_teams() -> None:
    need("teams", "thread_multiple")
    teams = [shmem.TEAM_WORLD.split_strided() for _ in range(4)]
    errors: list[BaseException] = []

    def work(k: int, team: Any) -> None:
        try:
            for i in range(50):
                n = 1 + 37 * i
                total, together = np.zeros(n), np.zeros(n * npes())
                shmem.sum_reduce(total, np.full(n, float(k + i)), team=team)
                assert (total == npes() * (k + i)).all()
                shmem.fcollect(together, np.full(n, 100.0 * k + team.my_pe()), team=team)
                assert (together == 100 * k + np.repeat(np.arange(npes()), n)).all()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k, team), daemon=True) for k, team in enumerate(teams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for team in teams:
        team.destroy()
    assert not errors, errors


def test_region_of_a_call_that_was_left_is_not_used_again() -> None:
    need("interruptible", "teams")
    program = """
import os, signal, threading
import numpy as np
from shmem4py import shmem
team = shmem.TEAM_WORLD.split_strided()
x = np.ones(100_000)
if shmem.my_pe() == 0:
    try:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        shmem.sum_reduce(x, x, team=team)
    except KeyboardInterrupt:
        print('interrupted')
    for _ in range(2):
        try:
            shmem.sum_reduce(x, x, team=team)
        except RuntimeError as error:
            print('interrupted' in str(error))
shmem.barrier_all()
for _ in range(3):
    other = shmem.TEAM_WORLD.split_strided()
    x[:] = 1
    shmem.sum_reduce(x, x, team=other)
    assert (x == 2).all()
    other.destroy()
shmem.barrier_all()
if shmem.my_pe() == 0:
    print(x[0])
shmem.global_exit(0)
"""
    done = run_program(2, program, timeout=30)
    assert (done.returncode, done.stdout.split()) == (0, ["interrupted", "True", "True", "2.0"]), done.stderr


def resident_nbytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


@pytest.mark.pes(2)
def test_no_call_takes_memory() -> None:
    x, target = np.ones(200_000)[::2], np.zeros(100_000)
    calls: list[Callable[[], Any]] = [
        lambda: shmem.sum_reduce(target, x),
        lambda: shmem.broadcast(target, x, 0),
        lambda: shmem.alltoall(target, x),
        lambda: shmem.collect(target, x[:50_000]),
    ]
    for call in calls * 3:
        call()
    blocks, before = len(_core.blocks()), resident_nbytes()
    for _ in range(100):
        for call in calls:
            call()
        with pytest.raises(ValueError, match="size="):
            shmem.sum_reduce(target, x[1:])
    assert len(_core.blocks()) == blocks
    assert resident_nbytes() - before < 4 << 20


@everywhere
def test_lists_of_integers_and_empty_lists() -> None:
    target = np.zeros(3, "u8")
    shmem.sum_reduce(target, [1, 2, 3])
    assert target.tolist() == [npes(), 2 * npes(), 3 * npes()]
    with pytest.raises(OverflowError, match="do not fit dtype uint8"):
        shmem.sum_reduce(np.zeros(1, "u1"), [256])
    shmem.collect(np.zeros(0, "i4"), [])


@everywhere
def test_size_takes_arrays_of_fortran_in_memory_order() -> None:
    for allocate in (shmem.zeros, np.zeros):
        source, target = allocate((2, 3), order="F"), allocate((2, 3), order="F")
        source[...] = np.arange(6).reshape(2, 3)
        shmem.barrier_all()
        shmem.sum_reduce(target, source, size=4)
        assert target.ravel("K").tolist() == [npes() * v for v in (0, 3, 1, 4)] + [0, 0]
        shmem.barrier_all()


@everywhere
def test_collect_from_the_rest_of_its_target() -> None:
    a = shmem.zeros(10 * npes() + 2, "i8")
    a[-2:] = me()
    shmem.barrier_all()
    shmem.collect(a, a[-2:], size=2)
    assert a[: 2 * npes()].tolist() == [pe for pe in range(npes()) for _ in range(2)]
    shmem.barrier_all()
