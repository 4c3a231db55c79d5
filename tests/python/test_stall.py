# SPDX-License-Identifier: BSD-3-Clause
"""Jobs that stand still: every PE waits, nothing can end a wait, and ``shmem4py run`` says so once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import need_smp

from shmem4py import _paths
from shmem4py.testing import environment

HEAD = "has stood still for "
DOUBT = "has perhaps stood still for "
LAST = "the job goes on waiting"


@pytest.fixture(autouse=True)
def _smp() -> None:
    need_smp("only its waits can be looked at")


class Job:
    """A program under ``shmem4py run``; a test can wait for lines of its standard error."""

    def __init__(self, folder: Path, size: int, text: str, *options: str, run: bool = True, **env: str) -> None:
        program, self.errors = folder / "program.py", folder / "errors"
        program.write_text("import os, signal, sys, threading, time\nfrom shmem4py import shmem\n" + text)
        command = [sys.executable, "-m", "shmem4py", "run", "-n", str(size), "--with-parent", *options]
        with self.errors.open("wb") as stream:
            self.process = subprocess.Popen(
                [*command, program.name] if run else [sys.executable, program.name],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stream,
                env=environment(**env),
            )

    def wait_for(self, message: str) -> list[str]:
        """Wait until the job has reported it, and return all lines so far, without our name."""
        end = time.monotonic() + 60
        while message not in self.errors.read_text() and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        text = self.errors.read_text()
        assert message in text, text
        return [line.removeprefix("shmem4py: ") for line in text.splitlines()]

    def end(self) -> tuple[int, str]:
        """Wait until the job ends by itself, and return the status and all lines."""
        status = self.process.wait(60)
        return status, self.errors.read_text()


@pytest.fixture
def start(tmp_path: Path):  # type: ignore[no-untyped-def]
    jobs = []

    def start(*args, **keywords) -> Job:  # type: ignore[no-untyped-def]
        jobs.append(Job(tmp_path, *args, **keywords))
        return jobs[-1]

    yield start
    for job in jobs:
        job.process.kill()
        job.process.wait()


def report(job: Job) -> list[str]:
    """Return the lines about the PEs; the job must go on, and report them once."""
    lines = job.wait_for(LAST)
    assert HEAD in lines[0], lines
    assert "every PE waits or has ended, and none is left to end a wait" in lines[0]
    assert f"kill -USR1 {job_process(lines)}" in lines[-1]
    assert "--timeout" in lines[-1]
    assert "--stall" in lines[-1]
    time.sleep(0.5)
    assert job.process.poll() is None
    assert job.errors.read_text().count(HEAD) == 1
    # A test does not look at times.
    return [re.sub(r" for \d+ s", "", line) for line in lines[1:-1]]


def job_process(lines: list[str]) -> str:
    found = re.search(r"kill -USR1 (\d+)", lines[-1])
    return found[1] if found else ""


def says(lines: list[str], *texts: str) -> bool:
    """Whether one line has all of the texts."""
    return any(all(text in line for text in texts) for line in lines)


def test_two_pes_in_signal_wait_until_for_each_other(start) -> None:  # type: ignore[no-untyped-def]
    text = """
def exchange(inbox):
    shmem.signal_wait_until(inbox, '==', 7)
    shmem.signal_set(inbox, 7, 1 - shmem.my_pe())
exchange(shmem.new_signal())
"""
    lines = report(start(2, text, "--stall", "1"))
    assert says(lines, "PEs 0 and 1: in shmem_signal_wait_until, until the uint64 at heap offset", "is == 7 (it is 0)")
    assert "    program.py:5 in exchange: shmem.signal_wait_until(inbox, '==', 7)" in lines


def test_each_form_of_wait_until_tells_elements_values_and_comparison(start) -> None:  # type: ignore[no-untyped-def]
    text = """
a = shmem.zeros(8, dtype='i4')
a[:] = range(8)
waits = [
    lambda: shmem.wait_until(a[3:4], '<', -2),
    lambda: shmem.wait_until_all(a[2:5], '>', 2),
    lambda: shmem.wait_until_any(a, '>=', 8),
    lambda: shmem.wait_until_some(a[:2], '!=', 0, status=[0, 1]),
    lambda: shmem.wait_until_all_vector(a[:3], '==', [0, 5, 2]),
]
shmem.barrier_all()
waits[shmem.my_pe()]()
"""
    lines = report(start(5, text, "--stall", "1"))
    for pe, message in enumerate([
        "in shmem_wait_until, until element 3 of the 8 int32 at heap offset N is < -2 (it is 3)",
        "in shmem_wait_until_all, until all of 3 elements from element 2 of the 8 int32 at heap offset N are > 2 "
        "(number 0 is 2)",
        "in shmem_wait_until_any, until one of 8 elements from element 0 of the 8 int32 at heap offset N is >= 8",
        "in shmem_wait_until_some, until element 0 of the 8 int32 at heap offset N is != 0 (it is 0)",
        "in shmem_wait_until_all, until all of 3 elements from element 0 of the 8 int32 at heap offset N are == their "
        "values (number 1 is 1, not == 5)",
    ]):  # fmt: skip
        assert f"PE {pe}: {message}" in [re.sub(r"offset \d+", "offset N", line) for line in lines], lines


def test_one_in_finalize_for_which_the_others_do_not_wait(start) -> None:  # type: ignore[no-untyped-def]
    text = """
flag = shmem.zeros(1, dtype=int)
if shmem.my_pe() == 1:
    shmem.finalize()
else:
    shmem.wait_until(flag, '!=', 0)
"""
    lines = report(start(3, text, "--stall", "1"))
    assert "PE 1: in shmem_finalize, to which PEs 0 and 2 have not come" in lines
    assert says(lines, "PE 2: in shmem_wait_until, until the int64 at heap offset")


def test_two_locks_in_opposite_order(start) -> None:  # type: ignore[no-untyped-def]
    text = """
locks = [shmem.new_lock(), shmem.new_lock()]
me = shmem.my_pe()
shmem.set_lock(locks[me])
shmem.barrier_all()
shmem.set_lock(locks[1 - me])
"""
    lines = report(start(2, text, "--stall", "1"))
    assert says(lines, "PE 0: in shmem_set_lock, for the lock at heap offset", "which PE 1 holds")
    assert says(lines, "PE 1: in shmem_set_lock, for the lock at heap offset", "which PE 0 holds")
    assert lines.count("    program.py:8: shmem.set_lock(locks[1 - me])") == 2


def test_one_in_wait_until_where_others_are_in_a_barrier(start) -> None:  # type: ignore[no-untyped-def]
    text = """
flag = shmem.zeros(1, dtype=int)
if shmem.my_pe() == 2:
    shmem.wait_until(flag, '!=', 0)
shmem.barrier_all()
"""
    lines = report(start(4, text, "--stall", "1"))
    assert "PEs 0 and 1: in shmem_barrier_all, to which PE 2 has not come" in lines
    assert "PE 3: in shmem_barrier_all, to which PE 2 has not come" in lines
    assert says(lines, "PE 2: in shmem_wait_until, until the int64 at heap offset", "is != 0 (it is 0)")


def test_collectives_of_different_teams(start) -> None:  # type: ignore[no-untyped-def]
    text = """
world = shmem.TEAM_WORLD
left, right = world.split_strided(0, 1, 2), world.split_strided(1, 1, 2)
a = shmem.zeros(4)
me = shmem.my_pe()
if me == 0:
    left.sync()
elif me == 1:
    right.sync()
else:
    shmem.sum_reduce(a, a)
"""
    lines = report(start(3, text, "--stall", "1"))
    assert "PE 0: in shmem_team_sync, of PEs 0 and 1, to which PE 1 has not come" in lines
    assert "PE 1: in shmem_team_sync, of PEs 1 and 2, to which PE 2 has not come" in lines
    assert "PE 2: in shmem_reduce, to which PEs 0 and 1 have not come" in lines


def test_single_pe_that_waits_for_itself(start) -> None:  # type: ignore[no-untyped-def]
    lines = report(start(1, "shmem.wait_until(shmem.zeros(1, dtype='u2'), '==', 255)", "--stall", "1"))
    assert says(lines, "PE 0: in shmem_wait_until, until the uint16 at heap offset", "is == 255 (it is 0)")


def test_without_a_launcher_the_pe_itself_says_it(start) -> None:  # type: ignore[no-untyped-def]
    text = "shmem.wait_until(shmem.zeros(1, dtype=int), '==', 1)"
    lines = start(1, text, run=False, SHMEM4PY_STALL="1").wait_for(LAST)
    assert HEAD in lines[0]
    assert says(lines, "PE 0: in shmem_wait_until for ", "is == 1 (it is 0)")
    assert f"    program.py:3: {text}" in lines
    assert "SHMEM4PY_STALL=S" in lines[-1]


def test_pe_with_another_thread_perhaps_stands_still(start) -> None:  # type: ignore[no-untyped-def]
    text = """
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
shmem.wait_until(shmem.zeros(1, dtype=int), '==', 1)
"""
    lines = start(2, text, "--stall", "1").wait_for(LAST)
    assert DOUBT in lines[0]
    assert "PE 0 has another thread" in lines[0]


def test_it_is_said_once_more_when_it_has_become_certain(start, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = """
def work():
    while not os.path.exists('end'):
        time.sleep(0.05)
threading.Thread(target=work).start()
shmem.wait_until(shmem.zeros(1, dtype=int), '==', 1)
"""
    job = start(1, text, "--stall", "1", OPENBLAS_NUM_THREADS="1")
    assert DOUBT in job.wait_for(LAST)[0]
    (tmp_path / "end").touch()
    job.wait_for(HEAD)
    time.sleep(1.5)
    assert job.errors.read_text().count("has another thread") == 1
    assert job.errors.read_text().count(HEAD) == 1


def test_job_whose_memory_another_process_maps_perhaps_stands_still(start) -> None:  # type: ignore[no-untyped-def]
    text = """
flag = shmem.zeros(1, dtype=int)
if shmem.my_pe() == 0 and os.fork() == 0:
    time.sleep(600)
shmem.wait_until(flag, '==', 1)
"""
    lines = start(2, text, "--stall", "1").wait_for(LAST)
    assert DOUBT in lines[0]
    assert "maps the job's memory" in lines[0]


def test_threads_of_a_pe_that_all_wait_are_told_of(start) -> None:  # type: ignore[no-untyped-def]
    text = """
a = shmem.zeros(2, dtype=int)
threading.Thread(target=shmem.wait_until, args=(a[1:], '==', 6)).start()
shmem.wait_until(a[:1], '==', 5)
"""
    lines = report(start(1, text, "--stall", "1"))
    assert says(lines, "until element 0 of the 2 int64", "is == 5")
    assert says(lines, "until element 1 of the 2 int64", "is == 6")


def test_sigusr1_and_the_time_limit_tell_what_a_pe_waits_for(start) -> None:  # type: ignore[no-untyped-def]
    text = """
flag = shmem.zeros(1, dtype=int)
if shmem.my_pe() == 1:
    shmem.wait_until(flag, '==', 9)
shmem.barrier_all()
"""
    job = start(2, text, "--stall", "1", "--timeout", "20")
    os.kill(int(job_process(job.wait_for(LAST))), signal.SIGUSR1)
    lines = job.wait_for("PE 1: Current thread")
    assert says(lines, "PE 0 (process ", "is in shmem_barrier_all for ", "to which PE 1 has not come")
    assert says(lines, "PE 1 (process ", "is in shmem_wait_until for ", "is == 9 (it is 0)")
    assert says(lines, "PE 1: in shmem_wait_until", "is == 9 (it is 0)")
    status, text = job.end()
    assert status == 124
    assert text.count("is == 9 (it is 0)") == 5  # the report, and twice each: launcher and PE


# --- jobs that do not stand still ---

QUIET = {
    "a PE computes": """
flag = shmem.zeros(1, dtype=int)
if shmem.my_pe() == 0:
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        pass
    shmem.p(flag, 1, 1)
else:
    shmem.wait_until(flag, '==', 1)
""",
    "a PE sleeps outside of the library": """
if shmem.my_pe() == 0:
    time.sleep(2.5)
shmem.barrier_all()
""",
    "a PE is stopped before it can see what it waited for": """
flag, back, pid = shmem.zeros(1, dtype=int), shmem.zeros(1, dtype=int), shmem.zeros(1, dtype=int)
pid[0] = os.getpid()
shmem.barrier_all()
if shmem.my_pe() == 0:
    shmem.wait_until(flag, '==', 1)
    shmem.p(back, 1, 1)
else:
    other = int(shmem.g(pid, 0))
    time.sleep(0.5)
    os.kill(other, signal.SIGSTOP)
    time.sleep(0.1)
    shmem.p(flag, 1, 0)
    threading.Timer(2.5, os.kill, (other, signal.SIGCONT)).start()
    shmem.wait_until(back, '==', 1)
""",
    "a thread ends each wait in time": """
turn = shmem.zeros(1, dtype=int)
def work():
    for i in range(20):
        time.sleep(0.25)
        shmem.p(turn, i + 1, shmem.my_pe())
threading.Thread(target=work).start()
for i in range(20):
    shmem.wait_until(turn, '>', i)
""",
    "a thread of a PE that waits computes": """
flag = shmem.zeros(1, dtype=int)
def work():
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        pass
    shmem.p(flag, 1, shmem.my_pe())
threading.Thread(target=work).start()
shmem.wait_until(flag, '==', 1)
""",
}


@pytest.mark.parametrize("what", QUIET)
def test_nothing_is_said_where(start, what: str) -> None:  # type: ignore[no-untyped-def]
    seconds = "3" if "each wait" in what else "1"
    assert start(2, QUIET[what], "--stall", seconds).end() == (0, "")


def test_nothing_is_said_of_pes_whose_output_nobody_reads(tmp_path: Path) -> None:
    program, errors = tmp_path / "program.py", tmp_path / "errors"
    program.write_text("""
from shmem4py import shmem
if shmem.my_pe() == 0:
    for _ in range(100):
        print('x' * 100_000)
shmem.barrier_all()
""")
    with errors.open("wb") as stream:
        job = subprocess.Popen(
            [sys.executable, "-m", "shmem4py", "run", "-n", "2", "--stall", "1", str(program)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stream,
            env=environment(),
        )
    assert job.stdout is not None
    job.stdout.read(1)
    time.sleep(2.5)
    job.communicate(timeout=60)
    assert (job.returncode, errors.read_text()) == (0, "")


def test_never_means_never(start) -> None:  # type: ignore[no-untyped-def]
    text = """
flag = shmem.zeros(1, dtype=int)
print('waits', file=sys.stderr, flush=True)
shmem.wait_until(flag, '==', 1)
"""
    job = start(1, text, "--stall", "0")
    job.wait_for("waits")
    time.sleep(2)
    assert job.errors.read_text() == "waits\n"


@pytest.mark.parametrize("value", ["-1", "x", "nan", "1e12"])
def test_seconds_that_cannot_be(value: str) -> None:
    command = [sys.executable, "-m", "shmem4py", "run", f"--stall={value}", "true"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "0 for never" in done.stderr


@pytest.mark.skipif("openmpi" not in _paths.engines(), reason="no engine openmpi (Debian: libopenmpi-dev)")
def test_other_engines_do_not_take_it() -> None:
    command = [sys.executable, "-m", "shmem4py", "run", "--engine", "openmpi", "--stall", "1", "true"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert "--stall is for the smp engine" in done.stderr
