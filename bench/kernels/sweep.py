# SPDX-License-Identifier: BSD-3-Clause
"""Pipelined sweep: sums over all rectangles from the corner. A row's sum goes from PE to PE and is its own signal.

It is put where it is needed: in front of the neighbour's row.
"""

import numpy as np
from common import SWEEP, SWEEP_ROWS, Sums, check, run_kernel

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
put, wait_until, NE = shmem.put, shmem.wait_until, shmem.CMP.NE
EMPTY = 0 if me == 0 else -1  # what is in front of a row; -1 until it arrives

for columns in SWEEP:
    field = shmem.ones((SWEEP_ROWS, columns + 1), dtype="i8")
    front = field[:, 0]
    front[:] = EMPTY
    rows = [(row, row[:1]) for row in field]
    local = Sums(columns)
    shmem.barrier_all()

    def work():
        local.table[:] = 0
        along, down, last = local.along, local.down, local.last
        for row, cell in rows:
            if me > 0:
                wait_until(cell, NE, -1)
            along(row)
            if me < npes - 1:
                put(cell, last, me + 1)
            down()
        front[:] = EMPTY
        shmem.barrier_all()  # no PE sends again before all have cleared

    run_kernel("sweep", 8 * SWEEP_ROWS * columns, SWEEP_ROWS, work, shmem.barrier_all, me, npes)
    check(np.array_equal(local.table, SWEEP_ROWS * (me * columns + np.arange(columns) + 1)), "sweep")
    shmem.barrier_all()
    shmem.free(field)
