# SPDX-License-Identifier: BSD-3-Clause
"""Signals: put with signal, set, add, fetch, wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import ANY, everywhere, left, me, need, noise, npes, right, same_bits, several, symmetric

from shmem4py import shmem

PUTS = [shmem.put_signal, shmem.put_signal_nbi]


@everywhere
def test_a_new_signal_is_zero_and_can_be_set_by_index() -> None:
    signal = shmem.new_signal()
    assert shmem.signal_fetch(signal) == 0
    signal[0] = 7
    assert shmem.signal_fetch(signal) == signal[0] == 7
    shmem.del_signal(signal)


@everywhere
@pytest.mark.parametrize("call", PUTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ANY, ids=str)
def test_data_are_there_when_the_signal_is(call: Callable[..., None], dtype: Any) -> None:
    target, signal = symmetric(noise(5, dtype, seed=9)), shmem.new_signal()
    call(target[1:4], noise(3, dtype, seed=me()), right(), signal, 5, shmem.SIGNAL_SET)
    assert shmem.signal_wait_until(signal, "==", 5) == 5
    assert same_bits(target[1:4].copy(), noise(3, dtype, seed=left()))
    assert same_bits(target[[0, 4]], noise(5, dtype, seed=9)[[0, 4]])
    shmem.barrier_all()
    shmem.del_signal(signal)
    shmem.free(target)


@everywhere
@pytest.mark.parametrize("call", PUTS, ids=lambda f: f.__name__)
def test_add_counts_messages(call: Callable[..., None]) -> None:
    target, signal = symmetric(np.zeros(npes(), dtype=int)), shmem.new_signal()
    for pe in range(npes()):
        call(target[me() : me() + 1], np.array([me() + 1]), pe, signal, 1, shmem.SIGNAL_ADD)
    assert shmem.signal_wait_until(signal, ">=", npes()) == npes()
    assert target.tolist() == list(range(1, npes() + 1))
    shmem.barrier_all()


@several
@pytest.mark.parametrize("operator", ["set", "SET", 0, shmem.SIGNAL.SET])
def test_operator_as_name_or_integer(operator: Any) -> None:
    target, signal = symmetric(np.zeros(1)), shmem.new_signal()
    shmem.put_signal(target, np.ones(1), right(), signal, 3, operator)
    shmem.signal_wait_until(signal, shmem.CMP_EQ, 3)
    shmem.barrier_all()


@several
def test_put_signal_of_views_scalars_and_sizes() -> None:
    target, signal = symmetric(np.zeros((4, 4))), shmem.new_signal()
    shmem.put_signal(target[:, 1], np.full(4, me() + 1.0), right(), signal, 1, shmem.SIGNAL_SET)
    shmem.signal_wait_until(signal, "==", 1)
    assert (target[:, 1] == left() + 1).all()
    assert target.sum() == 4 * (left() + 1)
    shmem.barrier_all()
    shmem.put_signal(target[::2, ::2], 5.0, right(), signal, 2, shmem.SIGNAL_SET)
    shmem.signal_wait_until(signal, "==", 2)
    assert (target[::2, ::2] == 5).all()
    shmem.barrier_all()
    shmem.put_signal(target[3], np.full(9, 6.0), right(), signal, 3, shmem.SIGNAL_SET, size=2, ctx=shmem.CTX_DEFAULT)
    shmem.signal_wait_until(signal, "==", 3)
    assert target[3, :2].tolist() == [6, 6]
    assert target[3, 2] != 6
    shmem.barrier_all()


@several
def test_put_signal_of_nothing_still_signals() -> None:
    target, signal = symmetric(np.zeros(1)), shmem.new_signal()
    shmem.put_signal(target[:0], np.zeros(0), right(), signal, 1, shmem.SIGNAL_SET)
    shmem.signal_wait_until(signal, "==", 1)
    shmem.barrier_all()


@several
def test_signal_set_and_add() -> None:
    need("signals")
    signal = shmem.new_signal()
    shmem.signal_set(signal, 10, right())
    shmem.signal_wait_until(signal, "==", 10)
    shmem.barrier_all()
    for pe in range(npes()):
        shmem.signal_add(signal, 2, pe)
    shmem.signal_wait_until(signal, "==", 10 + 2 * npes())
    shmem.barrier_all()


@several
@pytest.mark.parametrize(
    ("cmp", "value"),
    [("==", 5), ("!=", 0), (">", 4), (">=", 5), ("<=", 5), ("<", 6), ("eq", 5), ("NE", 4), (shmem.CMP.GT, 0)],
)
def test_wait_with_every_comparison(cmp: Any, value: int) -> None:
    signal = shmem.new_signal()
    shmem.put_signal(symmetric(np.zeros(1)), np.zeros(1), right(), signal, 5, shmem.SIGNAL_SET)
    shmem.barrier_all()
    assert shmem.signal_wait_until(signal, cmp, value) == 5


@several
def test_signals_are_64_bits_wide() -> None:
    target, signal = symmetric(np.zeros(1)), shmem.new_signal()
    shmem.put_signal(target, np.zeros(1), right(), signal, (1 << 64) - 1, shmem.SIGNAL_SET)
    assert shmem.signal_wait_until(signal, "==", (1 << 64) - 1) == (1 << 64) - 1
    shmem.barrier_all()


@several
def test_one_element_of_a_symmetric_array_is_a_signal() -> None:
    target = symmetric(np.zeros(1))
    signals = symmetric(np.zeros(4, dtype=np.uint64))
    shmem.put_signal(target, np.ones(1), right(), signals[2:3], 1, shmem.SIGNAL_ADD)
    assert shmem.signal_wait_until(signals[2:3], "!=", 0) == 1
    assert signals.tolist() == [0, 0, 1, 0]
    shmem.barrier_all()


@several
def test_ping_pong() -> None:
    ball, signal = symmetric(np.zeros(3)), shmem.new_signal()
    rounds = 50
    for k in range(1, rounds + 1):
        if me() == 0:
            shmem.put_signal(ball, np.full(3, float(k)), 1, signal, k, shmem.SIGNAL_SET)
            shmem.signal_wait_until(signal, ">=", k)
            assert ball.tolist() == [-k] * 3
        elif me() == 1:
            shmem.signal_wait_until(signal, ">=", k)
            assert ball.tolist() == [k] * 3
            shmem.put_signal(ball, np.full(3, float(-k)), 0, signal, k, shmem.SIGNAL_SET)
    shmem.barrier_all()


@pytest.mark.pes(1)
@pytest.mark.parametrize("bad", [np.zeros(1, np.uint64), None, 3], ids=["local", "none", "number"])
def test_what_is_no_signal_is_refused(bad: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="signal"):
        shmem.signal_fetch(bad)
    with pytest.raises((TypeError, ValueError), match="signal"):
        shmem.signal_wait_until(bad, "==", 0)


@pytest.mark.pes(1)
def test_signal_of_another_dtype_or_length_is_refused() -> None:
    with pytest.raises(TypeError, match="signal"):
        shmem.signal_fetch(shmem.zeros(1, dtype=np.int32))
    with pytest.raises(ValueError, match="signal"):
        shmem.signal_fetch(shmem.zeros(2, dtype=np.uint64))


@pytest.mark.pes(1)
@pytest.mark.parametrize(
    ("value", "operator", "error"),
    [
        (-1, 0, OverflowError),
        (1 << 64, 0, OverflowError),
        (1.5, 0, TypeError),
        (1, 2, ValueError),
        (1, "and", ValueError),
    ],
)
def test_values_and_operators_that_cannot_be(value: Any, operator: Any, error: type[Exception]) -> None:
    target, signal = shmem.zeros(1), shmem.new_signal()
    with pytest.raises(error):
        shmem.put_signal(target, np.ones(1), 0, signal, value, operator)
    assert (target[0], signal[0]) == (0, 0)
