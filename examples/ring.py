# SPDX-License-Identifier: BSD-3-Clause
"""A token goes round: each PE adds its number and passes it on.

Run it: ``shmem4py run -n 4 examples/ring.py``

A PE waits until the token appears in its own memory, where the PE before it puts it.
"""

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()
token = shmem.full(1, -1, dtype="i8")
after = (me + 1) % npes

if me == 0:
    shmem.p(token, 0, after)
    shmem.wait_until(token, ">=", 0)
else:
    shmem.wait_until(token, ">=", 0)
    shmem.p(token, token[0] + me, after)

expected = 0 if npes == 1 else me * (me - 1) // 2 if me else npes * (npes - 1) // 2
if token[0] != expected:
    raise SystemExit(f"PE {me}: the token is {token[0]}, expected {expected}")
if me == 0:
    print(f"the token came back as {token[0]}")
