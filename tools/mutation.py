#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tests the conformance suite: breaks the exported routines and checks whether a test fails.

A preloaded library replaces every shmem_ routine and passes its calls on to the name-shifted one. Only the routines
named in SHMEM_MUTANT do nothing (and return zero) or return a wrong value. The programs of tests/capi/ that call these
are run. A hang counts as a failure, as it does in ctest.

All types of a routine are broken together first. The suite says of each failed check which routine it was about, so one
run tells about all types. Those that no failed check was about are broken again, one by one. The tool prints the
survivors. The exit status is 1 if any of them is not exempt.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import coverage_report
from generate_shmem_h import respell

import interface
from interface import Routine

# Routines whose absence cannot be seen from outside, each with the reason.
EXEMPT = {
    "shmem_pcontrol": "a hint to profilers",
    "shmem_ctx_session_start": "a hint",
    "shmem_ctx_session_stop": "a hint",
    "shmem_fence": "x86 keeps stores in order without it",
    "shmem_ctx_fence": "x86 keeps stores in order without it",
}
# Routines that do not return: how they are called, and the right exit status.
BY_EXIT = {"start_pes": ("start_pes", 0), "shmem_global_exit": ("global_exit", 23)}


@dataclass(frozen=True)
class Mutant:
    names: tuple[str, ...]  # mutated together
    mode: str  # nothing, wrong

    @property
    def label(self) -> str:
        more = f" and {len(self.names) - 1} more" if len(self.names) > 1 else ""
        return f"{self.names[0]}{more}: {'does nothing' if self.mode == 'nothing' else 'returns a wrong value'}"


def stand_in(routine: Routine, number: int) -> str:
    """The definition that replaces a routine."""
    arguments = routine.arguments()
    if routine.family.has_pshmem:
        forward = f"p{routine.name}({arguments})"
    else:
        forward = f'((__typeof__({routine.name}) *)dlsym(RTLD_NEXT, "{routine.name}"))({arguments})'
    prototype = respell(routine.prototype())
    if routine.returns == "void":
        return f"{prototype} {{ if (!mode[{number}]) {forward}; }}"
    nothing = f"if (mode[{number}] == 'n') return 0;"
    wrong = "(char *)result + 8" if routine.returns.endswith("*") else "result + 1"
    return (
        f"{prototype} {{ {nothing} {respell(routine.returns)} result = {forward}; "
        f"return mode[{number}] == 'w' ? ({respell(routine.returns)})({wrong}) : result; }}"
    )


def mutable_routines() -> list[Routine]:
    # A function with variable arguments cannot pass them on; the only one, shmem_pcontrol, is exempt.
    return [routine for routine in interface.routines() if all(p.ctype != "..." for p in routine.parameters)]


def build_library(folder: Path, compiler: str) -> Path:
    routines = mutable_routines()
    names = ",\n".join(f'"{routine.name}"' for routine in routines)
    source = folder / "mutants.c"
    source.write_text(
        "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <pshmem.h>\n#include <stdlib.h>\n#include <string.h>\n"
        f"#undef shmem_wait_until\n#undef shmem_sync\n#undef shmem_signal_add\n#undef shmem_signal_set\n"
        f"static const char *const names[] = {{{names}}};\nstatic char mode[{len(routines)}];\n"
        "__attribute__((constructor)) static void choose(void) {\n"
        '  const char *const mutants = getenv("SHMEM_MUTANT"); /* ,name,name, */\n'
        '  const char *const how = getenv("SHMEM_MUTANT_MODE");\n'
        "  for (size_t i = 0; mutants && i < sizeof names / sizeof *names; ++i) {\n"
        "    const size_t length = strlen(names[i]);\n"
        "    for (const char *at = mutants; (at = strstr(at, names[i])) != NULL; at += length) {\n"
        "      if (at[-1] == ',' && at[length] == ',') mode[i] = how[0];\n    }\n  }\n}\n"
        + "\n".join(stand_in(routine, number) for number, routine in enumerate(routines))
        + "\n"
    )
    library = folder / "libmutants.so"
    include = interface.ROOT / "include"
    command = [compiler, "-std=gnu99", "-O1", "-w", "-shared", "-fPIC", f"-I{include}", source, "-o", library, "-ldl"]
    subprocess.run(command, check=True)
    return library


class Harness:
    def __init__(self, options: argparse.Namespace, library: Path) -> None:
        self.options = options
        self.library = library
        programs = coverage_report.suite_programs(options.programs)
        self.callers = coverage_report.called_by(options.launcher, programs)

        self.limits: dict[str, int] = {}  # program to seconds

    def run(self, program: str, arguments: list[str], mutant: Mutant | None, failures: Path | None = None) -> int:
        """Exit status of a program, mutated or not; the routines whose checks fail go to the file `failures`."""
        environment = dict(os.environ)
        if mutant:
            environment |= {"SHMEM_MUTANT": f",{','.join(mutant.names)},", "SHMEM_MUTANT_MODE": mutant.mode}
        if failures:
            environment["SHMEM_SUITE_FAILURES"] = str(failures)
        preload = ["env", f"LD_PRELOAD={self.library}", self.options.programs / program, *arguments]
        launcher = [self.options.launcher, "-n", str(self.options.npes), *coverage_report.LAUNCH]
        limit = ["--timeout", str(self.limits.get(program, 60)), "--"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.run([*launcher, *limit, *preload], env=environment, check=False, **quiet).returncode

    def callers_of(self, names: set[str]) -> list[str]:
        """The programs that call any of the routines, the quickest first."""
        programs = {program for name in names for program in self.callers.get(name, ())}
        return sorted(programs, key=lambda program: (self.limits[program], program))

    def noticed_of(self, mutant: Mutant) -> set[str]:
        """The routines, all broken together, that a failed check was about."""
        noticed: set[str] = set()
        with tempfile.TemporaryDirectory() as folder:
            failures = Path(folder) / "failures"
            for program in self.callers_of(set(mutant.names)):
                if not self.callers_of(set(mutant.names) - noticed):
                    break
                self.run(program, [], mutant, failures)
                if failures.exists():
                    noticed |= set(failures.read_text().split()) & set(mutant.names)
        return noticed

    def is_noticed(self, mutant: Mutant) -> bool:
        """Whether anything fails: for a routine alone."""
        for program in self.callers_of(set(mutant.names)):
            if self.run(program, [], mutant) != 0:
                return True
        for name in set(mutant.names) & set(BY_EXIT):
            way, status = BY_EXIT[name]
            if self.run("capi_exits", [way], mutant) != status:
                return True
        return False

    def survivors_of(self, mutant: Mutant) -> list[Mutant]:
        begin = time.monotonic()
        noticed = self.noticed_of(mutant) if len(mutant.names) > 1 else set()
        alone = [Mutant((name,), mutant.mode) for name in mutant.names if name not in noticed]
        left = [one for one in alone if not self.is_noticed(one)]
        if self.options.verbose:
            seconds = time.monotonic() - begin
            print(f"{mutant.label}: {len(noticed)} together, {len(alone)} alone, {len(left)} survive, {seconds:.0f} s")
            sys.stdout.flush()
        return left

    def check_sound(self) -> None:
        """Check that everything passes without a mutant. The time of each program sets its limit with a mutant."""
        for program in sorted({program for programs in self.callers.values() for program in programs}):
            begin = time.monotonic()
            if self.run(program, [], None) != 0:
                sys.exit(f"{program} fails although nothing is broken")
            self.limits[program] = self.options.timeout + 3 * round(time.monotonic() - begin)


def mutants(only: str | None) -> list[Mutant]:
    """One per routine and mode, all types of the routine together."""
    result = []
    known = {routine.name for routine in mutable_routines()}
    for family in interface.families():
        routines = [r for r in interface.routines_of(family) if r.name in known and (not only or only in r.name)]
        routines = [r for r in routines if r.name not in EXEMPT]
        if not routines:
            continue
        names = tuple(r.name for r in routines)
        result.append(Mutant(names, "nothing"))
        if family.returns != "void":
            result.append(Mutant(names, "wrong"))
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--launcher", type=Path, required=True, help="the built shmem4py-launch")
    parser.add_argument("--programs", type=Path, required=True, help="build folder of tests/capi")
    parser.add_argument("--verbose", action="store_true", help="a line for each routine")
    parser.add_argument("--only", help="only routines whose name has this in it")
    parser.add_argument("--npes", type=int, default=2)
    parser.add_argument(
        "--timeout", type=int, default=5, help="seconds beyond its own time after which a program hangs"
    )
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried at the same time")
    parser.add_argument("--compiler", default="cc")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        harness = Harness(options, build_library(Path(folder), options.compiler))
        harness.check_sound()
        work = mutants(options.only)
        with ThreadPoolExecutor(options.jobs) as pool:
            survivors = [mutant for left in pool.map(harness.survivors_of, work) for mutant in left]
    for mutant in survivors:
        print(f"survives: {mutant.label}")
    count = sum(len(mutant.names) for mutant in work)
    print(
        f"{count} mutants of {len({name for mutant in work for name in mutant.names})} routines, "
        f"{len(survivors)} survive; exempt:"
    )
    for name, reason in EXEMPT.items():
        print(f"    {name}: {reason}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
