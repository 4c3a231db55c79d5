# SPDX-License-Identifier: BSD-3-Clause
"""Jobs that lack descriptors, processes, memory or system calls, and jobs whose memory is overwritten."""

import errno
import mmap
import os
import resource
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sandbox import forbidding, memory_file


def limiting(which, soft, hard=None):
    return lambda: resource.setrlimit(which, (soft, hard or soft))


@pytest.mark.parametrize("most", range(8, 40, 2))
def test_too_few_descriptors_are_told_as_such(jobs, most):
    result = jobs.run("-n", 4, "true", preexec_fn=limiting(resource.RLIMIT_NOFILE, most))
    if result.returncode != 0:
        assert result.returncode == 1
        assert "Too many open files" in result.stderr
        assert "cannot run" not in result.stderr


def test_few_descriptors_are_told_by_the_command(user_jobs):
    result = user_jobs.run("-n", 8, "true", preexec_fn=limiting(resource.RLIMIT_NOFILE, 20))
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("shmem4py: PE ")
    assert line.endswith(
        ": cannot connect the program's standard streams: Too many open files (the limit of `ulimit -n`)"
    )


def test_limit_of_descriptors_that_may_be_raised_is_raised_for_the_launcher_alone(user_jobs):
    result = user_jobs.run(*("-n", 8, "sh", "-c", "ulimit -n"), preexec_fn=limiting(resource.RLIMIT_NOFILE, 20, 200))
    assert (result.returncode, result.stdout) == (0, "20\n" * 8), result.stderr


@pytest.mark.parametrize(("name", "word"), [("epoll_create1", "epoll"), ("signalfd4", "signalfd")])
@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS])
def test_forbidden_system_call_is_named(user_jobs, name, word, error):
    result = user_jobs.run("-n", 2, "true", preexec_fn=forbidding(name, error))
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert f"({word}): " in line
    assert line.endswith(os.strerror(error))


@pytest.mark.parametrize("name", ["getrandom", "pidfd_open"])
@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS])
def test_job_does_without_some_system_calls(user_jobs, behave, name, error):
    result = user_jobs.run("-n", 2, behave, "init", "barrier", "say=x", "finalize", preexec_fn=forbidding(name, error))
    assert (result.returncode, result.stdout, result.stderr) == (0, "x\nx\n", "")


def test_end_of_a_pe_behind_a_wrapper_is_seen_without_pidfds(user_jobs, behave):
    script = f"{behave} init barrier _exit=0@1 hang; sleep 60"
    result = user_jobs.run("-n", 2, "sh", "-c", script, preexec_fn=forbidding("pidfd_open"))
    assert result.returncode == 1
    assert "ended without shmem_finalize behind its wrapper" in result.stderr


def test_program_whose_interpreter_is_missing(user_jobs, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/nowhere/interpreter\n")
    script.chmod(0o755)
    result = user_jobs.run("-n", 2, script)
    assert (result.returncode, result.stderr) == (127, f"shmem4py: cannot run {script}: its interpreter is missing\n")


def socket_of(job):
    """The name of the job's socket: its first PE prints it."""
    return job.stdout.readline().strip()


TELL = 'test $SHMEM4PY_JOB_PE = 0 && echo $SHMEM4PY_JOB_SOCKET; exec "$@"'


def supervisor_of(job):
    [child] = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
    return int(child)


def asleep(jobs, pid):
    """Whether the process sleeps whenever it is looked at; one that spins never does."""

    def looks():
        for _ in range(20):
            time.sleep(0.01)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
                return False
        return True

    return jobs.until(looks)


CONNECT = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from sandbox import connect
for _ in range(int(sys.argv[3])):
    if os.fork() == 0:
        connection = connect(sys.argv[2])
        connection.recv(64)  # descriptors on their way count, too, and the kernel limits them for all but root
        time.sleep(600)
print("connected", flush=True)
time.sleep(600)
"""


def test_connections_that_take_all_descriptors_leave_the_launcher_at_rest(user_jobs, behave):
    job = user_jobs.start(
        *("-n", 2, "sh", "-c", TELL, "sh", behave, "init", "pid", "hang"),
        preexec_fn=limiting(resource.RLIMIT_NOFILE, 30),
    )
    name = socket_of(job)
    pids = [int(job.stdout.readline().split()[1]) for _ in range(2)]
    command = [sys.executable, "-c", CONNECT, str(Path(__file__).parent), name, "60"]
    others = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert others.stdout.readline() == "connected\n"
        supervisor = supervisor_of(job)
        folder = Path(f"/proc/{supervisor}/fd")
        assert user_jobs.until(lambda: len(list(folder.iterdir())) >= 30)
        os.close(memory_file(name))  # and still it serves, and knows its processes
        assert asleep(user_jobs, supervisor)
        os.kill(pids[1], signal.SIGKILL)
        _, err = job.communicate(timeout=20)
        assert job.returncode == 128 + signal.SIGKILL
        assert f"(process {pids[1]}) was killed by signal 9" in err
    finally:
        os.killpg(others.pid, signal.SIGKILL)
        others.communicate()


def test_process_that_connects_often_takes_one_descriptor(user_jobs, behave):
    job = user_jobs.start("-n", 2, "sh", "-c", TELL, "sh", behave, "init", "pid", "hang")
    name = socket_of(job)
    [job.stdout.readline() for _ in range(2)]
    folder = Path(f"/proc/{supervisor_of(job)}/fd")
    before = len(list(folder.iterdir()))
    for _ in range(50):
        os.close(memory_file(name))
    assert user_jobs.until(lambda: len(list(folder.iterdir())) <= before + 1)
    job.terminate()
    job.communicate(timeout=20)


# Offsets in src/smp/memory/layout.h: fields that are written once. The flags by which PEs wait and the end of the job
# are not among them.
CONSTANTS = [slice(16, 20), slice(24, 192)]
ENDING = 192


@pytest.mark.parametrize("filling", [b"\xff", b"\x7f", b"\0"])
def test_overwritten_header_does_not_harm_the_launcher(user_jobs, behave, filling):
    job = user_jobs.start(
        *("-n", 3, "sh", "-c", TELL, "sh", behave, "init", "barrier", "pid", "hang"),
    )
    name = socket_of(job)
    pids = [int(job.stdout.readline().split()[1]) for _ in range(3)]
    fd = memory_file(name)
    with mmap.mmap(fd, 4096) as header:
        for part in CONSTANTS:
            header[part] = filling * (part.stop - part.start)
    os.close(fd)
    user_jobs.until_asleep()
    job.send_signal(signal.SIGUSR1)
    lines = sorted(job.stderr.readline() for _ in range(3))
    assert [line.split(" (")[0] for line in lines] == [f"shmem4py: PE {pe}" for pe in range(3)]
    os.kill(pids[0], signal.SIGKILL)
    _, err = job.communicate(timeout=20)
    assert job.returncode == 128 + signal.SIGKILL
    assert f"(process {pids[0]}) was killed by signal 9 (Killed), in shmem_wait_until" in err


@pytest.mark.parametrize("pe", [-2, 3, 1 << 30])
def test_overwritten_end_is_told_as_such(user_jobs, behave, pe):
    job = user_jobs.start("-n", 3, "sh", "-c", TELL, "sh", behave, "init", "barrier", "pid", "hang")
    name = socket_of(job)
    [job.stdout.readline() for _ in range(3)]
    fd = memory_file(name)
    with mmap.mmap(fd, 4096) as header:
        header[ENDING + 4 : ENDING + 12] = struct.pack("ii", pe, 0)
        header[ENDING : ENDING + 4] = struct.pack("I", 2)
    os.close(fd)
    _, err = job.communicate(timeout=20)
    assert job.returncode == 1
    assert "a program has written where it must not" in err


# --- memory ---


@pytest.fixture
def small_group():
    """A control group of 64 MiB, of the version that the machine has."""
    name = f"shmem4py-test-{os.getpid()}"
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        version_1 = "memory" in controllers.split(",")
        if not version_1 and controllers:
            continue
        top = Path("/sys/fs/cgroup/memory" if version_1 else "/sys/fs/cgroup")
        group = top / path.lstrip("/") / name
        limit = group / ("memory.limit_in_bytes" if version_1 else "memory.max")
        try:
            group.mkdir()
            limit.write_text(str(64 << 20))
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        yield group
        deadline = time.monotonic() + 10
        while (group / "cgroup.procs").read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        group.rmdir()
        return
    pytest.skip("no control group with a limit of memory can be made here")


@pytest.mark.parametrize("wrapper", [[], ["sh", "-c", '"$@"; exit $?', "sh"]])
def test_pe_that_runs_out_of_memory_is_told_as_such(user_jobs, small_group, wrapper):
    hungry = "a = []\nwhile True: a.append(b'x' * 10_000_000)"
    result = user_jobs.run(
        *("-n", 1, "--", *wrapper, "python3", "-c", hungry),
        preexec_fn=lambda: (small_group / "cgroup.procs").write_text(str(os.getpid())),
    )
    assert result.returncode == 128 + signal.SIGKILL
    assert ": out of memory, says its control group, " in result.stderr


def test_pe_that_is_killed_by_hand_is_not_said_to_be_out_of_memory(user_jobs, behave):
    result = user_jobs.run("-n", 2, behave, "init", "barrier", "kill=9@1", "hang")
    assert result.returncode == 128 + signal.SIGKILL
    assert "out of memory" not in result.stderr
