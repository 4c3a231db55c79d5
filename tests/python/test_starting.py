# SPDX-License-Identifier: BSD-3-Clause
"""How a process becomes a PE, and its messages where it cannot or where it is a job of one PE by mistake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support import need_smp

import shmem4py
from shmem4py import shmem
from shmem4py.testing import environment, run_program

# Serves another file in place of the job's, by the job's own protocol, and joins that.
SERVED = """
import fcntl, os, socket, struct, threading

address = "\\0" + os.environ["SHMEM4PY_JOB_SOCKET"]
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as launcher:
    launcher.connect(address)
    magic, (job,), _, _ = socket.recv_fds(launcher, 8, 1)
header = os.pread(job, 4096, 0)
fd = os.memfd_create("served", os.MFD_ALLOW_SEALING)
os.ftruncate(fd, 1 << 20)
{change}
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind("\\0shmem4py-test-" + str(os.getpid()))
server.listen()
def serve():
    with server.accept()[0] as connection:
        socket.send_fds(connection, [magic], [fd])
threading.Thread(target=serve, daemon=True).start()
os.environ["SHMEM4PY_JOB_SOCKET"] = server.getsockname()[1:].decode()
from shmem4py import shmem
"""
SEAL = "fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("", "is no sealed memory file"),
        (SEAL, "is no job of shmem4py"),
        ("os.pwrite(fd, header[:8] + b'?' * 4000, 0)\n" + SEAL, "have different builds of the shmem4py library"),
        ("os.pwrite(fd, header[:16] + b'\\xff' * 4000, 0)\n" + SEAL, "the job's memory file is damaged"),
    ],
    ids=["unsealed", "foreign", "other build", "damaged"],
)
def test_a_memory_file_that_is_not_the_jobs_is_a_runtime_error(change: str, message: str) -> None:
    need_smp("the job's file")
    done = run_program(1, SERVED.format(change=change))
    assert done.returncode != 0
    assert f"{message}" in done.stderr
    assert "\nRuntimeError: " in done.stderr


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SHMEM4PY_JOB_SOCKET": "nobody", "SHMEM4PY_JOB_PE": "0"}, "nobody serves the job at the abstract socket"),
        ({"SHMEM4PY_JOB_SOCKET": "nobody", "SHMEM4PY_JOB_PE": "x"}, "SHMEM4PY_JOB_PE=x is no PE"),
        ({"SHMEM_SYMMETRIC_SIZE": "much"}, "SHMEM_SYMMETRIC_SIZE=much is no size"),
    ],
    ids=["nobody", "no PE", "no size"],
)
def test_what_keeps_the_library_from_starting_is_a_runtime_error(variables: dict[str, str], message: str) -> None:
    done = python("from shmem4py import shmem", SHMEM4PY_ENGINE="smp", **variables)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("RuntimeError: init: ")
    assert message in done.stderr.splitlines()[-1]


def test_version_of_the_engine() -> None:
    version = shmem.engine().version
    if shmem.engine().name == "smp":
        assert version == f"shmem4py {shmem4py.__version__}"
    assert any(c.isdigit() for c in version)


WORKERS = """
import multiprocessing, sys
from shmem4py import shmem

def work(i):
    return shmem.n_pes()

if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(3) as pool:
        print(pool.map(work, range(6), 1))
"""
# As in a server whose workers import the program.
PRE_FORKING = """
import os
workers, pids = 3, []
barrier, released = os.pipe(), os.pipe()
for _ in range(workers):
    pid = os.fork()
    if pid == 0:
        from shmem4py import shmem
        os.write(1, b"%d\\n" % shmem.n_pes())
        os.write(barrier[1], b".")
        os.close(released[1])
        os.read(released[0], 1)
        os._exit(0)
    pids.append(pid)
for _ in range(workers):
    os.read(barrier[0], 1)
os.close(released[1])
for pid in pids:
    os.waitpid(pid, 0)
"""
WARNING = "RuntimeWarning: this process is a job of its own, of one PE"


def python(program: str | Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [str(program)] if isinstance(program, Path) else ["-c", program]
    return subprocess.run(
        [sys.executable, *command, *args], capture_output=True, text=True, timeout=60, env=environment(**env)
    )


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_child_of_multiprocessing_is_told_that_it_is_alone(method: str, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(WORKERS)
    done = python(file, method, SHMEM4PY_ENGINE="smp")
    assert done.stdout == f"{[1] * 6}\n"
    assert f"{file}:3: {WARNING}" in done.stderr
    assert "`shmem4py run -n N app.py`" in done.stderr


def test_a_child_of_a_pe_is_told_that_it_is_alone(tmp_path: Path) -> None:
    need_smp("children of PEs")
    file = tmp_path / "program.py"
    file.write_text(WORKERS)
    done = run_program(2, file, "spawn")
    assert done.stdout == f"{[1] * 6}\n" * 2
    assert WARNING in done.stderr


def test_workers_of_a_pre_forking_server_are_told_once_that_they_are_alone() -> None:
    done = python(PRE_FORKING, SHMEM4PY_ENGINE="smp")
    assert done.stdout == "1\n" * 3
    assert done.stderr.count(WARNING) == 1


@pytest.mark.parametrize("start", ["program", "PE", "subprocess", "daemon", "guarded"])
def test_programs_of_their_own_are_told_nothing(start: str, tmp_path: Path) -> None:
    program = "from shmem4py import shmem; print(shmem.n_pes())"
    if start == "PE":
        done = run_program(1, program)
    elif start == "subprocess":
        command = f"subprocess.run([sys.executable, '-c', {program!r}], check=True)"
        done = python(f"import subprocess, sys; from shmem4py import shmem; {command}", SHMEM4PY_ENGINE="smp")
    elif start == "daemon":
        wait = "while os.getppid() == parent: time.sleep(0.01)"
        daemon = f"import os, time\nparent = os.getpid()\nif os.fork(): os._exit(0)\nos.setsid()\n{wait}\n{program}"
        done = python(daemon, SHMEM4PY_ENGINE="smp")
    elif start == "guarded":
        file = tmp_path / "program.py"
        guarded = WORKERS.replace("from shmem4py import shmem\n", "").replace("shmem.n_pes()", "1")
        file.write_text(guarded.replace("    with", "    from shmem4py import shmem\n    with"))
        done = python(file, "spawn", SHMEM4PY_ENGINE="smp")
    else:
        done = python(program, SHMEM4PY_ENGINE="smp")
    assert done.returncode == 0, done.stderr
    assert done.stdout in ("1\n", f"{[1] * 6}\n")
    assert done.stderr == ""
