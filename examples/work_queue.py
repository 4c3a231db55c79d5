# SPDX-License-Identifier: BSD-3-Clause
"""A work queue: tasks of different length, drawn one by one from a counter.

Run it: ``shmem4py run -n 4 examples/work_queue.py``

The queue is one integer on PE 0. A PE that is done with a task draws the next number with
an atomic fetch-and-increment. So no PE waits for the slowest, and PE 0 does nothing
special. Results go straight to their places on PE 0.
"""

import numpy as np

from shmem4py import shmem

TASKS = 200


def collatz(n: int) -> int:
    """Return how many steps n takes to come down to 1."""
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


me, npes = shmem.my_pe(), shmem.n_pes()
next_task = shmem.zeros(1, dtype="i8")
results = shmem.full(TASKS, -1, dtype="i8")
queue, at_home = shmem.remote(next_task)[0].at[0], shmem.remote(results)[0]
done_here = 0

while (task := int(queue.fetch_add(1))) < TASKS:
    at_home[task] = collatz(task + 1)
    done_here += 1

done = shmem.gather(done_here, root=0)
shmem.barrier_all()  # all results have arrived

if done is not None:
    if done.sum() != TASKS or not np.array_equal(results, [collatz(n + 1) for n in range(TASKS)]):
        raise SystemExit(f"wrong results: {results}, tasks done by each PE: {done}")
    print(f"{TASKS} tasks done, longest {results.max()} steps")
