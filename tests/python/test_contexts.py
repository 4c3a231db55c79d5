# SPDX-License-Identifier: BSD-3-Clause
"""Communication contexts: creation, options, PE numbers of the team, completion, sessions."""

from __future__ import annotations

import copy
import pickle
import time
import weakref
from typing import Any

import numpy as np
import pytest
from support import everywhere, left, me, need, npes, right, several, symmetric

from shmem4py import shmem

OPTIONS = [0, shmem.CTX_PRIVATE, shmem.CTX_SERIALIZED, shmem.CTX_NOSTORE, shmem.CTX_PRIVATE | shmem.CTX_NOSTORE]


@everywhere
def test_predefined_contexts() -> None:
    default, invalid = shmem.CTX_DEFAULT, shmem.CTX_INVALID
    assert default
    assert not invalid
    assert default == shmem.Ctx(default) != invalid == shmem.Ctx() == shmem.Ctx(None)
    assert shmem.Ctx(default) is not default
    assert default != 1
    assert len({default, shmem.Ctx(default)}) == 1
    for ctx in (default, invalid):
        with ctx as same:
            assert same is ctx
        ctx.destroy()
    assert default
    assert default.get_team() == shmem.TEAM_WORLD
    default.fence()
    default.quiet()
    shmem.fence(default)
    shmem.quiet(default)


@pytest.mark.pes(1)
@pytest.mark.parametrize("bad", [123, "default", [], shmem.TEAM_WORLD])
def test_context_of_something_else_is_refused(bad: object) -> None:
    with pytest.raises(TypeError):
        shmem.Ctx(bad)  # type: ignore[arg-type]


@everywhere
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_operation_on_a_context(options: int) -> None:
    need("team_contexts")
    a = symmetric(np.zeros(4, dtype=np.int64))
    local = np.zeros(4, dtype=np.int64)
    with shmem.Ctx.create(options) as ctx:
        assert ctx
        assert ctx != shmem.CTX_DEFAULT
        assert ctx.get_team() == shmem.TEAM_WORLD
        shmem.put(a, np.arange(4) + me(), right(), ctx=ctx)
        ctx.fence()
        shmem.p(a[3:], 50 + me(), right(), ctx)
        shmem.atomic_add(a[:1], 100, right(), ctx=ctx)
        ctx.quiet()
        shmem.barrier_all()
        assert a.tolist() == [100 + left(), 1 + left(), 2 + left(), 50 + left()]
        shmem.get(local, a, left(), ctx=ctx)
        assert shmem.g(a[3:], left(), ctx) == local[3]
        assert shmem.atomic_fetch(a[:1], left(), ctx=ctx) == local[0]
        shmem.get_nbi(local[:2], a[2:], left(), ctx=ctx)
        shmem.quiet(ctx)
        assert local[1] == local[3]
        shmem.barrier_all()
    assert ctx == shmem.CTX_INVALID


@everywhere
def test_context_of_a_team_numbers_its_pes() -> None:
    need("team_contexts", "teams")
    a = symmetric(np.full(1, -1))
    with shmem.TEAM_WORLD.split_strided(npes() - 1, -1, npes(), num_contexts=2) as team:
        for ctx in (team.create_ctx(), shmem.Ctx.create(team=team)):
            assert ctx.get_team() == team
            shmem.p(a, me(), team.my_pe(), ctx)  # team.my_pe() is this PE
            ctx.quiet()
            assert a[0] == me()
            shmem.p(a, 100 + me(), 0, ctx) if team.my_pe() == 0 else None
            ctx.quiet()
            with pytest.raises(IndexError, match="pe"):
                shmem.p(a, 0, npes(), ctx)
            ctx.destroy()
        team.sync()
    assert shmem.g(a, npes() - 1) == 100 + npes() - 1
    shmem.barrier_all()


@several
def test_many_contexts_at_once() -> None:
    need("team_contexts")
    a = symmetric(np.zeros(16, dtype=int))
    contexts = [shmem.Ctx.create() for _ in range(16)]
    for i, ctx in enumerate(contexts):
        shmem.put_nbi(a[i : i + 1], np.array([me() + i]), right(), ctx=ctx)
    for ctx in contexts:
        ctx.destroy()  # implies quiet
    shmem.barrier_all()
    assert a.tolist() == [left() + i for i in range(16)]


@several
def test_contexts_can_be_made_and_destroyed_again_and_again() -> None:
    need("team_contexts")
    end = time.monotonic() + 3  # libraries that open connections for each take a tenth of a second
    for _ in range(2000):
        shmem.Ctx.create().destroy()
        if time.monotonic() > end:
            break
    with shmem.Ctx.create() as ctx:
        ctx.quiet()


@several
def test_sessions_are_hints() -> None:
    need("team_contexts", "sessions")
    a = symmetric(np.zeros(1, dtype=int))
    with shmem.Ctx.create() as ctx:
        ctx.session_start()
        ctx.session_stop()
        ctx.session_start(options=0, total_ops=100)
        shmem.p(a, 1, right(), ctx)
        ctx.session_stop()
        ctx.quiet()
    shmem.barrier_all()
    assert a[0] == 1


@several
def test_pe_quiet() -> None:
    need("pe_quiet")
    a = symmetric(np.zeros(2, dtype=int))
    shmem.put_nbi(a[:1], np.array([1]), right())
    shmem.pe_quiet([right()])
    shmem.put_nbi(a[1:], np.array([2]), right())
    shmem.pe_quiet(np.arange(npes(), dtype=np.int32), shmem.CTX_DEFAULT)
    shmem.barrier_all()
    assert a.tolist() == [1, 2]
    with pytest.raises(IndexError, match="pe_quiet: pe"):
        shmem.pe_quiet([0, npes()])


@pytest.mark.pes(2)
def test_destroyed_and_invalid_contexts_are_refused() -> None:
    need("team_contexts")
    ctx = shmem.Ctx.create()
    copy = shmem.Ctx(ctx)
    ctx.destroy()
    ctx.destroy()
    a = shmem.zeros(1, int)
    for bad in (ctx, copy, shmem.CTX_INVALID):
        for call in (
            bad.quiet,
            bad.fence,
            lambda c=bad: shmem.p(a, 1, 0, c),
            lambda c=bad: shmem.put(a, a, 0, ctx=c),
            lambda c=bad: shmem.atomic_inc(a, 0, c),
        ):
            with pytest.raises((ValueError, RuntimeError), match="ctx|context"):
                call()
        with pytest.raises(RuntimeError):
            bad.get_team()
    assert a[0] == 0
    shmem.barrier_all()


@pytest.mark.pes(1)
def test_options_that_there_are_not() -> None:
    for bad in (8, -1):
        with pytest.raises(ValueError, match="options"):
            shmem.Ctx.create(bad)
    with pytest.raises(TypeError, match="options"):
        shmem.Ctx.create("private")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="ctx"):
        shmem.quiet(3)  # type: ignore[arg-type]


@pytest.mark.pes(1)
def test_repr() -> None:
    assert "DEFAULT" in repr(shmem.CTX_DEFAULT)
    assert "INVALID" in repr(shmem.CTX_INVALID)


@everywhere
@pytest.mark.parametrize("options", [0, shmem.CTX_PRIVATE, shmem.CTX_SERIALIZED])
def test_a_team_ends_its_contexts_with_itself(options: int) -> None:
    need("teams", "team_contexts")
    a = shmem.zeros(1, "i8")
    team = shmem.TEAM_WORLD.split_strided()
    ctx = team.create_ctx(options)
    alias = shmem.Ctx(ctx)
    shmem.put_nbi(a, np.full(1, me() + 1), me(), ctx=ctx)
    team.destroy()
    assert a[0] == me() + 1
    assert not ctx
    assert repr(ctx) == "<Ctx, destroyed>"
    for call in (ctx.quiet, ctx.get_team, lambda: shmem.put(a, a, me(), ctx=alias)):
        with pytest.raises(RuntimeError, match="context is invalid: it has been destroyed"):
            call()
    ctx.destroy()  # nothing is left to do
    shmem.barrier_all()


@pytest.mark.pes(1)
@pytest.mark.parametrize("base", [shmem.Ctx, shmem.Team])
def test_subclasses_that_leave_out_init_are_the_invalid_handle(base: Any) -> None:
    class Silent(base):  # type: ignore[misc]
        def __init__(self) -> None:
            pass

    for handle in (Silent(), base.__new__(base)):
        assert not handle
        assert handle == base()
        assert repr(handle) == f"<{base.__name__} INVALID>"
        with pytest.raises(RuntimeError, match="invalid"):
            shmem.sync(handle) if base is shmem.Team else shmem.quiet(handle)


@pytest.mark.pes(1)
def test_handles_are_not_pickled_or_copied() -> None:
    with shmem.Ctx.create() as ctx:
        for handle in (ctx, shmem.CTX_DEFAULT, shmem.TEAM_WORLD, shmem.TEAM_INVALID):
            for take in (pickle.dumps, copy.copy, copy.deepcopy):
                with pytest.raises(TypeError, match="cannot pickle"):
                    take(handle)
        assert weakref.ref(ctx)() is ctx


@pytest.mark.pes(1)
def test_what_is_no_handle_is_refused() -> None:
    with pytest.raises(TypeError, match="Ctx: ctx must be a Ctx or None, not int"):
        shmem.Ctx(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Team: team must be a Team or None, not .*Ctx"):
        shmem.Team(shmem.CTX_DEFAULT)  # type: ignore[arg-type]
    for bad in (3, "num_contexts"):
        with pytest.raises(TypeError, match="config must be a mapping"):
            shmem.TEAM_WORLD.split_strided(config=bad)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unexpected keyword argument 'contexts'"):
        shmem.TEAM_WORLD.split_strided(contexts=3)  # type: ignore[call-arg]
