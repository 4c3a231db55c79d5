# SPDX-License-Identifier: BSD-3-Clause
"""A lock-free counter: every PE draws tickets, no number is drawn twice.

Run it: ``shmem4py run -n 4 examples/counter.py``
"""

import numpy as np

from shmem4py import shmem

TICKETS = 1000

me, npes = shmem.my_pe(), shmem.n_pes()
counter = shmem.zeros(1, dtype="i8")
drawn = shmem.zeros(TICKETS * npes, dtype="i8")  # on PE 0: how often each number was drawn

next_ticket = shmem.remote(counter)[0].at[0]
mine = [next_ticket.fetch_add(1) for _ in range(TICKETS)]
shmem.remote(drawn)[0].at[mine] += 1
shmem.barrier_all()

if mine != sorted(mine):
    raise SystemExit(f"PE {me}: the counter went back")
if me == 0:
    if counter[0] != TICKETS * npes or not np.all(drawn == 1):
        raise SystemExit(f"{counter[0]} tickets, some drawn {drawn.min()} to {drawn.max()} times")
    print(f"{counter[0]} tickets, each drawn once")
