# SPDX-License-Identifier: BSD-3-Clause
"""plot.py RESULTS.json [FOLDER]: figures of a run, as PNG and SVG. A variant has the same colour in all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from results import Results

plt.switch_backend("Agg")
matplotlib.rcParams["svg.hashsalt"] = "shmem4py"  # the same results give the same file

# Ours in blue, Open MPI's OpenSHMEM in orange, 1.0 in black, MPI in greens; Python dashed, the machine dotted, in grey.
STYLES = {
    "limit": ("#888888", ":", "memcpy, plain access"),
    "NumPy alone": ("#888888", "--", "without communication"),
    "C smp": ("#0072b2", "-", "C on smp"),
    "Py smp": ("#0072b2", "--", "Python on smp"),
    "C openmpi": ("#d55e00", "-", "C on Open MPI"),
    "Py openmpi": ("#d55e00", "--", "Python on Open MPI"),
    "Py 1.0": ("#000000", "--", "shmem4py 1.0 on Open MPI"),
    "mpi4py openmpi": ("#009e73", "--", "mpi4py, Open MPI"),
    "mpi4py mpich": ("#76b947", "--", "mpi4py, MPICH"),
}


def line(axes: Axes, results: Results, row: str, npes: int, per_byte: bool = False) -> None:
    for variant, (colour, dashes, label) in STYLES.items():
        points = sorted((key[1], key) for key in results.samples.get(variant, {}) if (key[0], key[2]) == (row, npes))
        if not points or (row != "putmem" and row != "getmem" and variant == "limit"):
            continue
        medians = [results.median(variant, key) or 1 for _, key in points]
        sizes = [size for size, _ in points]
        values = [size / ns for size, ns in zip(sizes, medians, strict=True)] if per_byte else medians
        axes.plot(sizes, values, dashes, color=colour, label=label, marker="o", markersize=3, linewidth=1.4)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("bytes")
    axes.grid(True, which="major", color="#dddddd", linewidth=0.6)


def legend(figure: Figure, *axes: Axes) -> None:
    found: dict[str, object] = {}
    for one in axes:
        for handle, label in zip(*one.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    figure.legend(found.values(), found.keys(), loc="outside lower center", ncols=4, frameon=False, fontsize=8)


def copies(results: Results) -> Figure:
    figure, axes = plt.subplots(2, 2, figsize=(9, 7), layout="constrained", sharex=True)
    for column, (row, name) in enumerate((("putmem", "put"), ("getmem", "get"))):
        line(axes[0][column], results, row, 2)
        axes[0][column].set_title(f"{name}: time of a call")
        line(axes[1][column], results, row, 2, per_byte=True)
        axes[1][column].set_title(f"{name}: bandwidth")
    axes[0][0].set_ylabel("ns")
    axes[1][0].set_ylabel("GB/s")
    legend(figure, *axes.flat)
    return figure


def collectives(results: Results) -> Figure:
    figure, axes = plt.subplots(2, 3, figsize=(11, 7), layout="constrained")
    for column, (row, name) in enumerate((("sum_reduce", "sum"), ("broadcast", "broadcast"), ("fcollect", "fcollect"))):
        line(axes[0][column], results, row, 2)
        axes[0][column].set_title(f"{name}, 2 PEs")
    for column, (row, nbytes, name) in enumerate(
        (("barrier_all", 0, "barrier"), ("sum_reduce", 8, "sum of 8 B"), ("alltoall", 4096, "alltoall of 4 KB"))
    ):
        below = axes[1][column]
        for variant, (colour, dashes, label) in STYLES.items():
            points = sorted(
                (key[2], results.median(variant, key))
                for key in results.samples.get(variant, {})
                if key[:2] == (row, nbytes) and variant in ("C smp", "C openmpi")
            )
            if points:
                below.plot(*zip(*points, strict=True), dashes, color=colour, label=label, marker="o", markersize=3)
        below.set_xscale("log", base=2)
        below.set_yscale("log")
        below.set_xticks([2, 4, 8, 16] if row == "barrier_all" else [2, 4, 8], labels=None)
        below.xaxis.set_major_formatter(matplotlib.ticker.ScalarFormatter())
        below.set_xlabel("PEs")
        below.set_title(name)
        below.grid(True, which="major", color="#dddddd", linewidth=0.6)
    axes[0][0].set_ylabel("ns")
    axes[1][0].set_ylabel("ns")
    legend(figure, *axes.flat)
    return figure


def kernels(results: Results) -> Figure:
    """Time of each variant as a multiple of Python's on smp: shorter is faster."""
    names = ("stencil", "transpose", "sweep", "updates", "sort")
    figure, axes = plt.subplots(1, len(names), figsize=(12, 4.2), layout="constrained", sharey=True)
    variants = [v for v in STYLES if v != "limit" and any(key[0] == "stencil" for key in results.samples.get(v, {}))]
    for one, name in zip(axes, names, strict=True):
        keys = sorted(key for key in results.samples.get("Py smp", {}) if key[0] == name)
        for size, key in enumerate(keys):
            ours = results.median("Py smp", key) or 1
            for place, variant in enumerate(variants):
                median = results.median(variant, key)
                if median is not None:
                    colour, dashes, label = STYLES[variant]
                    one.bar(
                        size + (place - len(variants) / 2 + 0.5) * 0.85 / len(variants),
                        median / ours,
                        0.8 / len(variants),
                        color=colour if dashes == "-" else "white",
                        edgecolor=colour,
                        hatch=None if dashes == "-" else "////",
                        label=label,
                    )
        one.axhline(1, color="#444444", linewidth=0.8)
        one.set_yscale("log")
        one.set_xticks(range(len(keys)), ["small", "medium", "large"][: len(keys)])
        one.set_title(name)
        one.grid(True, axis="y", which="major", color="#dddddd", linewidth=0.6)
        one.set_axisbelow(True)
    axes[0].set_ylabel("time, Python on smp = 1")
    legend(figure, *axes)
    return figure


def draw(results: Results, folder: Path) -> None:
    for name, make in (("bench-copies", copies), ("bench-collectives", collectives), ("bench-kernels", kernels)):
        figure = make(results)
        figure.savefig(folder / f"{name}.png", dpi=110)
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        plt.close(figure)


if __name__ == "__main__":
    draw(Results.load(Path(sys.argv[1])), Path(sys.argv[2] if len(sys.argv) > 2 else "."))
