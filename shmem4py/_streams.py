# SPDX-License-Identifier: BSD-3-Clause
"""Standard streams in any state, and programs that take this process's place.

``sys.stdout`` and ``sys.stderr`` are None where the descriptor was closed at start (``>&-``). A
program may also close them or replace them by objects of its own, with or without a ``flush``. None
of this may make the package's own output fail: such an error would hide the one to be reported.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import NoReturn

# Signals that Python ignores from its start on. A program that Python executes would inherit that, and
# would never notice that its reader is gone or that a file has reached its size limit.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")


def flush_output() -> None:
    """Write out what ``sys.stdout`` holds, as far as possible."""
    with contextlib.suppress(Exception):
        sys.stdout.flush()


def write_error(text: str) -> None:
    """Write to ``sys.stderr``, or to descriptor 2 if that fails."""
    try:
        sys.stderr.write(text)
    except Exception:
        with contextlib.suppress(OSError):
            os.write(2, text.encode(errors="backslashreplace"))
    with contextlib.suppress(Exception):
        sys.stderr.flush()


def become(command: list[str], *, name: str | None = None) -> NoReturn:
    """Execute a program in place of this one, with the default action for the signals that Python ignores.

    Their actions before Python started are not known. ``subprocess`` restores the default too.

    Parameters
    ----------
    command : list of str
        The program and its arguments.
    name : str, optional
        What the program sees as its own name; by default its path.

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
