# SPDX-License-Identifier: BSD-3-Clause
"""Python objects as bytes and buffers, for PEs of the same job.

Large buffers, such as the data of arrays, stay out of the pickle (protocol 5), so that they are copied once into memory
that others see, and once out of it. A symmetric array, or a view of one, travels as a handle: it arrives as the
receiving PE's own array of the same block. `pickle.dumps` knows nothing of this and copies it as any array.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._core import FreedError

Bytes = NDArray[np.uint8]

# What is smaller stays in the pickle: a buffer of its own costs more than to copy so much twice.
_SMALLEST_BUFFER = 512

# Objects of these types refer to no others, so there is no array to look for.
_PLAIN = frozenset({int, float, complex, bool, str, bytes, type(None)})


class _Pickler(pickle.Pickler):
    """A pickler that writes symmetric arrays as handles."""

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is not np.ndarray or obj.base is None:
            return NotImplemented
        named = _core.handle(obj)
        if named is None:
            return NotImplemented
        return restore, (*named, obj.dtype, obj.shape, obj.strides, obj.flags.writeable)


def restore(
    sequence: int, offset: int, dtype: np.dtype[Any], shape: tuple[int, ...], strides: tuple[int, ...], writeable: bool
) -> NDArray[Any]:
    """Return this PE's array that a handle names.

    Raises
    ------
    FreedError
        It has been freed, or this PE has dropped its last reference.
    """
    block: Any = _core.block(sequence)  # its buffer is its memory
    array: NDArray[Any] = np.ndarray(shape, dtype, block, offset, strides)
    array.flags.writeable = writeable
    return array


def _freed(call: str, error: FreedError) -> FreedError:
    return FreedError(f"{call}: a symmetric array of the object: {str(error).partition(': ')[2]}")


def _dump(call: str, obj: Any, callback: Callable[[pickle.PickleBuffer], Any] | None) -> bytes:
    if type(obj) in _PLAIN:
        return pickle.dumps(obj, 5)
    stream = io.BytesIO()
    try:
        _Pickler(stream, 5, buffer_callback=callback).dump(obj)
    except FreedError as error:
        raise _freed(call, error) from None
    return stream.getvalue()


def to_bytes(call: str, obj: Any) -> bytes:
    """Return the object as bytes alone. Errors begin with `call`."""
    return _dump(call, obj, None)


def to_parts(call: str, obj: Any) -> tuple[bytes, list[Bytes]]:
    """Return the object as a pickle and the buffers that it leaves out."""
    buffers: list[Bytes] = []

    def leave_out(buffer: pickle.PickleBuffer) -> bool:
        try:
            raw = buffer.raw()
        except BufferError:  # not contiguous
            return True
        if raw.nbytes < _SMALLEST_BUFFER:
            return True
        buffers.append(np.frombuffer(raw, np.uint8))
        return False

    return _dump(call, obj, leave_out), buffers


def load(call: str, pickled: bytes | memoryview, buffers: Iterable[Any] = ()) -> Any:
    """Return the object that one of the two functions above has made into bytes."""
    try:
        return pickle.loads(pickled, buffers=buffers)
    except FreedError as error:
        raise _freed(call, error) from None
