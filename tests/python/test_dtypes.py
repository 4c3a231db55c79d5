# SPDX-License-Identifier: BSD-3-Clause
"""The table of dtypes in the docs says of each call what the call does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shmem4py import shmem

LINES = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (Path(__file__).parents[2] / "docs" / "dtypes.md").open()
    if line.startswith("| ")
]
COLUMNS, ROWS = LINES[0][1:], LINES[1:]

# One call of each routine that a column stands for.
CALLS: dict[str, list[Callable[[Any, Any], object]]] = {
    "move": [
        lambda a, b: shmem.put(a, b, 0),
        lambda a, b: shmem.get(b, a, 0),
        lambda a, b: shmem.p(a[:1], b[0], 0),
        lambda a, b: shmem.g(a[:1], 0),
        lambda a, b: shmem.remote(a)[0][1:3],
        lambda a, b: shmem.broadcast(a, b, 0),
        lambda a, b: shmem.collect(a, b),
        lambda a, b: shmem.fcollect(a, b),
        lambda a, b: shmem.alltoall(a, b),
        lambda a, b: shmem.gather(b),
        lambda a, b: shmem.scatter(b[:1]),
        lambda a, b: shmem.bcast(b),
    ],
    "sum": [lambda a, b: shmem.sum(b), lambda a, b: shmem.prod(b), lambda a, b: shmem.cumsum(b)],
    "max": [lambda a, b: shmem.max(b), lambda a, b: shmem.min(b)],
    "argmax": [lambda a, b: shmem.argmax(b), lambda a, b: shmem.argmin(b)],
    "sum_reduce": [
        lambda a, b: shmem.sum_reduce(a, b),
        lambda a, b: shmem.prod_reduce(a, b),
        lambda a, b: shmem.inscan(a, b),
        lambda a, b: shmem.exscan(a, b),
    ],
    "max_reduce": [lambda a, b: shmem.max_reduce(a, b), lambda a, b: shmem.min_reduce(a, b)],
    "and_reduce": [
        lambda a, b: shmem.and_reduce(a, b),
        lambda a, b: shmem.or_reduce(a, b),
        lambda a, b: shmem.xor_reduce(a, b),
    ],
    "swap": [
        lambda a, b: shmem.atomic_set((a, 0), b[0], 0),
        lambda a, b: shmem.atomic_fetch((a, 0), 0),
        lambda a, b: shmem.atomic_swap((a, 0), b[0], 0),
    ],
    "add": [
        lambda a, b: shmem.atomic_add((a, 0), 1, 0),
        lambda a, b: shmem.atomic_fetch_add((a, 0), 1, 0),
        lambda a, b: shmem.atomic_inc((a, 0), 0),
        lambda a, b: shmem.atomic_compare_swap((a, 0), 0, 1, 0),
        lambda a, b: shmem.remote(a)[0].at[0].min(1),
        lambda a, b: shmem.remote(a)[0].at[0].fetch_max(1),
    ],
    "and": [
        lambda a, b: shmem.atomic_and((a, 0), 1, 0),
        lambda a, b: shmem.atomic_fetch_or((a, 0), 1, 0),
        lambda a, b: shmem.atomic_xor((a, 0), 1, 0),
    ],
    "wait": [lambda a, b: shmem.wait_until((a, 0), "==", 0), lambda a, b: shmem.test((a, 0), "!=", 0)],
    "wait all": [lambda a, b: shmem.wait_until_all(a, "==", 0), lambda a, b: shmem.test_any(a, "!=", 0)],
}


def test_the_table_has_these_columns() -> None:
    assert list(CALLS) == COLUMNS


@pytest.mark.pes(1)
@pytest.mark.parametrize("column", CALLS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_calls_take_what_the_table_says(row: list[str], column: str) -> None:
    taken = row[1 + COLUMNS.index(column)] == "✓"
    dtype = np.dtype(row[0].strip("`"))
    for call in CALLS[column]:
        target, source = shmem.zeros(4, dtype), np.zeros(4, dtype)
        if taken:
            call(target, source)
        else:
            with pytest.raises(TypeError):
                call(target, source)
