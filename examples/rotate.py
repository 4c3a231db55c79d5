# SPDX-License-Identifier: BSD-3-Clause
"""Every PE gives its array to the next one.

Run it: ``shmem4py run -n 4 examples/rotate.py``

A put returns when the source may be reused; the barrier completes it everywhere.
"""

import numpy as np

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
mine = np.full(1000, me, dtype="f8")
received = shmem.zeros(1000)

shmem.put(received, mine, (me + 1) % npes)
shmem.barrier_all()

expected = (me - 1) % npes
if not np.all(received == expected):
    raise SystemExit(f"PE {me}: got {received}, expected all {expected}")
print(f"PE {me} has the array of PE {received[0]:.0f}")
