# SPDX-License-Identifier: BSD-3-Clause
"""pandas and scikit-learn on several PEs: one table for all, one model of all.

Run it: ``shmem4py run -n 4 examples/dataframe.py`` (needs pandas and scikit-learn)

The table exists once for all PEs of this machine. Each PE views its rows as a DataFrame without
a copy, fits a forest to them, and the forests are put together.
"""

import numpy as np
import pandas as pd  # pyright: ignore[reportMissingImports]
from sklearn.ensemble import RandomForestRegressor  # pyright: ignore[reportMissingImports]

from shmem4py import shmem

ROWS, COLUMNS = 4000, ["a", "b", "c", "target"]

me, npes = shmem.my_pe(), shmem.n_pes()


def fill(table: np.ndarray) -> None:
    table[:, :3] = np.random.default_rng(1).random((ROWS, 3))
    table[:, 3] = table[:, 0] + table[:, 1] * table[:, 2]


table = shmem.node_array((ROWS, 4), fill=fill)
mine = pd.DataFrame(table[me::npes], columns=COLUMNS, copy=False)

total = shmem.sum(mine.sum().to_numpy())
mean = total / ROWS
if not np.allclose(mean, table.mean(axis=0)):
    raise SystemExit(f"PE {me}: {mean}")

forest = RandomForestRegressor(n_estimators=8, random_state=me, n_jobs=1)
forest.fit(mine[COLUMNS[:3]].to_numpy(), mine["target"].to_numpy())
forests = shmem.gather_objects(forest, root=0)
if forests is not None:
    guess = np.mean([f.predict(table[:200, :3]) for f in forests], axis=0)
    error = np.abs(guess - table[:200, 3]).mean()
    if error > 0.05:
        raise SystemExit(f"the forests are off by {error}")
    print(f"{npes} forests of {ROWS // npes} rows each, error {error:.3f}")
