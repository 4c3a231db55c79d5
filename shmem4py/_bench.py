# SPDX-License-Identifier: BSD-3-Clause
"""``shmem4py bench``: what the basic operations cost from Python, between PE 0 and PE 1.

A short form for users. One-sided calls are made by PE 0 on the last PE while the others
wait in a barrier. Each figure is the median of some rounds.
"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable

import numpy as np

from . import shmem

ROUNDS = 7
SIZES = (4 << 10, 64 << 10, 1 << 20, 16 << 20)


def per_call(function: Callable[[], object], calls: int) -> float:
    """Return seconds for one call, the median of some rounds."""
    samples = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(calls):
            function()
        samples.append((time.perf_counter() - start) / calls)
    return statistics.median(samples)


def main() -> int:
    """Measure and print, on PE 0."""
    me, peer = shmem.my_pe(), shmem.n_pes() - 1
    word = shmem.zeros(1, dtype=np.int64)
    value = np.ones(1, dtype=np.int64)
    lines: list[tuple[str, float]] = []
    one_sided: list[tuple[str, Callable[[], object]]] = [
        ("put 8 B", lambda: shmem.put(word, value, peer)),
        ("get 8 B", lambda: shmem.get(value, word, peer)),
        ("p 8 B", lambda: shmem.p(word, 1, peer)),
        ("g 8 B", lambda: shmem.g(word, peer)),
        ("atomic_fetch_add", lambda: shmem.atomic_fetch_add(word, 1, peer)),
        ("atomic_add", lambda: shmem.atomic_add(word, 1, peer)),
        ("quiet", shmem.quiet),
        ("my_pe", shmem.my_pe),
    ]
    if me == 0:
        print(f"engine {shmem.engine().name} ({shmem.engine().version}), {shmem.n_pes()} PEs, PE 0 to PE {peer}")
        a = np.zeros(1)
        lines.append(("NumPy a[0] = 1.0", per_call(lambda: a.__setitem__(0, 1.0), 20_000)))
        lines += [(name, per_call(function, 20_000)) for name, function in one_sided]
    shmem.barrier_all()

    source, target = shmem.zeros(1), shmem.zeros(1)
    collective: list[tuple[str, Callable[[], object]]] = [
        ("barrier_all", shmem.barrier_all),
        ("sum_reduce 8 B", lambda: shmem.sum_reduce(target, source)),
        ("broadcast 8 B", lambda: shmem.broadcast(target, source, 0)),
    ]
    lines += [(name, per_call(function, 2_000)) for name, function in collective]
    for name, seconds in lines:
        if me == 0:
            print(f"{name:<20} {seconds * 1e9:10.0f} ns")
    for nbytes in SIZES:
        block = shmem.zeros(nbytes, dtype=np.uint8)
        data = np.ones(nbytes, dtype=np.uint8)
        if me == 0:
            calls = max(3, (8 << 20) // nbytes)
            seconds = per_call(functools.partial(shmem.put, block, data, peer), calls)
            print(f"put {nbytes:>8} B       {nbytes / seconds / 1e9:10.1f} GB/s")
        shmem.free(block)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
