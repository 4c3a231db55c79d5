# SPDX-License-Identifier: BSD-3-Clause
"""Where the parts of the installed package lie.

In a wheel everything is beside this file. In an editable install the Python files are in
the source tree and what was compiled is in site-packages, so the root is the folder of the
extension. Nothing is imported here that costs time: the command line uses it.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@cache
def root() -> Path:
    """Return the folder that has bin/, lib/, include/, engines/ and share/."""
    here = Path(__file__).parent
    if any((here / f"_core{suffix}").exists() for suffix in EXTENSION_SUFFIXES):
        return here
    spec = find_spec("shmem4py._core")
    if spec is None or spec.origin is None:
        raise SystemExit(f"shmem4py: the compiled part of the package is missing from {here}")
    return Path(spec.origin).parent


def user_engines() -> Path:
    """Return the user's own folder for engine plug-ins."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "shmem4py" / "engines"


def engine_folders() -> list[Path]:
    """Return the folders that are searched for ``engine_<name>.so``, first match wins."""
    listed = os.environ.get("SHMEM4PY_ENGINE_PATH", "")
    return [Path(p) for p in listed.split(":") if p] + [user_engines(), root() / "engines"]


def engines() -> dict[str, Path]:
    """Return the engine plug-ins by name, smp first."""
    found: dict[str, Path] = {}
    for folder in engine_folders():
        for file in sorted(folder.glob("engine_*.so")):
            found.setdefault(file.stem.removeprefix("engine_"), file)
    return dict(sorted(found.items(), key=lambda item: (item[0] != "smp", item[0])))


def record(engine: str) -> dict[str, Any]:
    """Return what `add-engine` has noted of an engine: its launcher, and what the library was found to do."""
    plugin = engines().get(engine)
    file = plugin.with_suffix(".json") if plugin else None
    if file is None or not file.exists():
        return {}
    import json

    noted: dict[str, Any] = json.loads(file.read_text())
    return noted
