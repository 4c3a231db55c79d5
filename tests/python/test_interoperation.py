# SPDX-License-Identifier: BSD-3-Clause
"""Symmetric memory in other libraries, without a copy: what one side writes, the other sees.

The large packages are not installed in CI. A test whose package is missing skips and says how to get it.
"""

from __future__ import annotations

import array
import ctypes
from typing import Any

import numpy as np
import pytest
from support import Array, everyone, me, npes, right, several, symmetric

from shmem4py import shmem

one = pytest.mark.pes(1)
pair = pytest.mark.pes(2)


def package(name: str, pip: str | None = None) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed: pip install {pip or name}")


def numbers(n: int = 12, dtype: Any = np.float64) -> Array:
    a = shmem.empty(n, dtype)
    a[:] = np.arange(n)
    return a


def same_memory(a: Any, b: Any) -> bool:
    return bool(np.asarray(a).__array_interface__["data"][0] == np.asarray(b).__array_interface__["data"][0])


# --- the buffer protocol and DLPack in NumPy itself ---


@one
@pytest.mark.parametrize("dtype", ["f4", "f8", "i1", "i8", "u2", "c16"])
def test_numpy_from_dlpack_is_a_view(dtype: str) -> None:
    a = numbers(dtype=dtype)
    for view in (a, a[3:9], a[::2], a.reshape(3, 4).T, a.reshape(3, 4)[1:, ::2]):
        got = np.from_dlpack(view)
        assert same_memory(got, view)
        assert (got.shape, got.strides, got.dtype) == (view.shape, view.strides, view.dtype)
    np.from_dlpack(a)[:] = 7
    assert (a == 7).all()


@several
def test_views_by_dlpack_are_symmetric_memory_still() -> None:
    """What another library makes of an array has another owner, and still lies in the block."""
    a = symmetric(np.zeros(4))
    shmem.put(np.from_dlpack(a), np.full(4, me() + 1.0), right())
    shmem.barrier_all()
    assert (a == (me() - 1) % npes() + 1).all()
    shmem.barrier_all()
    shmem.free(a)


@several
@pytest.mark.parametrize(
    "make",
    [memoryview, lambda a: a.data.cast("B").cast("d"), lambda a: array.array("d", a)],
    ids=["memoryview", "cast", "array"],
)
def test_buffers_are_sources_as_arrays_over_them(make: Any) -> None:
    target = symmetric(np.zeros(5))
    source = np.asarray(make(np.arange(5.0)))
    shmem.put(target, source, right())
    shmem.barrier_all()
    assert target.tolist() == [0, 1, 2, 3, 4]
    shmem.barrier_all()
    shmem.free(target)


@one
def test_memoryview_and_ctypes_see_the_memory() -> None:
    a = numbers(dtype=np.int64)
    view = a.data
    view[3] = 99
    assert a[3] == 99
    ctypes.c_int64.from_buffer(a.data, 8 * 4).value = 100
    assert a[4] == 100
    assert same_memory(np.frombuffer(view, np.int64), a)
    assert bytes(view[:1]) == bytes(8)
    raw = shmem.alloc(64)
    raw[:3] = b"abc"
    assert bytes(raw[:3]) == b"abc"


# --- torch and JAX ---


@one
def test_torch_both_ways() -> None:
    torch = package("torch")
    a = numbers(dtype=np.float32)
    for tensor in (torch.from_numpy(a), torch.from_dlpack(a), torch.as_tensor(a)):
        assert tensor.data_ptr() == a.ctypes.data
        tensor += 1
    assert a.tolist() == [k + 3.0 for k in range(12)]
    back = np.from_dlpack(torch.from_dlpack(a.reshape(3, 4)).t())
    assert same_memory(back, a)
    assert back.strides == (4, 16)
    gradient = torch.from_numpy(shmem.zeros(3, np.float32))
    weight = torch.ones(3, requires_grad=True)
    (weight * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    gradient.copy_(weight.grad)
    assert gradient.numpy().tolist() == [1, 2, 3]


@pair
def test_put_of_a_tensor_and_into_one() -> None:
    torch = package("torch")
    a = symmetric(np.zeros(6, np.float32))
    shmem.put(a, (torch.ones(6) * (me() + 1)).numpy(), right())
    shmem.barrier_all()
    seen = torch.from_numpy(a)
    assert seen.sum().item() == 6 * ((me() - 1) % npes() + 1)
    shmem.barrier_all()
    got = torch.zeros(6)
    shmem.get(got.numpy(), a, right())
    assert got.tolist() == [float(me() + 1)] * 6
    shmem.barrier_all()
    shmem.free(a)


@one
def test_jax_reads_without_a_copy_and_its_results_can_be_put() -> None:
    jax = package("jax")
    a = numbers(16, np.float32)
    assert a.ctypes.data % 64 == 0  # JAX copies what is aligned less
    imported = jax.dlpack.from_dlpack(a, copy=False)
    assert imported.unsafe_buffer_pointer() == a.ctypes.data
    assert float(imported.sum()) == a.sum()
    target = shmem.zeros(16, np.float32)
    result = jax.numpy.sin(imported)
    shmem.put(target, np.from_dlpack(result), me())
    assert np.allclose(target, np.sin(a))


# --- tables ---


@one
def test_arrow_arrays_over_symmetric_memory() -> None:
    pa = package("pyarrow")
    a = numbers()
    column = pa.array(a, from_pandas=False)
    over = pa.Array.from_buffers(pa.float64(), len(a), [None, pa.py_buffer(a)])
    assert over.buffers()[1].address == a.ctypes.data
    assert over.equals(column)
    assert same_memory(over.to_numpy(zero_copy_only=True), a)
    a[0] = 50
    assert over[0].as_py() == 50
    table = pa.table({"x": over})
    assert same_memory(table.column("x").chunk(0).to_numpy(), a)


@pair
def test_arrow_column_of_another_pe_is_put_into_place() -> None:
    pa = package("pyarrow")
    a = symmetric(np.zeros(4))
    shmem.put(a, pa.array([1.0, 2.0, 3.0, me()]).to_numpy(), right())
    shmem.barrier_all()
    assert pa.Array.from_buffers(pa.float64(), 4, [None, pa.py_buffer(a)]).to_pylist() == [1, 2, 3, right()]
    shmem.barrier_all()
    shmem.free(a)


@one
def test_pandas_columns_are_views() -> None:
    pd = package("pandas")
    a = numbers().reshape(6, 2)
    frame = pd.DataFrame(a, columns=["x", "y"], copy=False)
    assert same_memory(frame["x"].to_numpy(), a)
    assert same_memory(frame.to_numpy(), a)
    a[0, 1] = 70
    assert frame["y"].iloc[0] == 70
    assert frame["x"].sum() == a[:, 0].sum()
    series = pd.Series(a[:, 1], copy=False)
    assert same_memory(series.to_numpy(), a[:, 1])
    assert series.groupby(series > 5).sum().tolist() == [a[a[:, 1] <= 5, 1].sum(), a[a[:, 1] > 5, 1].sum()]


@pair
def test_pandas_group_sums_are_reduced() -> None:
    pd = package("pandas")
    frame = pd.DataFrame({"key": [0, 1, 1, 2], "value": np.arange(4.0) + me()})
    mine, total = shmem.zeros(3), shmem.zeros(3)
    mine[:] = frame.groupby("key")["value"].sum().to_numpy()
    shmem.sum_reduce(total, mine)
    assert total.tolist() == [1, 8, 7]
    shmem.free(total)
    shmem.free(mine)


@one
def test_polars_columns_read_the_memory() -> None:
    pl = package("polars")
    pa = package("pyarrow")
    a = numbers()
    series = pl.from_arrow(pa.Array.from_buffers(pa.float64(), len(a), [None, pa.py_buffer(a)]))
    assert same_memory(series.to_numpy(allow_copy=False), a)
    assert series.sum() == a.sum()
    target = shmem.zeros(12)
    shmem.put(target, pl.DataFrame({"x": a})["x"].to_numpy(), me())
    assert np.array_equal(target, a)


# --- SciPy and scikit-learn ---


@one
def test_sparse_matrix_over_symmetric_arrays() -> None:
    sparse = package("scipy.sparse", "scipy")
    dense = np.array([[0, 2.0, 0], [1, 0, 3], [0, 0, 0]])
    plain = sparse.csr_matrix(dense)
    parts = [shmem.array(part) for part in (plain.data, plain.indices, plain.indptr)]
    matrix = sparse.csr_matrix(tuple(parts), shape=(3, 3), copy=False)
    assert same_memory(matrix.data, parts[0])
    assert same_memory(matrix.indices, parts[1])
    assert np.array_equal(matrix @ np.ones(3), dense.sum(axis=1))
    matrix.data *= 2
    assert parts[0].tolist() == [4, 2, 6]


@pair
def test_sparse_product_of_rows_that_pes_share() -> None:
    sparse = package("scipy.sparse", "scipy")
    vector = symmetric(np.arange(4.0))
    rows = sparse.random(2, 4, density=0.9, rng=np.random.default_rng(me()), format="csr")
    result = shmem.zeros(4)
    for pe in range(npes()):
        shmem.put(result[2 * me() : 2 * me() + 2], rows @ vector, pe)
    shmem.barrier_all()
    assert np.allclose(result, sparse.vstack(everyone(rows)) @ np.arange(4.0))
    shmem.free(result)
    shmem.free(vector)


@one
def test_scikit_learn_fits_views() -> None:
    cluster = package("sklearn.cluster", "scikit-learn")
    linear_model = package("sklearn.linear_model", "scikit-learn")
    table = shmem.empty((200, 4))
    table[...] = np.random.default_rng(1).random((200, 4))
    table[:, 3] = table[:, :3] @ [1.0, 2.0, 3.0] + 4
    model = linear_model.LinearRegression().fit(table[:, :3], table[:, 3])
    assert np.allclose([*model.coef_, model.intercept_], [1, 2, 3, 4])
    labels = cluster.KMeans(2, n_init=1, random_state=0).fit(table[::2, :2]).labels_
    assert labels.shape == (100,)


@pair
def test_scikit_learn_model_travels_as_an_object() -> None:
    linear_model = package("sklearn.linear_model", "scikit-learn")
    x = np.arange(10.0).reshape(-1, 1)
    model = linear_model.LinearRegression().fit(x, 3 * x[:, 0] + 1) if me() == 0 else None
    model = everyone(model)[0]
    assert np.allclose(model.predict([[100.0]]), 301)
