# SPDX-License-Identifier: BSD-3-Clause
"""Collectives that return values, as far as the extension leaves them to NumPy.

The extension calls the functions here, with a team and a root that it has checked; users call those
of the same names in `shmem4py.shmem`, which have the docstrings. What no engine has a kernel for is
gathered, and NumPy combines the rows in the order of the PEs, so all PEs get the same bits. Arrays
whose shape and dtype only their owner knows travel as strings of bytes: dtype and shape, then the
elements.

Errors that one PE alone would see, such as a root's array that does not fit, travel too, so that
all PEs raise them and none waits for ever.
"""

from __future__ import annotations

import functools
import operator
import pickle
import struct
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from . import _core

_Array = NDArray[Any]
_Team = Any

# Rows of all PEs together that NumPy combines at once.
_MOST_GATHERED = 4 << 20
# A difference shows in the next collective as well if more than two things were said.
_MOST_TRIES = 4

# What begins what members say in `explain`, and no other string.
_EXPLAINS = b"explain "

_KNOWN_ERRORS: dict[str, type[Exception]] = {
    "TypeError": TypeError,
    "ValueError": ValueError,
    "RuntimeError": RuntimeError,
}


def _place(team: _Team) -> tuple[int, int]:
    """Return this PE's number in the team and its size."""
    return (_core.my_pe(), _core.n_pes()) if team is None else (team.my_pe(), team.n_pes())


def _movable(name: str, argument: str, x: Any) -> _Array:
    array = np.asarray(x)
    if array.dtype.hasobject:
        raise TypeError(
            f"{name}: {argument} has dtype {array.dtype}, and elements that refer to Python objects cannot be moved"
        )
    return array


def _text(x: _Array) -> str:
    return f"{x.dtype.newbyteorder('=')} of shape {x.shape}"


# --- differences ---


def explain(name: str, text: str, root: int, reported: str, team: _Team) -> NoReturn:
    """Raise what the PEs differ in. All members are here, so they can tell each other."""
    mine = _EXPLAINS + pickle.dumps((name, root, text))
    for _ in range(_MOST_TRIES):
        try:
            strings = _core.share_bytes(mine, team)
        except ValueError:  # a difference that is left
            continue
        except RuntimeError:  # another PE does not come here: it was in a call of another kind
            break
        if not all(data.startswith(_EXPLAINS) for data in strings):
            break
        said = [pickle.loads(data[len(_EXPLAINS) :]) for data in strings]
        for what, words in ((0, "called {}"), (1, "has root {}"), (2, "brings {}")):
            for pe, other in enumerate(said):
                if other[what] != said[0][what]:
                    where = "" if team is None else " of the team"
                    first, second = (
                        words.format("None" if (value := one[what]) == -1 else value) for one in (said[0], other)
                    )
                    raise ValueError(
                        f"{name}: PE 0{where} {first}, PE {pe} {second}; all PEs must call the same function, with the "
                        "same root, and bring the same dtype and shape"
                    )
        break
    raise ValueError(f"{name}: {reported}")


# --- what NumPy combines ---


def _by_pieces(
    name: str, x: _Array, root: Any, team: _Team, fold: Callable[[_Array], tuple[_Array, ...]]
) -> tuple[Any, ...] | None:
    """Gather rows of parts of `x` and fold each part over the PEs; None on PEs that get no result."""
    try:
        # NumPy says here what the dtypes of the results are, or that there is no such operation.
        dtypes = [result.dtype for result in fold(np.zeros((1, 0), x.dtype.newbyteorder("=")))]
    except TypeError as error:
        raise TypeError(f"{name}: x has dtype {x.dtype}: {error}") from None
    text, n_pes = _text(x), _place(team)[1]
    most = max(1, _MOST_GATHERED // (n_pes * max(1, x.itemsize)))
    if x.size <= most:
        rows = _core.stack_values(name, text, x, root, team)
        return None if rows is None else tuple(fold(rows))
    flat = x.reshape(-1)
    results = [np.empty(x.size, dtype) for dtype in dtypes]
    mine = False
    for first in range(0, x.size, most):
        rows = _core.stack_values(name, text, flat[first : first + most], root, team)
        if rows is None:
            continue
        mine = True
        for result, part in zip(results, fold(rows), strict=True):
            result[first : first + most] = part
    return tuple(result.reshape(x.shape) for result in results) if mine else None


def _over_pes(function: Callable[..., Any], rows: _Array) -> Any:
    """Apply a function of NumPy to the rows, field by field where they have fields."""
    if rows.dtype.names is None:
        return function(rows, axis=0)
    fields = {name: np.asarray(_over_pes(function, rows[name])) for name in rows.dtype.names}
    dims = rows.ndim - 1
    shape = rows.shape[1:]
    if all(fields[name].dtype == rows.dtype[name].base for name in fields):
        dtype = rows.dtype
    else:  # NumPy sums small integers as large ones
        dtype = np.dtype([(name, field.dtype, field.shape[dims:]) for name, field in fields.items()])
    result = np.empty(shape, dtype)
    for name, field in fields.items():
        result[name] = field
    return result[()]


def combine(name: str, x: _Array, root: Any, team: _Team) -> Any:
    """Do `name`, which is a function of NumPy's too, over what all PEs bring."""
    me = _place(team)[0]

    def my_row_of_cumsum(rows: _Array, axis: int) -> Any:
        return np.cumsum(rows, axis)[min(me, len(rows) - 1)]  # there is one row where only dtypes are asked for

    function = my_row_of_cumsum if name == "cumsum" else getattr(np, name)
    by_field = name in ("sum", "prod", "cumsum")

    def fold(rows: _Array) -> tuple[_Array, ...]:
        return (_over_pes(function, rows) if by_field else function(rows, axis=0),)

    found = _by_pieces(name, x, root, team, fold)
    return None if found is None else found[0]


def _arg(name: str, x: Any, root: Any, team: _Team) -> Any:
    function = getattr(np, name)

    def fold(rows: _Array) -> tuple[_Array, ...]:
        pe = function(rows, axis=0)
        value = np.take_along_axis(rows, np.asarray(pe)[np.newaxis], axis=0)[0]
        return value, pe

    return _by_pieces(name, _movable(name, "x", x), root, team, fold)


def argmax(x: Any, root: Any, team: _Team) -> Any:
    """Do `shmem.argmax`."""
    return _arg("argmax", x, root, team)


def argmin(x: Any, root: Any, team: _Team) -> Any:
    """Do `shmem.argmin`."""
    return _arg("argmin", x, root, team)


def reduce_with(f: Any, x: Any, root: Any, team: _Team) -> Any:
    """Do `shmem.reduce_with`."""
    if not callable(f):
        raise TypeError(f"reduce_with: f must be callable, not {type(f).__name__}")
    array = _movable("reduce_with", "x", x)
    rows = _core.stack_values("reduce_with", _text(array), array, root, team)
    return None if rows is None else functools.reduce(f, list(rows))


# --- arrays as strings of bytes ---

_HEAD = struct.Struct("<I")
_ALIGNMENT = 16  # NumPy's longest elements want it


def _packed(kind: Any, shape: Any, elements: bytes) -> bytes:
    about = pickle.dumps((kind, shape))
    begin = -(-(_HEAD.size + len(about)) // _ALIGNMENT) * _ALIGNMENT
    return b"".join((_HEAD.pack(len(about)), about.ljust(begin - _HEAD.size, b"\0"), elements))


def _pack(x: _Array) -> bytes:
    # The letter of a dtype is short and quick to read, but not all have one of their own (bfloat16, dates, records).
    return _packed(x.dtype.char if x.dtype.isbuiltin == 1 else x.dtype, x.shape, x.tobytes())


def _pack_error(error: Exception) -> bytes:
    known = next((name for name, kind in _KNOWN_ERRORS.items() if isinstance(error, kind)), None)
    text = str(error) if known else f"{type(error).__name__}: {error}"
    return _packed(None, (known or "RuntimeError", text), b"")


def _unpack(name: str, data: bytearray) -> Any:
    """Return the array that lies in `data`, or a scalar; raise the error that came instead."""
    if not data:
        raise ValueError(f"{name}: the PEs have different roots")
    (length,) = _HEAD.unpack_from(data)
    dtype, shape = pickle.loads(memoryview(data)[_HEAD.size : _HEAD.size + length])
    if dtype is None:
        kind, message = shape
        raise _KNOWN_ERRORS[kind](message)
    begin = -(-(_HEAD.size + length) // _ALIGNMENT) * _ALIGNMENT
    dtype = np.dtype(dtype)
    if begin == len(data):
        return np.empty(shape, dtype)[()]
    return np.ndarray(shape, dtype, data, begin)[()]


def gather_ragged(name: str, x: _Array, root: Any, team: _Team) -> list[Any] | None:
    """Gather arrays whose shapes and dtypes may differ."""
    strings = _core.share_bytes(_pack(x), team)
    return [_unpack(name, data) for data in strings] if root is None or root == _place(team)[0] else None


def alltoallv(pieces: Sequence[Any], team: _Team) -> list[Any]:
    """Do `shmem.alltoallv`."""
    n_pes = _place(team)[1]
    try:
        arrays = [_movable("alltoallv", f"piece {i}", piece) for i, piece in enumerate(pieces)]
        if len(arrays) != n_pes:
            raise ValueError(f"alltoallv: there are {len(arrays)} pieces, but must be one for each of {n_pes} PEs")
        parts = [_pack(array) for array in arrays]
    except Exception as error:
        parts = [_pack_error(error)] * n_pes
    strings = _core.exchange_bytes(parts, team)
    return [_unpack("alltoallv", data) for data in strings]


def scatter(x: Any, root: Any, team: _Team) -> Any:
    """Do `shmem.scatter`."""
    me, n_pes = _place(team)
    root = 0 if root is None else operator.index(root)
    parts = [b""] * n_pes
    if me == root:
        try:
            rows = _movable("scatter", "x", x)
            if rows.ndim == 0 or len(rows) != n_pes:
                raise ValueError(
                    f"scatter: the root's x has shape {rows.shape}; its first axis must have one row for each of "
                    f"{n_pes} PEs"
                )
            parts = [_pack(np.asarray(row)) for row in rows]
        except Exception as error:
            parts = [_pack_error(error)] * n_pes
    return _unpack("scatter", _core.exchange_bytes(parts, team)[root])


def bcast(x: Any, root: Any, team: _Team) -> Any:
    """Do `shmem.bcast`."""
    me = _place(team)[0]
    root = 0 if root is None else operator.index(root)
    data = None
    if me == root:
        try:
            data = _pack(_movable("bcast", "x", x))
        except Exception as error:
            data = _pack_error(error)
    return _unpack("bcast", _core.broadcast_bytes(data, root, team))
