# SPDX-License-Identifier: BSD-3-Clause
"""Each PE has a block for every PE: a matrix split by rows becomes split by columns.

Run it: ``shmem4py run -n 4 examples/alltoall.py``
"""

import numpy as np

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
block = 3
source = shmem.empty((npes, block), dtype="i8")
target = shmem.zeros((npes, block), dtype="i8")
source[:] = 1000 * me + 10 * np.arange(npes)[:, None] + np.arange(block)

shmem.alltoall(target, source)

expected = 1000 * np.arange(npes)[:, None] + 10 * me + np.arange(block)
if not np.array_equal(target, expected):
    raise SystemExit(f"PE {me}: got\n{target}\nexpected\n{expected}")
if me == 0:
    print(f"block of each PE for PE 0:\n{target}")
