# SPDX-License-Identifier: BSD-3-Clause
"""What the kernels in Python share for every library: timing, and the local work of each."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
REPEATS = 5
QUARTER = np.array(0.25)

# Three sizes each. The smallest show latency: on so few elements a NumPy function costs only its call.
STENCIL = ((16, 400), (512, 50), (2048, 10))  # points a side, steps
TRANSPOSE = ((16, 200), (256, 20), (2048, 2))  # order, times
SWEEP = (16, 1024, 16384)  # columns on a PE
SWEEP_ROWS = 256
UPDATES = (1 << 10, 1 << 16, 1 << 22)  # elements of the table on a PE
N_UPDATES = 2000
SORT = ((1 << 6, 100), (1 << 14, 10), (1 << 20, 1))  # keys on a PE, times


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
    """The local part of a stencil step from grid to grid; the views are made once.

    Each grid is treated as one long row, since NumPy is much faster on one long row than on many short ones. The last
    element of a row and the first of the next lie side by side, so the columns at both ends, which are 0, are
    overwritten.
    """

    def __init__(self, a: Array, b: Array) -> None:
        rows, width = a.shape
        old, new = a.reshape(-1), b.reshape(-1)
        first, end = width + 1, a.size - width - 1
        self.up, self.down = old[first - width : end - width], old[first + width : end + width]
        self.left, self.right = old[first - 1 : end - 1], old[first + 1 : end + 1]
        self.inner = new[first:end]
        self.ends = new[width - 1 : width - 1 + (rows - 2) * width].reshape(rows - 2, width)[:, :2]

    def __call__(self) -> None:
        inner = self.inner
        np.add(self.up, self.down, inner)
        np.add(inner, self.left, inner)
        np.add(inner, self.right, inner)
        np.multiply(inner, QUARTER, inner)
        self.ends.fill(0)


def eigenfunction(n: int, rows: int, me: int, steps: int) -> Array:
    """What the stencil's grid is after some steps, with the halo above and below: each step scales it."""
    angle = np.pi / (n + 1)
    x = np.arange(n + 2) * angle
    y = (np.arange(rows + 2) + me * rows) * angle
    grid = np.cos(angle) ** steps * np.outer(np.sin(y), np.sin(x))
    grid[:, [0, -1]] = 0
    return grid


class Turns:
    """The local parts of a transpose by alltoall, part p for PE p; the views are made once."""

    def __init__(self, matrix: Array, parts: Array, arrived: Array, result: Array) -> None:
        npes, rows, _ = parts.shape
        self.parts = parts
        self.columns = matrix.reshape(rows, npes, rows).transpose(1, 2, 0)
        self.blocks = result.reshape(rows, npes, rows)
        self.arrived = arrived.transpose(1, 0, 2)

    def split(self) -> None:
        self.parts[...] = self.columns

    def join(self) -> None:
        self.blocks[...] = self.arrived


class Sums:
    """The local part of a row of the sweep: `line` is the sum that the PE to the left passes on, then the row."""

    def __init__(self, columns: int) -> None:
        self.sums = np.zeros(columns + 1, dtype="i8")
        self.inner = self.sums[1:]
        self.last = self.sums[-1:]
        self.table = np.zeros(columns, dtype="i8")  # the last row

    def along(self, line: Array) -> None:
        np.add.accumulate(line, 0, None, self.sums)

    def down(self) -> None:
        np.add(self.table, self.inner, self.table)


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


class Keys:
    """The first local part of a sort: sorted keys, and where each PE's begin."""

    def __init__(self, keys: Array, npes: int) -> None:
        self.keys = keys
        self.mine = np.empty_like(keys)
        self.begins = range_begins(npes)[1:-1].astype(keys.dtype)  # another dtype would convert all keys

    def __call__(self) -> list[int]:
        mine = self.mine
        mine[...] = self.keys
        mine.sort(kind="stable")
        return [0, *mine.searchsorted(self.begins).tolist(), mine.size]


def is_sorted_range(keys: Array, me: int, npes: int) -> bool:
    begin, end = range_begins(npes)[me : me + 2]
    return bool(np.all(keys[:-1] <= keys[1:]) and np.all(keys >= begin) and np.all(keys < end))
