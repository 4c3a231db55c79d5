# SPDX-License-Identifier: BSD-3-Clause
"""PEs that leave a job of smp while others go on: the others hear of it where they need one that has left.

Another library's finalisation is its own, and may be a barrier. So these programs have a file that only smp runs.
"""

from __future__ import annotations

import re

import pytest
from support import need_smp

from shmem4py.testing import run_program

NEEDS = {
    "barrier_all": ("shmem.barrier_all()", "waits for PE 1, whose program has ended"),
    "sync_all": ("shmem.sync_all()", "waits for PE 1, whose program has ended"),
    "team sync": ("shmem.sync(team)", "waits for PE 1, whose program has ended"),
    "zeros": ("shmem.zeros(3)", "waits for PE 1, whose program has ended"),
    "sum_reduce": ("shmem.sum_reduce(a, a)", "waits for PE 1, whose program has ended"),
    "broadcast": ("shmem.broadcast(a, a, 1)", "waits for PE 1, whose program has ended"),
    "set_lock": ("shmem.set_lock(lock)", "is held by PE 1, whose program has ended"),
}


@pytest.mark.parametrize("leave", ["sys.exit(0)", "return", "shmem.finalize()"])
@pytest.mark.parametrize("need_of", NEEDS)
def test_those_who_need_a_pe_that_has_left_are_told(need_of: str, leave: str) -> None:
    need_smp("a library's finalisation may be a barrier")
    call, message = NEEDS[need_of]
    program = f"""
import sys
from shmem4py import shmem
a, lock, team = shmem.zeros(1, dtype=int), shmem.new_lock(), shmem.TEAM_WORLD.split_strided()
def main():
    if shmem.my_pe() == 1:
        shmem.set_lock(lock)
    shmem.barrier_all()
    if shmem.my_pe() == 1:
        {leave}
        return
    {call}
    print('through')
main()
"""
    done = run_program(3, program, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    if leave == "shmem.finalize()":
        message = message.replace("whose program has ended", "which has called finalize")
    assert re.search(f"RuntimeError: .*{message}", done.stderr)


WAITS_FOR_STORES = {
    "wait_until": "shmem.wait_until(a, '==', 1)",
    "wait_until_any": "shmem.wait_until_any(a, '==', 1)",
    "signal_wait_until": "shmem.signal_wait_until(signal, '==', 1)",
}


@pytest.mark.parametrize("name", WAITS_FOR_STORES)
def test_wait_when_nobody_is_left_who_could_store_is_told(name: str) -> None:
    need_smp("a library's finalisation may be a barrier")
    program = f"""
from shmem4py import shmem
a, signal = shmem.zeros(1, dtype=int), shmem.new_signal()
if shmem.my_pe() == 0:
    {WAITS_FOR_STORES[name]}
    print('through')
"""
    done = run_program(2, program, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    message = "nobody is left who could store what PE 0 waits for: PE 1, whose program has ended, was the only other"
    assert f"RuntimeError: {name}: " in done.stderr
    assert message in done.stderr


def test_pes_go_on_without_one_that_has_left() -> None:
    need_smp("a library's finalisation may be a barrier")
    program = """
import time
from shmem4py import shmem
a, lock = shmem.zeros(2, dtype=int), shmem.new_lock()
pair = shmem.TEAM_WORLD.split_strided(1, 1, 2)
me = shmem.my_pe()
if me > 0:
    for i in range(1, 6):
        time.sleep(0.05 * me)
        shmem.p(a[:1], i, 3 - me)
        shmem.wait_until(a[:1], '>=', i)
        shmem.set_lock(lock)
        shmem.atomic_inc(a[1:], 0)
        shmem.clear_lock(lock)
        shmem.sync(pair)
    print(shmem.g(a[1:], 0))
"""
    done = run_program(3, program, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "10\n10\n", "")
