# SPDX-License-Identifier: BSD-3-Clause
"""The sort with mpi4py: Alltoall of the counts, Alltoallv of the keys."""

import numpy as np
from common import SORT, check, is_sorted_range, random_keys, range_begins, run_kernel
from mpi4py import MPI

comm = MPI.COMM_WORLD
me, npes = comm.Get_rank(), comm.Get_size()
begins = range_begins(npes)[1:-1]
theirs = np.zeros(npes, dtype="i4")

for n in SORT:
    keys = random_keys(n, me)
    arrived = np.zeros(2 * n, dtype="u2")
    result = keys

    def work():
        global result
        mine = np.sort(keys, kind="stable")
        counts = np.diff([0, *np.searchsorted(mine, begins).tolist(), n]).astype("i4")
        comm.Alltoall(counts, theirs)
        total = int(theirs.sum())
        comm.Alltoallv([mine, counts], [arrived[:total], theirs])
        result = np.sort(arrived[:total], kind="stable")

    run_kernel("sort", keys.nbytes, 1, work, comm.Barrier, me, npes)
    check(is_sorted_range(result, me, npes), "sort: order")
    check(comm.allreduce(result.size) == n * npes, "sort: keys were lost")
