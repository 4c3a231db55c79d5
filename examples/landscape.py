# SPDX-License-Identifier: BSD-3-Clause
"""A landscape ages: diffusion of a real elevation model on many PEs.

Run it: ``shmem4py run -n 4 examples/landscape.py``

Soil creeps downhill: dz/dt = D (d2z/dx2 + d2z/dy2). The rows of the map are split
among the PEs. Before each step a PE writes its first and last row straight into the
halo rows of its neighbours (put_signal), and waits for theirs (signal_wait_until).

No barrier is needed. There are two copies of the map, and steps alternate between them.
A PE that starts step t has received its neighbours' rows of step t - 1, so they have
finished step t - 2, the last one that read the halo rows which step t overwrites.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from matplotlib import cbook
from numpy.typing import NDArray
from rich.progress import track

from shmem4py import shmem

Map = NDArray[np.float64]

parser = argparse.ArgumentParser(description="A landscape ages.")
parser.add_argument("--steps", type=int, default=1000)
parser.add_argument("--output", default="landscape.png", help="the picture to write")
args = parser.parse_args()

# An elevation model of the Jacksboro fault in Tennessee, in metres, on a grid in degrees.
dem = np.load(cbook.get_sample_data("jacksboro_fault_dem.npz", asfileobj=False))
before: Map = dem["elevation"].astype(np.float64)
ny, nx = before.shape
dy = 111_200 * float(dem["dy"])
dx = 111_200 * float(dem["dx"]) * math.cos(math.radians(float(dem["ymin"])))
creep = 0.02  # D, in square metres per year
dt = 0.04 * min(dx, dy) ** 2 / creep  # years; stable below 0.25
ax, ay = creep * dt / dx**2, creep * dt / dy**2


def diffuse(old: Map, new: Map) -> None:
    """Do one step on all rows but the first and last, which belong to the neighbours.

    Nothing flows over the left and right border. Each element is computed by the same
    operations in the same order wherever the rows are cut, so the result is the same
    to the last bit on any number of PEs.
    """
    z = old[1:-1]
    flow = ax * (z[:, 1:] - z[:, :-1])
    new[1:-1] = z + ay * ((old[:-2] - z) + (old[2:] - z))
    new[1:-1, :-1] += flow
    new[1:-1, 1:] -= flow


def age_alone() -> Map:
    """Do the same in one process, in plain NumPy, to compare with."""
    old, new = np.pad(before, ((1, 1), (0, 0)), "edge"), np.empty((ny + 2, nx))
    for _ in range(args.steps):
        old[0], old[-1] = old[1], old[-2]
        diffuse(old, new)
        old, new = new, old
    return old[1:-1]


def draw(after: Map) -> None:
    """Write before, after and the difference as shaded relief."""
    from matplotlib.colors import LightSource
    from matplotlib.figure import Figure

    light = LightSource(azdeg=315, altdeg=45)
    change = after - before
    limit = np.abs(change).max()
    panels = [
        ("today", before, before, "gist_earth", before.min(), before.max()),
        (f"{args.steps * dt / 1e6:.1f} million years on", after, after, "gist_earth",
         before.min(), before.max()),
        (f"difference, up to {limit:.0f} m", change, before, "RdBu_r", -limit, limit),
    ]  # fmt: skip
    figure = Figure(figsize=(15, 4), layout="constrained")
    for axes, (title, data, relief, cmap, low, high) in zip(figure.subplots(1, 3), panels, strict=True):
        picture = axes.imshow(data, cmap=cmap, vmin=low, vmax=high)
        shaded = light.shade_rgb(picture.to_rgba(data)[..., :3], relief, vert_exag=4, dx=dx, dy=dy)
        picture.set_data(shaded)
        figure.colorbar(picture, ax=axes, shrink=0.7, label="m")
        axes.set(title=title, xticks=[], yticks=[])
    figure.savefig(args.output, dpi=110)


me, npes = shmem.my_pe(), shmem.n_pes()
first_row = [pe * ny // npes for pe in range(npes + 1)]
rows = first_row[me + 1] - first_row[me]
above, below = me - 1, me + 1

# Allocation is symmetric, so all PEs allocate the rows of the largest part, and two for halos.
z = shmem.zeros((2, -(-ny // npes) + 2, nx))
from_above, from_below = shmem.new_signal(), shmem.new_signal()
z[0, 1 : rows + 1] = before[first_row[me] : first_row[me + 1]]

for step in track(range(args.steps), f"{npes} PEs", disable=me != 0):
    old, new = z[step % 2, : rows + 2], z[(step + 1) % 2, : rows + 2]
    if above >= 0:
        halo = z[step % 2, first_row[me] - first_row[above] + 1]  # below all rows of `above`
        shmem.put_signal(halo, old[1], above, from_below, step + 1, shmem.SIGNAL_SET)
    if below < npes:
        shmem.put_signal(old[0], old[rows], below, from_above, step + 1, shmem.SIGNAL_SET)

    if above >= 0:
        shmem.signal_wait_until(from_above, ">=", step + 1)
    else:
        old[0] = old[1]  # nothing flows over the border of the map
    if below < npes:
        shmem.signal_wait_until(from_below, ">=", step + 1)
    else:
        old[-1] = old[-2]
    diffuse(old, new)

mine = z[args.steps % 2, 1 : rows + 1]

# Soil that is worn off the ridges lies in the valleys: the volume stays.
volume, part = shmem.zeros(1), shmem.array([mine.sum()])
shmem.sum_reduce(volume, part)
drift = abs(volume[0] / before.sum() - 1)
if drift > 1e-12:
    raise SystemExit(f"PE {me}: the volume has changed by {drift:.1e} of itself")

whole = shmem.empty((ny, nx))
shmem.collect(whole, mine)
if me == 0:
    if not np.array_equal(whole, age_alone()):
        raise SystemExit("the result differs from the single-process run")
    draw(np.array(whole))
    print(f"volume kept within {drift:.1e}; picture in {args.output}")
    print("identical to the single-process run")
