# SPDX-License-Identifier: BSD-3-Clause
"""Random access: each PE changes elements of a table that is spread over all PEs, one atomic after the other."""

import numpy as np
from common import N_UPDATES, REPEATS, UPDATES, check, random_updates, run_kernel

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()

for words in UPDATES:
    table = shmem.zeros(words, dtype="u8")
    table[:] = np.arange(words)
    # The views are made once, as are those of the values for MPI.
    updates = [(table[index : index + 1], value, pe) for pe, index, value in random_updates(words, me, npes)]
    shmem.barrier_all()

    def work():
        for word, value, pe in updates:
            shmem.atomic_xor(word, value, pe)
        shmem.barrier_all()

    run_kernel("updates", table.nbytes, N_UPDATES, work, shmem.barrier_all, me, npes)
    if REPEATS % 2 == 0:  # and one to warm up: an even number of times leaves the table as it was
        work()
    check(np.array_equal(table, np.arange(words)), "updates")
    shmem.barrier_all()
    shmem.free(table)
