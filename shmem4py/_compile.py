# SPDX-License-Identifier: BSD-3-Clause
"""``shmem4py cc``, ``c++`` and ``add-engine``: what needs a compiler.

The wrappers behave as oshcc does: they add what is needed to the user's command and run
the compiler of $CC or $CXX, or print what they would run.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import _paths

_COMPILERS = {"cc": ("CC", "cc"), "c++": ("CXX", "c++")}
_NO_LINK = {"-c", "-S", "-E", "-M", "-MM", "-fsyntax-only"}


def compile_flags() -> list[str]:
    """Return the flags that find shmem.h."""
    return [f"-I{_paths.root() / 'include'}"]


def link_flags() -> list[str]:
    """Return the flags that link with the smp engine and find it again at run time."""
    lib = _paths.root() / "lib"
    return [f"-L{lib}", f"-Wl,-rpath,{lib}", "-lshmem"]


def compile_program(language: str, args: list[str]) -> int:
    """Compile a C or C++ program for the smp engine, or show how.

    Parameters
    ----------
    language : {'cc', 'c++'}
        The compiler's name on our command line.
    args : list of str
        The compiler's arguments. ``-show``, ``-showme`` and ``--show`` print the command;
        ``-showme:compile`` and ``-showme:link`` print the flags alone.

    Returns
    -------
    int
        The compiler's exit status.
    """
    variable, default = _COMPILERS[language]
    show = [a for a in args if a.lstrip("-").split(":")[0] in ("show", "showme") and a[0] == "-"]
    args = [a for a in args if a not in show]
    for request in show:
        part = request.partition(":")[2]
        if part in ("compile", "link"):
            print(shlex.join(compile_flags() if part == "compile" else link_flags()))
            return 0
        if part:
            print(f"shmem4py {language}: {request}: expected :compile or :link", file=sys.stderr)
            return 2
    command = [*shlex.split(os.environ.get(variable) or default), *compile_flags(), *args]
    if not _NO_LINK & set(args):
        command += link_flags()
    if show:
        print(shlex.join(command))
        return 0
    sys.stdout.flush()
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"shmem4py {language}: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127


# What tells a library by the macros of its shmem.h: name of a macro, words in its value, name of the engine.
_LIBRARIES = (
    ("OSHMEM_MAJOR_VERSION", "", "openmpi"),
    ("SHMEM_VENDOR_STRING", "sandia", "sos"),
    ("SHMEM_VENDOR_STRING", "oshmpi", "oshmpi"),
    ("SHMEM_VENDOR_STRING", "osss", "osss"),
    ("SHMEM_VENDOR_STRING", "cray", "cray"),
)


def _library(wrapper: str) -> str | None:
    """Return the engine's name for the library of a compiler wrapper, None if it is not known."""
    done = subprocess.run(
        [wrapper, "-x", "c", "-E", "-dM", "-"], input="#include <shmem.h>\n", capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"shmem4py add-engine: {wrapper} does not compile a program with shmem.h:\n{done.stderr}")
    macros = dict(
        line.removeprefix("#define ").partition(" ")[::2]
        for line in done.stdout.splitlines()
        if line.startswith("#define ")
    )
    for macro, words, name in _LIBRARIES:
        if macro in macros and words in macros[macro].lower():
            return name
    return None


def add_engine(cc: str, name: str | None, folder: str | None) -> int:
    """Compile, probe and install the plug-in for the library of a compiler wrapper.

    Parameters
    ----------
    cc : str
        The wrapper, such as ``oshcc``.
    name : str or None
        The engine's name; None asks the library.
    folder : str or None
        Where to put the plug-in; None is the user's folder for engines.

    Returns
    -------
    int
        0, or 1 if the plug-in cannot be compiled or does not work; nothing is installed then.
    """
    from ._info import probe

    wrapper = shutil.which(cc)
    if wrapper is None:
        print(f"shmem4py add-engine: there is no {cc} on PATH; --cc names the library's wrapper", file=sys.stderr)
        return 1
    name = name or _library(wrapper)
    if name is None:
        print("shmem4py add-engine: the library is not known; give the engine a --name", file=sys.stderr)
        return 1
    source = _paths.root() / "share" / "adapter"
    target = (Path(folder) if folder else _paths.user_engines()) / f"engine_{name}.so"
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(scratch) / target.name
        command = [
            *(wrapper, "-x", "c++", "-std=c++20", "-O2", "-fPIC", "-shared", "-fvisibility=hidden"),
            *(f"-I{source}", f'-DSHMEM4PY_ENGINE_NAME="{name}"', str(source / "adapter.cpp")),
            *("-o", str(built), "-lstdc++"),
        ]
        print(shlex.join(command))
        if subprocess.run(command).returncode:
            return 1
        found = probe(built)
        if "error" in found:
            print(f"shmem4py add-engine: the plug-in does not work: {found['error']}", file=sys.stderr)
            return 1
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(built, target)
    print(f"engine {name} ({found['library']}) is in {target}")
    return 0
