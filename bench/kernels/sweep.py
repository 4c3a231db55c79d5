# SPDX-License-Identifier: BSD-3-Clause
"""Pipelined sweep: sums over all rectangles from the corner. A row's sum goes from PE to PE and is its own signal."""

import numpy as np
from common import SWEEP, SWEEP_ROWS, check, run_kernel

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
carry = shmem.full(SWEEP_ROWS, -1, dtype="i8")  # -1 until it arrives
cells = [carry[i : i + 1] for i in range(SWEEP_ROWS)]

for columns in SWEEP:
    field = np.ones((SWEEP_ROWS, columns), dtype="i8")
    sums = np.zeros(columns, dtype="i8")
    table = np.zeros(columns, dtype="i8")  # the last row
    last = sums[-1:]

    def work():
        table[:] = 0
        for row, cell in zip(field, cells, strict=True):
            np.cumsum(row, out=sums)
            if me > 0:
                shmem.wait_until(cell, "!=", -1)
                np.add(sums, cell, out=sums)
            if me < npes - 1:
                shmem.put(cell, last, me + 1)
            np.add(table, sums, out=table)
        carry[:] = -1
        shmem.barrier_all()  # nobody sends again before everyone has cleared

    run_kernel("sweep", field.nbytes, SWEEP_ROWS, work, shmem.barrier_all, me, npes)
    check(np.array_equal(table, SWEEP_ROWS * (me * columns + np.arange(columns) + 1)), "sweep")
