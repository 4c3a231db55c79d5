# SPDX-License-Identifier: BSD-3-Clause
"""All PEs race for a flag on PE 0: exactly one wins, and all learn which.

Run it: ``shmem4py run -n 4 examples/atomic_race.py``
"""

from shmem4py import shmem

NOBODY = -1

me, npes = shmem.my_pe(), shmem.n_pes()
winner = shmem.full(1, NOBODY, dtype="i8")
wins = shmem.zeros(1, dtype="i8")

before = shmem.atomic_compare_swap(winner, NOBODY, me, 0)
if before == NOBODY:
    shmem.atomic_inc(wins, 0)
shmem.barrier_all()

first = shmem.atomic_fetch(winner, 0)
if before not in (NOBODY, first):
    raise SystemExit(f"PE {me}: lost against PE {before}, but the flag says PE {first}")
if shmem.g(wins, 0) != 1:
    raise SystemExit(f"PE {me}: {shmem.g(wins, 0)} PEs believe that they won")
if me == 0:
    print(f"PE {first} was first of {npes}")
