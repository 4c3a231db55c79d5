# SPDX-License-Identifier: BSD-3-Clause
"""Five-point stencil in blocks of rows: average, put the edges into the neighbours' halos, say so, wait for theirs."""

import numpy as np
from common import STENCIL, Averages, check, eigenfunction, run_kernel

from shmem4py import shmem

me, npes = shmem.my_pe(), shmem.n_pes()

for n, steps in STENCIL:
    rows = n // npes
    grids = [shmem.zeros((rows + 2, n + 2)) for _ in range(2)]
    grids[0][:] = eigenfunction(n, rows, me, 0)
    averages = [Averages(grids[0], grids[1]), Averages(grids[1], grids[0])]
    arrived = shmem.zeros(2, dtype="i8")  # steps of the neighbours above and below
    from_above, from_below = arrived[:1], arrived[1:]
    above, below = me - 1, me + 1
    edges = [(grid[0], grid[1], grid[-2], grid[-1]) for grid in grids]
    done = 0
    shmem.barrier_all()

    def work():
        global done
        for _ in range(steps):
            averages[done % 2]()
            done += 1
            upper_halo, first, last, lower_halo = edges[done % 2]
            if me > 0:
                shmem.put(lower_halo, first, above)
            if me < npes - 1:
                shmem.put(upper_halo, last, below)
            shmem.fence()
            if me > 0:
                shmem.atomic_set(from_below, done, above)
            if me < npes - 1:
                shmem.atomic_set(from_above, done, below)
            if me > 0:
                shmem.wait_until(from_above, ">=", done)
            if me < npes - 1:
                shmem.wait_until(from_below, ">=", done)

    run_kernel("stencil", grids[0].nbytes, steps, work, shmem.barrier_all, me, npes)
    wanted = eigenfunction(n, rows, me, done)
    check(np.allclose(grids[done % 2][1:-1], wanted[1:-1], rtol=0, atol=1e-11), "stencil")
    shmem.barrier_all()
    for array in (arrived, *grids):
        shmem.free(array)
