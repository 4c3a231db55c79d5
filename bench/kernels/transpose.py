# SPDX-License-Identifier: BSD-3-Clause
"""Transposes a matrix that is spread over the PEs in blocks of rows.

Each PE puts the transpose of its part of each PE's columns into the rows there, which is one strided put. Two results
are filled in turn, so that a PE that is ahead fills the one that the others do not read. On other engines each element
of such a put is a message, and 1.0 cannot put views with gaps. Both use local transposes around an alltoall, as MPI
does.
"""

import numpy as np
from common import TRANSPOSE, Turns, check, run_kernel
from signals import IS_OLD

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
put, barrier_all = shmem.put, shmem.barrier_all
in_place = not IS_OLD and shmem.engine().name == "smp"

for n, times in TRANSPOSE:
    rows = n // npes
    matrix = np.arange(me * rows * n, (me + 1) * rows * n, dtype="f8").reshape(rows, n)
    if not in_place:
        result = np.zeros_like(matrix)
        parts, arrived = blocks = [shmem.zeros((npes, rows, rows)) for _ in range(2)]
        turns = Turns(matrix, parts, arrived, result)

        def work():
            for _ in range(times):
                turns.split()
                shmem.alltoall(arrived, parts)
                turns.join()
    else:
        blocks = [shmem.zeros((rows, n)) for _ in range(2)]
        others = [(me + i) % npes for i in range(1, npes + 1)]
        puts = [
            [(block[:, me * rows : (me + 1) * rows], matrix[:, pe * rows : (pe + 1) * rows].T, pe) for pe in others]
            for block in blocks
        ]
        done = 0

        def work():
            global done, result
            for _ in range(times):
                done += 1
                for target, source, pe in puts[done % 2]:
                    put(target, source, pe)
                barrier_all()
            result = blocks[done % 2]

    run_kernel("transpose", matrix.nbytes, times, work, shmem.barrier_all, me, npes)
    columns = np.arange(me * rows, (me + 1) * rows)
    check(np.array_equal(result, columns[:, None] + n * np.arange(n)), "transpose")
    shmem.barrier_all()
    for block in blocks:
        shmem.free(block)
