# SPDX-License-Identifier: BSD-3-Clause
"""The sweep with mpi4py: a row's sum is received from the left, in front of the row, and sent to the right."""

import numpy as np
from common import SWEEP, SWEEP_ROWS, Sums, check, run_kernel
from mpi4py import MPI

comm = MPI.COMM_WORLD
me, npes = comm.Get_rank(), comm.Get_size()

for columns in SWEEP:
    field = np.ones((SWEEP_ROWS, columns + 1), dtype="i8")
    field[:, 0] = 0
    rows = [(row, row[:1]) for row in field]
    local = Sums(columns)

    def work():
        local.table[:] = 0
        along, down, last = local.along, local.down, local.last
        for row, cell in rows:
            if me > 0:
                comm.Recv(cell, me - 1)
            along(row)
            if me < npes - 1:
                comm.Send(last, me + 1)
            down()
        comm.Barrier()

    run_kernel("sweep", 8 * SWEEP_ROWS * columns, SWEEP_ROWS, work, comm.Barrier, me, npes)
    check(np.array_equal(local.table, SWEEP_ROWS * (me * columns + np.arange(columns) + 1)), "sweep")
