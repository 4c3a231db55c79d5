# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of everything that can be killed; nothing may be left behind (see the fixture `jobs`)."""

import ctypes
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def started(job, npes):
    return [int(job.stdout.readline().split()[1]) for _ in range(npes)]


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


WRAPPERS = {
    "plain": lambda behave: [behave],
    "wrapped": lambda behave: ["sh", "-c", f'{behave} "$@"; exit $?', "sh"],
    "doubly wrapped": lambda behave: ["sh", "-c", f'sh -c \'{behave} "$@"; true\' sh "$@"; true', "sh"],
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_launcher_that_is_killed_takes_its_pes_along(jobs, behave, wrapper):
    job = jobs.start("-n", 3, *WRAPPERS[wrapper](behave), "ignore=15", "init", "pid", "spin@1", "hang")
    started(job, 3)
    job.kill()
    job.wait(timeout=60)
    assert jobs.until(lambda: not jobs.processes())


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_supervisor_that_is_killed_takes_its_pes_along(jobs, behave, wrapper):
    job = jobs.start("-n", 3, *WRAPPERS[wrapper](behave), "ignore=15", "init", "pid", "spin@1", "hang")
    pids = started(job, 3)
    pid = pids[0]
    while parent(pid) != job.pid:
        pid = parent(pid)
    os.kill(pid, signal.SIGKILL)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 137
    assert "the launcher was killed by signal 9" in err
    assert jobs.until(lambda: not jobs.processes())


# A test that is killed leaves its jobs in this state.
ORPHANS = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(60)"


@pytest.mark.parametrize("options", [["-n", "2"], ["--watch"]])
def test_job_ends_with_the_process_that_has_started_it(jobs, options):
    text = 'trap "" TERM HUP; echo $$; while :; do sleep 0.1; done'
    command = [jobs.launcher, *options, "--with-parent", "--", "sh", "-c", text]
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHANS, *command], env=jobs.environment, stdout=subprocess.PIPE, text=True
    )
    parent.stdout.readline()
    parent.kill()
    parent.communicate()
    assert jobs.until(lambda: not jobs.processes())


@pytest.mark.parametrize("wrapper", ["plain", "wrapped"])
def test_both_killed_at_once(jobs, behave, wrapper):
    # PEs that sleep in the library notice; a PE that computes behind a wrapper would not.
    job = jobs.start("-n", 3, *WRAPPERS[wrapper](behave), "init", "pid", "hang")
    pid = started(job, 3)[0]
    while parent(pid) != job.pid:
        pid = parent(pid)
    job.send_signal(signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    job.kill()
    assert jobs.until(lambda: not jobs.processes())


def stopped(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def supervised(jobs, behave, *steps):
    job = jobs.start("-n", 2, "--", behave, *steps, "init", "pid", "spin@1", "hang")
    pid = started(job, 2)[0]
    while parent(pid) != job.pid:
        pid = parent(pid)
    return job, pid


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_stopped_supervisor_ends_with_its_guard(user_jobs, behave, number):
    job, supervisor = supervised(user_jobs, behave)
    os.kill(supervisor, signal.SIGSTOP)
    assert user_jobs.until(lambda: stopped(job.pid)), "the guard stops with it, as for Ctrl-Z"
    job.send_signal(number)
    job.send_signal(signal.SIGCONT)  # as a shell does with `kill %1`
    job.communicate(timeout=60)
    assert job.returncode in (-number, 128 + number)
    assert user_jobs.until(lambda: not user_jobs.processes())


def test_supervisor_that_is_continued_continues_its_guard(user_jobs, behave):
    job, supervisor = supervised(user_jobs, behave)
    os.kill(supervisor, signal.SIGSTOP)
    assert user_jobs.until(lambda: stopped(job.pid))
    os.kill(supervisor, signal.SIGCONT)
    assert user_jobs.until(lambda: not stopped(job.pid))
    job.terminate()
    job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGTERM


@pytest.mark.timeout(120)
def test_supervisor_that_hangs_is_killed_after_a_second_signal(user_jobs, behave):
    # To signals this looks like a debugger that holds the process: only SIGKILL reaches it.
    job, supervisor = supervised(user_jobs, behave, "ignore=15")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, supervisor, None, None) != 0:  # PTRACE_ATTACH
        pytest.skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
    os.waitpid(supervisor, 0x40000000)  # __WALL; it is stopped now
    job.terminate()
    time.sleep(0.3)
    job.terminate()
    _, status = os.waitpid(supervisor, 0x40000000)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    _, err = job.communicate(timeout=60)
    assert job.returncode == 128 + signal.SIGKILL
    assert "the launcher was killed by signal 9" in err
    assert user_jobs.until(lambda: not user_jobs.processes())


def test_whole_process_group_killed(jobs, behave):
    job = jobs.start("-n", 3, "sh", "-c", f"{behave} ignore=1 init pid spin; true", start_new_session=True)
    started(job, 3)
    os.killpg(job.pid, signal.SIGKILL)
    assert jobs.until(lambda: not jobs.processes())


def test_pe_killed_behind_a_wrapper_that_goes_on(jobs, behave):
    job = jobs.start("-n", 2, "sh", "-c", f"{behave} init pid hang; sleep 600")
    pid = started(job, 2)[0]
    jobs.until_asleep()
    os.kill(pid, signal.SIGKILL)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 1
    assert f"(process {pid}) ended without shmem_finalize behind its wrapper, in shmem_wait_until" in err


def test_pe_killed_behind_a_wrapper_that_reports_it(jobs, behave):
    job = jobs.start("-n", 2, "sh", "-c", f"{behave} init pid hang; exit $?")
    pid = started(job, 2)[0]
    jobs.until_asleep()
    os.kill(pid, signal.SIGKILL)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 137
    assert "exited with status 137, in shmem_wait_until" in err


def test_what_pes_have_started_ends_with_a_job_that_fails(jobs, behave):
    # Even where it has left the PE's session and become an orphan.
    result = jobs.run("-n", 2, behave, "daemon", "init", "barrier", "exit=4@1", "hang")
    assert result.returncode == 4
    assert jobs.until(lambda: not jobs.processes())


def test_what_pes_have_started_ends_with_a_launcher_that_is_killed(jobs, behave):
    job = jobs.start("-n", 2, behave, "daemon", "init", "pid", "hang")
    started(job, 2)
    job.kill()
    assert jobs.until(lambda: not jobs.processes())


def files():
    return {str(path) for folder in ("/dev/shm", "/tmp") for path in Path(folder).iterdir()}


def sockets(uid):
    text = Path("/proc/net/unix").read_text()
    names = {line.split()[-1] for line in text.splitlines() if f"@shmem4py-{uid}-" in line}
    return {name for name in names if name.count("-") == 3}


@pytest.mark.timeout(300)
def test_a_hundred_jobs_half_of_them_killed_leave_nothing(jobs, behave):
    files_before = files()
    sockets_before = sockets(os.geteuid())
    dice = random.Random(4711)
    for i in range(100):
        npes = dice.choice([1, 2, 3, 4])
        if i % 2 == 0:
            # Any process of the job: guard, supervisor, a PE.
            job = jobs.start("-n", npes, behave, "init", "pid", "barriers=300", "hang")
            time.sleep(dice.random() * 0.05)
            try:
                os.kill(dice.choice([*jobs.processes(), job.pid]), signal.SIGKILL)
            except ProcessLookupError:
                job.kill()
        else:
            job = jobs.start("-n", npes, behave, "daemon", "init", "pid", "barriers=300", "hang")
            job.stdout.readline()
            job.terminate()
        job.communicate(timeout=60)
        assert job.returncode != 0
        assert jobs.until(lambda: not jobs.processes()), i
    # Other programs come and go too: another session of pytest makes folders for its PEs.
    new = {path for path in files() - files_before if "shmem" in path.lower() and "shmem4py-pes-" not in path}
    assert not new
    # A job's socket has its supervisor's number in its name. Other jobs may run beside this test.
    live = {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    owners = {int(name.split("-")[2]) for name in sockets(os.geteuid()) - sockets_before}
    assert owners <= live
