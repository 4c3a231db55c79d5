# SPDX-License-Identifier: BSD-3-Clause
"""Sum, product, minimum and maximum over all PEs, element by element.

Run it: ``shmem4py run -n 4 examples/reduction.py``
"""

import math

import numpy as np

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
source = shmem.array([me + 1, npes - me], dtype="i8")
target = shmem.empty(2, dtype="i8")

total, product = npes * (npes + 1) // 2, math.factorial(npes)
for op, expected in [
    (shmem.OP_SUM, total),
    (shmem.OP_PROD, product),
    (shmem.OP_MIN, 1),
    (shmem.OP_MAX, npes),
]:
    shmem.reduce(target, source, op)
    if not np.all(target == expected):
        raise SystemExit(f"PE {me}: {op} is {target}, expected {expected}")
    if me == 0:
        print(f"{op}: {target}")
    shmem.barrier_all()  # the next reduction may write into any PE's `target`
