# SPDX-License-Identifier: BSD-3-Clause
"""How a job ends, by itself: its exit status, and the one line that says why."""

import os
import re
import signal
import sys
import time

import pytest

CHECK = ["init", "barrier"]


def places(job, npes):
    """Where the PEs of a running job are, as SIGUSR1 makes the launcher say."""
    job.send_signal(signal.SIGUSR1)
    return "".join(job.stderr.readline() for _ in range(npes))


def complaints(result):
    return [line for line in result.stderr.splitlines() if line.startswith("shmem4py: ")]


@pytest.mark.parametrize("npes", [1, 2, 3, 4, 8, 16])
def test_job_that_ends_well(jobs, behave, npes):
    result = jobs.run("-n", npes, behave, "init", "barrier", "say=here", "finalize")
    assert result.returncode == 0
    assert result.stdout == "here\n" * npes
    assert result.stderr == ""


def test_programs_that_know_nothing_of_shmem_run_too(jobs):
    result = jobs.run("-n", 3, "sh", "-c", "echo $SHMEM4PY_JOB_PE")
    assert (result.returncode, sorted(result.stdout.split())) == (0, ["0", "1", "2"])


@pytest.mark.parametrize("status", [1, 3, 255])
def test_status_of_the_failing_pe_is_the_jobs(jobs, behave, status):
    result = jobs.run("-n", 3, behave, *CHECK, f"exit={status}@1", "barrier", "finalize")
    assert result.returncode == status
    [line] = complaints(result)
    assert line.startswith("shmem4py: PE 1 (process ")
    assert line.endswith(f") exited with status {status}")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_signal_counts_as_128_and_its_number(jobs, behave, number):
    result = jobs.run("-n", 3, behave, *CHECK, f"kill={int(number)}@2", "barrier", "finalize")
    assert result.returncode == 128 + number
    [line] = complaints(result)
    assert "PE 2 (process " in line
    assert line.endswith(f") was killed by signal {int(number)} ({signal.strsignal(number)}), not waiting")


def test_first_failure_counts(jobs, behave):
    result = jobs.run("-n", 3, behave, *CHECK, "exit=7@2", "sleep=0.3", "exit=8")
    assert result.returncode == 7
    assert len(complaints(result)) == 1


@pytest.mark.parametrize("busy", ["barrier", "hang", "spin", "sleep=600"])
def test_others_are_ended(jobs, behave, busy):
    result = jobs.run("-n", 4, behave, *CHECK, "sleep=0.2", "exit=3@0", busy)
    assert result.returncode == 3


def test_others_that_ignore_signals_are_killed(jobs, behave):
    result = jobs.run("-n", 2, behave, "ignore=15", *CHECK, "exit=3@0", "spin")
    assert result.returncode == 3


def test_line_names_the_operation(jobs, behave):
    job = jobs.start("-n", 2, behave, "init", "pid@1", "hang@1", "barrier")
    pid = int(job.stdout.readline().split()[1])
    jobs.until_asleep()
    os.kill(pid, signal.SIGKILL)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGKILL
    assert "was killed by signal 9 (Killed), in shmem_wait_until" in err


def test_global_exit_ends_the_job_with_its_status(jobs, behave):
    result = jobs.run("-n", 3, behave, *CHECK, "global_exit=6@1", "hang")
    assert result.returncode == 6
    [line] = complaints(result)
    assert "PE 1 (process " in line
    assert line.endswith("ended the job with status 6")


def test_global_exit_with_0_ends_the_job_well(jobs, behave):
    result = jobs.run("-n", 3, behave, *CHECK, "global_exit=0@1", "hang")
    assert (result.returncode, result.stderr) == (0, "")


def test_global_exit_with_0_lets_nobody_through(jobs, behave):
    for _ in range(10):
        result = jobs.run("-n", 4, behave, *CHECK, "global_exit=0@1", "barrier", "say=through")
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_time_limit_fails_a_job_whose_pes_then_end_well(jobs, behave):
    # The signal that asks PEs where they are ends their sleep, and they come to their end in the time that is left.
    result = jobs.run("-n", 2, "--timeout", 1, behave, f"handle={int(signal.SIGUSR1)}", *CHECK, "sleep=100", "finalize")
    assert result.returncode == 124
    assert "the job has not ended after its 1 s" in result.stderr
    assert result.stdout == f"signal {int(signal.SIGUSR1)}\n" * 2


@pytest.mark.parametrize("end", ["exit=3", "kill=9", "global_exit=5"])
def test_time_limit_has_its_own_status_whatever_pes_do_then(jobs, behave, end):
    result = jobs.run("-n", 2, "--timeout", 1, behave, f"handle={int(signal.SIGUSR1)}", *CHECK, "sleep=100", end)
    assert result.returncode == 124


def test_misuse_ends_the_job(jobs, behave):
    result = jobs.run("-n", 3, behave, *CHECK, "misuse@2", "hang")
    assert result.returncode == 1
    first, second = complaints(result)
    assert first == "shmem4py: PE 2: shmem_long_p: pe = 8 is out of range: there are 3 PEs"
    assert second.endswith("ended the job with status 1")


def test_leaving_without_finalising_while_others_go_on_is_a_failure(jobs, behave):
    result = jobs.run("-n", 3, behave, *CHECK, "_exit=0@1", "barrier", "finalize")
    assert result.returncode == 1
    [line] = complaints(result)
    assert "PE 1 (process " in line
    assert "exited with status 0 but without shmem_finalize" in line


@pytest.mark.parametrize("npes", [1, 2, 3, 8])
def test_leaving_without_finalising_together_is_a_failure_too(jobs, behave, npes):
    result = jobs.run("-n", npes, behave, *CHECK, "_exit=0")
    assert result.returncode == 1
    [line] = complaints(result)
    assert "exited with status 0 but without shmem_finalize" in line


@pytest.mark.parametrize("npes", [1, 2, 3, 8])
def test_program_that_ends_with_status_0_finalises(jobs, behave, npes):
    result = jobs.run("-n", npes, behave, *CHECK, "exit=0@0", "sleep=0.2", "say=here", "exit=0")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "here\n" * (npes - 1)


def test_pe_that_has_ended_is_named_to_those_who_wait_for_it(jobs, behave):
    result = jobs.run("-n", 3, behave, *CHECK, "exit=0@1", "barrier", "say=through", "finalize")
    assert (result.returncode, result.stdout) == (1, "")
    first = complaints(result)[0]
    assert re.fullmatch(r"shmem4py: PE [02]: shmem_barrier_all: PE [02] waits for PE 1, whose program has ended", first)


def test_pe_that_is_killed_at_the_end_of_its_program_is_a_failure(jobs, behave):
    job = jobs.start("-n", 2, behave, "init", "pid@1", "barrier", "exit=0@1", "sleep=60")
    pid = int(job.stdout.readline().split()[1])
    while "at the end of its program, without shmem_finalize" not in places(job, 2):
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    _, err = job.communicate(timeout=10)
    assert job.returncode == 128 + signal.SIGKILL
    assert "was killed by signal 9 (Killed), at the end of its program, without shmem_finalize" in err


@pytest.mark.parametrize("after", ["true", "sleep 0.4", "exit $?"])
def test_leaving_without_finalising_behind_a_wrapper_is_a_failure(jobs, behave, after):
    result = jobs.run("-n", 2, "sh", "-c", f"{behave} init barrier _exit=0; {after}")
    assert result.returncode == 1
    [line] = complaints(result)
    assert "without shmem_finalize" in line


def test_python_program_that_leaves_without_finalising_is_a_failure(jobs):
    pytest.importorskip("shmem4py")
    program = "import os; from shmem4py import shmem; shmem.init(); shmem.barrier_all(); os._exit(0)"
    result = jobs.run("-n", 2, sys.executable, "-c", program)
    assert result.returncode == 1
    [line] = complaints(result)
    assert "exited with status 0 but without shmem_finalize" in line


def test_python_program_that_ends_finalises(jobs):
    pytest.importorskip("shmem4py")
    program = "from shmem4py import shmem; shmem.init(); raise SystemExit(0)"
    result = jobs.run("-n", 2, sys.executable, "-c", program)
    assert (result.returncode, result.stderr) == (0, "")


def test_leaving_without_init_while_others_wait_is_a_failure(jobs, behave):
    result = jobs.run("-n", 3, behave, "exit=0@1", "sleep=0.5", "init", "finalize")
    assert result.returncode == 1
    [line] = complaints(result)
    assert "PE 1 (process " in line
    assert "without shmem_init, and other PEs wait for it" in line


def test_second_process_cannot_become_the_same_pe(jobs, behave):
    # The wrapper keeps the job's variables, so its second program is told which process has the PE's place.
    result = jobs.run("-n", 1, "sh", "-c", f"{behave} init finalize; {behave} init finalize")
    assert result.returncode != 0
    assert "PE 0 has been process" in result.stderr
    assert "a second process cannot become it" in result.stderr


def test_children_of_a_pe_are_no_pes(jobs, behave):
    # The child's job is one of its own, of one PE.
    child = f"env; {behave} init barrier finalize"
    result = jobs.run("-n", 2, behave, "init", f"system={child}", "finalize")
    assert result.returncode == 0, result.stderr
    assert "PATH=" in result.stdout
    assert "SHMEM4PY_JOB" not in result.stdout


def test_program_that_is_not_there(jobs):
    result = jobs.run("-n", 2, "no-such-program")
    assert result.returncode == 127
    assert result.stderr == "shmem4py: cannot run no-such-program: No such file or directory\n"


def test_program_that_is_no_program(jobs, tmp_path):
    file = tmp_path / "data"
    file.write_text("data")
    result = jobs.run(file)
    assert result.returncode == 126
    assert "Permission denied" in result.stderr
    file.chmod(0o755)
    result = jobs.run(file)
    assert result.returncode == 126
    assert "Exec format error" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "0", "true"], "-n 0: a job has 1 to 1024 PEs"),
        (["-n", "2000", "true"], "-n 2000: a job has 1 to 1024 PEs"),
        (["-n", "two", "true"], "-n two: a job has"),
        (["-n"], "-n needs a value"),
        (["--timeout", "0", "true"], "--timeout 0: a number of seconds above 0"),
        (["--bind", "socket", "true"], "--bind socket: core or none"),
        (["--heap", "lots", "true"], "--heap lots: a number with an optional k, m, g or t"),
        (["--heap", "0", "true"], "--heap 0: a number"),
        (["--bogus", "true"], "--bogus is no option"),
        ([], "no program to run"),
    ],
)
def test_command_line_that_cannot_be(jobs, arguments, message):
    result = jobs.run(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "usage: shmem4py-launch" in result.stderr


def test_options_after_the_program_are_the_programs(jobs):
    result = jobs.run("-n", 1, "echo", "-n", "--label", "x")
    assert (result.returncode, result.stdout) == (0, "--label x")


def test_heap_size_comes_from_option_or_environment(jobs, behave):
    def heap(*options, **env):
        env = {"SHMEM_DEBUG": "1", **env}
        result = jobs.run("-n", 2, *options, behave, "init", "finalize", env=env)
        assert result.returncode == 0
        return result.stderr

    assert "24 MiB of symmetric heap" in heap("--heap", "24m")
    assert "40 MiB of symmetric heap" in heap(SHMEM_SYMMETRIC_SIZE="40M")
    assert "24 MiB of symmetric heap" in heap("--heap", "24m", SHMEM_SYMMETRIC_SIZE="40M")
    result = jobs.run("-n", 2, "true", env={"SHMEM_SYMMETRIC_SIZE": "lots"})
    assert result.returncode == 2
    assert "SHMEM_SYMMETRIC_SIZE=lots is no size" in result.stderr


def test_help_and_version(jobs):
    assert "--timeout S" in jobs.run("--help").stdout
    assert jobs.run("--version").stdout.startswith("shmem4py ")
