# SPDX-License-Identifier: BSD-3-Clause
"""report.py [--docs] RESULTS.json: the tables of a run, on the terminal or as part of docs/performance.md.

A table is made once, as rows of text, and then printed or written as Markdown. --docs also draws the figures (plot.py).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from results import Key, Results
from rich.console import Console
from rich.table import Table as RichTable
from targets import TABLES, Condition, Verdict, judge

DOCS = Path(__file__).resolve().parent.parent / "docs"
BEGIN = "<!-- from here on written by bench/report.py -->"

VARIANTS = (
    "limit",
    "NumPy alone",
    "C smp",
    "C openmpi",
    "C beside Py",
    "Py smp",
    "Py openmpi",
    "Py 1.0",
    "mpi4py openmpi",
    "mpi4py mpich",
    "Python alone",
)
CALLS = [
    "numpy_setitem",
    "p",
    "g",
    "put",
    "get",
    "fetch_add",
    "swap",
    "compare_swap",
    "put_unchecked",
    "fence",
    "quiet",
    "my_pe",
    "wait_until_true",
    "signal_fetch",
    "numpy_set",
    "remote_set",
    "numpy_get",
    "remote_get",
    "numpy_gather",
    "remote_gather",
    "numpy_scatter",
    "remote_scatter",
    "remote_add",
    "put_nbi_rate",
    "pingpong_p",
    "pingpong_signal",
    "barrier_all",
    "sync_all",
    "malloc_free",
    "zeros_free",
    "lock_free",
    "lock_contended",
    "lock_fairness",
]
AHEAD = ["", "_1_ahead", "_9_ahead", "_16_ahead", "_64_ahead", "_2048_ahead"]  # as copies.c places the target
COPIES = [*(f"{call}{ahead}" for ahead in AHEAD for call in ("putmem", "getmem")), "putmem_first_touch"]
STRIDED = ["iput_column", "iget_column", "iput_stride2", "iget_stride2", "ibput_blocks8", "ibget_blocks8", "ibput_1000"]
OBJECTS = ["bcast_object", "array_copy", "queue", "multiprocessing_queue"]
COLLECTIVES = ["sum_reduce", "broadcast", "collect", "fcollect", "alltoall"]
VALUES = ["sum_into", "sum", "sum_object", "allgather", "bcast"]
KERNELS = ["stencil", "transpose", "sweep", "updates", "sort"]
RESOURCES = ["start", "import", "idle_most", "idle_sum", "private_memory"]


@dataclass
class Table:
    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def rich(self) -> RichTable:
        table = RichTable(title=self.title, title_justify="left")
        for i, name in enumerate(self.header):
            table.add_column(name, justify="left" if i == 0 or self.title == "Targets" else "right")
        for row in self.rows:
            table.add_row(*row, style=None if row[-1] != "not met" else "yellow")
        return table

    def markdown(self) -> str:
        lines = ["| " + " | ".join(row) + " |" for row in (self.header, *self.rows)]
        lines.insert(1, "|---" + "|---:" * (len(self.header) - 1) + "|")
        return f"### {self.title}\n\n" + "\n".join(lines) + "\n"


def show(value: float, unit: str) -> str:
    if unit != "ns":
        return f"{value:.3g} {unit}"
    for limit, scale, name in ((1e3, 1, "ns"), (1e6, 1e3, "us"), (1e9, 1e6, "ms")):
        if value < limit:
            return f"{value / scale:.3g} {name}" if value / scale < 100 else f"{value / scale:.0f} {name}"
    return f"{value / 1e9:.3g} s"


def show_bytes(nbytes: int) -> str:
    for shift, name in ((20, "MB"), (10, "KB")):
        if nbytes >> shift and nbytes % (1 << shift) < 1 << shift - 3:
            return f"{nbytes >> shift} {name}"
    return f"{nbytes} B" if nbytes else ""


def cell(results: Results, variant: str, key: Key) -> str:
    median = results.median(variant, key)
    if median is None:
        return ""
    low, high = results.quartiles(variant, key)
    spread = 50 * (high - low) / median if median else 0
    return f"{show(median, results.units[key[0]])} ({spread:.0f}%)"


def measured(results: Results, title: str, rows: list[str], npes: tuple[int, ...] | None = None) -> Table:
    keys = [key for key in results.cells() if key[0] in rows and (npes is None or key[2] in npes)]
    keys.sort(key=lambda key: (rows.index(key[0]), key[2], key[1]))
    variants = [v for v in VARIANTS if any(key in results.samples.get(v, {}) for key in keys)]
    return Table(
        title,
        ("", "size", "PEs", *variants),
        [(key[0], show_bytes(key[1]), str(key[2]), *(cell(results, v, key) for v in variants)) for key in keys],
    )


def tables(results: Results) -> Iterator[Table]:
    yield measured(results, "Calls", CALLS, (2,))
    yield measured(results, "Copies of blocks", COPIES)
    yield measured(results, "Strided copies", STRIDED)
    yield measured(results, "Collectives, 2 PEs", COLLECTIVES, (2,))
    yield measured(results, "Collectives, 4 PEs", COLLECTIVES, (4,))
    yield measured(results, "Objects, 2 PEs", OBJECTS, (2,))
    yield measured(results, "Collectives that return values, 2 PEs", VALUES, (2,))
    yield measured(results, "Collectives and locks, 8 and 16 PEs", [*CALLS, *COLLECTIVES], (8, 16))
    yield measured(results, "Kernels, 2 PEs", KERNELS)
    yield measured(results, "Start, waiting and memory", RESOURCES)


def describe(verdict: Verdict, unit: str) -> str:
    row, nbytes, npes = verdict.key
    where = " ".join(filter(None, (row, show_bytes(nbytes), f"{npes} PEs")))
    return f"{where}: {show(verdict.ours, unit)}, allowed {show(verdict.allowed, unit)}"


def distance(ratio: float) -> str:
    """How far a ratio is from 1."""
    return f"{percent}%" if (percent := round(100 * abs(ratio - 1))) else "less than 1%"


def outcome(condition: Condition, results: Results) -> tuple[str, str, str]:
    """How many cells meet the condition; the worst cell; the verdict over all cells."""
    verdicts = list(judge(condition, results))
    if not verdicts:
        return "0 of 0", "", "not measured"
    worst = max(verdicts, key=lambda v: (v.met is False, v.met is None, v.ratio))
    met = sum(v.met is True for v in verdicts)
    if met == len(verdicts):
        verdict = "met"
    elif any(v.met is False for v in verdicts):
        verdict = f"missed by {distance(worst.ratio)}"
    else:
        verdict = f"undecided, {distance(worst.ratio)} {'above' if worst.ratio > 1 else 'below'} the target"
    return f"{met} of {len(verdicts)}", describe(worst, results.units[worst.key[0]]), verdict


def target_tables(results: Results) -> Iterator[Table]:
    for name, targets in TABLES.items():
        rows = [
            (target.what if i == 0 else "", condition.text, *outcome(condition, results))
            for target in targets
            for i, condition in enumerate(target.conditions)
        ]
        yield Table(f"Targets: {name}", ("what", "target", "cells met", "worst cell", "verdict"), rows)


def not_met(results: Results) -> Table:
    """Every cell that misses its target, not just the worst of each row."""
    rows = []
    for name, targets in TABLES.items():
        for target in targets:
            for condition in target.conditions:
                for verdict in judge(condition, results):
                    if verdict.met is False:
                        where = describe(verdict, results.units[verdict.key[0]])
                        rows.append((f"{name}: {condition.text}", where, distance(verdict.ratio)))
    return Table("Cells that miss their target", ("target", "cell", "missed by"), rows)


def print_report(results: Results, console: Console) -> None:
    for name, value in results.settings.items():
        console.print(f"{name}: {value}", highlight=False)
    for table in (*tables(results), *target_tables(results), not_met(results)):
        if table.rows:
            console.print(table.rich())
    for line in results.missing:
        console.print(f"missing: {line}", style="yellow")
    for line in results.failures:
        console.print(f"failed: {line}", style="red")


def write_docs(results: Results) -> None:
    page = DOCS / "performance.md"
    text = page.read_text().split(BEGIN)[0]
    parts = ["## The run\n", "\n".join(f"- {name}: {value}" for name, value in results.settings.items()) + "\n"]
    parts += [f"- {what}: {line}\n" for what in ("missing", "failures") for line in getattr(results, what)]
    parts.append("## Targets\n")
    parts += [table.markdown() for table in target_tables(results)]
    parts.append("## Measured\n\nMedians over the rounds; in brackets half the distance between the quartiles.\n")
    parts += [table.markdown() for table in tables(results) if table.rows]
    page.write_text(text + BEGIN + "\n\n" + "\n".join(parts))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md and its figures")
    options = parser.parse_args()
    results = Results.load(options.results)
    if options.docs:
        from plot import draw

        write_docs(results)
        draw(results, DOCS / "images")
    else:
        print_report(results, Console(width=None if sys.stdout.isatty() else 160))
    return 0


if __name__ == "__main__":
    sys.exit(main())
