# SPDX-License-Identifier: BSD-3-Clause
"""Python threads: they wait, put and update at the same time, at every level of support."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import everywhere, left, me, npes, right, several, symmetric

from shmem4py import shmem
from shmem4py.testing import run_program


def at_once(*functions: Callable[[], Any]) -> None:
    """Run functions in threads of their own; raise what one of them raises."""
    errors: list[BaseException] = []

    def guarded(function: Callable[[], Any]) -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(f,), daemon=True) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@several
def test_other_threads_run_while_one_waits() -> None:
    flag = symmetric(np.zeros(1, dtype=int))
    count = 0

    def work() -> None:
        nonlocal count
        for _ in range(1000):
            count += 1
        shmem.p(flag, 1, right())

    at_once(lambda: shmem.wait_until(flag, "==", 1), work)
    assert count == 1000
    shmem.barrier_all()


@several
def test_other_threads_run_while_one_is_in_a_barrier() -> None:
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        for _ in range(20):
            time.sleep(0.001)
            ticks += 1

    at_once(shmem.barrier_all, tick)
    assert ticks == 20
    shmem.barrier_all()


@several
def test_two_threads_wait_and_two_put() -> None:
    flags = symmetric(np.zeros(4, dtype=np.int64))

    def ping(i: int) -> None:
        for k in range(1, 100):
            shmem.p(flags[i : i + 1], k, right())
            shmem.wait_until(flags[i : i + 1], ">=", k)

    at_once(*(lambda i=i: ping(i) for i in range(4)))
    assert flags.tolist() == [99] * 4
    shmem.barrier_all()


@everywhere
def test_atomics_of_many_threads_are_not_lost() -> None:
    counter = symmetric(np.zeros(1, dtype=np.int64))

    def work() -> None:
        for _ in range(200):
            shmem.atomic_inc(counter, 0)

    at_once(*[work] * 4)
    shmem.barrier_all()
    assert shmem.atomic_fetch(counter, 0) == 800 * npes()


@several
def test_threads_move_data_between_different_places() -> None:
    target = symmetric(np.zeros((4, 5000)))

    def work(i: int) -> None:
        for k in range(20):
            shmem.put(target[i], np.full(5000, 100.0 * k + me()), right())
            back = np.empty(5000)
            shmem.get(back, target[i], right())
            assert (back == 100 * k + me()).all()

    at_once(*(lambda i=i: work(i) for i in range(4)))
    shmem.barrier_all()
    assert (target == 1900 + left()).all()


@several
def test_each_thread_with_a_context_of_its_own() -> None:
    target = symmetric(np.zeros(4, dtype=np.int64))

    def work(i: int) -> None:
        with shmem.Ctx.create(shmem.CTX_SERIALIZED) as ctx:
            for k in range(50):
                shmem.put_nbi(target[i : i + 1], np.array([k + me()]), right(), ctx=ctx)
            ctx.quiet()

    at_once(*(lambda i=i: work(i) for i in range(4)))
    shmem.barrier_all()
    assert target.tolist() == [49 + left()] * 4


@several
def test_free_in_one_thread_while_another_uses_raises_or_works() -> None:
    for _ in range(20):
        a = symmetric(np.zeros(1000))
        done = threading.Event()

        def use(a: Any = a, done: threading.Event = done) -> None:
            try:
                while not done.is_set():
                    shmem.put(a, np.ones(1000), me())
            except shmem.FreedError:
                return

        def release(a: Any = a, done: threading.Event = done) -> None:
            shmem.free(a)
            done.set()

        at_once(use, release)
        shmem.barrier_all()


@pytest.mark.parametrize("level", ["single", "serialized", "multiple"])
def test_threads_are_safe_at_every_level(level: str) -> None:
    program = f"""
import threading
import shmem4py
shmem4py.rc(threads=True, thread_level="{level}")
from shmem4py import shmem
flags = shmem.zeros(4, dtype=int)
peer = (shmem.my_pe() + 1) % shmem.n_pes()

def ping(i):
    for k in range(1, 50):
        shmem.p(flags[i:i+1], k, peer)
        shmem.wait_until(flags[i:i+1], '>=', k)

threads = [threading.Thread(target=ping, args=(i,)) for i in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
shmem.barrier_all()
assert flags.tolist() == [49] * 4
"""
    done = run_program(2, program)
    assert done.returncode == 0, done.stderr
