# SPDX-License-Identifier: BSD-3-Clause
"""``shmem4py bench``: what the basic operations cost from Python on this machine.

This is a short form for users; the project's own measurements are in ``bench/`` of its sources. PE 0
makes one-sided calls on the last PE while the others wait in a barrier. Each statement runs in a
loop, and the time of the empty loop is subtracted; a figure is the median of some rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import timeit
from typing import Any

import numpy as np

from . import shmem

ROUNDS = 25
ROUND_S = 3e-4
SIZES = tuple(8 << shift for shift in range(0, 22, 3))  # 8 B to 16 MB

ONE_SIDED = {
    "a[0] = x, NumPy": "floats[0] = x",
    "put 8 B": "put(word, value, peer)",
    "get 8 B": "get(value, word, peer)",
    "p 8 B": "p(word, 1, peer)",
    "g 8 B": "g(word, peer)",
    "atomic_add": "atomic_add(word, 1, peer)",
    "atomic_fetch_add": "atomic_fetch_add(word, 1, peer)",
    "quiet": "quiet()",
    "my_pe": "my_pe()",
}
TOGETHER = {
    "barrier_all": "barrier_all()",
    "broadcast 8 B": "broadcast(target, source, 0)",
    "sum_reduce 8 B": "sum_reduce(target, source)",
    "alltoall 8 B": "alltoall(all_target, all_source)",
    "zeros(1), free": "free(zeros(1))",
}


def seconds(statement: str, names: dict[str, Any], calls: int = 0) -> float:
    """Return the seconds that a statement takes; a round has `calls` calls, or as many as fill it if 0."""
    timer, empty = timeit.Timer(statement, globals=names), timeit.Timer("pass")
    fixed = calls > 0
    calls = max(calls, 1)
    # The lesser of two times, since one may have been interrupted.
    while (spent := min(timer.repeat(2, calls))) < ROUND_S and not fixed:
        calls = int(calls * min(10, 1.2 * ROUND_S / max(spent, 1e-9))) + 1
    rounds = ROUNDS if fixed or spent < 10 * ROUND_S else 5  # all PEs have the same number in collectives
    return statistics.median((timer.timeit(calls) - empty.timeit(calls)) / calls for _ in range(rounds))


def show(time_s: float) -> str:
    """Return a time with its unit."""
    return f"{time_s * 1e9:8.1f} ns" if time_s < 1e-6 else f"{time_s * 1e6:8.2f} us"


def check_plot(path: str) -> None:
    """Refuse a file that cannot become a picture before the measurement."""
    from matplotlib.figure import Figure

    problem = ""
    kinds = Figure().canvas.get_supported_filetypes()
    if (kind := os.path.splitext(path)[1].removeprefix(".").lower() or "png") not in kinds:
        problem = f"matplotlib draws no .{kind} files, but {', '.join(sorted(kinds))}"
    else:
        try:
            with open(path, "ab"):
                pass
        except OSError as error:
            problem = str(error.strerror)
    if problem:
        raise SystemExit(f"shmem4py bench: --plot {path}: {problem}")


def plot(path: str, title: str, times: dict[str, list[float]]) -> None:
    """Draw time and bandwidth over size."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(7, 7), layout="constrained")
    for name, samples in times.items():
        above.plot(SIZES, [time * 1e9 for time in samples], marker="o", label=name)
        below.plot(SIZES, [size / time / 1e9 for size, time in zip(SIZES, samples, strict=True)], marker="o")
    above.set(title=title, ylabel="ns", xscale="log", yscale="log")
    below.set(xlabel="bytes", ylabel="GB/s", yscale="log")
    for axes in (above, below):
        axes.grid(True, color="#dddddd")
    above.legend()
    figure.savefig(path, dpi=150)


def main() -> int:
    """Measure on all PEs, print and plot on PE 0."""
    parser = argparse.ArgumentParser(prog="shmem4py bench")
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args()
    me, npes = shmem.my_pe(), shmem.n_pes()
    if me == 0 and options.plot:
        check_plot(options.plot)
    peer = npes - 1
    engine = shmem.engine()
    title = f"{engine.name} ({engine.version}), {npes} PEs, PE 0 to PE {peer}"
    names: dict[str, Any] = {
        **vars(shmem),
        "peer": peer,
        "x": 1.0,
        "floats": np.zeros(1),
        "value": np.ones(1, dtype="i8"),
        "word": shmem.zeros(1, dtype="i8"),
        "source": shmem.zeros(1),
        "target": shmem.zeros(1),
        "all_source": shmem.zeros(npes),
        "all_target": shmem.zeros(npes),
    }
    if me == 0:
        print(title)
        for name, statement in ONE_SIDED.items():
            print(f"{name:<18}{show(seconds(statement, names))}")
    for name, statement in TOGETHER.items():
        shmem.barrier_all()
        time = seconds(statement, names, calls=300)
        if me == 0:
            print(f"{name:<18}{show(time)}")

    block = shmem.zeros(SIZES[-1], dtype="u1")
    times: dict[str, list[float]] = {"put": [], "get": []}
    if me == 0:
        print(f"\n{'bytes':>12}{'put':>14}{'get':>14}{'put':>14}{'get':>14}")
        data = np.ones(SIZES[-1], dtype="u1")
        shmem.put(block, data, peer)
        for size in SIZES:
            names.update(block=block[:size], data=data[:size])
            times["put"].append(seconds("put(block, data, peer)", names))
            times["get"].append(seconds("get(data, block, peer)", names))
            latest = [samples[-1] for samples in times.values()]
            rates = "".join(f"{size / time / 1e9:>9.1f} GB/s" for time in latest)
            print(f"{size:>12}{''.join(f'{show(time):>14}' for time in latest)}{rates}")
    shmem.barrier_all()
    shmem.free(block)
    if me == 0 and options.plot:
        plot(options.plot, title, times)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
