# SPDX-License-Identifier: BSD-3-Clause
"""``shmem4py cc`` and ``c++``: compile programs that use shmem.h.

The wrappers behave as oshcc does: they add what is needed to the user's command and run
the compiler of $CC or $CXX, or print what they would run.
"""

from __future__ import annotations

import os
import shlex
import sys

from . import _paths

_COMPILERS = {"cc": ("CC", "cc"), "c++": ("CXX", "c++")}
_NO_LINK = {"-c", "-S", "-E", "-M", "-MM", "-fsyntax-only"}


def compile_flags() -> list[str]:
    """Return the flags that find shmem.h."""
    return [f"-I{_paths.root()}/include"]


def link_flags() -> list[str]:
    """Return the flags that link with the smp engine and find it again at run time."""
    lib = f"{_paths.root()}/lib"
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
