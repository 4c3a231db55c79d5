# SPDX-License-Identifier: BSD-3-Clause
"""Cores and the sizes of thread pools."""

import json
import os
import time

import pytest

CORES = sorted(os.sched_getaffinity(0))
REPORT = (
    "import json, os; print(json.dumps([sorted(os.sched_getaffinity(0)), os.environ['OMP_NUM_THREADS'],"
    " os.environ['OPENBLAS_NUM_THREADS']]))"
)
needs_two = pytest.mark.skipif(len(CORES) < 2, reason="needs two cores")


def report(jobs, *options, **settings):
    result = jobs.run(*options, "python3", "-c", REPORT, **settings)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@needs_two
def test_core_gives_each_pe_a_core_of_its_own(jobs):
    answers = report(jobs, "-n", 2, "--bind", "core")
    cores = [tuple(answer[0]) for answer in answers]
    assert all(len(core) == 1 for core in cores)
    assert len(set(cores)) == 2
    assert {answer[1] for answer in answers} == {"1"}


def test_none_leaves_all_cores_and_divides_them(jobs):
    [[cores, threads, blas]] = report(jobs, "-n", 1, "--bind", "none")
    assert cores == CORES
    assert 1 <= int(threads) <= len(CORES)
    assert blas == threads


def test_more_pes_than_cores_are_not_bound(jobs):
    answers = report(jobs, "-n", len(CORES) + 1)
    assert all(answer == [CORES, "1", "1"] for answer in answers)


def test_more_pes_than_cores_cannot_be_bound(jobs):
    result = jobs.run("-n", len(CORES) + 1, "--bind", "core", "true")
    assert result.returncode == 1
    assert result.stderr == (
        f"shmem4py: --bind core: {len(CORES) + 1} PEs, but this process may use {len(CORES)} cores only\n"
    )


def test_number_of_threads_of_the_user_stays(jobs):
    [[_, threads, _]] = report(jobs, "-n", 1, env={"OMP_NUM_THREADS": "5", "OPENBLAS_NUM_THREADS": "7"})
    assert threads == "5"
    result = jobs.run("sh", "-c", "echo ${OPENBLAS_NUM_THREADS-unset}", env={"OMP_NUM_THREADS": "5"})
    assert result.stdout == "unset\n"


@needs_two
def test_second_job_does_not_bind_to_cores_that_the_first_has(jobs, behave):
    first = jobs.start("-n", len(CORES), "--bind", "core", behave, "say=ready", "sleep=60")
    for _ in CORES:
        assert first.stdout.readline() == "ready\n"
    time.sleep(0.05)
    answers = report(jobs, "-n", 2)
    assert [answer[0] for answer in answers] == [CORES, CORES]
    first.terminate()
    first.wait(timeout=60)
