# SPDX-License-Identifier: BSD-3-Clause
"""A parameter server without a server: all PEs train one linear model at their own pace.

Run it: ``shmem4py run -n 4 examples/parameter_server.py``

The weights lie on PE 0. Each PE reads them, computes the gradient of some of its own data, and
adds a step to them; no PE waits for another. Each weight is added to atomically, so no step
is lost, although weights are read while others change.
"""

import numpy as np

from shmem4py import shmem

FEATURES, STEPS, BATCH, RATE = 6, 400, 16, 0.02

me, npes = shmem.my_pe(), shmem.n_pes()
rng = np.random.default_rng(me)
truth = np.linspace(-1, 1, FEATURES)
x = rng.standard_normal((2000, FEATURES))
y = x @ truth + 0.01 * rng.standard_normal(2000)

weights = shmem.zeros(FEATURES)
server = shmem.remote(weights)[0]

for _ in range(STEPS):
    batch = rng.integers(0, len(x), BATCH)
    error = x[batch] @ server[:] - y[batch]
    step = -RATE * (error @ x[batch]) / BATCH
    for i, change in enumerate(step):
        server.at[i] += change

shmem.barrier_all()
found = server[:]
if not np.allclose(found, truth, atol=0.05):
    raise SystemExit(f"PE {me}: {found} is far from {truth}")
loss = shmem.sum(np.square(x @ found - y).mean()) / npes
if me == 0:
    print(f"{STEPS * npes} steps of {npes} PEs, loss {loss:.5f}")
