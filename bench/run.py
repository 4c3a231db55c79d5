# SPDX-License-Identifier: BSD-3-Clause
"""`make bench`: measures ours, the peers and the machine side by side, and judges the targets.

Every program prints rows as JSON lines. In each round every program runs once, in turn, so that a drift of the machine
affects all of them. A cell is the median over the rounds, its spread the quartiles. The report names peers that are
missing and programs that failed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from peers import HERE, Bench, Program
from report import print_report
from results import Results
from rich.console import Console
from rich.progress import Progress

QUICK_GROUPS = {"access", "sync", "pingpong"}


def run(program: Program, results: Results, limit_s: float) -> None:
    """Runs one program. A failure is recorded once, and the rows that were printed before it count."""
    process = subprocess.Popen(
        program.command,
        env=os.environ | program.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    what = f"{program.variant}, {program.npes} PEs, {program.what}"
    try:
        out, err = process.communicate(timeout=limit_s)
        failure = f"exit status {process.returncode}: {(err.strip().splitlines() or ['no message'])[-1][:200]}"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        failure = f"not done after {limit_s:.0f} s"
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    for line in out.splitlines():
        if line.startswith("{"):
            results.add(program.variant, json.loads(line))
    if process.returncode != 0 and (line := f"{what}: {failure}") not in results.failures:
        results.failures.append(line)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds over all programs (default: 7)")
    parser.add_argument("--minutes", type=float, default=16, help="no further round that would end later (default: 16)")
    parser.add_argument("--groups", nargs="+", help="only these, for example: access sync kernels limits system")
    parser.add_argument("--npes", type=int, nargs="+", help="only programs with these numbers of PEs")
    parser.add_argument("--quick", action="store_true", help="one round of our own basic rows, no peers: some seconds")
    parser.add_argument("--build", type=Path, default=HERE.parent / "build" / "bench", help="folder for programs")
    parser.add_argument("--json", type=Path, help="where to keep the results (default: results.json in that folder)")
    parser.add_argument("--limit", type=float, default=60, help="seconds that one program may take (default: 60)")
    options = parser.parse_args()
    options.build = options.build.resolve()
    console = Console(width=None if sys.stdout.isatty() else 160)

    bench = Bench(options.build, options.quick)
    groups = set(options.groups) if options.groups else QUICK_GROUPS if options.quick else None
    programs = bench.programs(groups, [2] if options.quick else options.npes)
    rounds = 1 if options.quick else options.rounds
    results = Results(settings=bench.settings, missing=bench.missing)
    path = options.json or options.build / "results.json"
    begin = time.monotonic()
    with Progress(console=console) as progress:
        task = progress.add_task("", total=rounds * len(programs))
        while results.rounds < rounds:
            for program in programs:
                progress.update(task, description=f"round {results.rounds + 1}: {program.variant}, {program.npes} PEs")
                run(program, results, options.limit)
                progress.advance(task)
            results.rounds += 1
            spent = time.monotonic() - begin
            results.settings["rounds"] = f"{results.rounds}, interleaved, {spent / 60:.0f} minutes"
            results.save(path)  # what is there survives an interruption
            if spent * (1 + 1 / results.rounds) > 60 * options.minutes:
                break
    print_report(results, console)
    console.print(f"kept in {path}; python bench/report.py --docs {path} writes it into docs/")
    return 1 if any(line.startswith(("limit", "C smp", "Py smp", "start")) for line in results.failures) else 0


if __name__ == "__main__":
    sys.exit(main())
