# SPDX-License-Identifier: BSD-3-Clause
"""What the tests share: sizes, dtypes, data that depends on the PE, capabilities."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shmem4py import shmem

Array = NDArray[Any]

# One PE, neighbours that are the same PE, an odd number, a power of two, more than cores.
everywhere = pytest.mark.pes(1, 2, 3, 4, 8)
several = pytest.mark.pes(2, 3, 4, 8)

SIGNED, UNSIGNED = list("bhilq"), list("BHILQ")
FIXED = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "p", "P"]
REAL, COMPLEX = list("fdg"), list("FD")
STANDARD_AMO = [*"ilqILQ", "i4", "i8", "u4", "u8", "p", "P"]
EXTENDED_AMO = [*STANDARD_AMO, "f", "d"]
BITWISE_AMO = [*"ILQ", "i4", "i8", "u4", "u8", "P"]
STRUCTURED = np.dtype([("id", "i4"), ("weight", "f8"), ("name", "S3")])
ANY = [
    *SIGNED, *UNSIGNED, *REAL, *COMPLEX, "?", "e", "G", "M8[s]", "m8[ns]", "S5", "U3", ">i4", STRUCTURED,
]  # fmt: skip


def bfloat16() -> np.dtype[Any]:
    dtype: np.dtype[Any] = np.dtype(pytest.importorskip("ml_dtypes").bfloat16)
    return dtype


def me() -> int:
    return shmem.my_pe()


def npes() -> int:
    return shmem.n_pes()


def right() -> int:
    return (shmem.my_pe() + 1) % shmem.n_pes()


def left() -> int:
    return (shmem.my_pe() - 1) % shmem.n_pes()


def noise(shape: int | tuple[int, ...], dtype: Any, seed: int) -> Array:
    """Return an array of random bits, the same for the same seed on every PE."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    rng = np.random.default_rng(seed)
    a: Array = np.frombuffer(rng.bytes(count * dtype.itemsize), dtype)
    if dtype.kind == "b":
        a = rng.integers(0, 2, count) == 1
    result: Array = a.reshape(shape).copy()
    return result


def same_bits(a: Array, b: Array) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def symmetric(values: Array) -> Array:
    """Return a symmetric array with this PE's values; complete on all PEs."""
    a = shmem.empty(values.shape, values.dtype)
    a[...] = values
    shmem.barrier_all()
    return a


def everyone(value: Any) -> list[Any]:
    """Return the objects of all PEs, by nothing but symmetric arrays, so that tests of objects can rely on it."""
    data = np.frombuffer(pickle.dumps(value), np.uint8)
    mine = shmem.empty(1 << 18, np.uint8)
    mine[: data.size] = data
    shmem.barrier_all()
    values = []
    for pe in range(npes()):
        there = np.empty_like(mine)
        shmem.get(there, mine, pe)
        values.append(pickle.loads(there.data))  # reads to the end of the pickle
    shmem.barrier_all()
    shmem.free(mine)
    return values


def need_smp(what: str) -> None:
    """Skip on other engines: the test is about processes of smp, which no library's interface shows."""
    engine = shmem.engine()
    if engine.name != "smp":
        pytest.skip(f"{what}: not with {engine.version}")


def need(*names: str) -> None:
    """Skip where the engine lacks a capability."""
    engine = shmem.engine()
    for name in names:
        if name not in engine.capabilities:
            pytest.skip(f"engine {engine.name} has no {name}")
