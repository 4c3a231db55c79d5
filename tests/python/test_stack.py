# SPDX-License-Identifier: BSD-3-Clause
"""`stack`, `resize` and `node_array`: arrays of all PEs at once, of another size, and of all PEs of a host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import everywhere, me, npes, several

from shmem4py import shmem

mapped = pytest.mark.skipif("direct_ptr" not in shmem.engine().capabilities, reason="this engine maps no other PE")


@mapped
@everywhere
def test_stack_views_all_pes_without_a_copy() -> None:
    a = shmem.zeros((3, 4), "i8")
    a[...] = me() * 100 + np.arange(12).reshape(3, 4)
    shmem.barrier_all()
    try:
        shmem.stack(a)
    except NotImplementedError as error:  # only smp maps the memory of all PEs at even distances, whatever their number
        assert shmem.engine().name != "smp"
        assert npes() > 2
        assert "uneven distances" in str(error)
        return
    expected = 100 * np.arange(npes())[:, None, None] + np.arange(12).reshape(3, 4)
    assert np.array_equal(shmem.stack(a), expected)
    assert np.array_equal(shmem.stack(a[::-2, 1:3]), expected[:, ::-2, 1:3])
    assert np.array_equal(shmem.stack(a.T), expected.transpose(0, 2, 1))
    assert shmem.stack(a[0, 0, ...]).shape == (npes(),)
    shmem.barrier_all()
    shmem.stack(a)[(me() + 1) % npes(), 2, 3] = -1 - me()
    shmem.barrier_all()
    assert a[2, 3] == -1 - (me() - 1) % npes()


@mapped
@everywhere
def test_stack_refuses_what_is_not_symmetric() -> None:
    with pytest.raises(TypeError):
        shmem.stack([1, 2])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="symmetric"):
        shmem.stack(np.zeros(3))
    a = shmem.zeros(3)
    shmem.free(a)
    with pytest.raises(shmem.FreedError):
        shmem.stack(a)


@everywhere
@pytest.mark.parametrize("order", ["C", "F"])
def test_resize_keeps_elements_in_their_order(order: Any) -> None:
    for shape in [(5, 4), (2, 2), (7,), (0,), ()]:
        a = shmem.array(np.arange(12.0).reshape(3, 4) + me(), order=order)
        expected = np.zeros(shape)
        kept = min(12, expected.size)
        flat = np.zeros(expected.size)
        flat[:kept] = a.ravel("K")[:kept]
        b = shmem.resize(a, shape)
        assert b.dtype == a.dtype
        assert np.array_equal(b, flat.reshape(shape, order=order))
        with pytest.raises(shmem.FreedError):
            shmem.put(a, a, 0)
        shmem.put(b, b, me())  # it is symmetric
        shmem.barrier_all()


@everywhere
def test_resize_leaves_all_as_it_was_if_it_cannot_be() -> None:
    a = shmem.full(6, me())
    wrongs: list[tuple[Any, type[Exception]]] = [((-1,), ValueError), (1 << 50, MemoryError)]
    for wrong, error in wrongs:
        with pytest.raises(error):
            shmem.resize(a, wrong)
    with pytest.raises(ValueError, match="view"):
        shmem.resize(a[1:], 3)
    with pytest.raises(ValueError):
        shmem.resize(np.zeros(3), 3)
    shmem.put(a, a, me())
    shmem.barrier_all()
    assert (a == me()).all()
    shmem.free(a)
    with pytest.raises(shmem.FreedError):
        shmem.resize(a, 3)


@everywhere
def test_a_node_array_is_one_for_all(tmp_path: Path) -> None:
    table = shmem.node_array((4, 3), "i4", lambda a: np.copyto(a, 5))
    assert (table.shape, table.dtype, table.sum()) == ((4, 3), np.dtype("i4"), 60)
    shmem.barrier_all()
    if me() == npes() - 1:
        table[1, 2] = 9
    shmem.barrier_all()
    assert table[1, 2] == 9
    zeros = shmem.node_array(5)
    assert (zeros.dtype, zeros.tolist()) == (np.dtype("f8"), [0.0] * 5)
    assert shmem.node_array((0, 3)).shape == (0, 3)
    rows = shmem.node_array((2, 3), "f4", [1, 2, 3])
    assert rows.tolist() == [[1, 2, 3]] * 2
    path = tmp_path / "table.npy"
    np.save(path, np.arange(6.0).reshape(2, 3))
    assert shmem.node_array((2, 3), fill=path).ravel().tolist() == list(range(6))
    assert shmem.node_array((2, 3), fill=str(path)).ravel().tolist() == list(range(6))
    shmem.barrier_all()


@several
def test_all_hear_of_a_fill_that_fails() -> None:
    def broken(a: Any) -> None:
        raise LookupError("no such table")

    with pytest.raises(LookupError if me() == 0 else RuntimeError, match="no such table"):
        shmem.node_array(3, fill=broken)
    with pytest.raises(ValueError if me() == 0 else RuntimeError, match="broadcast"):
        shmem.node_array(3, fill=[1, 2])
    with pytest.raises(MemoryError if me() == 0 else RuntimeError, match="bytes of shared memory"):
        shmem.node_array(1 << 50, "u1")
    with pytest.raises(ValueError, match="bytes on PE"):
        shmem.node_array(3 + me())
    with pytest.raises(TypeError, match="Python objects"):
        shmem.node_array(3, object)
    with pytest.raises(ValueError, match="negative"):
        shmem.node_array(-3)
    assert shmem.node_array(2, fill=1).tolist() == [1, 1]


@everywhere
def test_a_node_array_leaves_no_descriptor_and_no_memory() -> None:
    def used() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), Path("/proc/self/maps").read_text().count("node_array")

    shmem.node_array(10)
    before = used()
    for _ in range(5):
        shmem.node_array(1000, fill=1)
    assert used() == before
    shmem.barrier_all()


@everywhere
def test_resize_wants_an_array() -> None:
    with pytest.raises(TypeError, match="must be a numpy.ndarray, not list"):
        shmem.resize([1, 2], 3)  # type: ignore[arg-type]
