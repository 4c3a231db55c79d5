# SPDX-License-Identifier: BSD-3-Clause
"""The sort with mpi4py: Alltoall of the counts, Alltoallv of the keys."""

from itertools import pairwise

import numpy as np
from common import SORT, Keys, check, is_sorted_range, random_keys, run_kernel
from mpi4py import MPI

comm = MPI.COMM_WORLD
me, npes = comm.Get_rank(), comm.Get_size()
counts = np.zeros(npes, dtype="i4")
theirs = np.zeros(npes, dtype="i4")

for n, times in SORT:
    sort_keys = Keys(random_keys(n, me), npes)
    mine = sort_keys.mine
    arrived = np.empty(npes * n, dtype="u2")
    result = arrived

    def work():
        global result
        for _ in range(times):
            cuts = sort_keys()
            counts[...] = [end - begin for begin, end in pairwise(cuts)]
            comm.Alltoall(counts, theirs)
            result = arrived[: sum(theirs.tolist())]
            comm.Alltoallv([mine, counts], [result, theirs])
            result.sort(kind="stable")

    run_kernel("sort", mine.nbytes, times, work, comm.Barrier, me, npes)
    check(is_sorted_range(result, me, npes), "sort: order")
    check(comm.allreduce(result.size) == n * npes, "sort: keys were lost")
