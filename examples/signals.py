# SPDX-License-Identifier: BSD-3-Clause
"""A pipeline: data and the news that it is there travel in one operation.

Run it: ``shmem4py run -n 4 examples/signals.py``

PE 0 makes blocks, each PE adds one to every element and passes the block on, the last
one checks. `filled` counts the blocks that have come in, `taken` those that the next
PE has taken out of our hands. Each PE has a few slots, so that several blocks are
under way at once; a slot is reused only when it is known to be free.
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
