# SPDX-License-Identifier: BSD-3-Clause
"""The interface: symmetric arrays, and OpenSHMEM on them.

Importing this module chooses an engine, and initialises it as `shmem4py.rc` says. The
functions on arrays are the extension's own: no Python code runs between the caller and them.
"""

from __future__ import annotations

import os as _os
from collections.abc import Callable as _Callable
from importlib import import_module as _import_module
from types import TracebackType as _TracebackType
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any
from typing import NamedTuple as _NamedTuple

from . import _core, _engine, _hooks
from ._core import (
    CTX_DEFAULT,
    CTX_INVALID,
    TEAM_INVALID,
    TEAM_SHARED,
    TEAM_WORLD,
    Ctx,
    FreedError,
    Remote,
    RemoteArray,
    RemoteAt,
    RemoteReference,
    Team,
    addr_accessible,
    allgather,
    alloc,
    alltoall,
    alltoalls,
    alltoallv,
    and_reduce,
    argmax,
    argmin,
    array,
    atomic_add,
    atomic_and,
    atomic_compare_swap,
    atomic_compare_swap_nbi,
    atomic_fetch,
    atomic_fetch_add,
    atomic_fetch_add_nbi,
    atomic_fetch_and,
    atomic_fetch_and_nbi,
    atomic_fetch_inc,
    atomic_fetch_inc_nbi,
    atomic_fetch_nbi,
    atomic_fetch_op,
    atomic_fetch_op_nbi,
    atomic_fetch_or,
    atomic_fetch_or_nbi,
    atomic_fetch_xor,
    atomic_fetch_xor_nbi,
    atomic_inc,
    atomic_op,
    atomic_or,
    atomic_set,
    atomic_swap,
    atomic_swap_nbi,
    atomic_xor,
    barrier_all,
    bcast,
    broadcast,
    clear_lock,
    collect,
    cumsum,
    del_array,
    del_lock,
    del_signal,
    empty,
    exscan,
    fcollect,
    fence,
    free,
    fromalloc,
    full,
    g,
    gather,
    get,
    get_nbi,
    global_exit,
    ibget,
    ibput,
    iget,
    info_get_name,
    info_get_version,
    inscan,
    iput,
    max_reduce,
    min_reduce,
    my_pe,
    n_pes,
    new_array,
    new_lock,
    new_signal,
    ones,
    or_reduce,
    p,
    pcontrol,
    pe_accessible,
    pe_quiet,
    prod,
    prod_reduce,
    ptr,
    put,
    put_nbi,
    put_signal,
    put_signal_nbi,
    query_initialized,
    quiet,
    reduce,
    reduce_with,
    remote,
    scatter,
    set_lock,
    signal_add,
    signal_fetch,
    signal_set,
    signal_wait_until,
    sum_reduce,
    sync,
    sync_all,
    test,
    test_all,
    test_all_vector,
    test_any,
    test_any_vector,
    test_lock,
    test_some,
    test_some_vector,
    wait_until,
    wait_until_all,
    wait_until_all_vector,
    wait_until_any,
    wait_until_any_vector,
    wait_until_some,
    wait_until_some_vector,
    xor_reduce,
    zeros,
)
from ._enums import AMO, CMP, CTX, MALLOC, OP, SIGNAL, THREAD
from ._rc import rc as _rc

if _TYPE_CHECKING:
    from ._global_array import GlobalArray
    from ._node import node_array
    from ._objects import allgather_objects, alltoall_objects, bcast_object, gather_objects
    from ._queue import Queue
    from ._stack import resize, stack
    from ._synchronisation import Barrier, Event, Semaphore

# Modules that are imported when one of their names is first used, so that starting stays as fast as it is.
_LATER = {
    "Barrier": "_synchronisation",
    "Event": "_synchronisation",
    "GlobalArray": "_global_array",
    "Queue": "_queue",
    "Semaphore": "_synchronisation",
    "allgather_objects": "_objects",
    "alltoall_objects": "_objects",
    "bcast_object": "_objects",
    "gather_objects": "_objects",
    "node_array": "_node",
    "resize": "_stack",
    "stack": "_stack",
}

__all__ = [
    "info_get_version", "info_get_name", "VENDOR_STRING", "MAJOR_VERSION", "MINOR_VERSION", "engine", "Engine",
    "heap_info", "HeapInfo",
    "THREAD", "init", "init_thread", "finalize", "query_initialized", "query_thread", "global_exit",
    "my_pe", "n_pes", "pe_accessible", "addr_accessible", "ptr",
    "CTX", "Ctx", "CTX_DEFAULT", "CTX_INVALID", "Team", "TEAM_WORLD", "TEAM_SHARED", "TEAM_INVALID",
    "MALLOC", "FreedError", "alloc", "free", "fromalloc", "new_array", "del_array", "array",
    "empty", "zeros", "ones", "full", "resize", "stack", "node_array", "GlobalArray",
    "put", "get", "put_nbi", "get_nbi", "iput", "iget", "ibput", "ibget", "p", "g",
    "remote", "Remote", "RemoteArray", "RemoteAt", "RemoteReference",
    "AMO", "atomic_set", "atomic_inc", "atomic_add", "atomic_and", "atomic_or", "atomic_xor",
    "atomic_fetch", "atomic_swap", "atomic_compare_swap", "atomic_fetch_inc",
    "atomic_fetch_add", "atomic_fetch_and", "atomic_fetch_or", "atomic_fetch_xor",
    "atomic_fetch_nbi", "atomic_swap_nbi", "atomic_compare_swap_nbi", "atomic_fetch_inc_nbi",
    "atomic_fetch_add_nbi", "atomic_fetch_and_nbi", "atomic_fetch_or_nbi", "atomic_fetch_xor_nbi",
    "atomic_op", "atomic_fetch_op", "atomic_fetch_op_nbi",
    "SIGNAL", "new_signal", "del_signal", "put_signal", "put_signal_nbi",
    "signal_fetch", "signal_set", "signal_add", "signal_wait_until",
    "OP", "barrier_all", "sync_all", "sync", "broadcast", "collect", "fcollect", "alltoall", "alltoalls",
    "reduce", "and_reduce", "or_reduce", "xor_reduce", "max_reduce", "min_reduce",
    "sum_reduce", "prod_reduce", "inscan", "exscan",
    "prod", "argmax", "argmin", "cumsum", "reduce_with",
    "gather", "allgather", "scatter", "alltoallv", "bcast",
    "CMP", "wait_until", "wait_until_all", "wait_until_any", "wait_until_some",
    "wait_until_all_vector", "wait_until_any_vector", "wait_until_some_vector",
    "test", "test_all", "test_any", "test_some", "test_all_vector", "test_any_vector", "test_some_vector",
    "fence", "quiet", "pe_quiet",
    "bcast_object", "gather_objects", "allgather_objects", "alltoall_objects",
    "Queue", "Event", "Semaphore", "Barrier",
    "Lock", "new_lock", "del_lock", "set_lock", "test_lock", "clear_lock", "pcontrol",
    "THREAD_SINGLE", "THREAD_FUNNELED", "THREAD_SERIALIZED", "THREAD_MULTIPLE",
    "CTX_PRIVATE", "CTX_SERIALIZED", "CTX_NOSTORE", "MALLOC_ATOMICS_REMOTE", "MALLOC_SIGNAL_REMOTE",
    "AMO_SET", "AMO_INC", "AMO_ADD", "AMO_AND", "AMO_OR", "AMO_XOR", "SIGNAL_SET", "SIGNAL_ADD",
    "OP_AND", "OP_OR", "OP_XOR", "OP_MAX", "OP_MIN", "OP_SUM", "OP_PROD",
    "CMP_EQ", "CMP_NE", "CMP_GT", "CMP_LE", "CMP_LT", "CMP_GE",
]  # fmt: skip

THREAD_SINGLE, THREAD_FUNNELED = THREAD.SINGLE, THREAD.FUNNELED
THREAD_SERIALIZED, THREAD_MULTIPLE = THREAD.SERIALIZED, THREAD.MULTIPLE
CTX_PRIVATE, CTX_SERIALIZED, CTX_NOSTORE = CTX.PRIVATE, CTX.SERIALIZED, CTX.NOSTORE
MALLOC_ATOMICS_REMOTE, MALLOC_SIGNAL_REMOTE = MALLOC.ATOMICS_REMOTE, MALLOC.SIGNAL_REMOTE
AMO_SET, AMO_INC, AMO_ADD = AMO.SET, AMO.INC, AMO.ADD
AMO_AND, AMO_OR, AMO_XOR = AMO.AND, AMO.OR, AMO.XOR
SIGNAL_SET, SIGNAL_ADD = SIGNAL.SET, SIGNAL.ADD
OP_AND, OP_OR, OP_XOR, OP_MAX, OP_MIN, OP_SUM, OP_PROD = OP
CMP_EQ, CMP_NE, CMP_GT, CMP_LE, CMP_LT, CMP_GE = CMP

# Not in __all__: programs import *, and builtins have these names.
sum, max, min, any, all = _core.sum, _core.max, _core.min, _core.any, _core.all


def __getattr__(name: str) -> _Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(f".{_LATER[name]}", __package__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


class Engine(_NamedTuple):
    """The OpenSHMEM library that this process runs on.

    Attributes
    ----------
    name : str
        'smp', 'openmpi', …
    version : str
        Name and version of the library, for people: 'shmem4py 2.0.0', 'Open MPI OSHMEM 4.1.4', ….
    capabilities : frozenset of str
        What it can do: 'interruptible', 'direct_ptr', 'thread_multiple', …, and the features
        that the library or the adapter has: 'teams', 'signals', 'scans', ….
    supplied : frozenset of str
        The features that the library lacks and the adapter supplies.
    missing : frozenset of str
        The features that neither has; calls that need them raise NotImplementedError.
    reason : str
        Why this engine was chosen.
    """

    name: str
    version: str
    capabilities: frozenset[str]
    supplied: frozenset[str]
    missing: frozenset[str]
    reason: str


def engine() -> Engine:
    """Return which engine this process runs on and what it can do.

    Returns
    -------
    Engine
        A named tuple of name, version, capabilities and more.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> engine = shmem.engine()
    >>> engine.name in ('smp', 'openmpi')
    True
    >>> 'teams' in engine.capabilities
    True
    """
    info = _core.engine_info()
    return Engine(
        name=info["name"],
        version=info["library"],
        capabilities=frozenset(info["capabilities"]) | frozenset(info["features"]),
        supplied=frozenset(info["supplied"]),
        missing=frozenset(info["missing"]),
        reason=_choice.reason,
    )


class HeapInfo(_NamedTuple):
    """The symmetric heap of this PE. All figures are in bytes.

    Attributes
    ----------
    size : int
        The whole heap. ``shmem4py run --heap`` and ``SHMEM_SYMMETRIC_SIZE`` set it.
    used : int
        What is allocated, each block rounded up to a cache line: by this program, by the extension for
        itself, and by arrays that were dropped but not freed yet.
    largest_free : int
        The largest array that could be allocated now.
    """

    size: int
    used: int
    largest_free: int


def heap_info() -> HeapInfo:
    """Return the size of this PE's symmetric heap and what is used of it.

    Returns
    -------
    HeapInfo
        A named tuple of ``size``, ``used`` and ``largest_free``, in bytes.

    Raises
    ------
    RuntimeError
        The library is not initialised.
    NotImplementedError
        The engine cannot tell; smp can.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> heap = shmem.heap_info()
    >>> heap.used + heap.largest_free <= heap.size
    True
    """
    return HeapInfo(*_core.heap_info())


def init() -> None:
    """Initialise the library. Collective.

    A program needs this only where `rc.initialize` is False. Each call needs a call of `finalize`.

    Notes
    -----
    ``shmem_init``.
    """
    _begin(_core.init)


def init_thread(requested: int = THREAD_MULTIPLE) -> THREAD:
    """Initialise the library with a level of thread support. Collective.

    Parameters
    ----------
    requested : THREAD
        The level that the program needs.

    Returns
    -------
    THREAD
        The level that the library provides.

    Raises
    ------
    ValueError
        `requested` is no level of thread support.
    RuntimeError
        The library cannot be initialised, or sees one PE where a launcher has started many.

    Notes
    -----
    ``shmem_init_thread``. Below `THREAD_MULTIPLE` the extension lets one thread at a time call
    the library, so threads of Python are safe at every level.
    """
    return _begin(lambda: _core.init_thread(requested))


def _begin(start: _Callable[[], int]) -> THREAD:
    # Attaching takes the job's variables out of the environment.
    environment = dict(_os.environ)
    _rc._check_values()
    _core.set_sizes(str(_rc.sizes).lower() == "smaller")
    provided = THREAD(start())
    # This copy of the environment would still make children take themselves for PEs.
    for name in ("SHMEM4PY_JOB_SOCKET", "SHMEM4PY_JOB_PE"):
        _os.environ.pop(name, None)
    _hooks.install_dump()
    _core.at_exit(bool(_rc.finalize), _rc.excepthook)
    _engine.check_size(_choice.name, n_pes(), environment)
    _engine.warn_worker(n_pes(), environment)
    return provided


def finalize() -> None:
    """Leave the library. Collective.

    Arrays stay valid memory, but calls on them raise. At exit the process finalises by itself,
    unless `rc.finalize` is False.

    Notes
    -----
    ``shmem_finalize``.
    """
    _core.finalize()


def query_thread() -> THREAD:
    """Return the level of thread support that the library provides.

    Notes
    -----
    ``shmem_query_thread``.
    """
    return THREAD(_core.query_thread())


class Lock:
    """A mutual exclusion lock that all PEs share.

    Creating and destroying a lock is collective.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> lock = shmem.Lock()
    >>> with lock:
    ...     print("alone")
    alone
    >>> lock.destroy()
    """

    def __init__(self) -> None:
        self._lock: _Any = new_lock()

    def __repr__(self) -> str:
        return f"<shmem4py.shmem.Lock{'' if self._lock is not None else ', destroyed'}>"

    def __reduce_ex__(self, protocol: _Any) -> _Any:
        raise TypeError("cannot pickle or copy a Lock: it is memory that the PEs share")

    def _handle(self) -> _Any:
        if self._lock is None:
            raise FreedError("the lock has been destroyed")
        return self._lock

    def acquire(self, blocking: bool = True) -> bool:
        """Obtain the lock.

        Parameters
        ----------
        blocking : bool
            Wait until the lock is free.

        Returns
        -------
        bool
            Whether the lock was obtained.

        Raises
        ------
        FreedError
            The lock has been destroyed.

        Notes
        -----
        ``shmem_set_lock``, ``shmem_test_lock``.
        """
        if blocking:
            set_lock(self._handle())
            return True
        return not test_lock(self._handle())

    def release(self) -> None:
        """Give the lock back. First, all updates made while holding it are completed.

        Raises
        ------
        FreedError
            The lock has been destroyed.

        Notes
        -----
        ``shmem_clear_lock``.
        """
        clear_lock(self._handle())

    def destroy(self) -> None:
        """Free the lock's memory. Collective; a second call does nothing."""
        lock, self._lock = self._lock, None
        if lock is not None:
            del_lock(lock)

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: _TracebackType | None,
    ) -> None:
        self.release()


def _load() -> _engine.Choice:
    _rc._override()
    choice = _engine.choose()
    _engine.load(choice)
    return choice


def _initialize() -> None:
    _hooks.install_dump()
    if _rc.initialize:
        if _rc.finalize is None:
            _rc.finalize = True
        if _rc.threads:
            init_thread(THREAD[_rc.thread_level.upper()])
        else:
            init()
    if _rc.excepthook:
        _hooks.install_excepthooks()


_choice = _load()
MAJOR_VERSION, MINOR_VERSION = info_get_version()
VENDOR_STRING = info_get_name()
_initialize()
