# SPDX-License-Identifier: BSD-3-Clause
"""`stack` and `resize`: all PEs' arrays at once, and an array of another size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsIndex, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import _core

_T = TypeVar("_T", bound=np.generic)


def stack(a: NDArray[_T]) -> NDArray[_T]:
    """View of the same array on all PEs, as one NumPy array.

    Nothing is copied: reading and writing the view reads and writes the PEs' memory, at the cost of
    loads and stores. The writes of others are seen as far as a barrier, a signal or a wait has ordered them.

    Parameters
    ----------
    a : numpy.ndarray
        Symmetric array, or view of one.

    Returns
    -------
    numpy.ndarray
        Array of shape ``(n_pes, *a.shape)``; row `pe` is the array on that PE. It keeps `a` alive here. On the
        other PEs the memory must stay allocated while the view is used.

    Raises
    ------
    TypeError
        `a` is not an array.
    ValueError
        It is not symmetric.
    FreedError
        It has been freed.
    NotImplementedError
        The engine does not map all PEs' memory here at even distances; smp does.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> a = shmem.full(2, shmem.my_pe())
    >>> shmem.barrier_all()
    >>> bool((shmem.stack(a).sum(axis=1) == 2 * np.arange(shmem.n_pes())).all())
    True
    """
    views = [_core.ptr(a, pe) for pe in range(_core.n_pes())]
    if any(view is None for view in views):
        raise NotImplementedError("stack: this engine does not map the memory of all PEs; get copies one PE's array")
    first = views[0]
    assert first is not None
    begins = [view.__array_interface__["data"][0] for view in views if view is not None]
    distance = begins[1] - begins[0] if len(begins) > 1 else 0
    if any(b - begins[0] != pe * distance for pe, b in enumerate(begins)):
        raise NotImplementedError(
            "stack: this engine maps the PEs' memory at uneven distances; ptr views one PE's array"
        )
    return np.lib.stride_tricks.as_strided(first, (len(begins), *a.shape), (distance, *a.strides))


def resize(a: NDArray[_T], shape: SupportsIndex | Sequence[SupportsIndex]) -> NDArray[_T]:
    """Return a symmetric array of another shape with the elements of `a`, and free `a`. Collective.

    As with `numpy.ndarray.resize`, elements are kept in the order in which they lie in memory, and new
    ones are zeros.

    Parameters
    ----------
    a : numpy.ndarray
        What a constructor returned; not a view of it. Afterwards calls that are given it raise `FreedError`.
    shape : int or tuple of int
        The same on all PEs.

    Returns
    -------
    numpy.ndarray
        A new symmetric array of the same dtype and order.

    Raises
    ------
    FreedError
        `a` has been freed before.
    TypeError
        `a` is not an array.
    ValueError
        `a` is not a whole symmetric array on all PEs, or the PEs do not call alike. Then `a` stays as it is.
    MemoryError
        The symmetric heap cannot hold both arrays; all PEs raise.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> a = shmem.ones(3)
    >>> a = shmem.resize(a, 5)
    >>> print(a)
    [1. 1. 1. 0. 0.]
    """
    if not isinstance(a, np.ndarray):
        raise TypeError(f"resize: a must be a numpy.ndarray, not {type(a).__name__}")
    order = "F" if a.flags.f_contiguous and not a.flags.c_contiguous else "C"
    resized = _core.zeros(shape, a.dtype, order=order)  # type: ignore[call-overload]
    kept = min(a.size, resized.size)
    resized.ravel("K")[:kept] = a.ravel("K")[:kept]
    try:
        _core.free(a)
    except (ValueError, TypeError):
        _core.free(resized)
        raise
    return resized  # type: ignore[no-any-return]
