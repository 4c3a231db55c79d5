# SPDX-License-Identifier: BSD-3-Clause
"""A pipeline: one operation moves data and the notice that it is there.

Run it: ``shmem4py run -n 4 examples/signals.py``

PE 0 makes blocks, each PE adds one to every element and passes the block on, and the
last PE checks. `filled` counts the blocks that have come in, `taken` those that the next
PE has taken over. Each PE has a few slots, so that several blocks are under way at once.
A PE reuses a slot only when it knows that the slot is free.
"""

import numpy as np

from shmem4py import shmem

BLOCKS, SLOTS, SIZE = 40, 3, 256

me, npes = shmem.my_pe(), shmem.n_pes()
slots = shmem.zeros((SLOTS, SIZE))
filled, taken = shmem.new_signal(), shmem.new_signal()
first, last = me == 0, me == npes - 1

for n in range(BLOCKS):
    slot = slots[n % SLOTS]
    if first:
        block = np.full(SIZE, float(n))
    else:
        shmem.signal_wait_until(filled, ">=", n + 1)
        block = slot + 1
        shmem.signal_add(taken, 1, me - 1)
    if last:
        if not np.all(block == n + me):
            raise SystemExit(f"block {n} arrived as {block}")
    else:
        if n >= SLOTS:
            shmem.signal_wait_until(taken, ">=", n + 1 - SLOTS)
        shmem.put_signal(slot, block, me + 1, filled, 1, shmem.SIGNAL_ADD)

if last:
    print(f"{BLOCKS} blocks came through {npes} PEs")
