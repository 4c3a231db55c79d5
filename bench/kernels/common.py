# SPDX-License-Identifier: BSD-3-Clause
"""What the kernels in Python share, whatever they communicate with: timing, and the local work of each."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
REPEATS = 5

STENCIL = ((64, 200), (512, 50), (2048, 10))  # points a side, steps
TRANSPOSE = ((16, 200), (256, 20), (2048, 2))  # order, times
SWEEP = (16, 1024, 16384)  # columns on a PE
SWEEP_ROWS = 256
UPDATES = (1 << 10, 1 << 16, 1 << 22)  # words of the table on a PE
N_UPDATES = 2000
SORT = (1 << 8, 1 << 14, 1 << 20)  # keys on a PE


def run_kernel(
    row: str, nbytes: int, steps: int, work: Callable[[], None], barrier: Callable[[], None], me: int, npes: int
) -> None:
    """Time `work`, which makes `steps` steps, on all PEs together; the row is the median time of a step."""
    work()
    samples = []
    for _ in range(REPEATS):
        barrier()
        begin = time.perf_counter_ns()
        work()
        barrier()
        samples.append((time.perf_counter_ns() - begin) / steps)
    if me == 0:
        value = statistics.median(samples)
        print(json.dumps({"row": row, "nbytes": nbytes, "npes": npes, "value": value, "unit": "ns"}), flush=True)


def check(right: bool, what: str) -> None:
    if not right:
        raise RuntimeError(f"wrong result: {what}")


class Averages:
    """The local part of a stencil step from grid to grid; the views are made once."""

    def __init__(self, a: Array, b: Array) -> None:
        self.parts = a[:-2, 1:-1], a[2:, 1:-1], a[1:-1, :-2], a[1:-1, 2:]
        self.inner = b[1:-1, 1:-1]

    def __call__(self) -> None:
        up, down, left, right = self.parts
        np.add(up, down, out=self.inner)
        np.add(self.inner, left, out=self.inner)
        np.add(self.inner, right, out=self.inner)
        np.multiply(self.inner, 0.25, out=self.inner)


def eigenfunction(n: int, rows: int, me: int, steps: int) -> Array:
    """What the stencil's grid is after some steps, with the halo above and below: each step scales it."""
    angle = np.pi / (n + 1)
    x = np.arange(n + 2) * angle
    y = (np.arange(rows + 2) + me * rows) * angle
    grid = np.cos(angle) ** steps * np.outer(np.sin(y), np.sin(x))
    grid[:, [0, -1]] = 0
    return grid


def split(matrix: Array, parts: Array) -> None:
    """Part p becomes the transpose of columns p of this PE's rows."""
    npes, rows, _ = parts.shape
    parts[:] = matrix.reshape(rows, npes, rows).transpose(1, 2, 0)


def join(parts: Array, result: Array) -> None:
    npes, rows, _ = parts.shape
    result.reshape(rows, npes, rows)[:] = parts.transpose(1, 0, 2)


def random_updates(words: int, me: int, npes: int) -> list[tuple[int, int, int]]:
    """PE, index and value of each update."""
    random = np.random.default_rng(me)
    return list(
        zip(
            random.integers(0, npes, N_UPDATES).tolist(),
            random.integers(0, words, N_UPDATES).tolist(),
            random.integers(0, 1 << 62, N_UPDATES).tolist(),
            strict=True,
        )
    )


def random_keys(n: int, me: int) -> Array:
    return np.random.default_rng(me).integers(0, 1 << 16, n, dtype="u2")


def range_begins(npes: int) -> Array:
    """The first key of each PE's range, and the end of the last one."""
    return -(-np.arange(npes + 1) * (1 << 16) // npes)


def is_sorted_range(keys: Array, me: int, npes: int) -> bool:
    begin, end = range_begins(npes)[me : me + 2]
    return bool(np.all(keys[:-1] <= keys[1:]) and np.all(keys >= begin) and np.all(keys < end))
