# SPDX-License-Identifier: BSD-3-Clause
"""The library under launchers of other libraries, on one machine."""

import os
import re
import shutil
import subprocess

import pytest

LAUNCHERS = {
    "openmpi": ["mpiexec.openmpi", "--allow-run-as-root", "--oversubscribe"],
    "mpich": ["mpiexec.hydra"],
    "prrte": ["prterun", "--allow-run-as-root", "--map-by", ":oversubscribe", "--personality", "ompi"],
    "slurm": ["srun", "--overcommit", "--wait=5", "--kill-on-bad-exit=1"],
}


@pytest.fixture(params=LAUNCHERS)
def mpiexec(request, jobs):
    command = LAUNCHERS[request.param]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    # Slurm's programs work only where a cluster runs.
    if command[0] == "srun" and subprocess.run(["sinfo"], capture_output=True, timeout=60).returncode != 0:
        pytest.skip("Slurm is not running")
    environment = dict(jobs.environment)
    if "SLURM_CONF" in os.environ:
        environment["SLURM_CONF"] = os.environ["SLURM_CONF"]

    def run(npes, *arguments):
        return subprocess.run(
            [*command, "-n", str(npes), *map(str, arguments)],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    return run


@pytest.mark.parametrize("npes", [1, 2, 4])
def test_pes_find_each_other(mpiexec, behave, npes):
    result = mpiexec(npes, behave, "init", "barriers=100", "say=here", "finalize")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "here\n" * npes


def test_pes_find_each_other_behind_wrappers(mpiexec, behave):
    result = mpiexec(3, "sh", "-c", f"{behave} init barrier say=here finalize; exit $?")
    assert (result.returncode, result.stdout) == (0, "here\n" * 3), result.stderr


def test_two_programs_one_after_the_other(mpiexec, behave):
    # The second program finds the first one's name, but not its job.
    result = mpiexec(3, "sh", "-c", f"{behave} init barrier finalize && {behave} init barrier say=second finalize")
    assert (result.returncode, result.stdout) == (0, "second\n" * 3), result.stderr


def test_rank_0_may_come_late(mpiexec, behave):
    result = mpiexec(3, behave, "sleep=1@0", "init", "barrier", "finalize")
    assert result.returncode == 0, result.stderr


def test_failure_of_one_pe_ends_the_job(mpiexec, behave, jobs):
    result = mpiexec(3, behave, "init", "barrier", "exit=3@1", "barrier", "finalize")
    assert result.returncode != 0
    assert jobs.until(lambda: not jobs.processes())


def test_death_of_a_peer_is_noticed_by_sleepers(mpiexec, behave):
    # The shell reports no failure to mpiexec and goes on, so only the peers can know.
    result = mpiexec(3, "sh", "-c", f"{behave} init barrier kill=9@1 barrier finalize; sleep 3")
    assert "PE 1 (process " in result.stderr
    assert "has ended without shmem_finalize" in result.stderr


def test_job_that_stands_still_says_so_itself(mpiexec, behave):
    limit = ["timeout", "20"]
    result = mpiexec(2, "env", "SHMEM4PY_STALL=1", *limit, behave, "init", "barrier", "hang@1", "barrier", "finalize")
    assert result.stderr.count("the job has stood still for ") == 1, result.stderr
    assert re.search(r"shmem4py: PE 0: in shmem_barrier_all for \d+ s, to which PE 1 has not come\n", result.stderr)
    assert "global variables is != 0 (it is 0)\n" in result.stderr
