# SPDX-License-Identifier: BSD-3-Clause
"""Which OpenSHMEM library this process runs on, and why.

The answer comes from the first of these that has one: SHMEM4PY_ENGINE, ``rc.engine``, the
launcher's environment, and smp as the default. `shmem4py info` prints the same words.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from . import _paths
from ._rc import rc


class Choice(NamedTuple):
    """An engine and the reason for it."""

    name: str
    reason: str


class Launcher(NamedTuple):
    """How a launcher shows in the environment, and which engines it can start, best first."""

    name: str
    size: str
    engines: tuple[str, ...]


LAUNCHERS = (
    Launcher("Open MPI's launcher", "OMPI_COMM_WORLD_SIZE", ("openmpi",)),
    Launcher("a PMI launcher", "PMI_SIZE", ("sos", "oshmpi", "osss", "cray")),
    Launcher("srun", "SLURM_STEP_NUM_TASKS", ("cray", "sos", "osss", "oshmpi", "openmpi")),
)


def launcher(environment: Mapping[str, str]) -> tuple[Launcher, int] | None:
    """Return the foreign launcher that has started this process, and how many it has."""
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
        return Choice(name.lower(), "SHMEM4PY_ENGINE says so")
    if rc.engine:
        return Choice(rc.engine.lower(), "rc.engine says so")
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
    """Return the words for an engine that there is not."""
    return (
        f"there is no engine {name!r}; installed: {', '.join(_paths.engines()) or 'none'}. "
        "`shmem4py add-engine` compiles the plug-in for an OpenSHMEM library"
    )


def find(name: str) -> str:
    """Return the plug-in of an engine.

    Raises
    ------
    RuntimeError
        There is none; the message lists those that there are.
    """
    file = _paths.engine_file(name)
    if file is None:
        raise RuntimeError(missing_engine(name))
    return file


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
