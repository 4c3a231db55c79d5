# SPDX-License-Identifier: BSD-3-Clause
"""``shmem4py add-engine``: compile the plug-in for a library of this machine, and try it.

The adapter that comes with the package is compiled with the library's own wrapper. Then the
library's own launcher starts two PEs of ``shmem4py-probe``. The probe initialises the library,
moves data, tries every atomic, a signal, a reduction and a team, and looks for known faults. What
it finds is printed and kept beside the plug-in as ``engine_<name>.json``. A plug-in that gives
wrong results is not installed.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import _launch, _paths

_TRIED_PES = 2
_TRY_LIMIT_S = 90  # the probe itself gives up after 60

# How the macros of shmem.h identify a library: name of a macro, text in its value, name of the engine.
_LIBRARIES = (
    ("OSHMEM_MAJOR_VERSION", "", "openmpi"),
    ("SHMEM_VENDOR_STRING", "sandia", "sos"),
    ("SHMEM_VENDOR_STRING", "oshmpi", "oshmpi"),
    ("SHMEM_VENDOR_STRING", "osss", "osss"),
    ("SHMEM_VENDOR_STRING", "cray", "cray"),
)


class _Failure(Exception):
    """There is no plug-in; the message says why."""


def _library(wrapper: str) -> str:
    """Return the engine's name for the library of a compiler wrapper."""
    done = subprocess.run(
        [wrapper, "-x", "c", "-E", "-dM", "-"], input="#include <shmem.h>\n", capture_output=True, text=True
    )
    if done.returncode:
        raise _Failure(f"{wrapper} does not compile a program with shmem.h:\n{done.stderr}")
    macros: dict[str, str] = {}
    for line in done.stdout.splitlines():
        name, _, text = line.removeprefix("#define ").partition(" ")
        macros[name] = text
    for macro, part, name in _LIBRARIES:
        if macro in macros and part in macros[macro].lower():
            return name
    raise _Failure(f"the library of {wrapper} is not known; name the engine with --name")


def _compile(wrapper: str, name: str, built: Path) -> None:
    source = Path(_paths.root()) / "share" / "adapter"
    command = [
        *(wrapper, "-x", "c++", "-std=c++20", "-O2", "-fPIC", "-shared", "-fvisibility=hidden"),
        *(f"-I{source}", f'-DSHMEM4PY_ENGINE_NAME="{name}"', str(source / "adapter.cpp")),
        *("-o", str(built), "-lstdc++"),
    ]
    print(shlex.join(command), flush=True)
    if subprocess.run(command).returncode:
        raise _Failure(f"{wrapper} does not compile the adapter")


def try_engine(launcher: list[str], plugin: Path) -> dict[str, Any]:
    """Start PEs of the probe and return what it has found, or ``{'error': message}``.

    Parameters
    ----------
    launcher : list of str
        The launcher and its options; ``-n`` is added.
    plugin : Path
        The plug-in.
    """
    command = [*launcher, "-n", str(_TRIED_PES), f"{_paths.root()}/bin/shmem4py-probe", str(plugin)]
    try:
        job = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    except OSError as error:
        return {"error": f"{launcher[0]}: {error.strerror}"}
    try:
        output, errors = job.communicate(timeout=_TRY_LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(job.pid, signal.SIGKILL)
        job.communicate()
        return {"error": f"{shlex.join(command)} did not end within {_TRY_LIMIT_S} s"}
    for line in output.splitlines():
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            if job.returncode and not found.get("wrong") and "error" not in found:
                found["error"] = (
                    f"the PEs found nothing wrong, but {launcher[0]} ended with status {job.returncode}:\n{errors}"
                )
            if found.get("pes", _TRIED_PES) != _TRIED_PES:
                found["error"] = (
                    f"{shlex.join(launcher)} has started {_TRIED_PES} jobs of one PE each, not one of {_TRIED_PES}: "
                    "it is not the launcher of this library; --launcher names another, such as mpiexec.hydra"
                )
            return found
    return {"error": f"{shlex.join(command)} ended with status {job.returncode}:\n{errors or output}"}


def _report(name: str, found: dict[str, Any]) -> str:
    def listed(key: str) -> str:
        return ", ".join(found[key]) or "nothing"

    major, minor = found["interface"]
    lines = [
        f"engine {name}: {found['library']}, OpenSHMEM {major}.{minor}",
        f"  native: {listed('native')}",
        f"  supplied by us: {listed('supplied')}",
        *(f"  known fault, worked around: {note}" for note in found["notes"]),
    ]
    return "\n".join(lines)


def add_engine(
    cc: str, name: str | None, folder: str | None, *, launcher: str | None = None, tried: bool = True
) -> int:
    """Compile, try and install the plug-in for the library of a compiler wrapper.

    Parameters
    ----------
    cc : str
        The wrapper, such as ``oshcc``.
    name : str or None
        The engine's name; None takes it from the library's shmem.h.
    folder : str or None
        Where to put the plug-in; None is the user's folder for engines.
    launcher : str or None
        What starts PEs, with its options; None looks beside the wrapper and on PATH.
    tried : bool
        Whether to start PEs.

    Returns
    -------
    int
        0, or 1 if the plug-in cannot be compiled or does not work; nothing is installed then.
    """
    try:
        target, found = _add_engine(cc, name, folder, launcher, tried)
    except _Failure as failure:
        print(f"shmem4py add-engine: {failure}", file=sys.stderr)
        return 1
    name = target.stem.removeprefix("engine_")
    print(_report(name, found) if tried else f"engine {name}: not tried")
    print(f"  in {target}")
    return 0


def _add_engine(
    cc: str, name: str | None, folder: str | None, launcher: str | None, tried: bool
) -> tuple[Path, dict[str, Any]]:
    wrapper = shutil.which(cc, path=_paths.foreign_path())
    if wrapper is None:
        raise _Failure(f"there is no {cc} on PATH; --cc names the library's wrapper")
    name = name or _library(wrapper)
    starter = shlex.split(launcher) if launcher else _launch.find_launcher(name, beside=wrapper)
    if starter:
        starter[0] = shutil.which(starter[0]) or starter[0]
    elif tried:
        raise _Failure(
            f"{_launch.missing_launcher(name)} to be tried; name another with --launcher, or skip this with --no-try"
        )
    target = Path(folder or _paths.user_engines()) / f"engine_{name}.so"
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(scratch) / target.name
        _compile(wrapper, name, built)
        if tried:
            found = try_engine(starter, built)
            if "error" in found:
                raise _Failure(f"the plug-in does not work: {found['error']}")
            if found["wrong"]:
                raise _Failure(f"{found['library']} gives wrong results: {', '.join(found['wrong'])}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(built, target)
    noted = {"wrapper": wrapper, "launcher": starter, "tried": found or None}
    target.with_suffix(".json").write_text(json.dumps(noted, indent=2) + "\n")
    return target, found
