# SPDX-License-Identifier: BSD-3-Clause
"""Five-point stencil in blocks of rows: average, put the edges into the neighbours' halos with a signal, wait."""

import numpy as np
from common import STENCIL, Averages, check, eigenfunction, run_kernel
from signals import GE, SET, put_signal, signal_wait_until

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()

for n, steps in STENCIL:
    rows = n // npes
    grids = [shmem.zeros((rows + 2, n + 2)) for _ in range(2)]
    grids[0][:] = eigenfunction(n, rows, me, 0)
    averages = [Averages(grids[0], grids[1]), Averages(grids[1], grids[0])]
    arrived = shmem.zeros(2, dtype="u8")  # steps of the neighbours above and below
    from_above, from_below = arrived[:1], arrived[1:]
    above, below = me - 1, me + 1
    # For each grid: halo and edge, the PE of the halo, and the signal there for my edge. The neighbour is at most one
    # step ahead, and in that step it fills the other grid's halo.
    puts = [
        ([(grid[-1], grid[1], above, from_below)] if me > 0 else [])
        + ([(grid[0], grid[-2], below, from_above)] if me < npes - 1 else [])
        for grid in grids
    ]
    waits = ([from_above] if me > 0 else []) + ([from_below] if me < npes - 1 else [])
    done = 0
    shmem.barrier_all()

    def work():
        global done
        for _ in range(steps):
            averages[done % 2]()
            done += 1
            for halo, edge, pe, signal in puts[done % 2]:
                put_signal(halo, edge, pe, signal, done, SET)
            for signal in waits:
                signal_wait_until(signal, GE, done)

    run_kernel("stencil", grids[0].nbytes, steps, work, shmem.barrier_all, me, npes)
    wanted = eigenfunction(n, rows, me, done)
    check(np.allclose(grids[done % 2][1:-1], wanted[1:-1], rtol=0, atol=1e-11), "stencil")
    shmem.barrier_all()
    for array in (arrived, *grids):
        shmem.free(array)
