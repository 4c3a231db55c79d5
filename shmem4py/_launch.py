# SPDX-License-Identifier: BSD-3-Clause
"""``shmem4py run``: make the command that starts the PEs, and become it.

The smp engine has its own launcher; every other engine is started by the launcher of its
library. Both are told which engine it is through SHMEM4PY_ENGINE, so that the program
does not have to guess.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from . import _paths

# Launchers of other libraries, by preference, and how each spells our options.
_LAUNCHERS = {
    "openmpi": ("oshrun", "mpiexec"),
    "sos": ("oshrun", "mpiexec", "srun"),
    "oshmpi": ("mpiexec", "srun"),
    "osss": ("oshrun", "mpiexec", "srun"),
    "cray": ("srun", "aprun"),
}


def program(parser: argparse.ArgumentParser, args: argparse.Namespace) -> list[str]:
    """Return the command of one PE: Python files and modules run under this interpreter."""
    words: list[str] = args.program
    if args.module is not None:
        if not args.module or words:
            parser.error("run: -m needs the name of a module")
        return [sys.executable, "-m", *args.module]
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        parser.error("run: which program? For example: shmem4py run -n 4 app.py")
    if words[0] == "-m":
        return [sys.executable, *words]
    path = Path(words[0])
    if path.suffix in (".py", ".pyz") or (path / "__main__.py").is_file():
        if not path.exists():
            parser.error(f"run: there is no {path}")
        return [sys.executable, *words]
    return words


def _smp(args: argparse.Namespace) -> list[str]:
    if args.hosts:
        raise SystemExit(
            "shmem4py run: the smp engine is for one machine; --hosts needs another, for example --engine openmpi"
        )
    command = [str(_paths.root() / "bin" / "shmem4py-launch"), "-n", str(args.n)]
    if args.label:
        command.append("--label")
    if args.timeout is not None:
        command += ["--timeout", f"{args.timeout:g}"]
    if args.bind:
        command += ["--bind", args.bind]
    if args.heap:
        command += ["--heap", args.heap]
    return command


def _foreign(engine: str, args: argparse.Namespace) -> list[str]:
    names = _LAUNCHERS.get(engine, ("oshrun", "mpiexec", "srun"))
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit(f"shmem4py run: engine {engine} needs one of {', '.join(names)} on PATH")
    launcher = Path(found).name
    command = [found, "-n", str(args.n)]
    if launcher in ("srun", "aprun"):
        spelled = {
            "label": ["--label"],
            "timeout": [],
            "bind": [f"--cpu-bind={'cores' if args.bind == 'core' else 'none'}"],
            "hosts": ["--nodelist", args.hosts or ""],
        }
    elif engine == "openmpi":
        # More PEs than cores is as normal here as it is with smp.
        command += ["--oversubscribe", "-x", "SHMEM4PY_ENGINE"]
        if args.heap:
            command += ["-x", "SHMEM_SYMMETRIC_SIZE"]
        spelled = {
            "label": ["--tag-output"],
            "timeout": [],
            "bind": ["--bind-to", args.bind or "none"],
            "hosts": ["--host", args.hosts or ""],
        }
    else:
        spelled = {
            "label": ["-l"],
            "timeout": [],
            "bind": ["-bind-to", args.bind or "none"],
            "hosts": ["-hosts", args.hosts or ""],
        }
    if args.heap:
        os.environ["SHMEM_SYMMETRIC_SIZE"] = args.heap
    for option, words in spelled.items():
        if getattr(args, option):
            command += words
    if args.timeout is not None:
        # The libraries' launchers differ in whether and how they can; timeout(1) does not.
        command = ["timeout", "--kill-after=5", f"{args.timeout:g}", *command]
    return command


def launch_command(parser: argparse.ArgumentParser, args: argparse.Namespace) -> tuple[str, list[str]]:
    """Return the engine and the whole command, up to and with the program."""
    engine = (args.engine or os.environ.get("SHMEM4PY_ENGINE") or "smp").lower()
    words = program(parser, args)
    if engine == "smp":
        return engine, [*_smp(args), "--", *words]
    return engine, [*_foreign(engine, args), *words]


def _become(engine: str, command: list[str]) -> NoReturn:
    os.environ["SHMEM4PY_ENGINE"] = engine
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvp(command[0], command)
    except OSError as error:
        raise SystemExit(f"shmem4py run: {command[0]}: {error.strerror}") from None


def run(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    """Run a program on PEs."""
    engine, command = launch_command(parser, args)
    if args.dry_run:
        print(f"SHMEM4PY_ENGINE={engine} {shlex.join(command)}")
        return 0
    _become(engine, command)


def bench(args: argparse.Namespace) -> int:
    """Measure the basic operations on PEs of the chosen engine."""
    run_args = argparse.Namespace(
        n=args.n, engine=args.engine, label=False, timeout=None, bind=None, hosts=None, heap=None,
        module=["shmem4py._bench", *(["--plot", args.plot] if args.plot else [])], program=[],
    )  # fmt: skip
    engine, command = launch_command(argparse.ArgumentParser(), run_args)
    _become(engine, command)
