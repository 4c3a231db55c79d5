# SPDX-License-Identifier: BSD-3-Clause
"""Symmetric arrays: constructors, alloc and fromalloc, ptr views, what NumPy and others do with them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from support import ANY, bfloat16, everywhere, left, me, right, several

from shmem4py import shmem

wrong: Any = shmem  # for calls that mypy would refuse

SHAPES: list[Any] = [0, 1, 5, (), (3,), (2, 3), (2, 0, 3), (4, 3, 2)]


def address(a: Any) -> int:
    return int(np.asarray(a).__array_interface__["data"][0])


@everywhere
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
def test_constructors_give_what_numpy_gives(shape: Any, order: Any) -> None:
    for dtype in (float, int, "i2", "F", "S4"):
        for name in ("empty", "zeros", "ones"):
            if (name, dtype) == ("ones", "S4"):
                continue
            a = getattr(shmem, name)(shape, dtype, order)
            b = getattr(np, name)(shape, dtype, order)
            assert type(a) is np.ndarray
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            assert a.strides == b.strides or not a.size
            assert (a.flags.c_contiguous, a.flags.f_contiguous) == (b.flags.c_contiguous, b.flags.f_contiguous)
            assert a.flags.writeable
            assert a.flags.aligned
            if name != "empty":
                assert (a == b).all()
            shmem.free(a)


@everywhere
def test_default_dtype_is_float() -> None:
    for a in (shmem.empty(2), shmem.zeros(2), shmem.ones(2), shmem.new_array(2)):
        assert a.dtype == np.float64


@everywhere
@pytest.mark.parametrize("dtype", ANY, ids=str)
def test_any_fixed_size_dtype(dtype: Any) -> None:
    a = shmem.zeros((2, 3), dtype)
    assert a.dtype == np.dtype(dtype)
    assert a.tobytes() == bytes(a.nbytes)


@everywhere
@pytest.mark.parametrize("dtype", [bytes, str, "S", "U", "S0", np.str_, "V0", np.dtype([])], ids=str)
def test_text_without_a_length_is_as_long_as_with_numpy(dtype: Any) -> None:
    makes: list[Any] = [
        lambda m: m.zeros(3, dtype),
        lambda m: m.ones((2, 2), dtype),
        lambda m: m.full(2, "xy", dtype),
        lambda m: m.array([b"xy", b"z"], None if np.dtype(dtype).kind == "V" else dtype),
        lambda m: m.array([], dtype),
    ]
    for make in makes:
        a, b = make(shmem), make(np)
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        assert a.tobytes() == b.tobytes()
    itemsize = np.empty(1, dtype).itemsize
    assert shmem.empty(3, dtype).itemsize == shmem.new_array(3, dtype).itemsize == itemsize
    memory = shmem.alloc(12)
    if itemsize:
        assert shmem.fromalloc(memory, dtype=dtype).shape == (12 // itemsize,)
    assert shmem.fromalloc(memory, 3, dtype).itemsize == itemsize


@everywhere
def test_elements_of_no_bytes_cost_no_time() -> None:
    many, nothing = 1 << 40, np.dtype([])
    with pytest.raises(MemoryError):
        shmem.ones(many, bytes)
    for a in (shmem.ones(many, nothing), shmem.full(many, (), nothing), shmem.array(np.empty(many, "V0"))):
        assert (a.size, a.nbytes) == (many, 0)
        shmem.put(a, a, right())
        shmem.get(a[::2], a[: many // 2], right())
        shmem.get(a.reshape(2, -1)[:, ::2], a[: many // 2], right(), many // 4)
        shmem.iput(a, a, right(), 2, 2, many // 2)
        shmem.broadcast(a, a, 0)
        shmem.free(a)


@several
def test_bfloat16() -> None:
    assert shmem.ones(3, bfloat16()).astype(float).tolist() == [1, 1, 1]


@pytest.mark.pes(1)
def test_object_dtype_is_refused() -> None:
    for call in (shmem.zeros, shmem.empty, shmem.new_array, shmem.ones):
        with pytest.raises(TypeError, match=r"dtype object|dtype"):
            call(2, object)
    with pytest.raises(TypeError, match="dtype"):
        shmem.array([{}, {}])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="dtype"):
        shmem.zeros(2, [("a", "O")])


@everywhere
@pytest.mark.parametrize("obj", [42, 2.5, [[1, 2], [3, 4]], [[1, 2], [3, 4], [5.0, 6.0]], "text", [True, False]])
def test_array_of_anything(obj: Any) -> None:
    for dtype in (None, np.int64 if not isinstance(obj, str) else "U9"):
        for order in ("K", "A", "C", "F"):
            a, b = shmem.array(obj, dtype, order=order), np.array(obj, dtype, order=order)
            assert (a.dtype, a.shape, a.strides) == (b.dtype, b.shape, b.strides)
            assert (a == b).all()
            shmem.free(a)


@everywhere
def test_array_keeps_layout_and_copies() -> None:
    for b in (np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1), np.arange(24.0).reshape(4, 6).T, np.arange(10)[::2]):
        a = shmem.array(b)
        assert (a == b).all()
        assert a.strides == np.array(b, order="K").strides
        a[...] = 0
        assert b.any()
        c = shmem.array(a)  # of a symmetric array: another one
        assert address(c) != address(a)


@everywhere
def test_full() -> None:
    assert shmem.full(3, 42).dtype == np.int64
    assert shmem.full(3, 2.5).dtype == np.float64
    assert shmem.full((2, 2), 7, "f4").tolist() == [[7, 7], [7, 7]]
    assert shmem.full(2, -1, "u1").tolist() == [255, 255]  # cast, as in 1.0
    assert shmem.full((2, 3), [1, 2, 3]).tolist() == [[1, 2, 3]] * 2
    assert shmem.full((2, 3), 1, order="F").flags.f_contiguous


@pytest.mark.pes(1)
@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.0.0", reason="NumPy 1 lets integers wrap")
def test_an_integer_that_does_not_fit_the_dtype() -> None:
    with pytest.raises(OverflowError, match="out of bounds"):
        shmem.array([300], "u1")


@several
def test_constructed_on_one_is_initialised_on_all() -> None:
    for k in range(20):
        for a in (shmem.full(4, k + me()), shmem.array(np.full(4, k + me()))):
            other = np.empty(4, int)
            shmem.get(other, a, right())
            assert (other == k + right()).all()
        ones = shmem.ones(4)
        seen = np.zeros(4)
        shmem.get(seen, ones, right())
        assert (seen == 1).all()


@everywhere
def test_offsets_are_equal_everywhere() -> None:
    addresses = [address(shmem.zeros(n)) for n in (1, 1000, 3)]
    distances = shmem.array([addresses[1] - addresses[0], addresses[2] - addresses[0]])
    low, high = shmem.zeros(2, int), shmem.zeros(2, int)
    shmem.min_reduce(low, distances)
    shmem.max_reduce(high, distances)
    assert (low == high).all()


@everywhere
@pytest.mark.parametrize("align", [None, 8, 64, 256, 4096, 1 << 16])
@pytest.mark.parametrize("hints", [None, 0, shmem.MALLOC_ATOMICS_REMOTE, shmem.MALLOC.SIGNAL_REMOTE, 3])
def test_alignment_and_hints(align: int | None, hints: int | None) -> None:
    for a in (
        shmem.empty(3, align=align, hints=hints),
        shmem.array([1, 2], align=align, hints=hints),
        shmem.full(3, 1, align=align, hints=hints),
        shmem.new_array(3, "i1", align=align, hints=hints, clear=True),
    ):
        assert address(a) % (align or 8) == 0
        shmem.free(a)


@everywhere
@pytest.mark.parametrize("count", range(4))
@pytest.mark.parametrize("size", [1, 3, 8, 16])
def test_alloc_gives_cleared_memory(count: int, size: int) -> None:
    mem = shmem.alloc(count, size)
    assert isinstance(mem, memoryview)
    assert mem.nbytes == len(mem) == count * size
    assert not mem.readonly
    assert bytes(mem) == bytes(count * size)
    if len(mem):
        mem[0] = 7
        assert mem[0] == 7
    shmem.free(mem)


@everywhere
def test_fromalloc() -> None:
    mem = shmem.alloc(12, 8)
    assert shmem.fromalloc(mem).shape == (12,)
    assert shmem.fromalloc(mem).dtype == np.float64
    assert shmem.fromalloc(mem, dtype="i4").shape == (24,)
    a = shmem.fromalloc(mem, (3, 4), int, order="F")
    assert a.flags.f_contiguous
    assert a.shape == (3, 4)
    assert shmem.fromalloc(mem, 2, "i2").shape == (2,)
    a[1, 2] = 5
    assert shmem.fromalloc(mem, dtype=int)[1 + 3 * 2] == 5
    shmem.p(a[:1, :1], me(), right())
    shmem.barrier_all()
    assert a[0, 0] == left()
    shmem.free(mem)
    with pytest.raises(shmem.FreedError):
        shmem.g(a[:1, :1], 0)


@pytest.mark.pes(1)
def test_fromalloc_of_what_cannot_be() -> None:
    mem = shmem.alloc(10)
    with pytest.raises(ValueError, match="fromalloc: .*does not fit"):
        shmem.fromalloc(mem, 2, float)
    with pytest.raises(ValueError, match="fromalloc: mem"):
        shmem.fromalloc(memoryview(bytearray(10)))
    with pytest.raises(TypeError, match="fromalloc: mem"):
        shmem.fromalloc(bytearray(10))  # type: ignore[call-overload]


@pytest.mark.pes(1)
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: wrong.zeros(-1), ValueError, "negative"),
        (lambda: wrong.zeros((2, -3)), ValueError, "negative"),
        (lambda: wrong.zeros(2.5), TypeError, ""),
        (lambda: wrong.zeros(None), TypeError, "shape"),
        (lambda: wrong.zeros(2, "nonsense"), TypeError, "nonsense"),
        (lambda: wrong.zeros(2, order="Z"), ValueError, "order"),
        (lambda: wrong.zeros(2, align=3), ValueError, "align"),
        (lambda: wrong.zeros(2, hints=8), ValueError, "hints"),
        (lambda: wrong.alloc(-1), ValueError, "count"),
        (lambda: wrong.alloc(1, -1), ValueError, "size"),
        (lambda: wrong.alloc("1"), TypeError, "count"),
        (lambda: wrong.zeros(1, nonsense=2), TypeError, "nonsense"),
        (lambda: wrong.zeros(), TypeError, "shape"),
    ],
)
def test_constructor_arguments_that_cannot_be(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@everywhere
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
def test_ptr_keeps_shape_strides_and_writeability(shape: tuple[int, ...], order: Any) -> None:
    a = shmem.full(shape, me(), int, order)
    there = shmem.ptr(a, right())
    if there is None:
        pytest.skip("no direct access between PEs")
    assert type(there) is np.ndarray
    assert (there.dtype, there.shape, there.strides) == (a.dtype, a.shape, a.strides)
    assert (there == right()).all()
    shmem.sync_all()
    there[...] = 100 + me()
    shmem.barrier_all()
    assert (a == 100 + left()).all()
    a.flags.writeable = False
    seen = shmem.ptr(a, right())
    assert seen is not None
    assert not seen.flags.writeable


@several
def test_ptr_of_views() -> None:
    a = shmem.array(np.arange(24).reshape(4, 6) + 100 * me())
    for view in (a[1], a[:, 2], a[::2, 1:5:2], a[::-1], a.T, a[2:2]):
        there = shmem.ptr(view, right())
        if there is None:
            pytest.skip("no direct access between PEs")
        assert there.strides == view.strides
        assert (there == view + 100 * (right() - me())).all()


@several
def test_ptr_view_is_no_target() -> None:
    a = shmem.zeros(3)
    there = shmem.ptr(a, right())
    if there is None:
        pytest.skip("no direct access between PEs")
    with pytest.raises(ValueError, match="put: target .*PE"):
        shmem.put(there, np.ones(3), 0)
    with pytest.raises(ValueError, match="free: .*PE"):
        shmem.free(there)
    shmem.barrier_all()


@pytest.mark.pes(2)
def test_ptr_of_what_has_none() -> None:
    with pytest.raises(ValueError, match="symmetric"):
        shmem.ptr(np.zeros(1), 0)
    with pytest.raises(IndexError, match="ptr: pe"):
        shmem.ptr(shmem.zeros(1), 2)
    with pytest.raises(TypeError, match="target"):
        shmem.ptr([1], 0)  # type: ignore[arg-type]


@everywhere
def test_numpy_treats_them_as_its_own() -> None:
    a = shmem.array(np.arange(6.0).reshape(2, 3))
    assert (a + 1).sum() == 21
    assert type(a + 1) is np.ndarray
    np.add(a, 1, out=a)
    assert a.max() == 6
    assert np.linalg.norm(a) > 0
    assert np.concatenate([a, a]).shape == (4, 3)
    view = a.view("i8")
    assert np.shares_memory(view, a)


@everywhere
def test_pickled_as_values() -> None:
    a = shmem.array(np.arange(5) + me())
    for b in (pickle.loads(pickle.dumps(a)), copy.copy(a), copy.deepcopy(a), a.copy()):
        assert (a == b).all()
        b[0] = -1
        assert a[0] == me()
        with pytest.raises(ValueError, match="symmetric"):
            shmem.put(b, a, 0)


@everywhere
def test_dlpack_shares_memory() -> None:
    a = shmem.array(np.arange(5.0))
    b = np.from_dlpack(a)
    assert np.shares_memory(a, b)
    a[0] = 7
    assert b[0] == 7


@everywhere
def test_buffer_protocol_shares_memory() -> None:
    a = shmem.array(np.arange(6, dtype="i4").reshape(2, 3))
    mem: Any = memoryview(a)  # type: ignore[arg-type]
    assert (mem.format, mem.shape, mem.readonly) == ("i", (2, 3), False)
    np.frombuffer(mem, "i4")[0] = 9
    assert a[0, 0] == 9


@several
def test_foreign_views_of_symmetric_memory_are_symmetric() -> None:
    a = shmem.zeros(4)
    buffer: Any = memoryview(a)  # type: ignore[arg-type]
    for other in (np.from_dlpack(a), np.frombuffer(buffer), np.asarray(buffer)):
        if not other.flags.writeable:
            continue
        shmem.put(other, np.full(4, me() + 1.0), right())
        shmem.barrier_all()
        assert (a == left() + 1).all()
        shmem.barrier_all()
        a[:] = 0
        shmem.barrier_all()


@several
def test_subclass_and_structured_fields() -> None:
    a = shmem.zeros(3, [("id", "i4"), ("weight", "f8")])
    shmem.put(a["weight"], np.full(3, me() + 0.5), right())
    shmem.put(a["id"][1:2], np.array([7], "i4"), right())
    shmem.barrier_all()
    assert a["weight"].tolist() == [left() + 0.5] * 3
    assert a["id"].tolist() == [0, 7, 0]
    shmem.barrier_all()
    shmem.barrier_all()
    record = a.view(np.recarray)
    shmem.put(record[:1], np.ones(1, a.dtype), right())
    shmem.barrier_all()
    assert a["id"][0] == 1
