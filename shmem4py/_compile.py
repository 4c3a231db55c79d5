# SPDX-License-Identifier: BSD-3-Clause
"""``shmem4py cc`` and ``c++``: compile programs that use shmem.h.

The wrappers behave as oshcc does: they add the needed flags to the user's command and run the
compiler, or print what they would run. The compiler is that of SHMEM4PY_CC or SHMEM4PY_CXX, else
that of CC or CXX, else cc or c++. With ``CC="shmem4py cc" make``, CC names this command, so a CC
that leads back here counts as not set. The text of CC shows that. Where a script lies in between,
a variable of the environment shows it: it lists which of the three have been run already.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from itertools import pairwise

from . import _paths
from ._streams import become

_VARIABLES = {"cc": ("SHMEM4PY_CC", "CC"), "c++": ("SHMEM4PY_CXX", "CXX")}
_NO_LINK = {"-c", "-S", "-E", "-M", "-MM", "-fsyntax-only"}
_BEGUN = "_SHMEM4PY_COMPILING_WITH"


def compile_flags() -> list[str]:
    """Return the flags that find shmem.h."""
    return [f"-I{_paths.root()}/include"]


def link_flags() -> list[str]:
    """Return the flags that link with the smp engine under any of its names, and find it at run time."""
    lib = f"{_paths.root()}/lib"
    return [f"-L{lib}", f"-L{_paths.compat()}", f"-Wl,-rpath,{lib}", "-lshmem"]


def _ourselves(command: list[str]) -> bool:
    """Tell whether a command is this one, by its own name or one of those in the compat folder."""
    # CMake leaves out the argument after the program where it sets CC itself.
    if os.path.basename(command[0]) == "shmem4py":
        return True
    for part, argument in pairwise([*command, ""]):
        if os.path.basename(part) == "shmem4py" and argument in _VARIABLES:
            return True
        if (file := shutil.which(part)) and _paths.is_compat(os.path.dirname(os.path.realpath(file))):
            return True
    return False


def _compiler(language: str) -> tuple[str, list[str]]:
    """Return what has named the compiler (a variable, or the language for the default), and its command."""
    own, usual = _VARIABLES[language]
    begun = os.environ.get(_BEGUN, "").split()
    if command := shlex.split(os.environ.get(own, "")):
        if own in begun or _ourselves(command):
            raise SystemExit(
                f"shmem4py {language}: {own}={os.environ[own]} runs shmem4py again; set it to a compiler, such as gcc"
            )
        return own, command
    if (command := shlex.split(os.environ.get(usual, ""))) and usual not in begun and not _ourselves(command):
        return usual, command
    if language in begun:
        raise SystemExit(
            f"shmem4py {language}: {language} on PATH runs shmem4py again; set {own} to a compiler, such as gcc"
        )
    return language, [language]


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
    named_by, compiler = _compiler(language)
    command = [*compiler, *compile_flags(), *args]
    # A command that names no file, such as `cc -v`, links nothing.
    if not _NO_LINK & set(args) and any(a == "-" or a[:1] != "-" for a in args):
        command += link_flags()
    if show:
        print(shlex.join(command))
        return 0
    os.environ[_BEGUN] = f"{os.environ.get(_BEGUN, '')} {named_by}".strip()
    try:
        become(command)
    except OSError as error:
        print(f"shmem4py {language}: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
