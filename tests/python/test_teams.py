# SPDX-License-Identifier: BSD-3-Clause
"""Teams: splitting, numbering, configuration, destruction, pointers."""

from __future__ import annotations

import numpy as np
import pytest
from support import everywhere, me, need, npes, several, symmetric

from shmem4py import shmem

WORLD = shmem.TEAM_WORLD


@everywhere
def test_predefined_teams() -> None:
    assert (WORLD.my_pe(), WORLD.n_pes()) == (me(), npes())
    assert bool(WORLD)
    assert not shmem.TEAM_INVALID
    assert WORLD == shmem.TEAM_WORLD != shmem.TEAM_INVALID
    assert shmem.Team() == shmem.Team(None) == shmem.TEAM_INVALID
    copy = shmem.Team(WORLD)
    assert copy == WORLD
    assert copy is not WORLD
    assert WORLD != 0
    assert len({WORLD, copy}) == 1
    if shmem.TEAM_SHARED:
        assert shmem.TEAM_SHARED.n_pes() <= npes()


@everywhere
def test_predefined_teams_survive_destroy_and_with() -> None:
    for team in (WORLD, shmem.TEAM_SHARED, shmem.TEAM_INVALID):
        alive = bool(team)
        with team as same:
            assert same is team
        team.destroy()
        assert bool(team) is alive


@everywhere
def test_destroying_an_alias_leaves_the_team() -> None:
    alias = shmem.Team(WORLD)
    alias.destroy()
    assert not alias
    assert WORLD.n_pes() == npes()


@pytest.mark.pes(1)
@pytest.mark.parametrize("bad", [123, "world", 1.0, [], shmem.CTX_DEFAULT])
def test_team_of_something_else_is_refused(bad: object) -> None:
    with pytest.raises(TypeError):
        shmem.Team(bad)  # type: ignore[arg-type]


@everywhere
@pytest.mark.parametrize("start", range(3))
@pytest.mark.parametrize("stride", [1, 2, 3, -1, -2])
def test_split_strided(start: int, stride: int) -> None:
    need("teams")
    first = start % npes()
    members = list(range(first, npes(), stride)) if stride > 0 else list(range(first, -1, stride))
    team = WORLD.split_strided(first, stride, len(members))
    assert bool(team) is (me() in members)
    if team:
        assert team.n_pes() == len(members)
        assert team.my_pe() == members.index(me())
        assert [team.translate_pe(i) for i in range(team.n_pes())] == members
        assert team.translate_pe() == me()
        assert WORLD.translate_pe(me(), team) == team.my_pe()
        team.sync()
        shmem.sync(team)
        team.destroy()
        assert team == shmem.TEAM_INVALID
    shmem.barrier_all()


@everywhere
def test_size_left_out_takes_as_many_as_there_are() -> None:
    need("teams")
    with WORLD.split_strided() as team:
        assert (team.n_pes(), team.my_pe()) == (npes(), me())
    with WORLD.split_strided(stride=2) as evens:
        assert bool(evens) is (me() % 2 == 0)
        if evens:
            assert evens.n_pes() == (npes() + 1) // 2
    shmem.barrier_all()


@pytest.mark.pes(1)
def test_zero_stride_makes_a_team_of_one() -> None:
    need("teams")
    with WORLD.split_strided(0, 0, 1) as team:
        assert team.n_pes() == 1


@several
def test_translate_to_a_team_without_the_pe() -> None:
    need("teams")
    with WORLD.split_strided(0, 1, 1) as team:
        if team:
            with pytest.raises(RuntimeError, match="translate_pe: PE .* is not in the other team"):
                WORLD.translate_pe(npes() - 1, team)
            with pytest.raises(IndexError, match="pe"):
                WORLD.translate_pe(npes())
    shmem.barrier_all()


@pytest.mark.pes(4, 8)
def test_split_2d() -> None:
    need("teams")
    for xrange in (1, 2, 3, npes()):
        x, y = WORLD.split_2d(xrange)
        row, column = divmod(me(), xrange)
        assert x.my_pe() == column
        assert x.n_pes() == min(xrange, npes() - row * xrange)
        assert y.my_pe() == row
        assert [y.translate_pe(i) for i in range(y.n_pes())] == list(range(column, npes(), xrange))
        x.destroy()
        y.destroy()


@pytest.mark.pes(4, 8)
def test_teams_of_teams() -> None:
    need("teams")
    evens = WORLD.split_strided(0, 2, npes() // 2)
    if evens:
        half = evens.split_strided(0, 1, npes() // 4)
        if half:
            assert half.n_pes() == npes() // 4
            assert half.translate_pe(half.n_pes() - 1) == 2 * (npes() // 4 - 1)
            half.sync()
            half.destroy()
        evens.destroy()
    shmem.barrier_all()


@several
def test_disjoint_parents_split_at_the_same_time() -> None:
    need("teams")
    low = WORLD.split_strided(0, 1, npes() // 2)
    high = WORLD.split_strided(npes() // 2, 1, npes() - npes() // 2)
    mine = low or high
    total = shmem.zeros(1, int)
    ones = symmetric(np.array([1]))
    for _ in range(20):
        with mine.split_strided() as copy:
            shmem.sum_reduce(total, ones, team=copy)
            assert total[0] == mine.n_pes()
            shmem.sync(copy)
    mine.destroy()
    shmem.barrier_all()


@several
def test_thousands_of_teams_one_after_the_other() -> None:
    need("teams")
    for _ in range(1000):
        WORLD.split_strided().destroy()


@everywhere
def test_configuration() -> None:
    need("teams")
    with WORLD.split_strided() as team:
        assert team.get_config() == {"num_contexts": 0}
    with WORLD.split_strided(config={"num_contexts": 1}) as team:
        assert team.get_config() == {"num_contexts": 1}
    with WORLD.split_strided(num_contexts=2) as team:
        assert team.get_config() == {"num_contexts": 2}
    with pytest.raises((TypeError, ValueError), match="colour"):
        WORLD.split_strided(colour=1)  # type: ignore[call-arg]


@everywhere
def test_ptr_of_a_team_numbers_its_pes() -> None:
    need("teams")
    a = symmetric(np.full(3, me()))
    with WORLD.split_strided(npes() - 1, -1, npes()) as team:
        for pe in range(npes()):
            there = team.ptr(a, pe)
            if there is not None:
                assert there.tolist() == [npes() - 1 - pe] * 3
    shmem.barrier_all()


@pytest.mark.pes(2)
def test_destroyed_and_invalid_teams_are_refused() -> None:
    need("teams")
    team = WORLD.split_strided()
    copy = shmem.Team(team)
    team.destroy()
    team.destroy()
    a = shmem.zeros(4)
    for bad in (team, copy, shmem.TEAM_INVALID):
        for call in (
            bad.sync,
            bad.my_pe,
            bad.n_pes,
            bad.get_config,
            bad.split_strided,
            bad.create_ctx,
            lambda t=bad: shmem.sum_reduce(a, a, team=t),
        ):
            with pytest.raises(RuntimeError, match="team"):
                call()
    shmem.barrier_all()


@pytest.mark.pes(2)
@pytest.mark.parametrize("args", [(0, 1, 3), (0, 2, 2), (2, 1, 1), (-1, 1, 1), (0, -1, 2), (0, 1, -1)])
def test_splits_that_cannot_be(args: tuple[int, int, int]) -> None:
    need("teams")
    with pytest.raises((ValueError, IndexError, RuntimeError), match="split_strided"):
        WORLD.split_strided(*args)
    shmem.barrier_all()


@pytest.mark.pes(2)
def test_split_2d_that_cannot_be() -> None:
    need("teams")
    for bad in (0, -1):
        with pytest.raises(ValueError, match="xrange"):
            WORLD.split_2d(bad)
    shmem.barrier_all()


@pytest.mark.pes(2)
def test_repr_says_what_it_is() -> None:
    assert "WORLD" in repr(WORLD)
    assert "INVALID" in repr(shmem.TEAM_INVALID)
    with WORLD.split_strided() as team:
        assert "of 2 PEs" in repr(team)
