# SPDX-License-Identifier: BSD-3-Clause
"""How a PE ends and what it tells: exceptions, exit, and dumps on SIGUSR1.

A PE that ends with an exception would leave the others in a barrier for ever. So an exception
that leaves the program ends the whole job. Before that, its traceback is written in one piece,
and each line is marked with the PE. An exit with a status other than 0 ends the job with that
status. The extension does this at the end of the process, when the status is known.

SIGUSR1 makes a PE write the operation that it is in and the Python lines of its threads.
"""

from __future__ import annotations

import faulthandler
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
_previous_excepthook = sys.excepthook
_previous_threading_excepthook = threading.excepthook


def mark(text: str, pe: int, n_pes: int) -> str:
    """Put the PE's number before each line, where there is more than one PE."""
    if n_pes == 1:
        return text
    return "".join(f"PE {pe}: {line}" for line in text.splitlines(keepends=True))


def _end_job(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, where: str) -> None:
    import traceback  # here, because a program without errors should not pay for the import

    from . import _core

    text = "".join(traceback.format_exception(kind, error, trace))
    flush_output()
    write_error(mark(where + text, _core.my_pe(), _core.n_pes()))
    _core.global_exit(_KEYBOARD_INTERRUPT_STATUS if kind is KeyboardInterrupt else 1)


def _job_is_ours() -> bool:
    """Tell whether this is an initialised PE, and neither a forked child nor an interactive session."""
    from . import _core

    interactive = bool(sys.flags.interactive) or hasattr(sys, "ps1")
    return _core.query_initialized() and not interactive


def _excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if _job_is_ours():
        _end_job(kind, error, trace, "")
    else:
        _previous_excepthook(kind, error, trace)


def _threading_excepthook(args: ExceptHookArgs) -> None:
    if args.exc_type is SystemExit or not _job_is_ours():
        _previous_threading_excepthook(args)
    else:
        name = args.thread.name if args.thread is not None else "unknown"
        _end_job(args.exc_type, args.exc_value, args.exc_traceback, f"Exception in thread {name}:\n")


def install_excepthooks() -> None:
    """Let an exception that leaves the program or a thread end the job."""
    sys.excepthook = _excepthook
    threading.excepthook = _threading_excepthook


def dump_to(fd: int) -> None:
    """Let SIGUSR1 write where this PE is to a file descriptor.

    The operation is written first: its handler is installed over faulthandler's, and then calls that.
    """
    from . import _core

    global _dump_fd
    _dump_fd = fd
    faulthandler.unregister(signal.SIGUSR1)
    faulthandler.register(signal.SIGUSR1, file=fd, all_threads=True, chain=False)
    _core.dump_on_signal(signal.SIGUSR1, fd)


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
