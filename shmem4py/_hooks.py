# SPDX-License-Identifier: BSD-3-Clause
"""How a PE ends and what it tells: exceptions, exit, and dumps on SIGUSR1.

A PE that ends with an exception would leave the others in a barrier for ever. So an exception
that leaves the program ends the whole job, after its traceback has been written. Where our
launcher reads standard error, it gets the traceback and shows equal ones of several PEs once.
Elsewhere the PE writes it in one piece, and marks each line with its number. An exit with a
status other than 0 ends the job with that status. The extension does this at the end of the
process, when the status is known.

SIGUSR1 makes a PE write the operation that it is in and the Python lines of its threads.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import signal
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from ._streams import flush_output, write_error

if TYPE_CHECKING:
    from threading import ExceptHookArgs

_KEYBOARD_INTERRUPT_STATUS = 128 + signal.SIGINT

_dump_fd = 2
_stacks_fd = -1  # an anonymous file (src/binding/endings.cpp)
_previous_excepthook = sys.excepthook
_previous_threading_excepthook = threading.excepthook


def mark(text: str, pe: int, n_pes: int) -> str:
    """Put the PE's number before each line, where there is more than one PE and the launcher does not do it."""
    if n_pes == 1 or "SHMEM4PY_LABELLED" in os.environ:
        return text
    return "".join(f"PE {pe}: {line}" for line in text.splitlines(keepends=True))


def _tell(
    job: tuple[int, int],
    kind: type[BaseException],
    error: BaseException | None,
    trace: TracebackType | None,
    where: str = "",
) -> None:
    """Write an exception that leaves the program or a thread."""
    import traceback  # here, because a program without errors should not pay for the import

    from . import _core

    text = where + "".join(traceback.format_exception(kind, error, trace))
    flush_output()
    with contextlib.suppress(Exception):  # the program may have closed it, or put an object of its own in its place
        sys.stderr.flush()
    fd = _descriptor_of(sys.stderr)
    if fd is None or not _core.tell_error(fd, kind.__name__, text.encode(errors="backslashreplace")):
        write_error(mark(text, *job))


def _descriptor_of(stream: object) -> int | None:
    """Return the descriptor that a stream writes to without changing the text, or None."""
    try:
        return stream.fileno() if isinstance(stream, io.TextIOWrapper) else None
    except (OSError, ValueError):
        return None


def _job() -> tuple[int, int] | None:
    """Return this PE's number and how many there are; None in a forked child, before `init` and interactively."""
    from . import _core

    return None if sys.flags.interactive or hasattr(sys, "ps1") else _core.pe_of_job()


def _end_job(kind: type[BaseException]) -> None:
    from . import _core

    if _core.query_initialized():
        _core.global_exit(_KEYBOARD_INTERRUPT_STATUS if kind is KeyboardInterrupt else 1)


def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Report an exception that leaves the program, and end the job."""
    if (job := _job()) is None:
        _previous_excepthook(kind, error, trace)
    else:
        _tell(job, kind, error, trace)
        _end_job(kind)


def _threading_excepthook(args: ExceptHookArgs) -> None:
    if args.exc_type is SystemExit or (job := _job()) is None:
        _previous_threading_excepthook(args)
    else:
        name = args.thread.name if args.thread is not None else "unknown"
        _tell(job, args.exc_type, args.exc_value, args.exc_traceback, f"Exception in thread {name}:\n")
        _end_job(args.exc_type)


def install_excepthooks() -> None:
    """Let an exception that leaves the program or a thread end the job."""
    from . import _core

    sys.excepthook = _core.excepthook
    threading.excepthook = _threading_excepthook


def dump_to(fd: int) -> None:
    """Let SIGUSR1 write where this PE is to a file descriptor.

    The operation comes first: its handler is installed over faulthandler's, and lets that one
    write into a separate file. So the dump is complete before it is written.
    """
    from . import _core

    global _dump_fd, _stacks_fd
    _dump_fd = fd
    if _stacks_fd < 0:
        with contextlib.suppress(OSError):  # where a sandbox forbids it, stacks go to `fd` directly
            _stacks_fd = os.memfd_create("shmem4py-stacks")
    faulthandler.unregister(signal.SIGUSR1)
    faulthandler.register(signal.SIGUSR1, file=fd if _stacks_fd < 0 else _stacks_fd, all_threads=True, chain=False)
    _core.dump_on_signal(signal.SIGUSR1, fd, _stacks_fd)


def install_dump() -> None:
    """Dump on SIGUSR1, unless the program handles that signal itself.

    This is called before and after the library is initialised. In between, Open MPI 4.1 installs a
    handler of its own, of which Python does not know and which exits with status 0.
    """
    handler = signal.getsignal(signal.SIGUSR1)
    if handler is signal.SIG_DFL:
        dump_to(_dump_fd)
    elif handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGUSR1, handler)
