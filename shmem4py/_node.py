# SPDX-License-Identifier: BSD-3-Clause
"""`node_array`: one copy of an array for all PEs of a host.

The memory is an anonymous file (memfd) of the host's lowest PE, which the others open by way of
/proc. It has no name that could be left behind: the kernel frees it with its last mapping, however
the PEs end.
"""

from __future__ import annotations

import mmap
import operator
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import _core

# What each PE tells the others.
_RECORD = np.dtype([("host", "S120"), ("nbytes", "i8"), ("pid", "i8"), ("fd", "i8"), ("error", "S400")])

Fill = ArrayLike | Callable[[NDArray[Any]], object] | os.PathLike[str] | str | None


def node_array(
    shape: SupportsIndex | Sequence[SupportsIndex], dtype: DTypeLike | None = None, fill: Fill = None
) -> Any:
    """Return an array of which there is one copy for all PEs of a host. Collective.

    For what all PEs read and none should hold a copy of: tables, training data, a mesh. It is not
    symmetric memory, so no put or get reaches it: the PEs of its host read and write it as their own, and
    the PEs of another host have another copy. Each host's lowest PE fills its copy before anyone gets it.

    Parameters
    ----------
    shape : int or tuple of int
        The same on all PEs.
    dtype : dtype-like, optional
        The same on all PEs; float64 by default.
    fill : callable, array-like, path, optional
        Only the lowest PE of each host looks at it. A callable gets the array, all zeros, and fills it. A
        path (`str` or `os.PathLike`) names an ``.npy`` file. Anything else is broadcast and converted as
        ``a[...] = fill`` does. By default the elements are zeros.

    Returns
    -------
    numpy.ndarray
        The array. The memory is freed when the last PE has dropped it.

    Raises
    ------
    TypeError
        `dtype` holds Python objects.
    ValueError
        The PEs disagree on the size, `shape` has a negative length, or the file's array has another shape.
    MemoryError
        The array is larger than can be mapped. On the other PEs of the host: RuntimeError.
    RuntimeError
        Filling failed on the lowest PE of the host, which raises what `fill` has raised.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> table = shmem.node_array(1000, fill=lambda a: a.__iadd__(7))
    >>> float(table.sum())
    7000.0
    """
    dtype = np.dtype(dtype)
    lengths = tuple(map(operator.index, shape if isinstance(shape, Sequence) else [shape]))
    if dtype.hasobject:
        raise TypeError("node_array: an array that PEs share cannot hold Python objects")
    if any(n < 0 for n in lengths):
        raise ValueError("node_array: negative dimensions are not allowed")
    nbytes = int(np.prod(lengths, dtype=object)) * dtype.itemsize
    records = _core.zeros(1, _RECORD)
    try:
        return _shared(records, nbytes, lengths, dtype, fill)
    finally:
        _core.free(records)


def _shared(
    records: NDArray[Any], nbytes: int, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Fill
) -> NDArray[Any]:
    me = _core.my_pe()
    records["host"], records["nbytes"], records["fd"] = _this_host(), nbytes, -1
    _core.barrier_all()
    everybody = [_record(records, pe) for pe in range(_core.n_pes())]
    for pe, record in enumerate(everybody):
        if record["nbytes"] != nbytes:
            raise ValueError(f"node_array: {nbytes} bytes on PE {me}, {record['nbytes']} on PE {pe}")
    first = next(pe for pe, record in enumerate(everybody) if record["host"] == everybody[me]["host"])

    fd = -1
    array: NDArray[Any] | None = None
    error: BaseException | None = None
    try:
        if me == first:
            fd = os.memfd_create("shmem4py node_array", os.MFD_CLOEXEC)
            array = _map(fd, nbytes, shape, dtype, grow=True)
            _fill(array, fill)
            records["pid"], records["fd"] = os.getpid(), fd
    except BaseException as raised:  # Ctrl-C in `fill`, too: the others wait for this PE
        error = raised
        records["error"] = f"{type(raised).__name__}: {raised}".encode()[:400]
    _core.barrier_all()
    try:
        if me != first and error is None:
            array, error = _attach(_record(records, first), first, nbytes, shape, dtype)
    finally:
        _core.barrier_all()  # all have opened the file
        if fd >= 0:
            os.close(fd)
    if error is not None:
        raise error
    assert array is not None
    return array


def _attach(
    record: Any, first: int, nbytes: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> tuple[NDArray[Any] | None, BaseException | None]:
    if record["fd"] < 0:
        return None, RuntimeError(
            f"node_array: filling failed on PE {first}: {record['error'].decode(errors='replace')}"
        )
    try:
        fd = os.open(f"/proc/{record['pid']}/fd/{record['fd']}", os.O_RDWR | os.O_CLOEXEC)
    except OSError as refused:
        return None, RuntimeError(f"node_array: cannot open the memory of PE {first}: {refused}")
    try:
        return _map(fd, nbytes, shape, dtype, grow=False), None
    finally:
        os.close(fd)


def _map(fd: int, nbytes: int, shape: tuple[int, ...], dtype: np.dtype[Any], *, grow: bool) -> NDArray[Any]:
    length = max(nbytes, 1)  # a mapping has at least one byte
    try:
        if grow:
            os.ftruncate(fd, length)
        memory = mmap.mmap(fd, length)
    except (OSError, ValueError, OverflowError) as error:
        raise MemoryError(f"node_array: cannot have {nbytes} bytes of shared memory: {error}") from None
    return np.frombuffer(memory, dtype, int(np.prod(shape, dtype=np.intp))).reshape(shape)


def _fill(array: NDArray[Any], fill: Fill) -> None:
    if fill is None:
        return
    if isinstance(fill, (str, os.PathLike)):
        stored = np.load(Path(fill), mmap_mode="r", allow_pickle=False)
        if stored.shape != array.shape:
            raise ValueError(f"node_array: {os.fspath(fill)} holds shape {stored.shape}, asked for is {array.shape}")
        array[...] = stored
    elif callable(fill):
        fill(array)
    else:
        array[...] = fill


def _record(records: NDArray[Any], pe: int) -> Any:
    record = np.empty(1, _RECORD)
    _core.get(record, records, pe)
    return record[0]


def _this_host() -> bytes:
    """Return what PEs have in common that see each other's files in /proc: the boot and the PID namespace."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {os.readlink('/proc/self/ns/pid')}".encode()
