# SPDX-License-Identifier: BSD-3-Clause
"""The random updates with mpi4py: Accumulate in one passive epoch, flushed at the end."""

import numpy as np
from common import N_UPDATES, REPEATS, UPDATES, check, random_updates, run_kernel
from mpi4py import MPI

comm = MPI.COMM_WORLD
me, npes = comm.Get_rank(), comm.Get_size()

for words in UPDATES:
    window = MPI.Win.Allocate(8 * words, 8, comm=comm)
    table = np.frombuffer(window, dtype="u8")
    table[:] = np.arange(words)
    updates = random_updates(words, me, npes)
    values = np.array([value for _, _, value in updates], dtype="u8")
    one_each = [(pe, index, values[i : i + 1]) for i, (pe, index, _) in enumerate(updates)]
    comm.Barrier()
    window.Lock_all()

    def work():
        for pe, index, value in one_each:
            window.Accumulate(value, pe, index, MPI.BXOR)
        window.Flush_all()
        comm.Barrier()

    run_kernel("updates", table.nbytes, N_UPDATES, work, comm.Barrier, me, npes)
    if REPEATS % 2 == 0:  # and one to warm up: an even number of times leaves the table as it was
        work()
    window.Unlock_all()
    comm.Barrier()
    check(np.array_equal(table, np.arange(words)), "updates")
    del table
    window.Free()
