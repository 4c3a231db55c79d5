# SPDX-License-Identifier: BSD-3-Clause
"""Which OpenSHMEM library this process runs on, and why.

The first of these that is set decides: SHMEM4PY_ENGINE, ``rc.engine``, the launcher's
environment. Without any of them the engine is smp. `shmem4py info` prints the reason given here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

from . import _paths
from ._rc import rc


class Choice(NamedTuple):
    """An engine and the reason for it."""

    name: str
    reason: str


class Launcher(NamedTuple):
    """A launcher: the variable that holds its number of processes, and the engines it can start, best first."""

    name: str
    size: str
    engines: tuple[str, ...]


_FORKED_WITHOUT_EXEC = 0x40  # PF_FORKNOEXEC of the kernel
_claim: object = None  # a socket that lives as long as the process

LAUNCHERS = (
    Launcher("Open MPI's launcher", "OMPI_COMM_WORLD_SIZE", ("openmpi",)),
    Launcher("a PMI launcher", "PMI_SIZE", ("sos", "oshmpi", "osss", "cray")),
    Launcher("srun", "SLURM_STEP_NUM_TASKS", ("cray", "sos", "osss", "oshmpi", "openmpi")),
)


def launcher(environment: Mapping[str, str]) -> tuple[Launcher, int] | None:
    """Return the foreign launcher that has started this process, and how many processes it has started."""
    if "SHMEM4PY_JOB_SOCKET" in environment:
        return None
    for known in LAUNCHERS:
        size = environment.get(known.size, "")
        if size.isdigit():
            return known, int(size)
    return None


def choose(environment: Mapping[str, str] = os.environ) -> Choice:
    """Return the engine for this process."""
    if name := environment.get("SHMEM4PY_ENGINE"):
        return Choice(name.lower(), "set by SHMEM4PY_ENGINE")
    if rc.engine:
        return Choice(rc.engine.lower(), "set by rc.engine")
    if "SHMEM4PY_JOB_SOCKET" in environment:
        return Choice("smp", "started by shmem4py run")
    if started := launcher(environment):
        known, _ = started
        for name in known.engines:
            if _paths.engine_file(name):
                return Choice(name, f"started by {known.name} ({known.size} is set)")
        return Choice(
            "smp",
            f"started by {known.name} ({known.size} is set), and there is no plug-in for {' or '.join(known.engines)}",
        )
    return Choice("smp", "the default")


def missing_engine(name: str) -> str:
    """Return the message that an engine is not installed."""
    return (
        f"there is no engine {name!r}; installed: {', '.join(_paths.engines()) or 'none'}. "
        "`shmem4py add-engine` compiles the plug-in for an OpenSHMEM library"
    )


def find(name: str) -> str:
    """Return the plug-in of an engine.

    Raises
    ------
    RuntimeError
        The engine has no plug-in; the message lists those that are installed.
    """
    file = _paths.engine_file(name)
    if file is None:
        raise RuntimeError(missing_engine(name))
    return file


def _worker_of() -> str | None:
    """Describe this process as a worker of another, or return None if it is a program of its own."""
    parent = os.getppid()
    multiprocessing = sys.modules.get("multiprocessing.process")
    # The module knows the parent only after it has imported the program.
    if "--multiprocessing-fork" in sys.orig_argv or (multiprocessing and multiprocessing.parent_process()):
        return f"it is a process that multiprocessing has started for process {parent}"
    try:
        with open("/proc/self/stat") as file:
            flags = int(file.read().rpartition(")")[2].split()[6])
        # A daemon has left its parent and is a program of its own.
        same = os.readlink("/proc/self/exe") == os.readlink(f"/proc/{parent}/exe")
    except OSError:
        return None
    return f"it is a worker that process {parent} has forked" if flags & _FORKED_WITHOUT_EXEC and same else None


def _first_to_say(what: str) -> bool:
    """Claim a message among the workers of one process; True for the first, as long as it lives."""
    import socket

    global _claim
    _claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        _claim.bind(f"\0shmem4py/{os.getuid()}/{os.getppid()}/{what}")
    except OSError:
        return False
    return True


def warn_worker(n_pes: int, environment: Mapping[str, str]) -> None:
    """Warn where a worker of another process becomes a job of one PE: it may wait for PEs that do not exist."""
    if n_pes != 1 or "SHMEM4PY_JOB_SOCKET" in environment or launcher(environment):
        return
    if (worker := _worker_of()) and _first_to_say("worker"):
        import warnings

        warnings.warn(
            f"this process is a job of its own, of one PE: {worker}, and shares no symmetric array with others. "
            "PEs are started by `shmem4py run -n N app.py`. A worker that needs none of them should not import shmem: "
            'put the import below `if __name__ == "__main__":`, or into the function that uses it',
            RuntimeWarning,
            stacklevel=6,  # the program's line that imports shmem
        )


def load(choice: Choice) -> None:
    """Load the engine of this process.

    Raises
    ------
    RuntimeError
        There is no such engine, or its plug-in does not load. The message says why, and why this engine was chosen.
    """
    from . import _core

    try:
        _core.load_engine(find(choice.name))
    except RuntimeError as error:
        raise RuntimeError(
            f"engine {choice.name} ({choice.reason}) cannot be used: {error}. SHMEM4PY_ENGINE chooses "
            f"another of {', '.join(_paths.engines()) or 'none'}; `shmem4py info` says which can be used"
        ) from None


def check_size(name: str, n_pes: int, environment: Mapping[str, str]) -> None:
    """Refuse to run as N jobs of one PE each where one job of N PEs was meant."""
    if n_pes != 1 or (started := launcher(environment)) is None:
        return
    known, size = started
    if size > 1:
        raise RuntimeError(
            f"{known.name} has started {size} processes, but engine {name} sees one PE in each: "
            f"this launcher is not the one of engine {name}. Use `shmem4py run -n {size} "
            f"--engine {name}`, or choose the launcher's engine with SHMEM4PY_ENGINE"
        )
