# SPDX-License-Identifier: BSD-3-Clause
"""A sample sort: afterwards each PE holds a range of all numbers, in order.

Run it: ``shmem4py run -n 4 examples/sort.py``

Samples of all PEs give the borders between the ranges. Each PE cuts its sorted numbers at the
borders and sends each PE its piece; the pieces differ in length.
"""

import numpy as np

from shmem4py import shmem

N = 10_000

me, npes = shmem.my_pe(), shmem.n_pes()
numbers = np.sort(np.random.default_rng(me).standard_normal(N))

samples = np.sort(shmem.allgather(numbers[:: N // 64]).ravel())
borders = samples[np.arange(1, npes) * samples.size // npes]
pieces = np.split(numbers, np.searchsorted(numbers, borders))
mine = np.sort(np.concatenate(shmem.alltoallv(pieces)))

ranges = shmem.gather(mine, root=0, ragged=True)
unsorted = shmem.gather(numbers, root=0)
if ranges is not None and unsorted is not None:
    if not np.array_equal(np.concatenate(ranges), np.sort(unsorted.ravel())):
        raise SystemExit("not sorted")
    print(f"{N * npes} numbers sorted, {min(map(len, ranges))} to {max(map(len, ranges))} on a PE")
