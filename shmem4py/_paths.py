# SPDX-License-Identifier: BSD-3-Clause
"""Where the parts of the installed package lie.

In a wheel everything is beside this file. In an editable install the Python files are in the
source tree and the compiled files in site-packages, so the root is the folder of the extension.
Every import of the library uses this module, so paths are strings: `pathlib` would take a third
of the import's time.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from typing import Any


@cache
def root() -> str:
    """Return the folder that has bin/, lib/, include/, engines/ and share/."""
    here = os.path.dirname(os.path.abspath(__file__))
    if any(os.path.exists(f"{here}/_core{suffix}") for suffix in EXTENSION_SUFFIXES):
        return here
    spec = find_spec("shmem4py._core")
    if spec is None or spec.origin is None:
        raise SystemExit(f"shmem4py: the compiled part of the package is missing from {here}")
    return os.path.dirname(spec.origin)


def compat() -> str:
    """Return the folder of the names that Makefiles use: oshcc, oshrun, -loshmem, …."""
    return f"{root()}/compat"


def is_compat(folder: str) -> bool:
    """Tell whether a folder is the one of `compat`."""
    return os.path.realpath(folder) == os.path.realpath(compat())


def foreign_path(*first: str) -> str:
    """Return PATH without our own oshcc and oshrun, for a search for those of other libraries.

    Parameters
    ----------
    *first : str
        Folders to put before PATH.
    """
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*first, *(folder for folder in folders if not is_compat(folder))])


def user_engines() -> str:
    """Return the user's own folder for engine plug-ins."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return f"{data}/shmem4py/engines"


def engine_folders() -> list[str]:
    """Return the folders that are searched for ``engine_<name>.so``, first match wins."""
    listed = os.environ.get("SHMEM4PY_ENGINE_PATH", "")
    return [folder for folder in listed.split(":") if folder] + [user_engines(), f"{root()}/engines"]


def engine_file(name: str) -> str | None:
    """Return the plug-in of an engine."""
    files = (f"{folder}/engine_{name}.so" for folder in engine_folders())
    return next(filter(os.path.exists, files), None)


def engines() -> dict[str, str]:
    """Return the engine plug-ins by name, smp first."""
    found: dict[str, str] = {}
    for folder in engine_folders():
        for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            if file.startswith("engine_") and file.endswith(".so"):
                found.setdefault(file.removeprefix("engine_").removesuffix(".so"), f"{folder}/{file}")
    return dict(sorted(found.items(), key=lambda item: (item[0] != "smp", item[0])))


def record(engine: str) -> dict[str, Any]:
    """Return what `add-engine` has recorded of an engine: its launcher, and what the trial found."""
    plugin = engine_file(engine)
    file = plugin.removesuffix(".so") + ".json" if plugin else ""
    if not os.path.exists(file):
        return {}
    import json

    with open(file) as stream:
        noted: dict[str, Any] = json.load(stream)
    return noted
