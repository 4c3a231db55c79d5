# SPDX-License-Identifier: BSD-3-Clause
"""The rule of shapes in collectives: the table of shapes.py, and what collectives of blocks compare.

Each PE has its arrays in a layout of its own, symmetric or private ones; the results must not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
import pytest
from shapes import BROADCAST, EQUAL, FLAT, PAIRS, ROOM, WRONG, Shape, assign, numbers
from support import Array, me, need, npes

from shmem4py import shmem
from shmem4py.testing import run_program

few = pytest.mark.pes(1, 2, 3, 4)
private_or_symmetric = pytest.mark.parametrize("private", [False, True], ids=["symmetric", "private"])

# Calls on target and source, and what the members' sources, in their order, make of them on this PE.
CALLS: dict[str, tuple[Callable[[Array, Array], None], Callable[[list[Array]], Array]]] = {
    "broadcast": (lambda target, source: shmem.broadcast(target, source, npes() - 1), lambda sources: sources[-1]),
    "sum_reduce": (shmem.sum_reduce, lambda sources: np.sum(sources, 0)),
    "reduce": (lambda target, source: shmem.reduce(target, source, "max"), lambda sources: np.max(sources, 0)),
    "exscan": (shmem.exscan, lambda sources: np.sum([0 * sources[0], *sources[: me()]], 0)),
    "inscan": (shmem.inscan, lambda sources: np.sum(sources[: me() + 1], 0)),
}


def memory(rows: int, private: bool) -> tuple[Array, Array]:
    """Return room for targets, a row each, and this PE's source."""
    make: Callable[..., Array] = np.empty if private else shmem.empty
    target, source = make((rows, ROOM)), make(ROOM)
    target[...], source[...] = -1, numbers(me())
    return target, source


@few
@private_or_symmetric
@pytest.mark.parametrize("name", CALLS)
def test_shapes_that_match(name: str, private: bool) -> None:
    if "scan" in name:
        need("scans")
    call, result = CALLS[name]
    shapes = [*EQUAL, *BROADCAST, *FLAT]
    target, source = memory(len(shapes), private)
    for step in range(len(PAIRS)):
        layouts = [PAIRS[(step + 7 * pe) % len(PAIRS)] for pe in range(npes())]
        to, of = layouts[me()]
        target[...] = -1
        shmem.barrier_all()
        for row, (t, s) in zip(target, shapes, strict=True):
            call(to(row, t), of(source, s))
        for row, (t, s) in zip(target, shapes, strict=True):
            expected = np.full(ROOM, -1.0)
            assign(to(expected, t), result([layouts[pe][1](numbers(pe), s) for pe in range(npes())]))
            assert row.tolist() == expected.tolist(), (t, s)


@few
@private_or_symmetric
@pytest.mark.parametrize("name", CALLS)
def test_shapes_that_do_not_match_move_nothing(name: str, private: bool) -> None:
    if "scan" in name:
        need("scans")
    call, _ = CALLS[name]
    target, source = memory(1, private)
    for to, of in PAIRS:
        for t, s in WRONG:
            with pytest.raises(ValueError) as error:
                call(to(target[0], t), of(source, s))
            assert str(error.value).startswith(f"{name}: source of shape {s} does not match target of shape {t}: ")
            assert "size=" in str(error.value)
    shmem.barrier_all()
    assert (target == -1).all()


# --- collectives that give each PE a block compare numbers of elements ---


@few
@private_or_symmetric
@pytest.mark.parametrize("name", ["collect", "fcollect"])
def test_target_holds_exactly_what_all_give(name: str, private: bool) -> None:
    target, source = memory(1, private)
    to, of = PAIRS[7 * me() % len(PAIRS)]
    call = getattr(shmem, name)
    n = npes()
    for t, s in [
        ((n, 6), (6,)),
        ((6 * n,), (2, 3)),
        ((2, n, 3), (3, 1, 2)),
        ((n,), ()),
        ((0,), (0,)),
        ((n, 0), (2, 0)),
    ]:
        target[...] = -1
        shmem.barrier_all()
        call(to(target[0], t), of(source, s))
        parts = [PAIRS[7 * pe % len(PAIRS)][1](numbers(pe), s).ravel() for pe in range(n)]
        expected = np.full(ROOM, -1.0)
        to(expected, t)[...] = np.concatenate(parts).reshape(t)
        assert target[0].tolist() == expected.tolist(), (t, s)
    target[...] = -1
    shmem.barrier_all()
    for t, s in [((6 * n + 1,), (6,)), ((6 * n - 1,), (2, 3)), ((n, 7), (6,)), ((), (0,)), ((0,), (1,))]:
        with pytest.raises(ValueError, match=f"^{name}: ") as error:
            call(to(target[0], t), of(source, s))
        if prod(t) > n * prod(s):
            assert f"target of shape {t}" in str(error.value)
            assert "size=" in str(error.value)
    shmem.barrier_all()
    assert (target == -1).all()
    call(target[0], source[:5], 3)
    assert (target[0, : 3 * n] >= 0).all()
    assert (target[0, 3 * n :] == -1).all()


@pytest.mark.pes(2, 3, 4)
@private_or_symmetric
def test_pieces_of_different_sizes_fill_the_target(private: bool) -> None:
    target, source = memory(1, private)
    n = npes()
    total = n * (n + 1) // 2
    shmem.collect(target[0, :total], source[: me() + 1])
    assert target[0, :total].tolist() == [number for pe in range(n) for number in numbers(pe)[: pe + 1]]
    assert (target[0, total:] == -1).all()
    # One PE's target is too large: the total is known to all together, so all raise.
    with pytest.raises(ValueError, match="^collect: "):
        shmem.collect(target[0, : total + (me() == n - 1)], source[: me() + 1])
    shmem.barrier_all()


@few
@private_or_symmetric
def test_alltoall_divides_both_alike(private: bool) -> None:
    target, source = memory(1, private)
    to, of = PAIRS[7 * me() % len(PAIRS)]
    n = npes()
    for t, s in [((n, 6), (n, 6)), ((6 * n,), (n, 2, 3)), ((3, n, 2), (6 * n,)), ((0,), (0,)), ((n, 0), (0, 3))]:
        target[...] = -1
        shmem.barrier_all()
        shmem.alltoall(to(target[0], t), of(source, s))
        size = prod(t) // n
        parts = [PAIRS[7 * pe % len(PAIRS)][1](numbers(pe), s).ravel() for pe in range(n)]
        expected = np.full(ROOM, -1.0)
        to(expected, t)[...] = np.concatenate([part[me() * size :][:size] for part in parts]).reshape(t)
        assert target[0].tolist() == expected.tolist(), (t, s)
    target[...] = -1
    shmem.barrier_all()
    wrong: list[tuple[Shape, Shape]] = [((2 * n,), (n,)), ((n,), (3 * n,)), ((0,), (n,))]
    if n > 1:
        wrong += [((n + 1,), (n + 1,)), ((3, n + 1), (n + 1, 3))] if 3 * (n + 1) % n else [((n + 1,), (n + 1,))]
    for t, s in wrong:
        with pytest.raises(ValueError) as error:
            shmem.alltoall(to(target[0], t), of(source, s))
        assert str(error.value).startswith(f"alltoall: source of shape {s} holds {prod(s)} elements and target of ")
        assert f"shape {t} holds {prod(t)}" in str(error.value)
        assert "size=" in str(error.value)
    shmem.barrier_all()
    assert (target == -1).all()


@few
def test_strided_alltoall_compares_what_the_arrays_hold() -> None:
    n = npes()
    target, source = memory(1, private=False)
    for length, other, tst, sst in [(2 * n, 3 * n, 2, 3), (4 * n, 2 * n, 2, 1), (3 * n, 3 * n, 3, 1)]:
        shmem.alltoalls(target[0, :length], source[:other], tst, sst)
        size = min(len(target[0, :length:tst]), len(source[:other:sst])) // n
        expected = [number for pe in range(n) for number in numbers(pe)[::sst][me() * size :][:size]]
        assert target[0, :length:tst][: n * size].tolist() == expected
        shmem.barrier_all()
    for length, other, tst, sst in [(2 * n, n, 1, 1), (2 * n, 3 * n, 1, 3)]:
        with pytest.raises(ValueError, match=r"^alltoalls: source of shape .* size=n moves n elements from each PE to"):
            shmem.alltoalls(target[0, :length], source[:other], tst, sst)
    shmem.barrier_all()


# --- the rule of 1.0 ---

SMALLER = """
import numpy as np
from shmem4py import shmem

me, n = shmem.my_pe(), shmem.n_pes()
for t, s in [((5,), (3,)), ((3,), (5,)), ((2, 3), (4,)), ((2,), (1,))]:
    target, source = shmem.full(t, -1), shmem.full(s, me + 1)
    size = min(target.size, source.size)
    for call, value in [
        (shmem.sum_reduce, n * (n + 1) // 2),
        (shmem.max_reduce, n),
        (lambda target, source: shmem.broadcast(target, source, n - 1), n),
    ]:
        target[...] = -1
        shmem.barrier_all()
        call(target, source)
        assert target.ravel().tolist() == [value] * size + [-1] * (target.size - size), (t, s, target)
for call in (shmem.collect, shmem.fcollect):
    target, source = shmem.full(3 * n + 1, -1), shmem.full(3, me)
    call(target, source)
    assert target.tolist() == [pe for pe in range(n) for _ in range(3)] + [-1]
target, source = shmem.full(3 * n, -1), shmem.full(2 * n, me)
shmem.alltoall(target, source)
assert target.tolist() == [pe for pe in range(n) for _ in range(2)] + [-1] * n
"""


@pytest.mark.parametrize("number", [1, 3])
def test_rule_of_1_0(number: int) -> None:
    done = run_program(number, SMALLER, env={"SHMEM4PY_RC_SIZES": "smaller"})
    assert done.returncode == 0, done.stderr
    done = run_program(number, SMALLER)
    assert "ValueError: sum_reduce: source of shape (3,) does not match target of shape (5,)" in done.stderr
