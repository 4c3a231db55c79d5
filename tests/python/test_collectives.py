# SPDX-License-Identifier: BSD-3-Clause
"""Collectives that move data, on the world and on teams, for every dtype."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support import ANY, everywhere, me, need, noise, npes, same_bits, several, symmetric

from shmem4py import shmem
from shmem4py.testing import run_program

FORMS = ["none", "world", "duplicate", "evens", "reversed", "pairs"]


def teams(form: str) -> Iterator[tuple[Any, int, int]]:
    """Yield a team, this PE's number in it and its size; nothing on PEs outside."""
    if form in ("none", "world"):
        yield None if form == "none" else shmem.TEAM_WORLD, me(), npes()
        return
    need("teams")
    world = shmem.TEAM_WORLD
    if form == "duplicate":
        team = world.split_strided()
    elif form == "evens":
        team = world.split_strided(0, 2, (npes() + 1) // 2)
    elif form == "reversed":
        team = world.split_strided(npes() - 1, -1, npes())
    else:
        team, rest = world.split_2d(2)
        rest.destroy()
    if team:
        yield team, team.my_pe(), team.n_pes()
        team.destroy()
    shmem.barrier_all()


def joined(parts: Any) -> np.ndarray:
    """Return the parts one after the other, in their dtype: concatenate would change the byte order."""
    return np.concatenate(parts).astype(parts[0].dtype)


def data(n: int, dtype: Any, pe: int, form: str) -> np.ndarray:
    """Return what PE `pe` of its team contributes: the same for every team of that form."""
    return noise(n, dtype, seed=1000 * FORMS.index(form) + pe)


@everywhere
def test_barriers_many_times() -> None:
    for _ in range(200):
        shmem.barrier_all()
        shmem.sync_all()
        shmem.sync()
        shmem.sync(shmem.TEAM_WORLD)


@several
def test_barrier_completes_puts_and_waits_for_all() -> None:
    counts = symmetric(np.zeros(npes(), dtype=int))
    for k in range(1, 30):
        for pe in range(npes()):
            shmem.put_nbi(counts[me() : me() + 1], np.array([k]), pe)
        shmem.barrier_all()
        assert counts.tolist() == [k] * npes()
        shmem.barrier_all()


@everywhere
@pytest.mark.parametrize(("dtype", "form"), [(t, f) for f in FORMS for t in (ANY if f in ("none", "evens") else "id")])
def test_data_moving_collectives(dtype: Any, form: str) -> None:
    n = 3
    world = npes()
    source, target = shmem.empty(n * world, dtype), shmem.empty(n * world + 1, dtype)
    for team, mine, size in teams(form):
        rest = noise(n * world + 1, dtype, seed=5)
        theirs = [data(n * size, dtype, pe, form) for pe in range(size)]
        source[: n * size] = theirs[mine]

        def run(call: Any, *args: Any, team: Any = team, rest: Any = rest, **kwargs: Any) -> None:
            target[...] = rest
            shmem.sync(team)
            call(target, source, *args, team=team, **kwargs)

        for root in range(size):
            run(shmem.broadcast, root, n)
            assert same_bits(target[:n].copy(), theirs[root][:n])
            assert same_bits(target[n:].copy(), rest[n:])
        for call in (shmem.fcollect, shmem.collect):
            run(call, n)
            assert same_bits(target[: n * size].copy(), joined([t[:n] for t in theirs]))
            assert same_bits(target[n * size :].copy(), rest[n * size :])
        run(shmem.alltoall, n)
        assert same_bits(target[: n * size].copy(), joined([t[n * mine : n * mine + n] for t in theirs]))
        assert same_bits(target[n * size :].copy(), rest[n * size :])
        shmem.sync(team)
    shmem.barrier_all()
    shmem.free(target)
    shmem.free(source)


@everywhere
@pytest.mark.parametrize("nelems", [0, 1, 5, 100, 20_000])
def test_sizes(nelems: int) -> None:
    source = symmetric(noise(nelems * npes(), "f8", seed=me()))
    target = shmem.zeros(nelems * npes())
    everyone = [noise(nelems * npes(), "f8", seed=pe) for pe in range(npes())]
    shmem.broadcast(target, source, npes() - 1)
    assert same_bits(target.copy(), everyone[-1])
    shmem.barrier_all()
    shmem.alltoall(target, source)
    expected = joined([a.reshape(npes(), nelems)[me()] for a in everyone])
    assert same_bits(target.copy(), expected)
    shmem.barrier_all()
    shmem.fcollect(target, source[:nelems])
    assert same_bits(target.copy(), joined([a[:nelems] for a in everyone]))


@everywhere
def test_collect_of_different_sizes() -> None:
    lengths = [(3 * pe + 1) % 5 for pe in range(npes())]
    source = symmetric(np.full(5, me(), dtype=int))
    target = shmem.full(sum(lengths) + 1, -1)
    shmem.collect(target[:-1], source[: lengths[me()]])
    assert target.tolist() == [pe for pe in range(npes()) for _ in range(lengths[pe])] + [-1]
    shmem.barrier_all()
    shmem.collect(target, source, size=lengths[me()])
    assert target.tolist() == [pe for pe in range(npes()) for _ in range(lengths[pe])] + [-1]


@everywhere
@pytest.mark.parametrize(("tst", "sst"), [(1, 1), (2, 1), (1, 3), (3, 2)])
@pytest.mark.parametrize("dtype", ["i4", "f8", "i2", "D"])
def test_alltoalls(dtype: str, tst: int, sst: int) -> None:
    n, size = 2, npes()
    source = symmetric(noise(n * size * sst, dtype, seed=me()))
    target = symmetric(noise(n * size * tst, dtype, seed=77))
    shmem.alltoalls(target, source, tst, sst, n)
    expected = noise(n * size * tst, dtype, seed=77)
    expected[::tst] = joined(
        [noise(n * size * sst, dtype, seed=pe)[::sst][n * me() : n * me() + n] for pe in range(size)]
    )
    assert same_bits(target.copy(), expected)
    shmem.barrier_all()
    target[...] = noise(n * size * tst, dtype, seed=77)
    shmem.barrier_all()
    shmem.alltoalls(target, source, tst=tst, sst=sst)
    assert same_bits(target.copy(), expected)
    shmem.barrier_all()


@several
def test_size_given() -> None:
    source, target = symmetric(np.full(4, me())), symmetric(np.full(6, -1))
    shmem.broadcast(target, source, 1, size=4)
    assert target.tolist() == [1] * 4 + [-1] * 2
    shmem.barrier_all()
    shmem.broadcast(target[:3], source, 0, size=2)
    assert target.tolist() == [0] * 2 + [1] * 2 + [-1] * 2


@several
def test_in_place_broadcast() -> None:
    a = symmetric(np.full(3, me()))
    shmem.broadcast(a, a, 1)
    shmem.barrier_all()
    assert a.tolist() == [1, 1, 1]


@several
def test_back_to_back_without_barriers() -> None:
    source, target = shmem.zeros(npes(), dtype=int), shmem.zeros(npes(), dtype=int)
    for k in range(100):
        source[:] = 1000 * k + me()
        shmem.broadcast(target, source, k % npes())
        assert (target == 1000 * k + k % npes()).all()
        shmem.sync_all()
        shmem.fcollect(target, source[:1])
        assert target.tolist() == [1000 * k + pe for pe in range(npes())]
        shmem.sync_all()
        shmem.alltoall(target, source)
        assert target.tolist() == [1000 * k + pe for pe in range(npes())]
        shmem.sync_all()


@pytest.mark.pes(3)
def test_sizes_that_do_not_fit_raise_on_all_before_anything_moves() -> None:
    a, b = shmem.zeros(6), shmem.zeros(4)
    for wrong in (a, b, shmem.zeros(13)):
        with pytest.raises(ValueError, match=r"fcollect: target of shape .*sources of 3 PEs have 12.*size="):
            shmem.fcollect(wrong, b)
    with pytest.raises(ValueError, match=r"broadcast: source of shape \(4,\).*target of shape \(6,\).*size="):
        shmem.broadcast(a, b, 0)
    with pytest.raises(ValueError, match="broadcast: size"):
        shmem.broadcast(a, b, 0, size=5)
    with pytest.raises(ValueError, match="alltoall"):
        shmem.alltoall(a, b)
    with pytest.raises(ValueError, match="alltoall: size"):
        shmem.alltoall(a, a, size=3)
    with pytest.raises(IndexError, match="broadcast: root"):
        shmem.broadcast(a, a, 3)
    with pytest.raises(TypeError, match="dtype"):
        shmem.broadcast(a, shmem.zeros(6, dtype=np.float32), 0)
    for target in (shmem.zeros(13), np.zeros(11)):
        with pytest.raises(ValueError, match=r"collect: .*(have 12 together|have 96 bytes)"):
            shmem.collect(target, b)
    with pytest.raises(ValueError, match="overlap"):
        shmem.fcollect(a, a[:2])
    shmem.barrier_all()


@pytest.mark.pes(2)
def test_team_that_is_none_or_invalid() -> None:
    a = shmem.zeros(4)
    with pytest.raises(RuntimeError, match="team"):
        shmem.sync(shmem.TEAM_INVALID)
    with pytest.raises(RuntimeError, match="team"):
        shmem.broadcast(a, a, 0, team=shmem.Team())
    with pytest.raises(TypeError, match="team"):
        shmem.sync(3)  # type: ignore[arg-type]


def test_different_collectives_raise_on_all_and_end_the_team() -> None:
    done = run_program(
        3,
        """
from shmem4py import shmem
from shmem4py.testing import run_program
team = shmem.TEAM_WORLD.split_strided(0, 1, 3)
a = shmem.zeros(4)
try:
    if shmem.my_pe() == 1:
        shmem.broadcast(a, a, 0, team=team)
    else:
        shmem.sync(team)
except ValueError as error:
    print(error)
else:
    raise SystemExit("the mistake was not noticed")
try:
    shmem.sync(team)
except RuntimeError as error:
    assert "its members called different collectives" in str(error), error
shmem.barrier_all()
""",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("and all wait for each other") == 3, done.stdout
    assert "PE 1 called broadcast (root PE 0) where PE 0 called sync" in done.stdout


@pytest.mark.parametrize("ending", ["shmem.barrier_all()", "shmem.zeros(3)", "shmem.finalize()", ""])
def test_roots_that_hear_nobody_are_told_by_the_next_call_or_at_the_end(ending: str) -> None:
    program = f"""
from shmem4py import shmem
a = shmem.zeros(1)
shmem.broadcast(a, a, shmem.my_pe())
{ending}
"""
    done = run_program(2, program)
    assert done.returncode != 0
    assert "an earlier call did not match: PE " in done.stderr, done.stderr
    assert "broadcast (root 1, 8 bytes)" in done.stderr


def test_a_second_thread_in_a_collective_is_refused() -> None:
    program = """
import threading
import numpy as np
from shmem4py import shmem

me = shmem.my_pe()
refused = shmem.zeros(1, dtype="i8")
errors = []

def meet():
    try:
        shmem.barrier_all()
    except ValueError as error:
        errors.append(str(error))
        shmem.put(refused, np.array([1]), 1)

if me == 0:
    threads = [threading.Thread(target=meet) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1 and "another thread of PE 0 is in barrier_all on the same team" in errors[0], errors
else:
    shmem.wait_until(refused, shmem.CMP.EQ, 1)
    shmem.barrier_all()
assert shmem.broadcast(shmem.array([me]), shmem.array([7 + me]), 0) is None
shmem.barrier_all()
"""
    done = run_program(2, program)
    assert done.returncode == 0, done.stderr
