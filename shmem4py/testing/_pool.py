# SPDX-License-Identifier: BSD-3-Clause
"""A set of PEs that wait for commands; the pytest plug-in runs tests on them.

The pool is a job started by ``shmem4py run``. Every PE connects to a Unix socket of the parent and
then answers commands, each a line of JSON. The parent takes no part in the communication between
PEs, so it can always say which PEs have answered, which have not, and where these were at the time
limit.

A pool that has failed in any way is marked `broken` and not used again.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from ._program import environment

START_LIMIT_S = 60.0
EXIT_LIMIT_S = 10.0
# Once a PE has failed, the others get this long to come to an end by themselves.
GRACE_S = 2.0
# How long the parent collects what PEs print about where they are.
DUMP_S = 1.0

# Frames of a stuck PE that say nothing about the test.
_NOISE = ("/_pytest/", "/pluggy/", "/testing/_worker.py", "<frozen runpy>")

Message = dict[str, Any]


class Answers(NamedTuple):
    """The answers to a command.

    Attributes
    ----------
    messages : list of list of Message
        The messages of each PE.
    lost : list of int
        The PEs that have not answered to the end.
    trouble : str
        Which PEs these are, why the pool did not wait for them, and where they were.
    """

    messages: list[list[Message]]
    lost: list[int]
    trouble: str


class PoolError(RuntimeError):
    """The PEs could not be started."""


class _Channel:
    """One PE's socket: whole lines in and out."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.rest = b""
        self.pid = 0
        self.open = True

    def send(self, message: Message) -> None:
        # A PE that has just died is found by the read that follows.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> list[Message]:
        """Return the messages that have arrived; at the end of the stream, close."""
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        if not data:
            self.open = False
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [json.loads(line) for line in lines]


class Pool:
    """N PEs that run what they are told.

    Parameters
    ----------
    size : int
        Number of PEs.
    engine : str, optional
        The engine; by default what ``shmem4py run`` chooses.
    configure : dict, optional
        The first command, for the workers' own pytest.
    echo : file, optional
        Where the PEs' output also goes.
    """

    def __init__(
        self,
        size: int,
        *,
        engine: str | None = None,
        configure: Message | None = None,
        echo: TextIO | None = None,
    ) -> None:
        self.size = size
        self.broken = False
        self._output: deque[str] = deque(maxlen=2000)
        self._printed = 0
        self._echo = echo
        self._channels: list[_Channel] = []
        folder = tempfile.mkdtemp(prefix="shmem4py-pes-")
        try:
            self._start(folder, engine)
        except BaseException:
            self.kill()
            raise
        finally:
            shutil.rmtree(folder)
        for channel in self._channels:
            channel.send({"command": "configure", **(configure or {})})

    def _start(self, folder: str, engine: str | None) -> None:
        address = str(Path(folder) / "s")
        command = [sys.executable, "-m", "shmem4py", "run", "-n", str(self.size), "--label", "--with-parent"]
        if engine:
            command += ["--engine", engine]
        command += ["-m", "shmem4py.testing._worker", address]
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen(self.size)
            # A session of its own keeps Ctrl-C away from the PEs: the parent gets it, and ends the pool.
            self._job = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
                env=environment(),
            )
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
            channels: dict[int, _Channel] = {}
            end = time.monotonic() + START_LIMIT_S
            listener.settimeout(0.2)
            while len(channels) < self.size:
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    if self._job.poll() is not None or time.monotonic() > end:
                        how = "ended" if self._job.poll() is not None else "did not all connect"
                        self.kill()
                        raise PoolError(f"the PEs {how} at start:\n{self.output()}") from None
                    continue
                channel = _Channel(connection)
                hello: Message = {}
                connection.settimeout(10)
                while not hello:
                    messages = channel.receive()
                    hello = messages[0] if messages else {}
                    if not channel.open:
                        raise PoolError(f"a PE ended at start:\n{self.output()}")
                connection.settimeout(None)
                channel.pid = hello["pid"]
                channels[hello["pe"]] = channel
        self._channels = [channels[pe] for pe in range(self.size)]

    def _read(self) -> None:
        assert self._job.stdout is not None
        for line in self._job.stdout:
            self._output.append(line)
            self._printed += 1
            if self._echo is not None:
                self._echo.write(line)
                self._echo.flush()

    def output(self, since: int = 0) -> str:
        """Return what the PEs and their launcher have printed since some line."""
        lines = list(self._output)
        lines = lines[max(0, since - self._printed + len(lines)) :]
        return "".join(line for line in lines if not any(part in line for part in _NOISE))

    def ask(self, message: Message, limit_s: float, failed: Callable[[Message], bool]) -> Answers:
        """Send a command to all PEs and collect their answers.

        Parameters
        ----------
        message : dict
            The command. A PE ends its answers with one that has ``done``.
        limit_s : float
            Seconds that the PEs have.
        failed : callable
            Tells whether an answer means failure. After a failure the other PEs have only
            `GRACE_S` seconds left.

        Returns
        -------
        Answers
            If not all PEs have answered to the end, the pool is broken.
        """
        printed = self._printed
        answers: list[list[Message]] = [[] for _ in self._channels]
        waiting = set(range(self.size))
        end = time.monotonic() + limit_s
        reason = f"not done after {limit_s:g} s"
        with selectors.DefaultSelector() as selector:
            for pe, channel in enumerate(self._channels):
                channel.send(message)
                selector.register(channel.socket, selectors.EVENT_READ, pe)
            while waiting and (left := end - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    pe = key.data
                    channel = self._channels[pe]
                    for answer in channel.receive():
                        answers[pe].append(answer)
                        if answer.get("done"):
                            waiting.discard(pe)
                        if failed(answer) and self.size > 1:
                            self.broken = True
                            grace = time.monotonic() + GRACE_S
                            if grace < end:
                                end, reason = grace, f"not done {GRACE_S:g} s after PE {pe} failed"
                    if not channel.open:
                        self.broken = True
                        selector.unregister(channel.socket)
                        end = min(end, time.monotonic() + GRACE_S)
                        reason = f"not done when PE {pe} was gone"
        if not waiting:
            return Answers(answers, [], "")
        self.broken = True
        return Answers(answers, sorted(waiting), self._trouble(waiting, reason, printed))

    def _trouble(self, waiting: set[int], reason: str, printed: int) -> str:
        gone = sorted(pe for pe in waiting if not self._channels[pe].open)
        stuck = sorted(waiting - set(gone))
        lines = []
        if stuck:
            lines.append(f"{_pes(stuck)} {reason}")
            for pe in stuck:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._channels[pe].pid, signal.SIGUSR1)
            time.sleep(DUMP_S)
        self.kill()
        if gone:
            lines.append(f"{_pes(gone)} ended during the test")
        return "\n".join(lines) + "\n" + self.output(printed)

    def close(self) -> None:
        """Ask the PEs to end, and kill them if they do not."""
        for channel in self._channels:
            channel.send({"command": "exit"})
        try:
            self._job.wait(EXIT_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.broken = True
        self.kill()

    def kill(self) -> None:
        """End what is left of the job."""
        if self._job.poll() is None:
            self._job.terminate()
            try:
                self._job.wait(5)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._job.pid, signal.SIGKILL)
                self._job.wait()
        self._reader.join(5)
        for channel in self._channels:
            channel.socket.close()
            channel.open = False


def _pes(pes: list[int]) -> str:
    return ("PE " if len(pes) == 1 else "PEs ") + ", ".join(map(str, pes))


class Pools:
    """One pool for each size, started when first needed and again after a failure."""

    def __init__(self, make: Callable[[int], Pool]) -> None:
        self._make = make
        self._pools: dict[int, Pool] = {}

    @contextlib.contextmanager
    def pool(self, size: int) -> Iterator[Pool]:
        """Lend the pool of that size; end it afterwards if it has broken."""
        pool = self._pools.get(size)
        if pool is None:
            pool = self._pools[size] = self._make(size)
        try:
            yield pool
        except BaseException:
            pool.broken = True
            raise
        finally:
            if pool.broken:
                del self._pools[size]
                pool.kill()

    def close(self) -> None:
        """End all pools."""
        while self._pools:
            self._pools.popitem()[1].close()
