# SPDX-License-Identifier: BSD-3-Clause
"""`Event`, `Semaphore` and `Barrier`, which behave as those of `threading` do."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from threading import BrokenBarrierError
from typing import Any

import numpy as np
import pytest
from support import everyone, me, npes

from shmem4py import shmem

pes = pytest.mark.pes(1, 2, 3, 4)
some = pytest.mark.pes(2, 3, 4)

SOON, LATE = 0.05, 300.0


def done(it: Any) -> None:
    shmem.barrier_all()
    it.destroy()
    it.destroy()  # does nothing
    with pytest.raises(shmem.FreedError, match="has been destroyed"):
        it._check("use")
    assert "destroyed" in repr(it)


def in_threads(*calls: Callable[[], Any]) -> list[Any]:
    """Return what the calls return or raise, each in a thread of its own."""
    results: list[Any] = [None] * len(calls)

    def run(k: int) -> None:
        try:
            results[k] = calls[k]()
        except BaseException as error:
            results[k] = error

    threads = [threading.Thread(target=run, args=(k,)) for k in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# --- Event ---


@pes
def test_event_set_by_each_pe_in_turn() -> None:
    event = shmem.Event()
    for pe in range(npes()):
        assert not event.is_set()
        assert event.wait(0) is False
        assert event.wait(timeout=SOON / 5) is False
        shmem.barrier_all()
        if me() == pe:
            event.set()
            event.set()
        assert event.wait(LATE) is True
        assert event.wait() is True
        assert event.is_set()
        assert repr(event) == "<shmem4py.shmem.Event, set>"
        shmem.barrier_all()
        if me() == pe:
            event.clear()
        shmem.barrier_all()
    done(event)


@some
def test_event_wakes_all_threads_and_shows_what_was_stored_before() -> None:
    event, data = shmem.Event(), shmem.zeros(100)
    for k in range(1, 20):
        if me() == 0:
            for pe in range(npes()):
                shmem.put(data, np.full(100, float(k)), pe)
            event.set()
        assert in_threads(*[lambda: event.wait(LATE)] * 3) == [True] * 3
        assert (data == k).all()
        shmem.barrier_all()
        if me() == 0:
            event.clear()
        shmem.barrier_all()
    done(event)
    shmem.free(data)


# --- Semaphore ---


@pes
@pytest.mark.parametrize("value", [0, 1, 3])
def test_semaphore_counts(value: int) -> None:
    semaphore = shmem.Semaphore(value)
    if me() == npes() - 1:
        assert [semaphore.acquire(blocking=False) for _ in range(value + 1)] == [True] * value + [False]
        assert semaphore.acquire(timeout=0) is False
        assert semaphore.acquire(timeout=SOON) is False
        semaphore.release(2)
        assert [semaphore.acquire(timeout=0) for _ in range(3)] == [True, True, False]
    done(semaphore)


@pes
def test_semaphore_admits_as_many_as_its_value() -> None:
    semaphore, inside, most = shmem.Semaphore(2), shmem.zeros(1, dtype=int), shmem.zeros(1, dtype=int)

    def work() -> None:
        for _ in range(20):
            with semaphore:
                now = int(shmem.atomic_fetch_inc(inside, 0)) + 1
                if now > 2:
                    shmem.atomic_set(most, now, 0)
                time.sleep(0)
                shmem.atomic_add(inside, -1, 0)

    assert in_threads(work, work) == [None, None]
    shmem.barrier_all()
    if me() == 0:
        assert (inside[0], most[0]) == (0, 0)
    done(semaphore)
    shmem.free(most)
    shmem.free(inside)


@some
def test_release_wakes_as_many_as_it_lets_in() -> None:
    semaphore = shmem.Semaphore(0)
    if me() == 0:
        semaphore.release(2 * (npes() - 1))
    else:
        assert in_threads(*[lambda: semaphore.acquire(timeout=LATE)] * 2) == [True] * 2
    shmem.barrier_all()
    assert semaphore.acquire(blocking=False) is False
    done(semaphore)


# --- Barrier ---


@pes
def test_barrier_lets_all_go_together_many_times() -> None:
    barrier, come = shmem.Barrier(), shmem.zeros(1, dtype=int)
    assert (barrier.parties, barrier.broken) == (npes(), False)
    for k in range(1, 40):
        shmem.atomic_inc(come, 0)
        index = barrier.wait(LATE if k % 2 else None)
        assert shmem.atomic_fetch(come, 0) >= k * npes()
        if k % 10 == 0:
            assert sorted(everyone(index)) == list(range(npes()))
    shmem.barrier_all()
    assert barrier.n_waiting == 0
    done(barrier)
    shmem.free(come)


@pes
def test_action_is_called_once_before_the_others_go_on() -> None:
    calls = shmem.zeros(1, dtype=int)
    barrier = shmem.Barrier(action=lambda: shmem.atomic_inc(calls, 0))
    for k in range(1, 10):
        barrier.wait()
        assert shmem.atomic_fetch(calls, 0) == k
        shmem.barrier_all()
    done(barrier)
    shmem.free(calls)


@pes
def test_parties_are_threads_of_all_pes() -> None:
    barrier = shmem.Barrier(3 * npes())
    for _ in range(5):
        results = in_threads(*[barrier.wait] * 3)
        assert sorted(x for part in everyone(results) for x in part) == list(range(3 * npes()))
    done(barrier)


@some
def test_timeout_breaks_the_barrier_for_all_until_reset() -> None:
    barrier = shmem.Barrier(timeout=SOON)
    for _ in range(3):
        if me() != 0:
            with pytest.raises(BrokenBarrierError):
                barrier.wait()
        shmem.barrier_all()
        assert (barrier.broken, barrier.n_waiting) == (True, 0)
        with pytest.raises(BrokenBarrierError):
            barrier.wait(LATE)
        shmem.barrier_all()
        if me() == 0:
            barrier.reset()
        shmem.barrier_all()
        assert (barrier.broken, barrier.n_waiting) == (False, 0)
        shmem.barrier_all()
        assert barrier.wait(LATE) in range(npes())
    done(barrier)


@some
def test_abort_and_reset_wake_those_that_wait() -> None:
    barrier = shmem.Barrier()
    for end in (barrier.abort, barrier.reset):
        if me() == 0:
            while barrier.n_waiting < npes() - 1:
                pass
            end()
        else:
            with pytest.raises(BrokenBarrierError):
                barrier.wait()
        shmem.barrier_all()
        assert barrier.broken == (end == barrier.abort)
        shmem.barrier_all()
        if me() == 0:
            barrier.reset()
        shmem.barrier_all()
        assert barrier.wait(LATE) in range(npes())
    done(barrier)


@pes
def test_action_that_raises_breaks_the_barrier() -> None:
    def action() -> None:
        raise ZeroDivisionError("in the action")

    barrier = shmem.Barrier(action=action)
    with pytest.raises((ZeroDivisionError, BrokenBarrierError)) as caught:
        barrier.wait(LATE)
    kinds = everyone(caught.type.__name__)
    assert sorted(kinds) == ["BrokenBarrierError"] * (npes() - 1) + ["ZeroDivisionError"]
    assert barrier.broken
    done(barrier)


@pytest.mark.pes(1)
def test_more_threads_than_parties_meet_in_rounds() -> None:
    barrier = shmem.Barrier(2, action=lambda: time.sleep(0.01))
    results = in_threads(*[lambda: barrier.wait(LATE)] * 20)
    assert sorted(results) == [0] * 10 + [1] * 10
    done(barrier)


# --- all of them ---


@some
def test_teams() -> None:
    with shmem.TEAM_WORLD.split_strided(1, 1, npes() - 1) as team:
        event, semaphore, barrier = shmem.Event(team), shmem.Semaphore(1, team), shmem.Barrier(team=team)
        if team:
            assert barrier.parties == npes() - 1
            assert barrier.wait(LATE) in range(npes() - 1)
            with semaphore:
                event.set()
            assert event.wait(LATE)
        else:
            for call in (event.wait, semaphore.acquire, barrier.wait):
                with pytest.raises(RuntimeError, match="this PE is not in the team"):
                    call()
        for it in (event, semaphore, barrier):
            done(it)


@pes
def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="Semaphore: value is -1, must be from 0 to"):
        shmem.Semaphore(-1)
    for parties in (0, 1 << 20):
        with pytest.raises(ValueError, match=f"Barrier: parties is {parties}, must be 1 to"):
            shmem.Barrier(parties)
    with pytest.raises(ValueError, match="Barrier: timeout is -1"):
        shmem.Barrier(timeout=-1)
    event, semaphore, barrier = shmem.Event(), shmem.Semaphore(), shmem.Barrier()
    for call in (event.wait, barrier.wait, lambda t: semaphore.acquire(timeout=t)):
        with pytest.raises(ValueError, match="timeout is -1, must be a number of seconds, not negative"):
            call(-1)
    with pytest.raises(ValueError, match="timeout is for blocking calls only"):
        semaphore.acquire(False, 1)
    with pytest.raises(ValueError, match="n is 0, must be at least 1"):
        semaphore.release(0)
    for it in (event, semaphore, barrier):
        with pytest.raises(TypeError, match=f"cannot pickle or copy a {type(it).__name__}"):
            copy.copy(it)
        done(it)


@pytest.mark.pes(1)
def test_a_set_that_is_cleared_at_once_still_ends_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    event = shmem.Event()

    def wait(look: Any, deadline: Any) -> Any:
        event.set()
        event.clear()
        return look()

    monkeypatch.setattr(event, "_wait", wait)
    assert event.wait()
    assert not event.is_set()
    event.destroy()
