# SPDX-License-Identifier: BSD-3-Clause
"""A histogram and a groupby over data of which each PE has a part.

Run it: ``shmem4py run -n 4 examples/histogram.py``

Each PE counts what it has, and the counts are added. Where there are many groups, each PE owns
some of them: remote atomic adds bring each record's value to the owner of its group.
"""

import numpy as np

from shmem4py import shmem

RECORDS, GROUPS = 20_000, 12

me, npes = shmem.my_pe(), shmem.n_pes()
rng = np.random.default_rng(me)
group = rng.integers(0, GROUPS, RECORDS // npes)
value = rng.integers(0, 100, RECORDS // npes)

# Few groups: everybody gets everything.
counts = shmem.sum(np.bincount(group, minlength=GROUPS))
sums = shmem.sum(np.bincount(group, weights=value, minlength=GROUPS))
mean = sums / counts

# Many groups: group g lives on PE g % npes, and nobody has them all.
owned = shmem.zeros(-(-GROUPS // npes), dtype="i8")
remote = shmem.remote(owned)
for g in np.unique(group):
    remote[int(g) % npes].at[int(g) // npes] += value[group == g].sum()
shmem.barrier_all()

mine = np.arange(me, GROUPS, npes)
if not np.array_equal(owned[: mine.size], sums[mine]):
    raise SystemExit(f"PE {me}: {owned} differ from {sums[mine]}")

everything = shmem.gather(np.stack([group, value]), root=0)
if everything is not None:
    groups, values = everything.transpose(1, 0, 2).reshape(2, -1)
    expected = [values[groups == g].mean() for g in range(GROUPS)]
    if not np.allclose(mean, expected):
        raise SystemExit(f"{mean} differ from {expected}")
    print(f"{counts.sum()} records in {GROUPS} groups, means from {mean.min():.1f} to {mean.max():.1f}")
