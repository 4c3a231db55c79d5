# SPDX-License-Identifier: BSD-3-Clause
"""Transposes a matrix that is spread over the PEs in blocks of rows: local transposes and one alltoall."""

import numpy as np
from common import TRANSPOSE, check, join, run_kernel, split

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()

for n, times in TRANSPOSE:
    rows = n // npes
    matrix = np.arange(me * rows * n, (me + 1) * rows * n, dtype="f8").reshape(rows, n)
    result = np.zeros_like(matrix)
    parts = shmem.zeros((npes, rows, rows))
    arrived = shmem.zeros((npes, rows, rows))

    def work():
        for _ in range(times):
            split(matrix, parts)
            shmem.alltoall(arrived, parts)
            join(arrived, result)

    run_kernel("transpose", matrix.nbytes, times, work, shmem.barrier_all, me, npes)
    columns = np.arange(me * rows, (me + 1) * rows)
    check(np.array_equal(result, columns[:, None] + n * np.arange(n)), "transpose")
    shmem.barrier_all()
    shmem.free(arrived)
    shmem.free(parts)
