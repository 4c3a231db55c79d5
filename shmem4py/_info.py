# SPDX-License-Identifier: BSD-3-Clause
"""``shmem4py info``: which engines there are, what they can do, which one is used and why.

Opening a library may start threads or end the process, so each plug-in is probed in a process of
its own. The probe does not initialise the library. What `add-engine` found when it tried the
plug-in is read from its record.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from . import __version__, _engine, _launch, _paths

_PROBE = """
import json, sys
from shmem4py import _core
_core.load_engine(sys.argv[1])
print(json.dumps({**_core.engine_info(), "interface": _core.info_get_version()}))
"""
_PROBE_LIMIT_S = 30


def probe(file: str) -> dict[str, Any]:
    """Return what a plug-in says of itself, or ``{'error': message}``."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE, file],
            capture_output=True,
            text=True,
            timeout=_PROBE_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"did not answer in {_PROBE_LIMIT_S} s"}
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"error": lines[-1] if lines else f"ended with status {done.returncode}"}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _gather_one(name: str, file: str) -> dict[str, Any]:
    engine = {"file": file, **probe(file)}
    if name != "smp":
        engine["launcher"] = _launch.find_launcher(name)
        if (tried := _paths.record(name).get("tried")) is not None:
            engine["tried"] = tried
            # The probe knows no faults that only running PEs can find.
            engine["notes"] = "\n".join(tried["notes"])
    return engine


def gather() -> dict[str, Any]:
    """Return everything that `info` shows."""
    choice = _engine.choose()
    engines = {name: _gather_one(name, file) for name, file in _paths.engines().items()}
    return {
        "version": __version__,
        "python": sys.version.split()[0],
        "root": _paths.root(),
        "cores": len(os.sched_getaffinity(0)),
        "engine": choice.name,
        "reason": choice.reason,
        "engines": engines,
    }


def _how_to_start(name: str, engine: dict[str, Any]) -> str:
    if name == "smp":
        return "start: shmem4py run -n N app.py"
    if not engine["launcher"]:
        return f"cannot be started here: {_launch.missing_launcher(name)}"
    return f"start: shmem4py run --engine {name} -n N app.py, or {' '.join(engine['launcher'])} -n N python app.py"


def _rows(data: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    rows = []
    for name, engine in data["engines"].items():
        used = "*" if name == data["engine"] else ""
        if "error" in engine:
            rows.append((used, name, "cannot be used", engine["error"]))
            continue
        major, minor = engine["interface"]
        lines = [", ".join(engine["capabilities"])]
        if engine["supplied"]:
            lines.append(f"supplied by us: {', '.join(engine['supplied'])}")
        if engine["missing"]:
            lines.append(f"missing: {', '.join(engine['missing'])}")
        lines += [f"worked around: {note}" for note in engine["notes"].splitlines()]
        if "tried" in engine:
            lines.append(f"tried on {engine['tried']['pes']} PEs when it was added: all results were right")
        lines.append(_how_to_start(name, engine))
        rows.append((used, name, f"{engine['library']}, OpenSHMEM {major}.{minor}", "\n".join(lines)))
    if data["engine"] not in data["engines"]:
        rows.append(("*", data["engine"], "not installed", "`shmem4py add-engine` compiles a plug-in"))
    return rows


def info(*, as_json: bool = False) -> int:
    """Print the table, or JSON.

    Returns
    -------
    int
        1 if the chosen engine cannot be used, else 0.
    """
    data = gather()
    usable = "error" not in data["engines"].get(data["engine"], {"error": ""})
    if as_json:
        print(json.dumps(data, indent=2))
        return 0 if usable else 1
    print(f"shmem4py {data['version']}, Python {data['python']}, {data['cores']} cores, in {data['root']}")
    print(f"engine: {data['engine']} ({data['reason']})\n")
    _table(("", "engine", "library", "what it can do"), _rows(data))
    return 0 if usable else 1


def _table(head: tuple[str, ...], rows: list[tuple[str, str, str, str]]) -> None:
    """Print a table: with rich where it is installed, else in plain text."""
    try:
        from rich.console import Console
        from rich.table import Table
    except ModuleNotFoundError:
        for row in [head, *rows]:
            print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, (1, 10, 40, 0), strict=True)))
        return
    table = Table(*head)
    for row in rows:
        table.add_row(*row)
    # A pipe or a file has no width that the table would have to fit.
    console = Console() if sys.stdout is not None and sys.stdout.isatty() else Console(width=160)
    console.print(table)
