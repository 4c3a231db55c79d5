# SPDX-License-Identifier: BSD-3-Clause
"""`make bench`: measures variants side by side and prints one table with ratios.

Every variant is a program that prints rows as JSON lines. In each round every variant runs once, in turn, so that
a machine that drifts drifts for all of them; a cell is the median over the rounds, its spread the quartiles.
Variants whose peer is not installed are named at the end, never dropped in silence.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from targets import judge

HERE = Path(__file__).resolve().parent
Key = tuple[str, int, int]  # row, bytes, PEs

C_GROUPS = ("rma", "bandwidth", "strided", "pingpong", "sync", "collectives", "memory")
PYTHON_GROUPS = ("rma", "bandwidth", "pingpong", "sync", "collectives", "memory")
MPI_GROUPS = ("rma", "pingpong", "sync", "collectives")


@dataclass
class Variant:
    name: str
    command: list[str]  # "{n}" is the number of PEs
    groups: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    any_npes: bool = True  # False: runs without a launcher, once a round
    samples: dict[Key, list[float]] = field(default_factory=dict)
    failure: str | None = None

    def run(self, npes: int, limit_s: float) -> None:
        command = [part.replace("{n}", str(npes)) for part in self.command]
        groups = list(self.groups) if npes <= 2 else [g for g in self.groups if g in ("sync", "collectives")]
        try:
            done = subprocess.run(
                command + (groups if self.any_npes else []),
                env={**os.environ, **self.env},
                capture_output=True,
                text=True,
                timeout=limit_s,
            )
        except subprocess.TimeoutExpired:
            self.failure = f"{npes} PEs: not done after {limit_s:.0f} s"
            return
        rows = 0
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                row = json.loads(line)
                key = (row["row"], row["nbytes"], row["npes"])
                self.samples.setdefault(key, []).append(row["ns"])
                rows += 1
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no words"])[-1]
            self.failure = f"{npes} PEs: exit status {done.returncode} after {rows} rows: {last[:200]}"

    def value(self, key: Key) -> float | None:
        return statistics.median(self.samples[key]) if key in self.samples else None

    def spread(self, key: Key) -> float:
        """Half the distance between the quartiles, relative to the median."""
        values = self.samples[key]
        if len(values) < 4:
            return (max(values) - min(values)) / 2 / statistics.median(values)
        low, _, high = statistics.quantiles(values, n=4)
        return (high - low) / 2 / statistics.median(values)


def compile_c(source: Path, target: Path, command: list[str]) -> None:
    subprocess.run([*command, "-std=gnu11", "-O3", "-o", str(target), str(source)], check=True)


def bench_environment(build: Path) -> Path | None:
    """An environment of its own with shmem4py 1.0 and mpi4py, both over Open MPI; None where they cannot be."""
    python = build / "peers" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(build / "peers")], check=True)
    wanted = subprocess.run([python, "-c", "import mpi4py, shmem4py"], capture_output=True)
    if wanted.returncode != 0:
        done = subprocess.run(
            [python, "-m", "pip", "install", "-q", "shmem4py==1.0.0", "mpi4py", "numpy", "cffi", "setuptools"],
            env={**os.environ, "OSHCC": "oshcc"},
        )
        if done.returncode != 0:
            return None
    return python


def find_variants(build: Path, quick: bool) -> tuple[list[Variant], list[str]]:
    variants: list[Variant] = []
    missing: list[str] = []
    ours = [sys.executable, "-m", "shmem4py"]
    root_env = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.geteuid() == 0 else {}
    # Open MPI at its best here: pinned where there are cores, told of oversubscription where there are not.
    ompi = ["--bind-to", "core", "--map-by", "core:OVERSUBSCRIBE", "--oversubscribe", "-n", "{n}"]

    compile_c(HERE / "c" / "limits.c", build / "limits", ["cc"])
    variants.append(Variant("limit", [str(build / "limits")], (), any_npes=False))

    compile_c(HERE / "c" / "shmem_rows.c", build / "rows_smp", [*ours, "cc"])
    variants.append(Variant("C smp", [*ours, "run", "-n", "{n}", str(build / "rows_smp")], C_GROUPS))
    if shutil.which("oshcc"):
        compile_c(HERE / "c" / "shmem_rows.c", build / "rows_openmpi", ["oshcc"])
        variants.append(Variant("C openmpi", ["oshrun", *ompi, str(build / "rows_openmpi")], C_GROUPS, root_env))
    else:
        missing.append("C openmpi: no oshcc (Debian: openmpi-bin, libopenmpi-dev)")

    rows = str(HERE / "python" / "shmem_rows.py")
    variants.append(Variant("Py smp", [*ours, "run", "-n", "{n}", rows], PYTHON_GROUPS))
    if shutil.which("oshrun"):
        variants.append(Variant("Py openmpi", ["oshrun", *ompi, sys.executable, rows], PYTHON_GROUPS, root_env))
        peers = None if quick else bench_environment(build)
        if peers is not None:
            variants.append(Variant("Py 1.0", ["oshrun", *ompi, str(peers), rows], PYTHON_GROUPS, root_env))
            mpi = str(HERE / "python" / "mpi4py_rows.py")
            launch = ["mpiexec.openmpi", *ompi, str(peers), mpi]
            variants.append(Variant("mpi4py openmpi", launch, MPI_GROUPS, root_env))
        else:
            missing.append("Py 1.0, mpi4py: " + ("left out by --quick" if quick else "could not be installed"))
    else:
        missing.append("Py openmpi, Py 1.0, mpi4py: no oshrun (Debian: openmpi-bin)")
    return variants, missing


def ordered_keys(variants: list[Variant]) -> Iterator[Key]:
    seen: dict[Key, None] = {}
    for variant in variants:
        for key in variant.samples:
            seen.setdefault(key)
    names = list(dict.fromkeys(key[0] for key in seen))
    yield from sorted(seen, key=lambda key: (key[2], names.index(key[0]), key[1]))


def show(ns: float) -> str:
    if ns < 1000:
        return f"{ns:.1f} ns"
    return f"{ns / 1e3:.2f} us" if ns < 1e6 else f"{ns / 1e6:.2f} ms"


def print_table(console: Console, variants: list[Variant]) -> None:
    table = Table(title="medians over the rounds (in brackets: half the distance between quartiles)")
    for title in ("row", "bytes", "PEs", *(variant.name for variant in variants)):
        table.add_column(title, justify="left" if title == "row" else "right")
    for key in ordered_keys(variants):
        cells = []
        for variant in variants:
            value = variant.value(key)
            cells.append("" if value is None else f"{show(value)} ({100 * variant.spread(key):.0f}%)")
        table.add_row(key[0], str(key[1] or ""), str(key[2]), *cells)
    console.print(table)


def print_ratios(console: Console, variants: list[Variant]) -> None:
    by_name = {variant.name: variant for variant in variants}
    pairs = [
        ("C smp", "limit"),
        ("C openmpi", "C smp"),
        ("Py smp", "C smp"),
        ("Py openmpi", "C openmpi"),
        ("Py 1.0", "Py smp"),
        ("mpi4py openmpi", "Py smp"),
    ]
    pairs = [(a, b) for a, b in pairs if a in by_name and b in by_name]
    table = Table(title="ratios, first : second")
    for title in ("row", "bytes", "PEs", *(f"{a} : {b}" for a, b in pairs)):
        table.add_column(title, justify="left" if title == "row" else "right")
    for key in ordered_keys(variants):
        cells = []
        for a, b in pairs:
            top, bottom = by_name[a].value(key), by_name[b].value(key)
            cells.append(f"{top / bottom:.2f}" if top and bottom else "")
        if any(cells):
            table.add_row(key[0], str(key[1] or ""), str(key[2]), *cells)
    console.print(table)


def print_targets(console: Console, variants: list[Variant]) -> None:
    table = Table(title="targets")
    for title in ("target", "row", "bytes", "PEs", "ours", "allowed", "verdict"):
        table.add_column(title, justify="right" if title in ("bytes", "PEs", "ours", "allowed") else "left")
    for verdict in judge({variant.name: variant for variant in variants}):
        row, nbytes, npes = verdict.key
        cells = (row, str(nbytes or ""), str(npes), show(verdict.ours_ns), show(verdict.allowed_ns), verdict.words)
        table.add_row(verdict.target.what, *cells, style=None if verdict.met else "yellow")
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all variants (default 5)")
    parser.add_argument("--npes", type=int, nargs="+", default=[2, 8], help="numbers of PEs (default 2 8)")
    parser.add_argument("--build", type=Path, default=HERE.parent / "build" / "bench", help="folder for programs")
    parser.add_argument("--json", type=Path, help="write all samples to this file")
    parser.add_argument("--quick", action="store_true", help="without the peers that must be installed first")
    parser.add_argument("--groups", nargs="+", help="only these groups of rows, for example: rma sync")
    parser.add_argument("--limit", type=float, default=300, help="seconds that one program may take (default 300)")
    options = parser.parse_args()
    options.build.mkdir(parents=True, exist_ok=True)
    console = Console(width=None if sys.stdout.isatty() else 200)

    variants, missing = find_variants(options.build, options.quick)
    if options.groups:
        for variant in variants:
            variant.groups = tuple(group for group in variant.groups if group in options.groups)
    with Progress(console=console) as progress:
        task = progress.add_task("rounds", total=options.rounds * len(options.npes) * len(variants))
        for _ in range(options.rounds):
            for npes in options.npes:
                for variant in variants:
                    if variant.any_npes or npes == options.npes[0]:
                        progress.update(task, description=f"{variant.name}, {npes} PEs")
                        variant.run(npes, options.limit)
                    progress.advance(task)

    console.print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, "
        f"Python {platform.python_version()}; {options.rounds} rounds, interleaved"
    )
    print_table(console, variants)
    print_ratios(console, variants)
    print_targets(console, variants)
    for line in missing:
        console.print(f"missing: {line}")
    for variant in variants:
        if variant.failure:
            console.print(f"failed: {variant.name}: {variant.failure}")
    if options.json:
        samples = [
            {"variant": v.name, "row": k[0], "nbytes": k[1], "npes": k[2], "ns": values}
            for v in variants
            for k, values in v.samples.items()
        ]
        options.json.write_text(json.dumps({"rounds": options.rounds, "samples": samples}, indent=1))
    return 1 if any(variant.failure and variant.name in ("limit", "C smp", "Py smp") for variant in variants) else 0


if __name__ == "__main__":
    sys.exit(main())
