# SPDX-License-Identifier: BSD-3-Clause
"""Jobs that run on a terminal: pseudo-terminals, the keyboard, Ctrl-C, the window's size."""

import contextlib
import errno
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path

import pytest


class Terminal:
    """A terminal with a job in its foreground."""

    def __init__(self, jobs, *arguments, redirect=None, errors=None, leader=()):
        self.jobs = jobs
        self.text = ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
                if redirect:
                    os.dup2(os.open(redirect, os.O_WRONLY | os.O_CREAT), 1)
                if errors:
                    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT), 2)
                command = [*leader, *jobs.command, *map(str, arguments)]
                os.execvpe(command[0], command, jobs.environment)
            finally:
                os._exit(99)

    def read_until(self, wanted):
        give_up = time.monotonic() + self.jobs.hangs
        while wanted not in self.text:
            ready, _, _ = select.select([self.master], [], [], max(0, give_up - time.monotonic()))
            assert ready, f"no {wanted!r} in {self.text!r}"
            try:
                data = os.read(self.master, 65536)
            except OSError as error:
                assert error.errno == errno.EIO
                data = b""
            assert data, f"the end, but no {wanted!r} in {self.text!r}"
            self.text += data.decode()
        return self.text

    def type(self, text):
        os.write(self.master, text.encode())

    def wait(self):
        """Reads the rest of the output and returns the exit status."""
        give_up = time.monotonic() + self.jobs.hangs
        while time.monotonic() < give_up:
            ready, _, _ = select.select([self.master], [], [], 0.02)
            if ready:
                with contextlib.suppress(OSError):  # EIO: no process has it open
                    self.text += os.read(self.master, 65536).decode()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = None
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(f"still running, has written {self.text!r}")

    def modes(self):
        return termios.tcgetattr(self.master)[3]

    def hang_up(self):
        """Closes the terminal, as ssh or a terminal window does when it ends."""
        os.close(self.master)
        self.master = None

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self.master is not None:
            os.close(self.master)


@pytest.fixture
def terminal(jobs):
    opened = []

    def start(*arguments, **options):
        opened.append(Terminal(jobs, *arguments, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_pes_have_terminals_and_pe_0_the_keyboard(terminal, behave):
    job = terminal("-n", 2, "--label", behave, "isatty")
    assert job.wait() == 0
    assert sorted(job.text.split("\r\n")) == ["", "[0] isatty 1 1 1", "[1] isatty 0 1 1"]


def test_window_size_is_passed_on(terminal, behave):
    job = terminal("-n", 2, behave, "size")
    assert job.wait() == 0
    assert job.text == "size 33 x 77\r\n" * 2


def test_window_size_follows_ours(terminal):
    script = "trap 'stty size </dev/tty; exit' WINCH; echo ready; while :; do sleep 0.05; done"
    job = terminal("-n", 2, "sh", "-c", script)
    job.read_until("ready\r\nready")
    fcntl.ioctl(job.master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    assert job.wait() == 0
    assert job.text.count("40 100") == 2


def test_part_of_a_line_of_pe_0_appears_at_once(terminal, behave):
    job = terminal("-n", 2, behave, "part=progress@0", "sleep=60")
    job.read_until("progress")


def test_line_of_another_pe_ends_the_unfinished_line_first(terminal, behave):
    job = terminal("-n", 2, behave, "part=progress@0", "sleep=0.5@1", "say=other@1", "sleep=1@0")
    assert job.wait() == 0
    assert job.text == "progress\r\nother\r\n"


def test_keys_go_to_pe_0_which_edits_lines(terminal, behave):
    job = terminal("-n", 2, behave, "say=ready@0", "copy@0")
    job.read_until("ready")
    job.type("helo\x7flo\n")  # a rubout
    job.read_until("hello\r\n")
    job.type("\x04")  # Ctrl-D
    assert job.wait() == 0
    assert job.text.count("hello") >= 1


def test_interactive_python(terminal, jobs):
    job = terminal("-n", 2, "sh", "-c", "test $SHMEM4PY_JOB_PE = 1 || exec python3 -q")
    job.read_until(">>> ")
    job.type("print(6 * 7)\n")
    job.read_until("42\r\n")
    job.type("exit(3)\n")
    assert job.wait() == 3


def test_ctrl_c_reaches_all_pes(jobs, terminal, behave):
    job = terminal("-n", 2, "--label", behave, "handle=2", "init", "barrier", "say=ready", "sleep=60", "exit=0")
    job.read_until("[0] ready")
    job.read_until("[1] ready")
    jobs.until_asleep()
    job.type("\x03")
    assert job.wait() == 130
    assert "[0] signal 2" in job.text
    assert "[1] signal 2" in job.text


def test_ctrl_z_stops_the_whole_job_and_gives_the_terminal_back(jobs, terminal, behave):
    job = terminal("-n", 2, behave, "init", "say=ready", "copy@0", "barrier", "say=done", "finalize")
    job.read_until("ready\r\nready")
    job.type("\x1a")

    def states():
        texts = [Path(f"/proc/{pid}/stat").read_text() for pid in jobs.processes()]
        return [text.rpartition(")")[2].split()[0] for text in texts]

    assert jobs.until(lambda: states() == ["T"] * 4)
    assert job.modes() & termios.ICANON
    os.kill(job.pid, signal.SIGCONT)
    assert jobs.until(lambda: job.modes() & termios.ICANON == 0), "it takes the terminal again"
    job.type("\x04")  # Ctrl-D
    assert job.wait() == 0
    assert job.text.count("done") == 2


def test_terminal_is_given_back_as_it_was(jobs, terminal, behave):
    job = terminal("-n", 2, behave, "say=ready@0", "copy@0", "exit=1@0", "sleep=60")
    job.read_until("ready")
    before = termios.ICANON | termios.ECHO
    assert jobs.until(lambda: job.modes() & before == 0)
    job.type("\x04")  # Ctrl-D
    assert job.wait() == 1
    assert job.modes() & before == before


def test_terminal_is_given_back_when_the_launcher_is_killed(terminal, behave, jobs):
    job = terminal("-n", 2, behave, "say=ready@0", "sleep=60")
    job.read_until("ready")
    before = termios.ICANON | termios.ECHO
    assert jobs.until(lambda: job.modes() & before == 0)
    os.kill(job.pid, signal.SIGKILL)
    assert jobs.until(lambda: len(jobs.processes()) == 0)
    assert job.modes() & before == before


def test_output_to_a_file_with_a_keyboard(terminal, behave, tmp_path):
    file = tmp_path / "output"
    job = terminal("-n", 2, behave, "isatty", "complain=ready", "copy@0", redirect=str(file))
    job.read_until("ready")
    job.type("typed\n")
    job.type("\x04")
    assert job.wait() == 0
    assert sorted(file.read_text().splitlines()) == ["isatty 0 0 1", "isatty 0 0 1", "typed"]


# The process that leads the terminal's session when it is closed: the kernel tells only the leader.
PYTHON_THAT_GOES_ON = """
import signal, subprocess, sys
signal.signal(signal.SIGHUP, lambda *_: None)
sys.exit(subprocess.call(sys.argv[1:]))
"""
LEADERS = {
    "the command": [],
    "a shell": ["sh", "-c", '"$@"; true', "sh"],
    "a shell with job control": ["sh", "-mc", '"$@"; true', "sh"],
    "a program that goes on": [sys.executable, "-c", PYTHON_THAT_GOES_ON],
}


@pytest.mark.parametrize("leader", LEADERS)
@pytest.mark.parametrize("output", ["terminal", "file"])
def test_closed_terminal_ends_the_job_whatever_leads_its_session(user_jobs, behave, leader, output, tmp_path):
    errors = tmp_path / "errors"
    job = Terminal(
        *(user_jobs, "-n", 2, behave, "init", "say=ready", "complain=ready", "hang@0", "spin"),
        redirect=str(tmp_path / "output") if output == "file" else None,
        errors=str(errors),
        leader=LEADERS[leader],
    )
    try:
        assert user_jobs.until(lambda: errors.exists() and errors.read_text().count("ready") == 2)
        job.hang_up()
        assert user_jobs.until(lambda: not user_jobs.processes())
        assert "the job was ended by signal 1 (Hangup)" in errors.read_text()
    finally:
        job.close()


def test_closed_terminal_leaves_a_job_alone_that_ignores_hangups(user_jobs, behave, tmp_path):
    errors = tmp_path / "errors"
    job = Terminal(
        *(user_jobs, "-n", 2, behave, "init", "complain=ready", "sleep=2", "complain=done", "finalize"),
        redirect=str(tmp_path / "output"),
        errors=str(errors),
        leader=["sh", "-c", 'trap "" HUP; exec "$@"', "sh"],
    )
    try:
        assert user_jobs.until(lambda: errors.exists() and errors.read_text().count("ready") == 2)
        job.hang_up()
        assert asleep(user_jobs, supervisor_of(user_jobs)), "the supervisor waits, and does not look again and again"
        assert user_jobs.until(lambda: not user_jobs.processes())
        assert errors.read_text() == "ready\nready\ndone\ndone\n"
    finally:
        job.close()


def supervisor_of(jobs):
    """The second of the launcher's two processes: the younger one."""
    launchers = [pid for pid in jobs.processes() if os.readlink(f"/proc/{pid}/exe").endswith("shmem4py-launch")]
    return max(launchers, key=lambda pid: int(stat_of(pid)[19]))


def stat_of(pid):
    """The fields of /proc/pid/stat after the name: state, parent, ...; 19 is the start time."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def asleep(jobs, pid):
    """Whether the process sleeps whenever it is looked at; one that spins never does."""

    def looks():
        for _ in range(20):
            time.sleep(0.01)
            if stat_of(pid)[0] != "S":
                return False
        return True

    return jobs.until(looks)


def test_pe_that_ends_on_a_terminal_leaves_the_launcher_at_rest(behave, user_jobs):
    job = Terminal(user_jobs, "-n", 2, behave, "pid@0", "sleep=60@0")
    try:
        job.read_until("pid")
        assert user_jobs.until(lambda: len(user_jobs.processes()) == 3)
        assert asleep(user_jobs, supervisor_of(user_jobs))
    finally:
        job.close()


def test_program_that_closes_its_input_leaves_the_launcher_at_rest(user_jobs):
    script = "test $SHMEM4PY_JOB_PE = 1 && exec sleep 60; exec 0<&- 1>&-; echo ready >&2; exec sleep 60"
    job = Terminal(user_jobs, "-n", 2, "sh", "-c", script)
    try:
        job.read_until("ready")
        job.type("keys\n")
        assert asleep(user_jobs, supervisor_of(user_jobs))
    finally:
        job.close()
