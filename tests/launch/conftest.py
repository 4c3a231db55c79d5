# SPDX-License-Identifier: BSD-3-Clause
"""Jobs for the launcher's tests.

The launcher is that of the environment (SHMEM4PY_LAUNCH) or of the installed package; the C
program `behave`, which acts as its arguments say, is compiled against the library beside it.
Each test's processes carry a mark in their environment, and none may be left after the test.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

MARK = "SHMEM4PY_TEST_MARK"

# After so many seconds something hangs. No busy machine takes that long, so that no test depends on its speed.
HANGS = 60.0


def find_launcher() -> Path:
    if path := os.environ.get("SHMEM4PY_LAUNCH"):
        return Path(path)
    spec = importlib.util.find_spec("shmem4py")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(folder) / "bin" / "shmem4py-launch").exists():
            return path
    raise FileNotFoundError("neither SHMEM4PY_LAUNCH nor an installed shmem4py names the launcher")


@pytest.fixture(scope="session")
def launcher() -> Path:
    return find_launcher()


@pytest.fixture(scope="session")
def behave(launcher: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program of programs/behave.c, linked with the library beside the launcher."""
    root = launcher.resolve().parent.parent
    target = tmp_path_factory.mktemp("programs") / "behave"
    source = Path(__file__).parent / "programs" / "behave.c"
    compiler = os.environ.get("CC") or shutil.which("cc") or "gcc"
    flags = [f"-I{root}/include", f"-L{root}/lib", "-lshmem", f"-Wl,-rpath,{root}/lib"]
    command = [compiler, "-std=gnu11", "-O1", "-o", target, source, *flags]
    subprocess.run(command, check=True, timeout=60)
    return str(target)


def marked_processes(mark: str) -> list[int]:
    """Processes whose environment carries the mark, without zombies."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue  # it has ended meanwhile
    return found


def until(condition):
    """Asks until the answer is true, and returns it."""
    give_up = time.monotonic() + HANGS
    while not (answer := condition()) and time.monotonic() < give_up:
        time.sleep(0.005)
    return answer


class Jobs:
    """Runs the launcher."""

    hangs = HANGS

    def __init__(self, launcher: Path, mark: str):
        self.launcher = str(launcher)
        self.command = [self.launcher]
        self.mark = mark
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SHMEM", "OMPI_", "PMI", "MPI_LOCAL", "SLURM_"))
            and not name.endswith("_NUM_THREADS")
        }
        self.environment[MARK] = mark
        self.started: list[subprocess.Popen] = []

    def start(self, *arguments, env=None, **options) -> subprocess.Popen:
        """Starts a job with pipes for its streams."""
        settings = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            **options,
        }
        process = subprocess.Popen(
            [*self.command, *map(str, arguments)],
            env={**self.environment, **(env or {})},
            **settings,
        )
        self.started.append(process)
        return process

    def run(self, *arguments, input=None, timeout=HANGS, **options) -> subprocess.CompletedProcess:
        """Runs a job to its end."""
        if input is not None:
            options["stdin"] = subprocess.PIPE
        process = self.start(*arguments, **options)
        out, err = process.communicate(input, timeout=timeout)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    until = staticmethod(until)

    def processes(self) -> list[int]:
        return marked_processes(self.mark)

    def states(self) -> set[str]:
        """The states of all processes of the jobs, in the letters of ps: R runs, S sleeps, T is stopped."""
        found = set()
        for pid in self.processes():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                found.add(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0])
        return found

    def until_asleep(self) -> None:
        """Returns when all PEs sleep or wait in the kernel; for programs that do nothing else."""
        assert self.until(lambda: self.states() == {"S"})


def jobs_of(launcher: Path):
    jobs = Jobs(launcher, uuid.uuid4().hex)
    yield jobs
    for process in jobs.started:
        if process.poll() is None:
            process.kill()
        process.communicate()
    until(lambda: not jobs.processes())
    left = jobs.processes()
    names = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left}
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, f"left behind: {names}"


@pytest.fixture
def jobs(launcher: Path):
    yield from jobs_of(launcher)


@pytest.fixture
def user_jobs(launcher: Path):
    """Jobs that are started as users start them, by `shmem4py run`, which the launcher then replaces."""
    pytest.importorskip("shmem4py")
    for jobs in jobs_of(launcher):
        jobs.command = [sys.executable, "-m", "shmem4py", "run"]
        jobs.environment["SHMEM4PY_ENGINE"] = "smp"
        yield jobs
