# SPDX-License-Identifier: BSD-3-Clause
"""`GlobalArray`: indices are compared with NumPy's on a copy of the whole array, halos with `numpy.pad`."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from support import everywhere, me, npes, several

from shmem4py import shmem

SHAPES = [(7,), (5, 9), (4, 3, 6), (1, 2), (0, 3)]


def whole(shape: tuple[int, ...], seed: int = 1) -> Any:
    return np.random.default_rng(seed).integers(0, 1000, shape)


def filled(shape: tuple[int, ...], **options: Any) -> tuple[shmem.GlobalArray[Any], Any]:
    g: shmem.GlobalArray[Any] = shmem.GlobalArray(shape, np.int64, **options)
    x = whole(shape)
    g.from_numpy(x, None)
    return g, x


def random_index(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, ...]:
    index: list[Any] = []
    for length in shape[: rng.integers(0, len(shape) + 1)]:
        kind = rng.integers(0, 4)
        if kind == 0 and length:
            index.append(int(rng.integers(-length, length)))
        elif kind == 1:
            index.append(slice(None, None, int(rng.choice([-3, -2, -1, 1, 2, 3]))))
        elif kind == 2:
            start, stop = (int(v) for v in rng.integers(-length - 1, length + 2, 2))
            index.append(slice(start, stop, int(rng.choice([-2, -1, 1, 2]))))
        else:
            index += [None, slice(None)]
    if rng.integers(0, 2):
        index.append(Ellipsis)
    return tuple(index)


@everywhere
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_index_fetches_what_numpy_gives(shape: tuple[int, ...]) -> None:
    g, x = filled(shape)
    rng = np.random.default_rng(me())
    for _ in range(40):
        index = random_index(rng, shape)
        got, expected = g[index], x[index]
        assert np.shape(got) == np.shape(expected), index
        assert np.array_equal(got, expected), index
        assert isinstance(got, np.ndarray) == isinstance(expected, np.ndarray)
    shmem.barrier_all()


@everywhere
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_index_sets_what_numpy_sets(shape: tuple[int, ...]) -> None:
    g, x = filled(shape)
    rng = np.random.default_rng(5)  # the same on all PEs, which take turns
    for turn in range(20):
        index = random_index(rng, shape)
        value = rng.integers(0, 1000, np.shape(x[index]) if turn % 3 else ())
        if turn % npes() == me():
            g[index] = value
        x[index] = value
        shmem.barrier_all()
        assert np.array_equal(g.local, x[g.block]), index
        shmem.barrier_all()


@everywhere
def test_blocks_cover_the_array_and_name_their_owners() -> None:
    g, _ = filled((6, 5))
    owners = np.full(g.shape, -1)
    for pe in range(npes()):
        assert (owners[g.block_of(pe)] == -1).all()
        owners[g.block_of(pe)] = pe
    assert [g.owner((i, j)) for i, j in itertools.product(range(6), range(5))] == owners.ravel().tolist()
    assert g.owner((-1, -1)) == owners[-1, -1]
    assert g.block == g.block_of(me())
    with pytest.raises(IndexError, match="index 6 is out of bounds for axis 0 with size 6"):
        g.owner((6, 0))
    with pytest.raises(IndexError, match="2 axes"):
        g.owner(3)
    with pytest.raises(IndexError, match=f"PE {npes()} of {npes()}"):
        g.block_of(npes())
    shmem.barrier_all()


@everywhere
@pytest.mark.parametrize("halo", [1, 2, (0, 1), (2, 1)], ids=str)
def test_halos_hold_the_neighbours_borders_and_corners(halo: Any) -> None:
    shape = (24, 19)
    g, x = filled(shape, halo=halo)
    widths = g.halo
    for step in range(10):
        g.local[...] = x[g.block] + step
        g.update_halo()
        padded = np.pad(x + step, [(w, w) for w in widths])
        around = tuple(slice(s.start, s.stop + 2 * w) for s, w in zip(g.block, widths, strict=True))
        assert np.array_equal(g.local_with_halo, padded[around])
    shmem.barrier_all()


@everywhere
def test_the_border_of_the_whole_array_keeps_what_it_holds() -> None:
    g, _ = filled((4 * npes(),), halo=1)
    g.local_with_halo[[0, -1]] = -7
    g.update_halo()
    if me() == 0:
        assert g.local_with_halo[0] == -7
    if me() == npes() - 1:
        assert g.local_with_halo[-1] == -7
    shmem.barrier_all()


@everywhere
@pytest.mark.parametrize("shape", [(11,), (5, 9)], ids=str)
def test_gather_and_scatter(shape: tuple[int, ...]) -> None:
    g, x = filled(shape)
    rng = np.random.default_rng(me())
    indices = tuple(rng.integers(-length, length, (3, 50)) for length in shape)
    assert np.array_equal(g.gather(indices if len(shape) > 1 else indices[0]), x[indices])
    few = tuple((i % length).astype(np.int8) for i, length in zip(indices, shape, strict=True))
    assert np.array_equal(g.gather(few if len(shape) > 1 else few[0]), x[few])
    assert g.gather(tuple(np.empty((0, 2), int) for _ in shape)).shape == (0, 2)
    shmem.barrier_all()
    places = np.stack(np.unravel_index(np.random.default_rng(3).permutation(x.size), shape))
    mine = tuple(places[:, me() :: npes()])
    g.scatter(mine, 10_000 + me())
    shmem.barrier_all()
    for pe in range(npes()):
        x[tuple(places[:, pe :: npes()])] = 10_000 + pe
    assert np.array_equal(g.local, x[g.block])
    shmem.barrier_all()


@everywhere
def test_gather_by_small_integers_of_a_long_axis() -> None:
    g, x = filled((1000,))
    indices = np.array([1, -1, 100], np.int8)
    assert np.array_equal(g.gather(indices), x[indices])
    shmem.barrier_all()


@everywhere
def test_atomics_on_elements_of_others() -> None:
    g: shmem.GlobalArray[Any] = shmem.GlobalArray((3, 5), np.int64)
    shmem.barrier_all()
    for i, j in itertools.product(range(3), range(5)):
        g.at[i, j].add(i * 5 + j)
        g.at[i, j] += 1
    shmem.barrier_all()
    assert np.array_equal(g[...], npes() * (np.arange(15).reshape(3, 5) + 1))
    shmem.barrier_all()


@everywhere
def test_whole_arrays_come_and_go() -> None:
    x = whole((5, 4))
    g: shmem.GlobalArray[Any] = shmem.GlobalArray(x.shape, x.dtype)
    root = npes() - 1
    g.from_numpy(x if me() == root else None, root)
    assert np.array_equal(g.local, x[g.block])
    at_root = g.to_numpy(root)
    assert (at_root is None) == (me() != root)
    assert at_root is None or np.array_equal(at_root, x)
    copy = g.to_numpy()
    assert copy is not None
    assert np.array_equal(copy, x)


@several
def test_a_root_that_raises_leaves_nobody_waiting() -> None:
    g: shmem.GlobalArray[Any] = shmem.GlobalArray((6,), int)
    if me() == 0:
        with pytest.raises(ValueError, match="broadcast"):
            g.from_numpy(np.ones((4, 3)))
    else:
        g.from_numpy(None)
    assert (g.local == 0).all()
    shmem.barrier_all()


@everywhere
def test_wrong_arguments() -> None:
    array = shmem.GlobalArray
    for shape, options, wrong in [
        ((), {}, "at least one axis"),
        ((-1,), {}, "must not be negative"),
        ((4, 4), {"grid": (npes(), 2)}, f"their product must be {npes()}"),
        ((4, 4), {"grid": (npes(),)}, "one number for each of 2 axes"),
        ((4, 4), {"halo": (1, 1, 1)}, "one number or one for each of 2 axes"),
    ]:
        with pytest.raises(ValueError, match=wrong):
            array(shape, int, **options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="halo must be an integer"):
        array((4,), int, halo="x")  # type: ignore[arg-type]
    if npes() > 1:
        with pytest.raises(ValueError, match="halo is 3 along axis 0"):
            array((2 * npes(),), int, halo=3)
    g, _ = filled((4, 4))
    for index, wrong in [
        ((5, 0), "index 5 is out of bounds for axis 0 with size 4"),
        ((0, 0, 0), "too many indices"),
        ((..., ...), "single ellipsis"),
        (1.5, "only integers, slices"),
        ([0, 1], "gather and scatter"),
        (True, "only integers, slices"),
    ]:
        with pytest.raises(IndexError, match=wrong):
            g[index]
        with pytest.raises(IndexError, match=wrong):
            g[index] = 0
    for index in (slice(0, 2), (1.5, 0), Ellipsis):
        with pytest.raises(IndexError, match="one integer for each axis"):
            g.at[index]
    with pytest.raises(ValueError, match="could not broadcast"):
        g[0] = np.ones(5)
    with pytest.raises(IndexError, match="out of bounds for axis 1"):
        g.gather(([0], [4]))
    with pytest.raises(IndexError, match="must be of integer type"):
        g.gather(([0.5], [0]))
    with pytest.raises(IndexError, match="2 axes need as many"):
        g.scatter([0], 1)
    with pytest.raises(IndexError, match="root is PE"):
        g.to_numpy(npes())
    for call in (np.asarray, iter, pickle.dumps):
        with pytest.raises(TypeError, match="GlobalArray"):
            call(g)
    shmem.barrier_all()


@everywhere
def test_what_it_tells_of_itself() -> None:
    g: shmem.GlobalArray[Any] = shmem.GlobalArray((8, 4), "f4", grid=(1, npes()), halo=(1, 0))
    assert (g.shape, g.dtype, g.ndim, g.size, len(g)) == ((8, 4), np.dtype("f4"), 2, 32, 8)
    assert (g.grid, g.halo) == ((1, npes()), (1, 0))
    assert repr(g) == f"<GlobalArray of shape (8, 4), dtype float32, grid (1, {npes()}), halo (1, 0)>"
    local = g.local
    g.free()
    with pytest.raises(shmem.FreedError):
        shmem.get(np.empty_like(local), local, 0)
