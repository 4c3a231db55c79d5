# SPDX-License-Identifier: BSD-3-Clause
"""C programs that stand still (for Python programs see tests/python/test_stall.py)."""

import re

import pytest


def report(job):
    """The lines about the PEs, without times."""
    lines = []
    while not lines or "the job goes on waiting" not in lines[-1]:
        line = job.stderr.readline()
        assert line, lines
        lines.append(line.removeprefix("shmem4py: ").rstrip("\n"))
    assert "the job has stood still for " in lines[0]
    assert job.poll() is None
    job.terminate()
    return [re.sub(r" for \d+ s", "", line) for line in lines[1:-1]]


@pytest.mark.parametrize("barrier", ["barrier", "old_barrier"])
def test_pes_that_wait_for_one_are_told_which(jobs, behave, barrier):
    job = jobs.start("-n", 4, "--stall", "1", behave, "init", "hang@2", barrier)
    lines = report(job)
    assert [line for line in lines if "barrier" in line] == [
        "PEs 0 and 1: in shmem_barrier_all, to which PE 2 has not come",
        "PE 3: in shmem_barrier_all, to which PE 2 has not come",
    ]
    assert [line for line in lines if "PE 2:" in line and "global variables is != 0 (it is 0)" in line]


def test_many_equal_pes_share_a_line(jobs, behave):
    lines = report(jobs.start("-n", 40, "--stall", "1", behave, "init", "hang"))
    assert len(lines) == 1
    assert lines[0].startswith("PEs 0 to 39: in shmem_wait_until, until the int64 at offset ")


def test_variable_sets_the_time(jobs, behave):
    report(jobs.start("-n", 2, behave, "init", "hang", env={"SHMEM4PY_STALL": "1"}))


def test_option_goes_before_the_variable(jobs, behave):
    report(jobs.start("-n", 2, "--stall", "1", behave, "init", "hang", env={"SHMEM4PY_STALL": "0"}))


def test_variable_that_is_no_time_is_refused(jobs, behave):
    done = jobs.run("-n", 1, behave, "init", "finalize", env={"SHMEM4PY_STALL": "soon"})
    assert done.returncode == 2
    assert done.stderr == "shmem4py: SHMEM4PY_STALL=soon is not a number of seconds, 0 for never\n"
    done = jobs.run("-n", 1, "--stall", "-1", behave, "init", "finalize")
    assert done.returncode == 2
    assert done.stderr.startswith("shmem4py: --stall -1: a number of seconds, 0 for never\n")
