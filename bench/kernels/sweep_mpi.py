# SPDX-License-Identifier: BSD-3-Clause
"""The sweep with mpi4py: a row's sum is received from the left and sent to the right."""

import numpy as np
from common import SWEEP, SWEEP_ROWS, check, run_kernel
from mpi4py import MPI

comm = MPI.COMM_WORLD
me, npes = comm.Get_rank(), comm.Get_size()
cell = np.zeros(1, dtype="i8")

for columns in SWEEP:
    field = np.ones((SWEEP_ROWS, columns), dtype="i8")
    sums = np.zeros(columns, dtype="i8")
    table = np.zeros(columns, dtype="i8")  # the last row
    last = sums[-1:]

    def work():
        table[:] = 0
        for row in field:
            np.cumsum(row, out=sums)
            if me > 0:
                comm.Recv(cell, me - 1)
                np.add(sums, cell, out=sums)
            if me < npes - 1:
                comm.Send(last, me + 1)
            np.add(table, sums, out=table)
        comm.Barrier()

    run_kernel("sweep", field.nbytes, SWEEP_ROWS, work, comm.Barrier, me, npes)
    check(np.array_equal(table, SWEEP_ROWS * (me * columns + np.arange(columns) + 1)), "sweep")
