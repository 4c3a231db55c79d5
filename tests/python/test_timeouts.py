# SPDX-License-Identifier: BSD-3-Clause
"""Waits with a timeout: in time, in vain, and what their errors say. No test asserts how long a wait takes at most."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import everywhere, me, need_smp, npes, right, several, symmetric

from shmem4py import shmem

Wait = Callable[..., Any]
FOR_MANY: list[tuple[Wait, Any]] = [
    (shmem.wait_until_all, 7),
    (shmem.wait_until_any, 7),
    (shmem.wait_until_some, 7),
    (shmem.wait_until_all_vector, [7] * 3),
    (shmem.wait_until_any_vector, [7] * 3),
    (shmem.wait_until_some_vector, [7] * 3),
]
SHORT = [0, 1e-9, 0.002, 0.15, np.float32(0.001)]
LONG = [300, math.inf, 1e300, None]


@everywhere
@pytest.mark.parametrize("timeout", SHORT, ids=str)
def test_wait_in_vain_raises_and_says_what_does_not_hold(timeout: float) -> None:
    flag = symmetric(np.array([3]))
    begin = time.monotonic()
    with pytest.raises(TimeoutError, match=r"^wait_until: after .* s ivar is 3, not >= 5$"):
        shmem.wait_until(flag, ">=", 5, timeout=timeout)
    assert time.monotonic() - begin >= timeout
    shmem.wait_until(flag, "==", 3, timeout=timeout)  # what holds is no matter of time
    shmem.free(flag)


@everywhere
@pytest.mark.parametrize("timeout", SHORT[:4], ids=str)
def test_signal_wait_in_vain(timeout: float) -> None:
    arrived = shmem.new_signal()
    with pytest.raises(TimeoutError, match=r"^signal_wait_until: after .* s signal is 0, not != 0$"):
        shmem.signal_wait_until(arrived, "ne", 0, timeout=timeout)
    assert shmem.signal_wait_until(arrived, "==", 0, timeout=timeout) == 0
    shmem.barrier_all()
    shmem.del_signal(arrived)


@everywhere
@pytest.mark.parametrize("timeout", SHORT[:4], ids=str)
@pytest.mark.parametrize(("wait", "value"), FOR_MANY, ids=lambda f: getattr(f, "__name__", ""))
def test_waits_of_many_in_vain_name_an_element_that_counts(wait: Wait, value: Any, timeout: float) -> None:
    flags = symmetric(np.array([5, 6, 8]))
    what = "not all elements of ivars compare" if "_all" in wait.__name__ else "no element of ivars compares"
    with pytest.raises(TimeoutError, match=rf"^{wait.__name__}: after .* s {what} true: ivars\[1\] is 6, not == 7$"):
        wait(flags, "==", value, [1, 0, 0], timeout=timeout)
    wait(flags, "==", value, [1, 1, 1], timeout=timeout)  # nothing counts
    if "_all" in wait.__name__:
        flags[1:] = 7
        with pytest.raises(TimeoutError, match=r"ivars\[0\] is 5, not == 7"):
            wait(flags, "==", value, timeout=timeout)
    shmem.free(flags)


@several
@pytest.mark.parametrize("timeout", LONG, ids=str)
def test_wait_ends_when_another_pe_stores_in_time(timeout: float | None) -> None:
    flags, arrived = symmetric(np.zeros(3, dtype=np.int64)), shmem.new_signal()
    for k in range(1, 20):
        shmem.put(flags, np.full(3, k), right())
        shmem.wait_until(flags[:1], ">=", k, timeout=timeout)
        shmem.wait_until_all(flags, ">=", k, timeout=timeout)
        assert shmem.wait_until_any(flags, ">=", k, timeout=timeout) in range(3)
        assert shmem.wait_until_some_vector(flags, ">=", [k] * 3, timeout=timeout) == [0, 1, 2]
        shmem.signal_set(arrived, k, right())
        assert shmem.signal_wait_until(arrived, ">=", k, timeout=timeout) >= k
    shmem.barrier_all()
    shmem.del_signal(arrived)
    shmem.free(flags)


@several
def test_store_ends_a_timed_wait_that_sleeps() -> None:
    """The first wait has given up; the second one sleeps when the store comes, long before its time."""
    flag, given_up = symmetric(np.zeros(1, dtype=int)), symmetric(np.zeros(1, dtype=int))
    if me() == 0:
        with pytest.raises(TimeoutError):
            shmem.wait_until(flag, "==", 1, timeout=0.01)
        shmem.p(given_up, 1, 1)
        shmem.wait_until(flag, "==", 1, timeout=300)
    elif me() == 1:
        shmem.wait_until(given_up, "==", 1)
        time.sleep(0.1)
        shmem.p(flag, 1, 0)
    shmem.barrier_all()
    shmem.free(given_up)
    shmem.free(flag)


@several
def test_calls_after_a_timeout_wait_for_ever_again() -> None:
    """The deadline of a wait holds for this wait only, also in the collectives that come next."""
    flag = symmetric(np.zeros(1, dtype=int))
    with pytest.raises(TimeoutError):
        shmem.wait_until(flag, "==", 1, timeout=0.001)
    shmem.barrier_all()
    if me() == 0:
        time.sleep(0.2)
    shmem.barrier_all()
    total = shmem.zeros(1, dtype=int)
    shmem.sum_reduce(total, symmetric(np.ones(1, dtype=int)))
    assert total[0] == npes()
    shmem.free(total)
    shmem.free(flag)


@several
def test_threads_have_deadlines_of_their_own() -> None:
    flag = symmetric(np.zeros(2, dtype=int))
    seen: list[str] = []

    def wait(at: int, timeout: float | None) -> None:
        try:
            shmem.wait_until(flag[at : at + 1], "==", 1, timeout=timeout)
            seen.append(f"{at} held")
        except TimeoutError:
            seen.append(f"{at} late")

    threads = [threading.Thread(target=wait, args=args) for args in ((0, None), (1, 0.02), (0, 300.0))]
    for thread in threads:
        thread.start()
    threads[1].join()
    assert seen == ["1 late"]
    shmem.barrier_all()
    shmem.p(flag[:1], 1, right())
    for thread in threads:
        thread.join()
    assert sorted(seen) == ["0 held", "0 held", "1 late"]
    shmem.barrier_all()
    shmem.free(flag)


@pytest.mark.pes(1)
def test_what_is_no_timeout_is_refused() -> None:
    flag = shmem.zeros(1, dtype=int)
    for bad in ("1", [1], 1j, object()):
        with pytest.raises(TypeError, match=r"wait_until: timeout must be a number of seconds or None, not"):
            shmem.wait_until(flag, "==", 0, timeout=bad)  # type: ignore[arg-type]
    for value in (-1, -1e-9, math.nan, -math.inf):
        with pytest.raises(ValueError, match=r"wait_until: timeout is .*, must be a number of seconds, not negative"):
            shmem.wait_until(flag, "==", 0, timeout=value)
    with pytest.raises(TypeError):
        shmem.wait_until(flag, "==", 0, 1.0)  # type: ignore[call-arg]
    shmem.free(flag)


@pytest.mark.pes(1)
def test_handler_of_a_signal_inside_a_timed_wait_waits_on_its_own() -> None:
    """A handler runs inside the wait; its own wait is not cut short, and afterwards the deadline holds again."""
    need_smp("waits call handlers on the waiting thread")
    mine, its = shmem.zeros(1, dtype=int), shmem.zeros(1, dtype=int)
    seen: list[str] = []

    def handler(*_: Any) -> None:
        threading.Timer(4, lambda: shmem.p(its, 1, me())).start()
        shmem.wait_until(its, "==", 1)  # ends after the deadline of the wait around it
        seen.append("handled")

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGUSR1)).start()
        with pytest.raises(TimeoutError):
            shmem.wait_until(mine, "==", 1, timeout=3)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == ["handled"]
    shmem.free(its)
    shmem.free(mine)


def test_a_job_whose_waits_have_timeouts_does_not_stand_still() -> None:
    """`shmem4py run` says when a job stands still; one in which a wait ends by itself does not."""
    program = (
        "from shmem4py import shmem\n"
        "flag = shmem.zeros(1, dtype=int)\n"
        "if shmem.my_pe() == 0:\n"
        "    try: shmem.wait_until(flag, '==', 1, timeout=2.5)\n"
        "    except TimeoutError: print('late', flush=True)\n"
        "shmem.barrier_all()\n"
    )
    command = [sys.executable, "-m", "shmem4py", "run", "-n", "2", sys.executable, "-c", program]
    environment = os.environ | {"SHMEM4PY_STALL": "0.5", "SHMEM4PY_ENGINE": "smp"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "late\n", "")
