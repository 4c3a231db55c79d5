# SPDX-License-Identifier: BSD-3-Clause
"""More PEs than cores: they start, sleep and wake, and take little of the machine's resources."""

import os
import re
import resource
import time
from pathlib import Path

import pytest


def test_thousands_of_barriers_of_sixteen_pes_end(jobs, behave):
    result = jobs.run("-n", 16, behave, "init", "barriers=3000", "say=done@0", "finalize", timeout=110)
    assert (result.returncode, result.stdout) == (0, "done\n")


def test_barriers_of_sixteen_pes_end_beside_processes_that_compute(jobs, behave):
    # A waiter that yields to one of them gets its core back after a whole time slice: bench measures what that costs.
    jobs.start("-n", 2, behave, "spin")
    result = jobs.run("-n", 16, behave, "init", "barriers=1000", "say=done@0", "finalize", timeout=110)
    assert (result.returncode, result.stdout) == (0, "done\n")


def test_idle_wait_of_sixteen_pes_is_sleep(jobs, behave):
    # bench/c/resources.c measures the cost of their timed wakes.
    job = jobs.start("-n", 16, behave, "init", "sleep=600@3", "pid", "barrier")
    for _ in range(15):
        job.stdout.readline()
    jobs.until_asleep()
    job.terminate()


def test_sixty_four_pes_start_meet_and_end(jobs, behave):
    result = jobs.run("-n", 64, behave, "init", "barrier", "say=here", "finalize", timeout=60)
    assert (result.returncode, result.stdout) == (0, "here\n" * 64)


def private_nbytes(pid):
    """Memory that only this process uses, without the job's memory file."""
    total = 0
    ours = False
    with open(f"/proc/{pid}/smaps") as file:
        for line in file:
            first, *rest = line.split()
            if not first.endswith(":"):  # a mapping's first line ends with its file
                ours = "/memfd:" not in line
            elif ours and first in ("Private_Clean:", "Private_Dirty:"):
                total += int(rest[0]) << 10
    return total


def test_each_of_sixty_four_pes_takes_little_memory_of_its_own(jobs, behave):
    def most(*verbs):
        job = jobs.start("-n", 64, behave, *verbs, "pid", "sleep=60")
        pids = [int(job.stdout.readline().split()[1]) for _ in range(64)]
        sizes = [private_nbytes(pid) for pid in pids]
        job.terminate()
        job.communicate()
        return max(sizes)

    assert most("init", "barrier") - most() < 2 << 20


@pytest.mark.timeout(180)
def test_launcher_needs_no_more_descriptors_than_it_may_have(jobs, behave):
    # 300 PEs are 600 pipes; PEs find the limit as it was.
    def lower():
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2000:
        pytest.skip("the hard limit on descriptors is below 2000")
    result = jobs.run("-n", 300, "sh", "-c", "ulimit -n", preexec_fn=lower, timeout=120)
    assert result.returncode == 0
    assert result.stdout == "256\n" * 300


def test_launcher_sleeps_while_its_pes_work(jobs, behave):
    job = jobs.start("-n", 2, behave, "say=ready", "sleep=60")
    job.stdout.readline()
    jobs.until_asleep()

    def sleeps(pid):
        text = Path(f"/proc/{pid}/status").read_text()
        return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", text, re.MULTILINE)[1])

    launcher = [pid for pid in jobs.processes() if os.readlink(f"/proc/{pid}/exe") == os.path.realpath(jobs.launcher)]
    assert len(launcher) == 2
    before = [sleeps(pid) for pid in launcher]
    time.sleep(1.5)
    assert [sleeps(pid) for pid in launcher] == before, "nothing wakes it"
    job.terminate()
