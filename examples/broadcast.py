# SPDX-License-Identifier: BSD-3-Clause
"""One PE tells all the others, from each PE in turn.

Run it: ``shmem4py run -n 4 examples/broadcast.py``
"""

import numpy as np

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
source, target = shmem.empty(8, dtype="i4"), shmem.empty(8, dtype="i4")

for root in range(npes):
    source[:] = 100 * me + np.arange(8)
    shmem.broadcast(target, source, root)
    if not np.array_equal(target, 100 * root + np.arange(8)):
        raise SystemExit(f"PE {me}: PE {root} sent {target}")
    # A broadcast returns on a PE when that PE has its data: others may still read `source`.
    shmem.barrier_all()

if me == 0:
    print(f"{npes} broadcasts arrived on {npes} PEs")
