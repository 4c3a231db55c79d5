# SPDX-License-Identifier: BSD-3-Clause
"""A lock guards what one atomic operation cannot change: here, two accounts.

Run it: ``shmem4py run -n 4 examples/locks.py``

Money moves between two accounts on PE 0. The PE that holds the lock may read both, think,
and write both; no PE ever sees money that has left one and not reached the other.
"""

import random

from shmem4py import shmem

TOTAL, TRANSFERS = 1000, 50

me, npes = shmem.my_pe(), shmem.n_pes()
random.seed(me)
accounts = shmem.array([TOTAL, 0], dtype="i8")
lock = shmem.Lock()

for _ in range(TRANSFERS):
    with lock:
        first, second = int(shmem.g(accounts[:1], 0)), int(shmem.g(accounts[1:], 0))
        if first + second != TOTAL:
            raise SystemExit(f"PE {me}: {first} + {second} is not {TOTAL}")
        moved = random.randint(-second, first)
        shmem.p(accounts[:1], first - moved, 0)
        shmem.p(accounts[1:], second + moved, 0)
        # Releasing the lock completes the writes before the next holder can read.

shmem.barrier_all()
if me == 0:
    if accounts.sum() != TOTAL:
        raise SystemExit(f"{accounts} does not add up to {TOTAL}")
    print(f"after {npes * TRANSFERS} transfers: {accounts[0]} + {accounts[1]} = {TOTAL}")
