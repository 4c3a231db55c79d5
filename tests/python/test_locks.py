# SPDX-License-Identifier: BSD-3-Clause
"""Locks: exclusion, test_lock's inverted answer, the class, one-element arrays."""

from __future__ import annotations

import copy
import pickle
import threading
from typing import Any

import numpy as np
import pytest
from support import everywhere, me, npes, several, symmetric

from shmem4py import shmem
from shmem4py.testing import run_program


def increments(rounds: int, acquire: object, release: object) -> int:
    counter = symmetric(np.zeros(1, dtype=int))
    for _ in range(rounds):
        acquire()  # type: ignore[operator]
        shmem.p(counter, int(shmem.g(counter, 0)) + 1, 0)
        shmem.quiet()
        release()  # type: ignore[operator]
    shmem.barrier_all()
    return int(shmem.g(counter, 0))


@everywhere
def test_set_and_clear_exclude() -> None:
    lock = shmem.new_lock()
    total = increments(100, lambda: shmem.set_lock(lock), lambda: shmem.clear_lock(lock))
    assert total == 100 * npes()
    shmem.barrier_all()
    shmem.del_lock(lock)


@everywhere
def test_test_lock_is_true_where_the_lock_was_not_obtained() -> None:
    lock = shmem.new_lock()
    if me() == 0:
        assert shmem.test_lock(lock) is False
    shmem.barrier_all()
    if me() == npes() - 1 and npes() > 1:
        assert shmem.test_lock(lock) is True
    shmem.barrier_all()
    if me() == 0:
        shmem.clear_lock(lock)
    shmem.barrier_all()


@everywhere
def test_polling_excludes() -> None:
    lock = shmem.new_lock()

    def acquire() -> None:
        while shmem.test_lock(lock):
            pass

    assert increments(20, acquire, lambda: shmem.clear_lock(lock)) == 20 * npes()


@everywhere
def test_class_with_statement_excludes() -> None:
    lock = shmem.Lock()
    total = increments(50, lock.__enter__, lambda: lock.__exit__(None, None, None))
    assert total == 50 * npes()
    with lock as nothing:
        assert nothing is None
    shmem.barrier_all()
    lock.destroy()


@several
def test_acquire_without_blocking() -> None:
    lock = shmem.Lock()
    if me() == 0:
        assert lock.acquire(blocking=False) is True
    shmem.barrier_all()
    if me() != 0:
        assert lock.acquire(False) is False
    shmem.barrier_all()
    if me() == 0:
        lock.release()
    shmem.barrier_all()
    assert lock.acquire() is True
    lock.release()
    shmem.barrier_all()
    lock.destroy()


@everywhere
def test_destroyed_lock_raises_and_destroying_again_does_nothing() -> None:
    lock = shmem.Lock()
    lock.destroy()
    lock.destroy()
    assert repr(lock) == "<shmem4py.shmem.Lock, destroyed>"
    for call in (lock.acquire, lock.release, lock.__enter__):
        with pytest.raises(shmem.FreedError, match="the lock has been destroyed"):
            call()


@several
def test_lock_made_of_an_element_of_an_array() -> None:
    locks = shmem.zeros(3, dtype="l")
    total = increments(20, lambda: shmem.set_lock(locks[1:2]), lambda: shmem.clear_lock(locks[1:2]))
    assert total == 20 * npes()
    assert locks.tolist() == [0, 0, 0]


@several
def test_two_locks_are_independent() -> None:
    first, second = shmem.new_lock(), shmem.new_lock()
    mine, other = (first, second) if me() == 0 else (second, first)
    if me() < 2:
        shmem.set_lock(mine)
    shmem.barrier_all()
    if me() < 2:
        assert shmem.test_lock(other) is True
    shmem.barrier_all()
    if me() < 2:
        shmem.clear_lock(mine)
    shmem.barrier_all()


@pytest.mark.pes(1)
def test_what_is_no_lock_is_refused() -> None:
    no_locks: list[Any] = [np.zeros(1, "l"), shmem.zeros(2, "l"), shmem.zeros(1, "i4"), None]
    for bad in no_locks:
        for call in (shmem.set_lock, shmem.test_lock, shmem.clear_lock):
            with pytest.raises((TypeError, ValueError), match="lock"):
                call(bad)


@pytest.mark.pes(1)
def test_freed_lock_is_refused() -> None:
    lock = shmem.new_lock()
    shmem.del_lock(lock)
    for call in (shmem.set_lock, shmem.test_lock, shmem.clear_lock, shmem.del_lock):
        with pytest.raises(shmem.FreedError, match="freed"):
            call(lock)


@pytest.mark.pes(1)
def test_locks_are_not_pickled_or_copied() -> None:
    lock = shmem.Lock()
    for take in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot pickle or copy a Lock"):
            take(lock)
    lock.destroy()


# A program of its own: the workers of the suite have several threads, one of which could release the lock.
def test_taking_a_lock_twice_is_refused_instead_of_waiting_for_ever() -> None:
    done = run_program(
        2,
        """
from shmem4py import shmem
lock = shmem.Lock()
if shmem.my_pe() == 0:
    for take in (lock.acquire, lambda: lock.acquire(blocking=False)):
        assert take() is True
        try:
            lock.acquire()
        except ValueError as error:
            assert "set_lock: lock is held by PE 0 already" in str(error)
        else:
            raise SystemExit("taken twice")
        lock.release()
shmem.barrier_all()
with lock:
    pass
shmem.barrier_all()
lock.destroy()
""",
    )
    assert done.returncode == 0, done.stderr


# A program of its own, on smp: Open MPI itself remembers the addresses of locks that a PE holds, beyond their memory.
@pytest.mark.parametrize("npes", [2, 4])
def test_lock_freed_while_held_and_another_at_its_place_are_not_taken_for_each_other(npes: int) -> None:
    done = run_program(
        npes,
        """
import time
from shmem4py import shmem
me = shmem.my_pe()
first = shmem.new_lock()
address = first.ctypes.data
if me == 0:
    shmem.set_lock(first)
shmem.barrier_all()
shmem.del_lock(first)
second = shmem.new_lock()
assert second.ctypes.data == address
if me == 1:
    shmem.set_lock(second)
shmem.barrier_all()
if me == 1:
    time.sleep(0.05)
    shmem.clear_lock(second)
if me == 0:
    shmem.set_lock(second)
    shmem.clear_lock(second)
shmem.barrier_all()
shmem.del_lock(second)
""",
    )
    assert done.returncode == 0, done.stderr


@several
def test_lock_of_another_thread_is_waited_for() -> None:
    lock = shmem.Lock()
    if me() == 0:
        lock.acquire()
        thread = threading.Timer(0.05, lock.release)
        thread.start()
        lock.acquire()
        lock.release()
        thread.join()
    shmem.barrier_all()
    lock.destroy()
