# SPDX-License-Identifier: BSD-3-Clause
"""`Queue`: order, room, timeouts, threads, teams, close, and owners that end early."""

from __future__ import annotations

import copy
import os
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from support import Array, everyone, me, npes

from shmem4py import shmem

pes = pytest.mark.pes(1, 2, 3, 4)
some = pytest.mark.pes(2, 3, 4)

SOON, LATE = 0.05, 300.0


@contextmanager
def a_queue(*args: Any, **options: Any) -> Iterator[shmem.Queue[Any]]:
    it: shmem.Queue[Any] = shmem.Queue(*args, **options)
    yield it
    shmem.barrier_all()
    it.destroy()


@pes
@pytest.mark.parametrize("maxsize", [1, 2, 3, 64])
def test_first_in_first_out_through_many_rounds_of_the_ring(maxsize: int) -> None:
    """Small and large objects alternate, so that an object's slots go across the ring's end."""
    for owner in range(npes()):
        with a_queue(maxsize, 64 * maxsize, owner=owner) as it:
            for k in range(100 if me() == 0 else 0):
                it.put_nowait((k, "x" * (k % 7 * 10 if maxsize > 3 else 0)))
                assert (it.qsize(), it.empty()) == (1, False)
                assert it.get_nowait() == (k, "x" * (k % 7 * 10 if maxsize > 3 else 0))
                assert it.empty()


@pes
@pytest.mark.parametrize("maxsize", [1, 5])
def test_full_and_empty(maxsize: int) -> None:
    with a_queue(maxsize, owner=npes() - 1) as it:
        assert it.maxsize == maxsize
        if me() == 0:
            for k in range(maxsize):
                assert not it.full()
                it.put(k, timeout=0)
            assert (it.full(), it.qsize()) == (True, maxsize)
            for options in ({"block": False}, {"timeout": 0}, {"timeout": SOON}, {"block": False, "timeout": -1}):
                with pytest.raises(queue.Full):
                    it.put("more", **options)
            with pytest.raises(queue.Full):
                it.put_nowait("more")
            assert [it.get(timeout=0) for _ in range(maxsize)] == list(range(maxsize))
            for options in ({"block": False}, {"timeout": 0}, {"timeout": SOON}):
                with pytest.raises(queue.Empty):
                    it.get(**options)
            with pytest.raises(queue.Empty):
                it.get_nowait()
            it.put("again")
            assert it.get() == "again"


@some
def test_many_producers_one_consumer() -> None:
    """Nothing is lost or doubled, and the objects of one PE keep their order, with a ring much too small."""
    count = 300
    for owner in (0, npes() - 1):
        with a_queue(3, 600, owner=owner) as it:
            if me() != 0:
                for k in range(count):
                    it.put((me(), k, bytes(k % 500)), timeout=LATE)
            else:
                following: Counter[int] = Counter()
                for _ in range(count * (npes() - 1)):
                    pe, k, data = it.get(timeout=LATE)
                    assert (k, len(data)) == (following[pe], k % 500)
                    following[pe] += 1
                assert it.empty()


@some
def test_one_producer_many_consumers() -> None:
    count = 300
    with a_queue(4, owner=0) as it:
        if me() == 0:
            for k in range(count):
                it.put(k)
            for _ in range(npes() - 1):
                it.put(None)
            mine = []
        else:
            mine = list(iter(lambda: it.get(timeout=LATE), None))
            assert mine == sorted(mine)
        got = everyone(mine)
        assert sorted(x for part in got for x in part) == list(range(count))


@pes
def test_threads_of_all_pes_put_and_get() -> None:
    count, wrong = 60, []
    with a_queue(5) as it:
        got: list[Any] = []

        def put(thread: int) -> None:
            for k in range(count):
                it.put((me(), thread, k), timeout=LATE)

        def get() -> None:
            try:
                got.extend(it.get(timeout=LATE) for _ in range(count))
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=put, args=(k,)) for k in range(2)]
        threads += [threading.Thread(target=get) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        together = Counter(x for part in everyone(got) for x in part)
        assert together == Counter((pe, thread, k) for pe in range(npes()) for thread in range(2) for k in range(count))


@some
def test_put_that_waits_ends_when_room_comes() -> None:
    with a_queue(1, owner=0) as it:
        if me() == 0:
            it.put("first")
            shmem.barrier_all()
            it.put("second", timeout=LATE)
            it.put("third")
        elif me() == 1:
            shmem.barrier_all()
            assert [it.get(timeout=LATE) for _ in range(3)] == ["first", "second", "third"]
        else:
            shmem.barrier_all()


@some
def test_what_was_stored_before_a_put_is_seen_after_the_get() -> None:
    a = shmem.zeros(1000)
    with a_queue(4, owner=npes() - 1) as it:
        for k in range(1, 30):
            if me() == 0:
                shmem.put(a, np.full(1000, float(k)), 1)
                shmem.quiet()
                it.put(k)
            elif me() == 1:
                assert it.get(timeout=LATE) == k
                assert (a == k).all()
                it.put(-k)
            if me() == 0:
                while (back := it.get(timeout=LATE)) != -k:  # it may be its own
                    it.put(back)
            shmem.barrier_all()
    shmem.free(a)


@some
def test_symmetric_array_travels_as_a_handle() -> None:
    a = shmem.full((3, 4), me())
    with a_queue(4) as it:
        if me() == 0:
            it.put([a[1:], np.arange(4)])
        elif me() == 1:
            mine, copied = it.get(timeout=LATE)
            assert mine.ctypes.data == a[1:].ctypes.data
            assert (mine == 1).all()
            assert copied.tolist() == [0, 1, 2, 3]
    shmem.free(a)


@pes
def test_objects_as_large_as_the_queue_and_larger() -> None:
    with a_queue(4, 1 << 16, owner=npes() - 1) as it:
        if me() == 0:
            it.put("small")
            data: Array = np.arange(7000.0)
            with pytest.raises(queue.Full):
                it.put_nowait(data)  # fits, but not together with the other
            assert it.get() == "small"
            it.put(data)
            assert (it.qsize(), it.full()) == (1, False)
            assert np.array_equal(it.get(), data)
            with pytest.raises(
                ValueError, match=r"^Queue.put: the item has \d+ bytes when pickled, but the queue holds"
            ):
                it.put(np.zeros(9000))
            assert it.empty()


@pes
def test_object_that_cannot_be_pickled_leaves_the_queue_as_it_was() -> None:
    class Refused:
        def __reduce__(self) -> Any:
            raise ZeroDivisionError("no")

    with a_queue(2, owner=npes() - 1) as it:
        if me() == 0:
            with pytest.raises(ZeroDivisionError):
                it.put([Refused()])
            assert it.empty()
            a = np.zeros(3)
            it.put(a)
            a[:] = 1  # too late
            assert it.get().tolist() == [0, 0, 0]


# --- close ---


@pes
def test_close_lets_get_what_is_there() -> None:
    with a_queue(4, owner=npes() - 1) as it:
        if me() == 0:
            it.put(1)
            it.put(2)
            it.close()
            with pytest.raises(ValueError, match=r"^Queue.put: the queue is closed$"):
                it.put(3)
            assert [it.get(), it.get()] == [1, 2]
            for options in ({}, {"block": False}, {"timeout": SOON}):
                with pytest.raises(EOFError, match=r"^Queue.get: the queue is closed and empty$"):
                    it.get(**options)
            it.close()


@some
def test_close_wakes_those_that_wait() -> None:
    with a_queue(1) as empty, a_queue(1) as full:
        if me() == 0:
            full.put(1)
        shmem.barrier_all()
        if me() == 0:
            while not all(_waits(pe) for pe in range(1, npes())):
                pass
            empty.close()
            full.close()
        elif me() == 1:
            with pytest.raises(EOFError):
                empty.get()
        else:
            with pytest.raises(ValueError, match="closed"):
                full.put(2)


def _waits(pe: int) -> bool:
    from shmem4py import _core

    try:
        return "signal_wait_until" in _core.operation(pe)
    except NotImplementedError:
        return True


# --- teams, arguments, the end ---


@some
def test_team_and_owner_in_it() -> None:
    with shmem.TEAM_WORLD.split_strided(1, 1, npes() - 1) as team, a_queue(3, owner=npes() - 2, team=team) as it:
        if not team:
            with pytest.raises(RuntimeError, match=r"^Queue.put: this PE is not in the team$"):
                it.put(1)
            with pytest.raises(RuntimeError, match=r"^Queue.get: this PE is not in the team$"):
                it.get()
        else:
            it.put(me(), timeout=LATE)
            shmem.sync(team)
            assert it.get(timeout=LATE) in range(1, npes())
            assert repr(it) == f"<shmem4py.shmem.Queue of 3 on PE {npes() - 1}>"


@pes
def test_wrong_arguments() -> None:
    for options, error, words in (
        ({"maxsize": 0}, ValueError, "maxsize is 0, must be at least 1"),
        ({"nbytes": -1}, ValueError, "nbytes is -1, must not be negative"),
        ({"owner": npes()}, IndexError, "owner is"),
        ({"team": "world"}, TypeError, "team must be a Team, not str"),
    ):
        with pytest.raises(error, match=f"^Queue: {words}"):
            shmem.Queue(**options)
    with a_queue(2) as it:
        for call in (lambda: it.put(1, timeout=-1), lambda: it.get(timeout=float("nan"))):
            with pytest.raises(ValueError, match=r"^Queue\.(put|get): timeout is .*, must be a number of seconds"):
                call()
        with pytest.raises(TypeError, match="cannot pickle or copy a Queue"):
            copy.copy(it)
    with pytest.raises(shmem.FreedError, match=r"Queue.put: the queue has been destroyed"):
        it.put(1)
    with pytest.raises(shmem.FreedError, match=r"Queue.get: the queue has been destroyed"):
        it.get()
    it.destroy()
    assert "destroyed" in repr(it)


def run(program: str, n: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shmem4py", "run", "-n", str(n), sys.executable, "-c", program]
    environment = os.environ | {"SHMEM4PY_ENGINE": "smp"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_owner_that_has_ended_its_program_keeps_the_queue() -> None:
    program = (
        "from shmem4py import shmem\n"
        "q = shmem.Queue(2, owner=0)\n"
        "if shmem.my_pe() == 1:\n"
        "    for k in range(50): q.put(k)\n"
        "elif shmem.my_pe() == 2:\n"
        "    assert [q.get() for _ in range(50)] == list(range(50))\n"
        "    print('all', flush=True)\n"
    )
    done = run(program, 3)
    assert (done.returncode, done.stdout, done.stderr) == (0, "all\n", "")


def test_get_that_nobody_is_left_to_serve_raises() -> None:
    program = (
        "from shmem4py import shmem\n"
        "q = shmem.Queue(2, owner=0)\n"
        "if shmem.my_pe() == 0:\n"
        "    try: q.get()\n"
        "    except RuntimeError as error: print(error, flush=True)\n"
    )
    done = run(program, 2)
    assert done.returncode == 0
    assert "nobody is left who could store" in done.stdout


def test_ctrl_c_ends_a_get_and_nothing_is_lost() -> None:
    program = (
        "import os, signal, threading\n"
        "from shmem4py import shmem\n"
        "q = shmem.Queue(2)\n"
        "threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "try: q.get()\n"
        "except KeyboardInterrupt: q.put(5); print(q.get(), flush=True)\n"
    )
    done = run(program, 1)
    assert (done.returncode, done.stdout) == (0, "5\n")


@pytest.mark.pes(1)
def test_a_closed_queue_waits_for_an_item_that_is_being_put() -> None:
    with a_queue(4) as it:
        shmem.atomic_inc(it._at["tail"], 0)  # a slot is claimed
        it.close()
        with pytest.raises(queue.Empty):
            it.get(timeout=0.01)
        shmem.atomic_add(it._at["tail"], (1 << 64) - 1, 0)
        with pytest.raises(EOFError):
            it.get()
