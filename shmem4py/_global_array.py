# SPDX-License-Identifier: BSD-3-Clause
"""`GlobalArray`: one array whose blocks lie on all PEs.

Each axis is cut into as many parts of nearly equal length as the grid of PEs has along it. Every PE
holds one block in a symmetric array that is as large as the largest block and its halo, so that an
element of any PE's block has an address here. An index into the whole array is cut at the borders
of the blocks, and each piece becomes one strided put or get.

A halo is exchanged by signals. Every PE and side has two counters. "ready" counts how often the
neighbour has come to `update_halo`, after which it does not read its old halo any more; "filled"
counts how often its halo has been written. So nobody writes into a halo that is being read, and
nobody meets those that are not its neighbours.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, Generic, NamedTuple, SupportsIndex, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import _core

_T = TypeVar("_T", bound=np.generic)


class _Piece(NamedTuple):
    """What one PE owns of an indexed part of the whole array."""

    pe: int
    part: tuple[slice, ...]  # of the result
    block: tuple[slice, ...]  # of the owner's block


class GlobalArray(Generic[_T]):
    """An array that is distributed over all PEs in blocks.

    Creating one is collective. Each PE owns a block, as `local`; any PE can read and write any part of
    the whole array. Writing is complete as `put` is: at the latest after `quiet` or a barrier.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the whole array, of one axis or more.
    dtype : dtype-like
        Type of its elements, as for `zeros`. The elements begin as zeros.
    grid : tuple of int, optional
        How many blocks each axis is cut into; their product is the number of PEs. By default the grid
        whose blocks have the smallest surface.
    halo : int or tuple of int
        How many elements of the neighbours' blocks each block is surrounded by, for all axes or for each.

    Raises
    ------
    ValueError
        `shape` has no axis or a negative length, `grid` does not have one number for each axis or its
        product is not the number of PEs, or a block is smaller than the halo.
    MemoryError
        The symmetric heap is too small on some PE; all PEs raise.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> g = shmem.GlobalArray((4, 6), float)
    >>> g.local[...] = shmem.my_pe()
    >>> shmem.barrier_all()
    >>> float(g[3, 5]) == shmem.n_pes() - 1
    True
    >>> g[1:3, ::2].shape
    (2, 3)
    """

    def __init__(
        self,
        shape: SupportsIndex | Sequence[SupportsIndex],
        dtype: DTypeLike = float,
        grid: Sequence[SupportsIndex] | None = None,
        halo: SupportsIndex | Sequence[SupportsIndex] = 0,
    ) -> None:
        self._shape = _numbers("shape", shape)
        if not self._shape:
            raise ValueError("GlobalArray: shape must have at least one axis")
        self._halo = _numbers("halo", halo)
        if len(self._halo) == 1:
            self._halo *= len(self._shape)
        if len(self._halo) != len(self._shape):
            raise ValueError(f"GlobalArray: halo {self._halo} must be one number or one for each of {self.ndim} axes")
        n_pes = _core.n_pes()
        self._grid = _best_grid(self._shape, n_pes) if grid is None else _numbers("grid", grid)
        if len(self._grid) != self.ndim or math.prod(self._grid) != n_pes:
            raise ValueError(
                f"GlobalArray: grid {self._grid} must have one number for each of {self.ndim} axes, "
                f"and their product must be {n_pes}, the number of PEs"
            )
        # Part i of axis a is the range from _borders[a][i] to _borders[a][i + 1].
        self._borders = [
            [i * length // parts for i in range(parts + 1)]
            for length, parts in zip(self._shape, self._grid, strict=True)
        ]
        for axis, (borders, width) in enumerate(zip(self._borders, self._halo, strict=True)):
            smallest = min(hi - lo for lo, hi in itertools.pairwise(borders))
            if len(borders) > 2 and smallest < width:
                raise ValueError(f"GlobalArray: halo is {width} along axis {axis}, but a block has {smallest} elements")
        self._coords = self._coords_of(_core.my_pe())
        room = [
            max(hi - lo for lo, hi in itertools.pairwise(borders)) + 2 * width
            for borders, width in zip(self._borders, self._halo, strict=True)
        ]
        self._memory: NDArray[_T] = _core.zeros(room, dtype)
        self._remote = _core.remote(self._memory)
        self._signals = _core.zeros((self.ndim, 2, 2), np.uint64) if any(self._halo) else None
        self._updates = 0

    # --- what it is ---

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole array."""
        return self._shape

    @property
    def dtype(self) -> np.dtype[_T]:
        """Type of the elements."""
        return self._memory.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """Number of elements of the whole array."""
        return math.prod(self._shape)

    @property
    def grid(self) -> tuple[int, ...]:
        """How many blocks each axis is cut into."""
        return self._grid

    @property
    def halo(self) -> tuple[int, ...]:
        """Width of the halo along each axis."""
        return self._halo

    @property
    def block(self) -> tuple[slice, ...]:
        """Where this PE's block lies in the whole array: ``g[g.block]`` equals ``g.local``."""
        return self.block_of(_core.my_pe())

    @property
    def local(self) -> NDArray[_T]:
        """Block of this PE, a view without the halo."""
        return self._inner(self._coords)

    @property
    def local_with_halo(self) -> NDArray[_T]:
        """Block of this PE with the halo around it, a view.

        At the borders of the whole array nobody writes the halo, so it can hold the border's values.
        """
        lengths = self._lengths(self._coords)
        extents = (length + 2 * width for length, width in zip(lengths, self._halo, strict=True))
        return self._memory[tuple(slice(0, extent) for extent in extents)]

    def block_of(self, pe: int) -> tuple[slice, ...]:
        """Return where the block of PE `pe` lies in the whole array.

        Raises
        ------
        IndexError
            There is no such PE.
        """
        if not 0 <= pe < _core.n_pes():
            raise IndexError(f"GlobalArray: PE {pe} of {_core.n_pes()}")
        coords = self._coords_of(pe)
        return tuple(slice(b[c], b[c + 1]) for b, c in zip(self._borders, coords, strict=True))

    def owner(self, index: SupportsIndex | Sequence[SupportsIndex]) -> int:
        """Return the PE that owns an element.

        Parameters
        ----------
        index : int or tuple of int
            One number for each axis. Negative ones count from the end.

        Raises
        ------
        IndexError
            There is no such element, or the index has not one number for each axis.
        """
        return self._owner(self._element(index))[0]

    def __len__(self) -> int:
        return self._shape[0]

    def __repr__(self) -> str:
        return f"<GlobalArray of shape {self._shape}, dtype {self.dtype}, grid {self._grid}, halo {self._halo}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("cannot pickle or copy a GlobalArray: it is memory that the PEs share; take to_numpy()")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("a GlobalArray lies on several PEs; g[...] fetches all of it, g.local is this PE's block")

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(
            "a GlobalArray cannot be iterated over, since each step would fetch a part; iterate over g[...]"
        )

    # --- parts of the whole ---

    def __getitem__(self, index: Any) -> Any:
        """Fetch a part of the whole array, from all PEs that own some of it.

        Parameters
        ----------
        index : int, slice, Ellipsis, numpy.newaxis, or tuple of these
            As for a NumPy array. For arrays of indices there is `gather`.

        Returns
        -------
        numpy.ndarray or scalar
            A copy.
        """
        ranges, shaped = self._parse(index)
        out = np.empty([len(r) for r in ranges], self.dtype)
        for piece in self._pieces(ranges):
            _core.get(out[piece.part], self._inner(self._coords_of(piece.pe))[piece.block], piece.pe)
        return out[shaped]

    def __setitem__(self, index: Any, value: ArrayLike) -> None:
        """Write to a part of the whole array, to all PEs that own some of it.

        `value` is broadcast and converted as NumPy does. It may be reused on return; the owners see it at
        the latest after `quiet` or a barrier.
        """
        ranges, shaped = self._parse(index)
        source = np.empty([len(r) for r in ranges], self.dtype)
        source[shaped] = value
        for piece in self._pieces(ranges):
            _core.put(self._inner(self._coords_of(piece.pe))[piece.block], source[piece.part], piece.pe)

    @property
    def at(self) -> _At:
        """Elements as targets of atomics: ``g.at[i, j].add(v)``, ``g.at[i, j] += v``.

        ``g.at[i, j]`` is what `remote` gives for the same element: see there for all operations.
        """
        return _At(self)

    def gather(self, indices: Any) -> NDArray[_T]:
        """Fetch single elements from all over the array.

        Parameters
        ----------
        indices : array of int, or tuple of arrays of int
            One array for each axis; they are broadcast together. Negative numbers count from the end.

        Returns
        -------
        numpy.ndarray
            The elements, in the shape of the indices: what ``x[indices]`` gives for the whole array `x`.

        Raises
        ------
        IndexError
            An index is out of bounds, is not an integer, or there is not one array for each axis.
        """
        axes, shape = self._indices("gather", indices)
        out = np.empty(math.prod(shape), self.dtype)
        for pe, chosen, block in self._by_owner(axes):
            out[chosen] = self._remote[pe][block]
        return out.reshape(shape)

    def scatter(self, indices: Any, values: ArrayLike) -> None:
        """Write single elements all over the array.

        Where an element is named more than once, one of its values is written.

        Parameters
        ----------
        indices : array of int, or tuple of arrays of int
            As for `gather`.
        values : array-like
            Broadcast to the shape of the indices.

        Raises
        ------
        IndexError
            As for `gather`.
        ValueError
            `values` cannot be broadcast to the shape of the indices.
        """
        axes, shape = self._indices("scatter", indices)
        source = np.broadcast_to(np.asarray(values, self.dtype), shape).reshape(-1)
        for pe, chosen, block in self._by_owner(axes):
            self._remote[pe][block] = source[chosen]

    # --- the whole ---

    def to_numpy(self, root: int | None = None) -> NDArray[_T] | None:
        """Return the whole array. Collective.

        Parameters
        ----------
        root : int, optional
            The PE that gets it; by default all do.

        Returns
        -------
        numpy.ndarray or None
            A copy; None on other PEs than `root`.
        """
        self._check_root("to_numpy", root)
        _core.barrier_all()
        try:
            return self[...] if root in (None, _core.my_pe()) else None
        finally:  # a PE that raises must not leave the others waiting
            _core.barrier_all()

    def from_numpy(self, x: ArrayLike | None, root: int | None = 0) -> None:
        """Set the whole array. Collective.

        Parameters
        ----------
        x : array-like
            Broadcast to the shape of the whole array. Only `root` looks at it.
        root : int or None
            The PE that has it. With None all PEs have it, and each takes its own block.
        """
        self._check_root("from_numpy", root)
        _core.barrier_all()
        try:
            if root is None:
                self.local[...] = np.broadcast_to(np.asarray(x), self._shape)[self.block]
            elif root == _core.my_pe():
                self[...] = np.asarray(x)
        finally:  # a PE that raises must not leave the others waiting
            _core.barrier_all()

    def update_halo(self) -> None:
        """Fetch the neighbours' borders into the halo. Collective, but each PE waits for its neighbours alone.

        The corners are filled too. The blocks' own elements must not be written by others meanwhile.
        """
        if self._signals is None:
            return
        self._updates += 1
        neighbours = [
            (axis, side, pe) for axis in range(self.ndim) for side in (0, 1) if (pe := self._neighbour(axis, side)) >= 0
        ]
        for axis, side, pe in neighbours:  # the halo that faces `pe` may be overwritten from now on
            _core.signal_set(self._signal(axis, 1 - side, "ready"), self._updates, pe)
        # One axis after the other: the later ones pass on what the earlier ones have brought, into the corners.
        for axis in range(self.ndim):
            mine = [(side, pe) for a, side, pe in neighbours if a == axis]
            for side, pe in mine:
                _core.signal_wait_until(self._signal(axis, side, "ready"), ">=", self._updates)
                source = self._slab(self._coords, axis, side, inside=True)
                target = self._slab(self._coords_of(pe), axis, 1 - side, inside=False)
                signal = self._signal(axis, 1 - side, "filled")
                _core.put_signal(target, source, pe, signal, self._updates, "set")
            for side, _ in mine:
                _core.signal_wait_until(self._signal(axis, side, "filled"), ">=", self._updates)

    def free(self) -> None:
        """Free the memory. Collective. Dropping the array does the same later."""
        _core.free(self._memory)
        if self._signals is not None:
            _core.free(self._signals)

    # --- blocks ---

    def _coords_of(self, pe: int) -> tuple[int, ...]:
        return tuple(int(c) for c in np.unravel_index(pe, self._grid))

    def _pe_of(self, coords: Sequence[int]) -> int:
        pe = 0
        for c, parts in zip(coords, self._grid, strict=True):
            pe = pe * parts + c
        return pe

    def _lengths(self, coords: Sequence[int]) -> list[int]:
        return [b[c + 1] - b[c] for b, c in zip(self._borders, coords, strict=True)]

    def _inner(self, coords: Sequence[int]) -> NDArray[_T]:
        """Return where the block at `coords` lies in the memory of its owner, as a view of mine."""
        widths = zip(self._lengths(coords), self._halo, strict=True)
        return self._memory[tuple(slice(width, width + length) for length, width in widths)]

    def _neighbour(self, axis: int, side: int) -> int:
        coords = list(self._coords)
        coords[axis] += 1 if side else -1
        if self._halo[axis] == 0 or not 0 <= coords[axis] < self._grid[axis]:
            return -1
        return self._pe_of(coords)

    def _signal(self, axis: int, side: int, kind: str) -> NDArray[np.uint64]:
        assert self._signals is not None
        which = int(kind == "filled")
        return self._signals[axis, side, which : which + 1]

    def _slab(self, coords: Sequence[int], axis: int, side: int, *, inside: bool) -> NDArray[_T]:
        """Return the elements along one side of a block, those of the block or those of the halo.

        It covers the halo of the axes before, which is filled, and not that of the axes after.
        """
        slices = []
        for a, (length, width) in enumerate(zip(self._lengths(coords), self._halo, strict=True)):
            if a < axis:
                slices.append(slice(0, length + 2 * width))
            elif a > axis:
                slices.append(slice(width, width + length))
            else:
                start = (length if side else width) if inside else (width + length if side else 0)
                slices.append(slice(start, start + width))
        return self._memory[tuple(slices)]

    # --- indices ---

    def _element(self, index: SupportsIndex | Sequence[SupportsIndex]) -> list[int]:
        try:
            numbers = list(_numbers_of(index))
        except (AttributeError, TypeError):
            raise IndexError(
                f"GlobalArray: an element needs one integer for each axis, not {index!r}; slices and arrays go to "
                "g[...], gather and scatter"
            ) from None
        if len(numbers) != self.ndim:
            raise IndexError(f"GlobalArray: an element of {self.ndim} axes needs as many indices, got {len(numbers)}")
        for axis, (i, length) in enumerate(zip(numbers, self._shape, strict=True)):
            if not -length <= i < length:
                raise IndexError(f"index {i} is out of bounds for axis {axis} with size {length}")
            numbers[axis] = i + length if i < 0 else i
        return numbers

    def _owner(self, element: Sequence[int]) -> tuple[int, tuple[int, ...]]:
        """Return the owner of an element, and where it lies in the owner's memory."""
        coords = [_part(b, i) for b, i in zip(self._borders, element, strict=True)]
        place = (i - b[c] + width for i, b, c, width in zip(element, self._borders, coords, self._halo, strict=True))
        return self._pe_of(coords), tuple(place)

    def _parse(self, index: Any) -> tuple[list[range], tuple[Any, ...]]:
        """Return the numbers that `index` takes of each axis, and the index that gives its shape to the result."""
        parts = list(index) if isinstance(index, tuple) else [index]
        given = sum(part is not None and part is not Ellipsis for part in parts)
        if sum(part is Ellipsis for part in parts) > 1:
            raise IndexError("an index can only have a single ellipsis ('...')")
        if given > self.ndim:
            raise IndexError(f"too many indices for array: array is {self.ndim}-dimensional, but {given} were indexed")
        ellipsis = any(part is Ellipsis for part in parts)
        if not ellipsis:
            parts.append(Ellipsis)
        ranges: list[range] = []
        shaped: list[Any] = []
        for part in parts:
            if part is Ellipsis:
                for _ in range(self.ndim - given):
                    ranges.append(range(self._shape[len(ranges)]))
                    shaped.append(slice(None))
            elif part is None:
                shaped.append(None)
            elif isinstance(part, slice):
                ranges.append(range(*part.indices(self._shape[len(ranges)])))
                shaped.append(slice(None))
            elif isinstance(part, (bool, np.bool_)) or not hasattr(part, "__index__") or np.ndim(part):
                raise IndexError(
                    "GlobalArray: only integers, slices, ellipsis and numpy.newaxis are indices here; "
                    "for arrays of indices use gather and scatter"
                )
            else:
                axis, i = len(ranges), part.__index__()
                length = self._shape[axis]
                if not -length <= i < length:
                    raise IndexError(f"index {i} is out of bounds for axis {axis} with size {length}")
                i += length if i < 0 else 0
                ranges.append(range(i, i + 1))
                shaped.append(0)
        # With an ellipsis NumPy gives an array also where one element is left.
        return ranges, (*shaped, Ellipsis) if ellipsis else tuple(shaped)

    def _pieces(self, ranges: Sequence[range]) -> Iterator[_Piece]:
        cuts = [list(_cut(r, b)) for r, b in zip(ranges, self._borders, strict=True)]
        for combination in itertools.product(*cuts):
            coords = [c for c, _, _ in combination]
            yield _Piece(self._pe_of(coords), tuple(p for _, p, _ in combination), tuple(s for _, _, s in combination))

    def _indices(self, call: str, indices: Any) -> tuple[list[NDArray[np.intp]], tuple[int, ...]]:
        given = indices if isinstance(indices, tuple) else (indices,)
        if len(given) != self.ndim:
            raise IndexError(f"{call}: {self.ndim} axes need as many arrays of indices, got {len(given)}")
        arrays = []
        for axis, (array, length) in enumerate(zip(map(np.asarray, given), self._shape, strict=True)):
            if array.size == 0 and array.dtype == np.float64:
                array = array.astype(np.intp)  # what an empty list becomes
            if not np.issubdtype(array.dtype, np.integer):
                raise IndexError(f"{call}: arrays used as indices must be of integer type, not {array.dtype}")
            wrong = (array < -length) | (array >= length)
            if wrong.any():
                raise IndexError(f"index {array[wrong].flat[0]} is out of bounds for axis {axis} with size {length}")
            array = array.astype(np.intp)  # small integers have no room for the sum
            arrays.append(np.where(array < 0, array + length, array))
        together = np.broadcast_arrays(*arrays)
        return [array.reshape(-1) for array in together], together[0].shape

    def _by_owner(
        self, axes: Sequence[NDArray[np.intp]]
    ) -> Iterator[tuple[int, NDArray[np.intp], tuple[NDArray[np.intp], ...]]]:
        """For each owner: which of the elements it owns, and where they lie in its memory."""
        if axes[0].size == 0:
            return
        coords = [np.searchsorted(b, i, side="right") - 1 for b, i in zip(self._borders, axes, strict=True)]
        pes = np.ravel_multi_index(coords, self._grid)
        order = np.argsort(pes, kind="stable")
        owners, starts = np.unique(pes[order], return_index=True)
        for pe, chosen in zip(owners, np.split(order, starts[1:]), strict=True):
            at = self._coords_of(int(pe))
            place = (
                i[chosen] - b[c] + width for i, b, c, width in zip(axes, self._borders, at, self._halo, strict=True)
            )
            yield int(pe), chosen, tuple(place)

    def _check_root(self, call: str, root: int | None) -> None:
        if root is not None and not 0 <= root < _core.n_pes():
            raise IndexError(f"{call}: root is PE {root} of {_core.n_pes()}")


class _At:
    """`GlobalArray.at`."""

    def __init__(self, array: GlobalArray[Any]) -> None:
        self._array = array

    def __getitem__(self, index: Any) -> Any:
        pe, place = self._array._owner(self._array._element(index))
        return self._array._remote[pe].at[place]

    def __setitem__(self, index: Any, reference: Any) -> None:
        pe, place = self._array._owner(self._array._element(index))
        self._array._remote[pe].at[place] = reference


def _numbers_of(value: Any) -> tuple[int, ...]:
    values = value if isinstance(value, (tuple, list)) else (value,)
    return tuple(v.__index__() for v in values)


def _numbers(name: str, value: Any) -> tuple[int, ...]:
    try:
        numbers = _numbers_of(value)
    except (AttributeError, TypeError):
        raise TypeError(f"GlobalArray: {name} must be an integer or a tuple of integers, not {value!r}") from None
    if any(n < 0 for n in numbers):
        raise ValueError(f"GlobalArray: {name} is {value!r}, must not be negative")
    return numbers


def _part(borders: Sequence[int], i: int) -> int:
    """Return which of the ranges between `borders` holds `i`."""
    return int(np.searchsorted(borders, i, side="right")) - 1


def _cut(numbers: range, borders: Sequence[int]) -> Iterator[tuple[int, slice, slice]]:
    """Cut a range at the borders of the parts of an axis.

    Yields the part, the positions in the range, and the numbers relative to the part's beginning.
    """
    step = numbers.step
    first = 0
    while first < len(numbers):
        part = _part(borders, numbers[first])
        lo, hi = borders[part], borders[part + 1]
        left = (hi - 1 - numbers[first]) // step if step > 0 else (numbers[first] - lo) // -step
        last = min(first + left, len(numbers) - 1)
        start, end = numbers[first] - lo, numbers[last] - lo
        stop = end + (1 if step > 0 else -1)
        yield part, slice(first, last + 1), slice(start, None if stop < 0 else stop, step)
        first = last + 1


def _best_grid(shape: Sequence[int], n_pes: int) -> tuple[int, ...]:
    """Return the grid of so many PEs whose blocks have the least surface for their volume."""

    def grids(left: int, axes: int) -> Iterator[tuple[int, ...]]:
        if axes == 1:
            yield (left,)
            return
        for parts in range(1, left + 1):
            if left % parts == 0:
                yield from ((parts, *rest) for rest in grids(left // parts, axes - 1))

    def cost(grid: tuple[int, ...]) -> tuple[int, float]:
        empty = sum(parts > length for length, parts in zip(shape, grid, strict=True))
        return empty, sum(parts / max(length, 1) for length, parts in zip(shape, grid, strict=True))

    return min(grids(n_pes, len(shape)), key=cost)
