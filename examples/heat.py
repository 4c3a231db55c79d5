# SPDX-License-Identifier: BSD-3-Clause
"""The heat equation on a plate that is distributed over all PEs.

Run it: ``shmem4py run -n 4 examples/heat.py``

`GlobalArray` cuts the plate into one block for each PE, surrounded by a halo. The left edge of
the plate is kept at one degree, the others at zero: the halo outside of the plate, which nobody
writes, holds these values.
"""

import numpy as np

from shmem4py import shmem

N, STEPS = 40, 200

plate: shmem.GlobalArray[np.float64] = shmem.GlobalArray((N, N), np.float64, halo=1)
around = plate.local_with_halo
if plate.block[1].start == 0:
    around[:, 0] = 1.0

for _ in range(STEPS):
    plate.update_halo()
    mean = (around[:-2, 1:-1] + around[2:, 1:-1] + around[1:-1, :-2] + around[1:-1, 2:]) / 4
    plate.local[...] = mean

result = plate.to_numpy(root=0)
if result is not None:
    alone = np.zeros((N + 2, N + 2))
    alone[:, 0] = 1.0
    for _ in range(STEPS):
        alone[1:-1, 1:-1] = (alone[:-2, 1:-1] + alone[2:, 1:-1] + alone[1:-1, :-2] + alone[1:-1, 2:]) / 4
    if not np.array_equal(result, alone[1:-1, 1:-1]):
        raise SystemExit("differs from the computation in one piece")
    print(f"blocks {plate.grid} agree with one piece; {result.mean():.3f} degrees on average")
