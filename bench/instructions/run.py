# SPDX-License-Identifier: BSD-3-Clause
"""`make bench-instructions`: how many instructions the hot calls take, counted by callgrind.

Counts do not depend on the machine's load, and hardly on the machine, so they show a change exactly. They do not
show the cost of a cache miss, a fence or an atomic; bench/run.py measures those.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
CALLS = 1000


def counts(command: list[str], folder: Path) -> dict[str, dict[str, float]]:
    """Instructions of a call without the loop around it, by language and name, from dumps of 1 and 2 times CALLS."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    valgrind = ["valgrind", "--tool=callgrind", "-q", f"--callgrind-out-file={folder}/out", *command]
    done = subprocess.run(valgrind, env=os.environ | {"PYTHONHASHSEED": "0"}, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"callgrind ended with status {done.returncode}:\n{done.stderr}")
    totals: dict[str, dict[str, dict[str, int]]] = {"C": {}, "Python": {}}
    for path in sorted(folder.glob("out.*"), key=lambda path: int(path.suffix[1:])):
        text = path.read_text()
        trigger = re.search(r"^desc: Trigger: Client Request: (C|Python) (.+) ([12])$", text, re.MULTILINE)
        total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
        if trigger and total:
            totals[trigger[1]].setdefault(trigger[2], {})[trigger[3]] = int(total[1])
    found = {}
    for language, by_name in totals.items():
        calls = {name: (of["2"] - of["1"]) / CALLS for name, of in by_name.items()}
        empty = calls.pop("empty loop")
        found[language] = {name: count - empty for name, count in calls.items()}
    return found


def main() -> int:
    build = HERE.parent.parent / "build" / "bench"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=build, help="folder for programs")
    build = parser.parse_args().build.resolve()
    if not shutil.which("valgrind") or not Path("/usr/include/valgrind/callgrind.h").exists():
        raise SystemExit("bench-instructions: no valgrind (Debian: valgrind)")
    build.mkdir(parents=True, exist_ok=True)
    library = str(build / "calls.so")
    cc = [sys.executable, "-m", "shmem4py", "cc", "-std=gnu11", "-O3", "-shared", "-fPIC"]
    subprocess.run([*cc, "-o", library, str(HERE / "calls.c")], check=True)

    found = counts([sys.executable, str(HERE / "calls.py"), library], build / "callgrind")
    table = Table(title="Instructions of a call, one PE on smp")
    table.add_column("call")
    for title in ("C", "Python", "Python over C"):
        table.add_column(title, justify="right")
    for name in found["Python"]:
        c, python = found["C"].get(name), found["Python"][name]
        table.add_row(name, "" if c is None else f"{c:.0f}", f"{python:.0f}", "" if c is None else f"{python - c:.0f}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
