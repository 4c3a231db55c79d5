# SPDX-License-Identifier: BSD-3-Clause
"""Watching another library's launcher (`--watch`): here a shell that starts its children itself.

The fixture `jobs` checks that no process is left behind.
"""

import os
import pty
import signal
import time
from pathlib import Path

import pytest

# Two children that ignore what a launcher would send them, and their numbers.
CHILDREN = """
for i in 1 2; do sh -c 'trap "" TERM HUP; echo $$; while :; do sleep 0.1; done' & done
"""


def watch(jobs, text, *options, **settings):
    return jobs.start("--watch", *options, "--", "sh", "-c", text, **settings)


def started(job):
    return [int(job.stdout.readline()) for _ in range(2)]


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize("status", [0, 3])
def test_streams_and_status_are_the_launchers(jobs, status):
    done = jobs.run(
        "--watch", "--final-text", "none", "--", "sh", "-c", f"cat; echo err >&2; exit {status}", input="in"
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, "in", "err\n")


def test_environment_has_nothing_of_a_job_of_ours(jobs):
    done = jobs.run("--watch", "--", "env")
    ours = [line for line in done.stdout.splitlines() if line.startswith("SHMEM")]
    assert ours == [f"SHMEM4PY_TEST_MARK={jobs.mark}"]


def test_heap_in_the_message_of_another_library_is_not_judged(jobs):
    env = {"SHMEM_SYMMETRIC_SIZE": "half of it"}
    assert jobs.run("--watch", "--", "true", env=env).returncode == 0
    assert jobs.run("--", "true", env=env).returncode == 2


def test_long_standard_error_arrives_whole_where_its_reader_is_slow(jobs):
    job = watch(jobs, "seq 100000 >&2", "--final-text", "none")
    time.sleep(0.3)
    assert job.stderr.read().split() == [str(i) for i in range(1, 100001)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_launcher(jobs, number):
    job = watch(jobs, f"trap 'echo caught; exit 5' {number.value}; echo ready; while :; do sleep 0.05; done")
    assert job.stdout.readline() == "ready\n"
    job.send_signal(number)
    assert job.communicate(timeout=60)[0] == "caught\n"
    assert job.returncode == 5


def test_keyboard_interrupt_reaches_the_launcher_once(jobs):
    keyboard, terminal = pty.openpty()
    text = "trap 'n=$((n+1)); echo caught $n' INT; echo ready; for i in 1 2 3 4 5 6; do sleep 0.1; done; exit 6"
    # The terminal must be that of the job's session, for its keys to be signals.
    job = jobs.start(
        "--watch", "--", "sh", "-c", text, stdin=terminal, start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
    )  # fmt: skip
    assert job.stdout.readline() == "ready\n"
    os.write(keyboard, b"\x03")
    assert job.communicate(timeout=60)[0] == "caught 1\n"
    assert job.returncode == 6
    os.close(keyboard)
    os.close(terminal)


def test_whole_group_stops_and_goes_on(jobs):
    job = watch(jobs, "trap 'echo continued; exit 0' CONT; echo $$; while :; do sleep 0.05; done")
    pid = int(job.stdout.readline())
    job.send_signal(signal.SIGTSTP)
    state = f"/proc/{pid}/stat"
    assert jobs.until(lambda: Path(state).read_text().rpartition(")")[2].split()[0] == "T")
    assert jobs.until(lambda: Path(f"/proc/{job.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    job.send_signal(signal.SIGCONT)
    assert job.communicate(timeout=60)[0] == "continued\n"


def test_killed_watcher_takes_the_launcher_and_its_children_along(jobs):
    job = watch(jobs, CHILDREN + "wait")
    started(job)
    job.kill()
    job.wait(timeout=60)
    assert jobs.until(lambda: not jobs.processes())


def test_killed_supervisor_takes_the_launcher_and_its_children_along(jobs):
    job = watch(jobs, CHILDREN + "wait")
    pid = started(job)[0]
    while parent(pid) != job.pid:
        pid = parent(pid)
    os.kill(pid, signal.SIGKILL)
    assert "the launcher was killed by signal 9" in job.communicate(timeout=60)[1]
    assert jobs.until(lambda: not jobs.processes())


def test_children_of_a_launcher_that_is_killed_end(jobs):
    job = watch(jobs, CHILDREN + "wait")
    os.kill(parent(started(job)[0]), signal.SIGKILL)
    job.communicate(timeout=60)
    assert job.returncode == 137
    assert not jobs.processes()


def test_children_of_a_launcher_that_fails_end(jobs):
    job = watch(jobs, CHILDREN + "read line; exit 9", stdin=-1)
    started(job)
    job.communicate("\n", timeout=60)
    assert job.returncode == 9
    assert not jobs.processes()


def test_launcher_that_hangs_after_its_final_text_is_killed(jobs):
    # In two pieces, since what is printed is not read in lines.
    text = "printf 'a host is lo' >&2; sleep 0.3; echo 'st: the end' >&2;"
    job = watch(jobs, CHILDREN + text + "trap '' TERM; while :; do sleep 0.1; done", "--final-text", "host is lost")
    _, err = job.communicate(timeout=60)
    assert job.returncode == 1
    assert "a host is lost: the end\n" in err
    assert 'sh has not ended 5 s after it printed "host is lost", and was killed' in err
    assert not jobs.processes()


def test_launcher_that_ends_after_its_final_text_has_its_own_status(jobs):
    job = watch(jobs, "echo host is lost >&2; sleep 0.5; exit 4", "--final-text", "host is lost")
    assert job.communicate(timeout=60)[1] == "host is lost\n"
    assert job.returncode == 4


def test_text_elsewhere_is_not_the_final_text(jobs):
    job = watch(jobs, "echo host is lost; echo host is fine >&2; sleep 6", "--final-text", "host is lost")
    job.communicate(timeout=60)
    assert job.returncode == 0


def test_launcher_that_there_is_not(jobs):
    assert jobs.run("--watch", "--", "no-such-launcher").returncode == 127
