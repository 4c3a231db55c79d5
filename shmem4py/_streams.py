# SPDX-License-Identifier: BSD-3-Clause
"""Standard streams as they are found, and programs that take this process's place.

``sys.stdout`` and ``sys.stderr`` are None where the descriptor was closed at start (``>&-``), and a
program may close them or put objects of its own there, with or without a ``flush``. Nothing that
the package writes or flushes there may fail for that: an error here would hide the one to be told.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import NoReturn

# What Python ignores from its start on. A program that is executed inherits that, and would never
# notice that its reader is gone, or that a file has grown to its limit.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")


def flush_output() -> None:
    """Write out what ``sys.stdout`` holds, as far as it can be."""
    with contextlib.suppress(Exception):
        sys.stdout.flush()


def write_error(text: str) -> None:
    """Write to ``sys.stderr``, or where that cannot be written to, to descriptor 2."""
    try:
        sys.stderr.write(text)
    except Exception:
        with contextlib.suppress(OSError):
            os.write(2, text.encode(errors="backslashreplace"))
    with contextlib.suppress(Exception):
        sys.stderr.flush()


def become(command: list[str], *, name: str | None = None) -> NoReturn:
    """Execute a program in place of this one, with the signals that Python ignores as they are by default.

    What they were before Python started cannot be found out; ``subprocess`` restores the default, too.

    Parameters
    ----------
    command : list of str
        The program and its arguments.
    name : str, optional
        What the program sees as its own name; its path where not given.

    Raises
    ------
    OSError
        The program cannot be executed.
    """
    flush_output()
    with contextlib.suppress(Exception):
        sys.stderr.flush()
    for ignored in _IGNORED_BY_PYTHON:
        if (number := getattr(signal, ignored, None)) is not None:
            signal.signal(number, signal.SIG_DFL)
    os.execvp(command[0], [name or command[0], *command[1:]])
