# SPDX-License-Identifier: BSD-3-Clause
"""Integer sort: 16-bit keys are sorted locally, put where their range belongs, and sorted there."""

import numpy as np
from common import SORT, check, is_sorted_range, random_keys, range_begins, run_kernel

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
begins = range_begins(npes)[1:-1]
counts = shmem.zeros(npes, dtype="i8")
matrix = shmem.zeros((npes, npes), dtype="i8")  # everyone's counts

for n in SORT:
    keys = random_keys(n, me)
    arrived = shmem.zeros(2 * n, dtype="u2")
    result = keys

    def work():
        global result
        mine = np.sort(keys, kind="stable")
        cuts = [0, *np.searchsorted(mine, begins).tolist(), n]
        counts[:] = np.diff(cuts)
        shmem.fcollect(matrix, counts)
        places = matrix[:me].sum(axis=0).tolist()
        for pe, place in enumerate(places):
            begin, end = cuts[pe : pe + 2]
            if end > begin:
                shmem.put(arrived[place : place + end - begin], mine[begin:end], pe)
        shmem.barrier_all()
        result = np.sort(arrived[: matrix[:, me].sum()], kind="stable")

    run_kernel("sort", keys.nbytes, 1, work, shmem.barrier_all, me, npes)
    check(is_sorted_range(result, me, npes), "sort: order")
    counts[:] = result.size
    shmem.fcollect(matrix, counts)
    check(matrix[:, 0].sum() == n * npes, "sort: keys were lost")
    shmem.barrier_all()
    shmem.free(arrived)
