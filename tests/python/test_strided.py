# SPDX-License-Identifier: BSD-3-Clause
"""iput, iget, ibput and ibget, compared with NumPy's slices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import (
    COMPLEX,
    FIXED,
    REAL,
    SIGNED,
    UNSIGNED,
    everywhere,
    left,
    me,
    need,
    noise,
    right,
    same_bits,
    several,
    symmetric,
)

from shmem4py import shmem

TYPES = [*SIGNED, *UNSIGNED, *FIXED, *REAL, *COMPLEX, "?", "S3"]
N = 12


@everywhere
@pytest.mark.parametrize("dtype", TYPES)
def test_iput_and_iget_of_any_dtype(dtype: str) -> None:
    target = symmetric(noise(N, dtype, seed=1))
    shmem.iput(target, noise(N, dtype, seed=me()), right(), tst=3, sst=2)
    shmem.barrier_all()
    expected = noise(N, dtype, seed=1)
    expected[::3] = noise(N, dtype, seed=left())[::2][:4]
    assert same_bits(target.copy(), expected)

    local = noise(N, dtype, seed=2)
    shmem.iget(local, target, right(), tst=2, sst=3)
    mine = noise(N, dtype, seed=2)
    mine[::2][:4] = noise(N, dtype, seed=me())[::2][:4]
    assert same_bits(local, mine)


@several
def test_iput_with_every_stride() -> None:
    target = shmem.empty(N, dtype=int)
    source = np.arange(N) + 100 * me()
    theirs = np.arange(N) + 100 * left()
    for tst in range(1, N + 1):
        for sst in range(1, N + 1):
            target[:] = -1
            shmem.barrier_all()
            shmem.iput(target, source, right(), tst, sst)
            shmem.barrier_all()
            expected = np.full(N, -1)
            count = min(len(expected[::tst]), len(theirs[::sst]))
            expected[::tst][:count] = theirs[::sst][:count]
            assert target.tolist() == expected.tolist(), (tst, sst)
            shmem.barrier_all()


@several
def test_iget_with_every_stride() -> None:
    source = symmetric(np.arange(N) + 100 * me())
    theirs = np.arange(N) + 100 * left()
    for tst in range(1, N + 1):
        for sst in range(1, N + 1):
            target, expected = np.full(N, -1), np.full(N, -1)
            shmem.iget(target, source, left(), tst, sst)
            count = min(len(expected[::tst]), len(theirs[::sst]))
            expected[::tst][:count] = theirs[::sst][:count]
            assert target.tolist() == expected.tolist(), (tst, sst)


@several
def test_iput_with_size_and_context() -> None:
    target = symmetric(np.zeros(N))
    shmem.iput(target, np.full(N, me() + 1.0), right(), tst=2, size=3, ctx=shmem.CTX_DEFAULT)
    shmem.barrier_all()
    assert target.tolist() == [left() + 1, 0] * 3 + [0] * 6


def blocks(a: np.ndarray, stride: int, bsize: int, nblocks: int) -> np.ndarray:
    return np.concatenate([np.arange(b * stride, b * stride + bsize) for b in range(nblocks)])


@everywhere
@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "f8", "D", "g"])
@pytest.mark.parametrize(("tst", "sst", "bsize", "nblocks"), [(4, 3, 2, 3), (2, 2, 2, 6), (6, 2, 1, 2), (5, 4, 4, 0)])
def test_ibput_and_ibget(dtype: str, tst: int, sst: int, bsize: int, nblocks: int) -> None:
    need("block_strided")
    target = symmetric(noise(N, dtype, seed=1))
    shmem.ibput(target, noise(N, dtype, seed=me()), right(), tst, sst, bsize, nblocks)
    shmem.barrier_all()
    expected = noise(N, dtype, seed=1)
    if nblocks:
        to, of = (blocks(expected, s, bsize, nblocks) for s in (tst, sst))
        expected[to] = noise(N, dtype, seed=left())[of]
    assert same_bits(target.copy(), expected)

    local, mine = noise(N, dtype, seed=2), noise(N, dtype, seed=2)
    shmem.ibget(local, target, right(), sst, tst, bsize, nblocks)
    shmem.barrier_all()
    if nblocks:
        mine[of] = noise(N, dtype, seed=me())[of]
    assert same_bits(local, mine)


@several
def test_ibput_left_out_number_of_blocks_is_what_fits_both() -> None:
    need("block_strided")
    target = symmetric(np.zeros(11, dtype=int))
    shmem.ibput(target, np.arange(1, 12), right(), 4, 3, 2)
    shmem.barrier_all()
    assert target.tolist() == [1, 2, 0, 0, 4, 5, 0, 0, 7, 8, 0]


@pytest.mark.pes(1)
@pytest.mark.parametrize(
    ("strides", "message"),
    [
        ({"tst": 0}, "tst"),
        ({"sst": -1}, "sst"),
        ({"size": 13}, "size"),
        ({"tst": 2, "size": 7}, "size"),
        ({"sst": 3, "size": 5}, "size"),
    ],
)
def test_strides_and_sizes_that_cannot_be(strides: dict[str, Any], message: str) -> None:
    a = shmem.zeros(N)
    for call in (shmem.iput, shmem.iget):
        with pytest.raises(ValueError, match=message):
            call(a, np.zeros(N) if call is shmem.iput else a, 0, **strides)


@pytest.mark.pes(1)
@pytest.mark.parametrize(
    ("args", "message"),
    [((2, 2, 3, 1), "tst"), ((4, 4, 2, 4), "nblocks"), ((4, 4, 0, 1), "bsize"), ((4, 0, 1, 1), "sst")],
)
def test_blocks_that_cannot_be(args: Any, message: str) -> None:
    a = shmem.zeros(N)
    with pytest.raises(ValueError, match=message):
        shmem.ibput(a, np.zeros(N), 0, *args)
