# SPDX-License-Identifier: BSD-3-Clause
"""The transpose with mpi4py: local transposes around an Alltoall on buffers."""

import numpy as np
from common import TRANSPOSE, Turns, check, run_kernel
from mpi4py import MPI

comm = MPI.COMM_WORLD
me, npes = comm.Get_rank(), comm.Get_size()

for n, times in TRANSPOSE:
    rows = n // npes
    matrix = np.arange(me * rows * n, (me + 1) * rows * n, dtype="f8").reshape(rows, n)
    result = np.zeros_like(matrix)
    parts = np.zeros((npes, rows, rows))
    arrived = np.zeros((npes, rows, rows))
    turns = Turns(matrix, parts, arrived, result)

    def work():
        for _ in range(times):
            turns.split()
            comm.Alltoall(parts, arrived)
            turns.join()

    run_kernel("transpose", matrix.nbytes, times, work, comm.Barrier, me, npes)
    columns = np.arange(me * rows, (me + 1) * rows)
    check(np.array_equal(result, columns[:, None] + n * np.arange(n)), "transpose")
