# SPDX-License-Identifier: BSD-3-Clause
"""alone.py KERNEL: the computation of a kernel on its PE without communication, a lower bound for every library.

The transpose here is that of the variants with an alltoall.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np
from common import (
    N_UPDATES,
    SORT,
    STENCIL,
    SWEEP,
    SWEEP_ROWS,
    TRANSPOSE,
    UPDATES,
    Averages,
    Keys,
    Sums,
    Turns,
    random_keys,
    random_updates,
    run_kernel,
)

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
Work = tuple[int, int, Callable[[], None]]  # bytes, steps, all of the steps


def stencil() -> Iterator[Work]:
    for n, steps in STENCIL:
        grids = [np.zeros((n // npes + 2, n + 2)) for _ in range(2)]
        averages = [Averages(grids[0], grids[1]), Averages(grids[1], grids[0])]

        def work():
            for step in range(steps):
                averages[step % 2]()

        yield grids[0].nbytes, steps, work


def transpose() -> Iterator[Work]:
    for n, times in TRANSPOSE:
        rows = n // npes
        matrix, result = np.ones((rows, n)), np.ones((rows, n))
        turns = Turns(matrix, np.ones((npes, rows, rows)), np.ones((npes, rows, rows)), result)

        def work():
            for _ in range(times):
                turns.split()
                turns.join()

        yield matrix.nbytes, times, work


def sweep() -> Iterator[Work]:
    for columns in SWEEP:
        rows = list(np.ones((SWEEP_ROWS, columns + 1), dtype="i8"))
        local = Sums(columns)

        def work():
            along, down = local.along, local.down
            for row in rows:
                along(row)
                down()

        yield 8 * SWEEP_ROWS * columns, SWEEP_ROWS, work


def updates() -> Iterator[Work]:
    for words in UPDATES:
        changes = random_updates(words, me, npes)

        def work():
            for _ in changes:
                pass

        yield 8 * words, N_UPDATES, work


def sort() -> Iterator[Work]:
    for n, times in SORT:
        sort_keys = Keys(random_keys(n, me), npes)
        mine = sort_keys.mine
        arrived = np.empty(npes * n, dtype="u2")

        def work():
            for _ in range(times):
                cuts = sort_keys()
                arrived[: cuts[1]] = mine[: cuts[1]]
                arrived[cuts[1] : n] = mine[cuts[1] :]
                arrived[:n].sort(kind="stable")

        yield mine.nbytes, times, work


name = sys.argv[1]
for nbytes, steps, work in globals()[name]():
    run_kernel(name, nbytes, steps, work, shmem.barrier_all, me, npes)
