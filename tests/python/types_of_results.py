# SPDX-License-Identifier: BSD-3-Clause
"""The types that type checkers infer for results. Nothing here runs: `make lint` gives it to mypy and pyright.

An `ignore` that is not needed is an error, so each of them shows that the checker finds a mistake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import assert_type

    from shmem4py import shmem

    assert_type(shmem.zeros(3), NDArray[np.float64])
    assert_type(shmem.zeros(3, float), NDArray[np.float64])
    assert_type(shmem.empty((2, 3), int), NDArray[np.int_])
    assert_type(shmem.ones(3, bool), NDArray[np.bool_])
    assert_type(shmem.zeros(3, np.int32, align=64), NDArray[np.int32])
    assert_type(shmem.new_array(3, np.dtype(np.complex64), clear=False), NDArray[np.complex64])
    assert_type(shmem.zeros(3, "i4"), NDArray[Any])
    assert_type(shmem.array(np.zeros(2, np.uint8)), NDArray[np.uint8])
    assert_type(shmem.array([1, 2], np.float32), NDArray[np.float32])
    assert_type(shmem.full(2, np.zeros(2, np.float32)), NDArray[np.float32])
    assert_type(shmem.full(2, 1, np.int16), NDArray[np.int16])
    assert_type(shmem.fromalloc(shmem.alloc(8)), NDArray[np.float64])
    assert_type(shmem.fromalloc(shmem.alloc(8), dtype=np.int8), NDArray[np.int8])
    assert_type(shmem.ptr(shmem.zeros(3), 0), NDArray[np.float64] | None)
    assert_type(shmem.TEAM_WORLD.ptr(shmem.zeros(3, np.int8), 0), NDArray[np.int8] | None)

    # With names in between: where `zeros` is the argument of `g`, mypy infers its type from the parameter of `g`.
    flags, small, reals = shmem.zeros(1, bool), shmem.zeros(1, np.int32), shmem.zeros(1)
    pairs, times = shmem.zeros(1, np.complex128), shmem.zeros(1, np.timedelta64)
    wide, texts = shmem.zeros(1, np.longdouble), shmem.zeros(1, np.str_)
    assert_type(shmem.g(flags, 0), bool)
    assert_type(shmem.g(small, 0), int)
    assert_type(shmem.g(reals, 0), float)
    assert_type(shmem.g(pairs, 0), complex)
    assert_type(shmem.g(times, 0), np.timedelta64)
    assert_type(shmem.g(wide, 0), np.longdouble)
    assert_type(shmem.g(texts, 0), np.str_)

    assert_type(shmem.atomic_fetch_add(shmem.zeros(1, int), 1, 0), int)
    assert_type(shmem.atomic_fetch_add(reals, 1.5, 0), float)
    assert_type(shmem.atomic_compare_swap(reals, 1.5, 0, 0), float)
    assert_type(shmem.atomic_fetch(shmem.zeros(1, int), 0), int)
    assert_type(shmem.atomic_swap(shmem.zeros(1), 1.5, 0), float)
    assert_type(shmem.atomic_fetch_op(shmem.zeros(1), 1.5, "set", 0), float)
    assert_type(shmem.wait_until_any(shmem.zeros(2, int), shmem.CMP.EQ, 0), int | None)
    assert_type(shmem.new_signal(), NDArray[np.uint64])

    assert_type(shmem.sum(reals), NDArray[np.float64])
    assert_type(shmem.sum(reals, 0), NDArray[np.float64] | None)
    assert_type(shmem.max(small, team=shmem.TEAM_WORLD), NDArray[np.int32])
    assert_type(shmem.any(small), NDArray[np.bool_])
    assert_type(shmem.argmin(small), tuple[NDArray[np.int32], NDArray[np.intp]])
    assert_type(shmem.cumsum(pairs), NDArray[np.complex128])
    assert_type(shmem.allgather(small), NDArray[np.int32])
    assert_type(shmem.allgather([1], True), list[Any])
    assert_type(shmem.gather(small), NDArray[np.int32] | None)
    assert_type(shmem.gather(small, None), NDArray[np.int32])
    assert_type(shmem.bcast(small if shmem.my_pe() == 0 else None), NDArray[np.int32])
    assert_type(shmem.alltoallv([[1], small]), list[Any])
    shmem.sum([1.5, 2]).tolist()
    shmem.reduce_with(np.add, [1])
    shmem.reduce_with(3, [1])  # type: ignore[arg-type]
    shmem.sum(reals, "0")  # type: ignore[call-overload]

    far = shmem.remote(small)
    assert_type(far, shmem.Remote[np.int32])
    assert_type(far[0], shmem.RemoteArray[np.int32])
    assert_type(far[0][1:], NDArray[np.int32])
    assert_type(far[0][[0, 2]], NDArray[np.int32])
    assert_type(far[0][far[0][...] > 1], NDArray[np.int32])
    assert_type(far[0].at[0].fetch_add(1), int)
    assert_type(shmem.remote(reals)[0].at[0].fetch_max(1), float)
    assert_type(shmem.remote(reals)[0].dtype, np.dtype[np.float64])
    far[0][0] = 1
    far[0][1:, None] = [[1, 2]]
    far[0]["x"] = 3
    far[0].at[0] += 1
    shmem.remote(reals)[0].at[0].xor_(1)  # type: ignore[misc]
    shmem.remote([1, 2])  # type: ignore[arg-type]

    class Context(shmem.Ctx):
        """A subclass keeps its type."""

    with Context() as context:
        assert_type(context, Context)

    shmem.reduce(shmem.zeros(1), shmem.zeros(1), "mean")  # type: ignore[arg-type]
    shmem.wait_until(shmem.zeros(1, int), "=", 0)  # type: ignore[arg-type]
    shmem.wait_until(shmem.zeros(1), "==", 0)  # type: ignore[arg-type]
    shmem.atomic_xor(shmem.zeros(1), 1, 0)  # type: ignore[arg-type]
    shmem.sum_reduce(shmem.zeros(1, np.str_), shmem.zeros(1, np.str_))  # type: ignore[type-var]
    shmem.zeros(3, order="K")  # type: ignore[call-overload]
    shmem.put_signal(shmem.zeros(1), 1, 0, shmem.zeros(1, int), 1, "set")  # type: ignore[arg-type]
