# SPDX-License-Identifier: BSD-3-Clause
"""The rule of shapes: one table of pairs, in every layout on either side, for every call that takes two arrays.

What a call must do is what NumPy's ``target[...] = source`` does. In addition, a source of one dimension may have as
many elements as the target, which NumPy assigns after a reshape. The whole memory around target is compared, so that
nothing else may change, and nothing at all where the call refuses the shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
import pytest
from shapes import BROADCAST, EQUAL, FLAT, LAYOUTS, PAIRS, ROOM, WRONG, assign, numbers
from support import Array, everywhere, left, me, need, right, several

from shmem4py import shmem
from shmem4py.testing import run_program


class Transfer:
    """A call that moves this PE's source to its right neighbour's target, or its left neighbour's source here."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.gets = "get" in name
        self.signal = shmem.new_signal() if "signal" in name else None

    def make(self, target: Array, source: Array, size: int | None = None) -> None:
        call = getattr(shmem, self.name)
        if self.signal is not None:
            call(target, source, right(), self.signal, 1, shmem.SIGNAL_ADD, size)
        else:
            call(target, source, left() if self.gets else right(), size)
        shmem.quiet()


CALLS = ["put", "put_nbi", "get", "get_nbi", "put_signal", "put_signal_nbi"]


def memory(transfer: Transfer, rows: int = 1) -> tuple[Array, Array]:
    """Return room for targets, a row each, and this PE's source."""
    remote: Callable[..., Array] = shmem.empty
    to, of = (np.empty, remote) if transfer.gets else (remote, np.empty)
    target, source = to((rows, ROOM)), of(ROOM)
    target[...], source[...] = -1, numbers(me())
    shmem.barrier_all()
    return target, source


@everywhere
@pytest.mark.parametrize("name", CALLS)
def test_shapes_that_match(name: str) -> None:
    transfer = Transfer(name)
    shapes = [*EQUAL, *BROADCAST, *FLAT]
    target, source = memory(transfer, len(shapes))
    for to, of in PAIRS:
        target[...] = -1
        shmem.barrier_all()
        for row, (t, s) in zip(target, shapes, strict=True):
            transfer.make(to(row, t), of(source, s))
        shmem.barrier_all()
        for row, (t, s) in zip(target, shapes, strict=True):
            expected = np.full(ROOM, -1.0)
            assign(to(expected, t), of(numbers(left()), s))
            assert row.tolist() == expected.tolist(), (t, s)
        shmem.barrier_all()
    if transfer.signal is not None:
        assert shmem.signal_fetch(transfer.signal) == len(PAIRS) * len(shapes)


@everywhere
@pytest.mark.parametrize("name", CALLS)
def test_shapes_that_do_not_match_move_nothing(name: str) -> None:
    transfer = Transfer(name)
    target, source = memory(transfer)
    for to, of in PAIRS:
        for t, s in WRONG:
            with pytest.raises(ValueError, match="broadcast"):
                assign(np.empty(t), np.empty(s))
            with pytest.raises(ValueError) as error:
                transfer.make(to(target[0], t), of(source, s))
            assert str(error.value).startswith(f"{name}: source of shape {s} does not match target of shape {t}: ")
            assert "size=" in str(error.value)
    shmem.quiet()
    shmem.barrier_all()
    assert (target == -1).all()
    if transfer.signal is not None:
        assert shmem.signal_fetch(transfer.signal) == 0


@several
@pytest.mark.parametrize("name", CALLS)
def test_size_counts_elements_of_any_shapes(name: str) -> None:
    transfer = Transfer(name)
    shapes = [*EQUAL, *BROADCAST, *FLAT, *WRONG]
    target, source = memory(transfer, len(shapes))
    view = LAYOUTS["C"]
    for row, (t, s) in zip(target, shapes, strict=True):
        transfer.make(view(row, t), view(source, s), min(prod(t), prod(s)))
    shmem.barrier_all()
    for row, (t, s) in zip(target, shapes, strict=True):
        size = min(prod(t), prod(s))
        assert row[:size].tolist() == numbers(left())[:size].tolist()
        assert (row[size:] == -1).all()


# --- strides given as arguments ---


@several
@pytest.mark.parametrize("name", ["iput", "iget", "ibput", "ibget"])
def test_strided_calls_compare_what_the_arrays_hold(name: str) -> None:
    blocks = name.startswith("ib")
    if blocks:
        need("block_strided")
    to, of = shmem.zeros(ROOM), shmem.zeros(ROOM)
    to[...], of[...] = -1, numbers(me())
    shmem.barrier_all()
    count = "nblocks" if blocks else "size"
    block: dict[str, int] = {"bsize": 1} if blocks else {}
    for n, m, tst, sst in [(4, 7, 1, 2), (7, 4, 2, 1), (8, 12, 2, 3), (12, 12, 5, 1), (5, 5, 1, 1)]:
        getattr(shmem, name)(to[:n], of[:m], right(), tst=tst, sst=sst, **block)
        shmem.barrier_all()
        held = min(len(to[:n:tst]), len(of[:m:sst]))
        source = right() if "get" in name else left()
        assert to[:n:tst][:held].tolist() == numbers(source)[:m:sst][:held].tolist()
        shmem.barrier_all()
    to[...] = -1
    shmem.barrier_all()
    for n, m, tst, sst in [(4, 5, 1, 1), (4, 6, 1, 2), (9, 12, 2, 3), (0, 1, 1, 1)]:
        with pytest.raises(ValueError) as error:
            getattr(shmem, name)(to[:n], of[:m], right(), tst=tst, sst=sst, **block)
        assert f"source of shape ({m},)" in str(error.value)
        assert f"target of shape ({n},)" in str(error.value)
        assert f"{count}=" in str(error.value)
    shmem.barrier_all()
    assert (to == -1).all()


# --- the rule of 1.0 ---

SMALLER = """
import numpy as np
from shmem4py import shmem

me, n = shmem.my_pe(), shmem.n_pes()
right = (me + 1) % n
signal = shmem.new_signal()


def put_signal(target, source, pe):
    shmem.put_signal(target, source, pe, signal, 1, "add")


for put in (shmem.put, shmem.put_nbi, put_signal):
    for to, of in [((5,), (3,)), ((3,), (5,)), ((2, 3), (4,)), ((6,), (2, 2)), ((5,), (1,)), ((4,), ()), ((3,), (0,))]:
        target, source = shmem.full(to, -1), np.full(of, 7)
        put(target, source, right)
        shmem.barrier_all()
        size = min(target.size, source.size)
        assert target.ravel().tolist() == [7] * size + [-1] * (target.size - size), (to, of, target)
for get in (shmem.get, shmem.get_nbi):
    target, source = np.full(3, -1), shmem.full(5, me)
    get(target, source, right)
    shmem.quiet()
    assert target.tolist() == [right] * 3
    target = np.full(9, -1)
    get(target, source, right)
    shmem.quiet()
    assert target.tolist() == [right] * 5 + [-1] * 4
fortran = shmem.zeros((2, 3), order="F")
shmem.put(fortran, np.arange(6.0).reshape(2, 3), right)
shmem.barrier_all()
assert fortran.tolist() == [[0, 1, 2], [3, 4, 5]]
flat = shmem.zeros(4)
shmem.put(flat, np.asfortranarray(np.arange(6.0).reshape(2, 3)), right)
shmem.barrier_all()
assert flat.tolist() == [0, 3, 1, 4]
columns = shmem.zeros((2, 4))[:, ::2]
try:
    shmem.put(columns, np.ones(3), right)
except ValueError as error:
    assert "does not match" in str(error)
else:
    raise AssertionError("an array with gaps has no first elements in memory order")
shmem.barrier_all()
strided = shmem.zeros(6)
shmem.iput(strided, np.ones(2), right, tst=2)
shmem.barrier_all()
assert strided.tolist() == [1, 0, 1, 0, 0, 0]
"""


@pytest.mark.parametrize("number", [1, 2])
def test_rule_of_1_0_in_the_environment(number: int) -> None:
    done = run_program(number, SMALLER, env={"SHMEM4PY_RC_SIZES": "smaller"})
    assert done.returncode == 0, done.stderr
    done = run_program(number, SMALLER)
    assert "ValueError: put: source of shape (3,) does not match target of shape (5,)" in done.stderr


def test_rule_of_1_0_in_the_program() -> None:
    done = run_program(2, "import shmem4py\nshmem4py.rc.sizes = 'smaller'\n" + SMALLER)
    assert done.returncode == 0, done.stderr
    program = "import shmem4py\nshmem4py.rc(initialize=False)\nfrom shmem4py import shmem\n"
    done = run_program(2, program + "shmem4py.rc.sizes = 'Smaller'\nshmem.init()\n" + SMALLER + "shmem.finalize()\n")
    assert done.returncode == 0, done.stderr
    done = run_program(1, program + "shmem4py.rc.sizes = 'larger'\nshmem.init()\n")
    assert "ValueError: rc.sizes is 'larger'; expected one of match, smaller" in done.stderr
