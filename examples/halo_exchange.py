# SPDX-License-Identifier: BSD-3-Clause
"""Halo exchange: each PE owns a block of a 2-D grid and needs its neighbours' edges.

Run it: ``shmem4py run -n 4 examples/halo_exchange.py``

A block has a frame of one cell. A PE puts its edges into the frames of its four
neighbours. It puts rows and columns in the same way, since any NumPy view can be put.
The grid is a torus, so every PE has four neighbours; on few PEs it is its own neighbour.
"""

import numpy as np

from shmem4py import shmem

N, STEPS = 16, 5

me, npes = shmem.my_pe(), shmem.n_pes()
py = max(d for d in range(1, npes + 1) if npes % d == 0 and d * d <= npes)
px = npes // py
y, x = divmod(me, px)


def pe_at(y: int, x: int) -> int:
    return (y % py) * px + x % px


# Two frames, for even and odd steps: a neighbour that is one step ahead writes into
# the other one. No neighbour can be two steps ahead, since each step waits for all four.
# Each side has a signal of its own: a sum would count the next step of one neighbour as
# this step of another.
blocks = shmem.zeros((2, N + 2, N + 2))
arrived = [shmem.new_signal() for _ in range(4)]

everything = np.random.default_rng(1).random((py * N, px * N))
blocks[0, 1:-1, 1:-1] = everything[y * N : (y + 1) * N, x * N : (x + 1) * N]

for step in range(STEPS):
    b, new = blocks[step % 2], blocks[(step + 1) % 2]
    edges = [
        (b[-1, 1:-1], b[1, 1:-1], pe_at(y - 1, x)),
        (b[0, 1:-1], b[-2, 1:-1], pe_at(y + 1, x)),
        (b[1:-1, -1], b[1:-1, 1], pe_at(y, x - 1)),
        (b[1:-1, 0], b[1:-1, -2], pe_at(y, x + 1)),
    ]
    for signal, (target, source, pe) in zip(arrived, edges, strict=True):
        shmem.put_signal(target, source, pe, signal, step + 1, shmem.SIGNAL_SET)
    for signal in arrived:
        shmem.signal_wait_until(signal, ">=", step + 1)
    new[1:-1, 1:-1] = (b[:-2, 1:-1] + b[2:, 1:-1]) + (b[1:-1, :-2] + b[1:-1, 2:])

for _ in range(STEPS):
    everything = (np.roll(everything, 1, 0) + np.roll(everything, -1, 0)) + (
        np.roll(everything, 1, 1) + np.roll(everything, -1, 1)
    )
if not np.array_equal(blocks[STEPS % 2, 1:-1, 1:-1], everything[y * N : (y + 1) * N, x * N : (x + 1) * N]):
    raise SystemExit(f"PE {me}: differs from the computation in one piece")
if me == 0:
    print(f"{py} x {px} blocks agree with the computation in one piece")
