# SPDX-License-Identifier: BSD-3-Clause
"""system.py BUILD: what starting costs, in C and in Python, next to plain processes that are started the same way."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

IMPORT = """
import time, numpy
begin = time.perf_counter_ns()
from shmem4py import shmem
print(time.perf_counter_ns() - begin)
"""


def report(row: str, npes: int, samples: list[float], variant: str | None = None) -> None:
    line = {"row": row, "nbytes": 0, "npes": npes, "value": statistics.median(samples), "unit": "ns"}
    print(json.dumps(line | ({"variant": variant} if variant else {})), flush=True)


def start(command: list[str], at_once: int = 1) -> float:
    """Nanoseconds until all of them have ended."""
    begin = time.perf_counter_ns()
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(at_once)]
    if any(process.wait() != 0 for process in processes):
        raise SystemExit(f"system.py: failed: {' '.join(command)}")
    return time.perf_counter_ns() - begin


def main() -> None:
    build = Path(sys.argv[1])
    launcher = sys.argv[2]
    python = sys.executable
    program = [launcher, "-n", "2", "--", str(build / "nothing_smp")]
    starts = [(start(program), start([str(build / "nothing")], 2)) for _ in range(9)]
    report("start", 2, [one for one, _ in starts], "C smp")
    report("start", 2, [two for _, two in starts], "limit")
    report("start", 64, [start([launcher, "-n", "64", "--", str(build / "nothing_smp")]) for _ in range(3)], "C smp")

    run = [python, "-m", "shmem4py", "run", "-n", "2", "--", python, "-c", "from shmem4py import shmem"]
    starts = [(start(run), start([python, "-c", "import numpy"], 2)) for _ in range(5)]
    report("start", 2, [one for one, _ in starts], "Py smp")
    report("start", 2, [two for _, two in starts], "Python alone")
    report("import", 1, [float(subprocess.check_output([python, "-c", IMPORT])) for _ in range(5)], "Py smp")


main()
