#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares the routines and types that the conformance suite calls with the tables of the interface.

It runs the programs of tests/capi/ with two PEs each; they write the names of the routines that they call. It prints
one line per family, with its types and sizes, and the gaps. The exit status is 1 if there are gaps.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import interface

# As in tests/capi/CMakeLists.txt: small enough that memory that is not freed is missed.
LAUNCH = ("--heap", "256m")
# Routines that do not return, so that the program cannot write their names.
ELSEWHERE = {"start_pes": "capi.exits.start_pes"}


def suite_programs(folder: Path) -> list[Path]:
    """The built programs that write what they call."""
    sources = sorted((interface.ROOT / "tests" / "capi").glob("*.cpp"))
    return [
        folder / f"capi_{source.stem.removeprefix('test_')}" for source in sources if "ROUTINE(" in source.read_text()
    ]


def called_by(launcher: Path, programs: list[Path]) -> dict[str, set[str]]:
    """Routine to the programs that call it."""
    result: dict[str, set[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for program in programs:
            path = Path(folder) / program.name
            command = [
                "env",
                f"SHMEM_SUITE_COVERAGE={path}",
                launcher,
                "-n",
                "2",
                *LAUNCH,
                "--timeout",
                "60",
                "--",
                program,
            ]
            subprocess.run(command, check=True, timeout=90)
            for name in path.read_text().split():
                result.setdefault(name, set()).add(program.name)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--launcher", type=Path, required=True, help="the built shmem4py-launch")
    parser.add_argument("--programs", type=Path, required=True, help="build folder of tests/capi")
    parser.add_argument("--quiet", action="store_true", help="print gaps only")
    options = parser.parse_args()

    called = called_by(options.launcher, suite_programs(options.programs))
    called |= {name: {test} for name, test in ELSEWHERE.items()}
    total = covered = 0
    for family in interface.families():
        routines = interface.routines_of(family)
        gaps = [routine.name for routine in routines if routine.name not in called]
        total += len(routines)
        covered += len(routines) - len(gaps)
        if gaps or not options.quiet:
            programs = sorted({program for routine in routines for program in called.get(routine.name, ())})
            where = ", ".join(program.removeprefix("capi_") for program in programs)
            print(f"{family.label:36} {len(routines) - len(gaps):3} of {len(routines):3}  {where}")
            for name in gaps:
                print(f"    not called: {name}")
    unknown = sorted(set(called) - {routine.name for routine in interface.routines()})
    for name in unknown:
        print(f"called, but in no table: {name}")
    print(f"{covered} of {total} routines are called")
    return 1 if covered < total or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
