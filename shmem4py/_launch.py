# SPDX-License-Identifier: BSD-3-Clause
"""``shmem4py run``: build the command that starts the PEs, and execute it in place of this process.

The smp engine has its own launcher. Every other engine is started by the launcher of its library,
and the smp launcher watches over that one. SHMEM4PY_ENGINE tells the program which engine to use.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from . import _paths
from ._streams import become

# Launchers of other libraries, by preference.
_LAUNCHERS = {
    "openmpi": ("oshrun", "mpiexec.openmpi", "mpiexec"),
    "sos": ("oshrun", "mpiexec.hydra", "srun", "mpiexec"),
    "oshmpi": ("mpiexec", "srun"),
    "osss": ("oshrun", "oshmem-run", "mpiexec", "srun"),
    "cray": ("srun", "aprun"),
}
_ANY_LAUNCHER = ("oshrun", "mpiexec", "srun")

# What a launcher prints before it may hang for ever. When Open MPI 4.1.4 loses a host, its launcher prints this and
# begins to abort the job, but in about half of the cases it hangs.
_FINAL_TEXT = {"openmpi": "ORTE has lost communication with a remote daemon"}

# Variables that Open MPI's launcher sends to other hosts only if told: those of shmem4py, of the standard, of UCX and
# of Python.
_SENT = ("SHMEM4PY_", "SHMEM_", "UCX_", "PYTHON")


def program(parser: argparse.ArgumentParser, args: argparse.Namespace) -> list[str]:
    """Return the command of one PE: Python files and modules run under this interpreter."""
    command: list[str] = args.program
    if args.module is not None:
        if not args.module or command:
            parser.error("-m needs the name of a module")
        return [sys.executable, "-m", *args.module]
    if command[:1] == ["--"]:
        command = command[1:]
    if not command:
        parser.error("no program is given; for example: shmem4py run -n 4 app.py")
    if command[0] == "-m":
        return [sys.executable, *command]
    path = Path(command[0])
    if path.suffix in (".py", ".pyz") or (path / "__main__.py").is_file():
        if not path.exists():
            parser.error(f"there is no {path}")
        return [sys.executable, *command]
    if path.is_dir():
        parser.error(f"{path} is a folder without a __main__.py: Python cannot run it")
    if os.sep not in command[0] and path.exists() and shutil.which(command[0]) is None:
        parser.error(f"there is no command {path} on PATH; to run the file in this folder, write ./{path}")
    return command


def _note_options_of_the_program(args: argparse.Namespace) -> None:
    """Print a note where an option of the program looks like a number of PEs for `run`."""
    command: list[str] = args.program if args.module is None else args.module
    if args.n is not None or command[:1] == ["--"]:
        return
    for option, value in pairwise([*command[1:], ""]):
        number = value if option in ("-n", "-np") else option.removeprefix("-n") if option[:2] == "-n" else ""
        if number.isdecimal():
            program = f"-m {command[0]}" if args.module is not None else command[0]
            print(
                f"shmem4py run: the -n after {command[0]} is an option of the program, and the job has 1 PE. "
                f"For {number} PEs: shmem4py run -n {number} {program} …",
                file=sys.stderr,
            )
            return


def find_launcher(engine: str, *, beside: str | None = None) -> list[str]:
    """Return the launcher of an engine's library: the one that add-engine has noted, else one on PATH, else nothing.

    Parameters
    ----------
    engine : str
        Its name.
    beside : str, optional
        A file of the library; a launcher in the same folder comes before those on PATH.
    """
    noted = _paths.record(engine).get("launcher")
    if beside is None and noted:
        return [str(argument) for argument in noted]
    names = _LAUNCHERS.get(engine, _ANY_LAUNCHER)
    path = _paths.foreign_path(*([str(Path(beside).parent)] if beside is not None else []))
    return next(([found] for name in names if (found := shutil.which(name, path=path))), [])


def missing_launcher(engine: str) -> str:
    """Return the message that no launcher of an engine is found."""
    return f"engine {engine} needs one of {', '.join(_LAUNCHERS.get(engine, _ANY_LAUNCHER))} on PATH"


def _launcher() -> str:
    return f"{_paths.root()}/bin/shmem4py-launch"


def _smp(args: argparse.Namespace) -> list[str]:
    if args.hosts:
        raise SystemExit(
            "shmem4py run: the smp engine is for one machine; --hosts needs another, for example --engine openmpi"
        )
    command = [_launcher(), "-n", str(args.n or 1)]
    if args.label:
        command.append("--label")
    if args.timeout is not None:
        command += ["--timeout", f"{args.timeout:g}"]
    if args.stall is not None:
        command += ["--stall", f"{args.stall:g}"]
    if args.bind:
        command += ["--bind", args.bind]
    if args.heap:
        command += ["--heap", args.heap]
    if args.with_parent:
        command.append("--with-parent")
    return command


def _spelled(engine: str, launcher: str, args: argparse.Namespace) -> list[str]:
    """Return our options as a launcher spells them."""
    options: list[str] = []
    if launcher in ("srun", "aprun"):
        if args.label:
            options += ["--label"]
        if args.bind:
            options += [f"--cpu-bind={'cores' if args.bind == 'core' else 'none'}"]
        if args.hosts:
            options += ["--nodelist", args.hosts]
    elif engine == "openmpi":
        # Open MPI refuses more PEs than cores without this option; smp accepts them.
        options += ["--oversubscribe"]
        for name in sorted({"SHMEM4PY_ENGINE"} | {n for n in os.environ if n.startswith(_SENT)}):
            options += ["-x", name]
        if args.label:
            options += ["--tag-output"]
        if args.bind:
            options += ["--bind-to", args.bind]
        if args.hosts:
            options += ["--host", _with_slots(args.hosts, args.n or 1)]
    else:
        if args.label:
            options += ["-l"]
        if args.bind:
            options += ["-bind-to", args.bind]
        if args.hosts:
            options += ["-hosts", args.hosts]
    return options


def _with_slots(hosts: str, n: int) -> str:
    """Spread N PEs evenly over hosts: Open MPI gives a host without a number a single slot."""
    names = hosts.split(",")
    each = -(-n // len(names))
    return ",".join(name if ":" in name else f"{name}:{each}" for name in names)


def _foreign(engine: str, args: argparse.Namespace) -> list[str]:
    found = find_launcher(engine)
    if not found:
        raise SystemExit(f"shmem4py run: {missing_launcher(engine)}")
    if args.stall is not None:
        raise SystemExit(f"shmem4py run: --stall is for the smp engine: {engine} does not tell where its PEs wait")
    if args.heap:
        os.environ["SHMEM_SYMMETRIC_SIZE"] = args.heap
    if args.label:
        os.environ["SHMEM4PY_LABELLED"] = "1"  # PEs do not mark their lines a second time
    command = [*found, "-n", str(args.n or 1), *_spelled(engine, Path(found[0]).name, args)]
    if args.timeout is not None:
        # timeout(1) does the same for every launcher; their own options differ, and some have none.
        command = ["timeout", "--kill-after=5", f"{args.timeout:g}", *command]
    return command


def _check_engine(parser: argparse.ArgumentParser, engine: str) -> None:
    """Refuse an engine that is not installed. Otherwise another library's launcher might be found, and fail."""
    if _paths.engine_file(engine) is None:
        from ._engine import missing_engine

        parser.error(missing_engine(engine))


def launch_command(parser: argparse.ArgumentParser, args: argparse.Namespace) -> tuple[str, list[str]]:
    """Return the engine and the whole command, including the program and its arguments."""
    engine = (args.engine or os.environ.get("SHMEM4PY_ENGINE") or "smp").lower()
    command = program(parser, args)
    further = shlex.split(args.options)
    if engine == "smp":
        return engine, [*_smp(args), *further, "--", *command]
    _check_engine(parser, engine)
    return engine, [*_foreign(engine, args), *further, *command]


def _become(engine: str, command: list[str], *, with_parent: bool = False) -> NoReturn:
    os.environ["SHMEM4PY_ENGINE"] = engine
    if engine != "smp":
        options = ["--final-text", _FINAL_TEXT[engine]] if engine in _FINAL_TEXT else []
        if with_parent:
            options.append("--with-parent")
        command = [_launcher(), "--watch", *options, "--", *command]
    try:
        # The launcher prints this name in its messages about usage.
        become(command, name="shmem4py run" if command[0] == _launcher() else command[0])
    except OSError as error:
        raise SystemExit(f"shmem4py run: {command[0]}: {error.strerror}") from None


def run(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    """Run a program on PEs."""
    engine, command = launch_command(parser, args)
    _note_options_of_the_program(args)
    if args.dry_run:
        print(f"SHMEM4PY_ENGINE={engine} {shlex.join(command)}")
        return 0
    _become(engine, command, with_parent=args.with_parent)


def bench(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    """Measure the basic operations on PEs of the chosen engine."""
    if args.plot and find_spec("matplotlib") is None:
        raise SystemExit("shmem4py bench: --plot needs matplotlib: pip install matplotlib")
    run_args = argparse.Namespace(
        n=args.n, engine=args.engine, label=False, timeout=None, stall=None, bind=None, hosts=None, heap=None,
        options="", with_parent=False, program=[],
        module=["shmem4py._bench", *(["--plot", args.plot] if args.plot else [])],
    )  # fmt: skip
    engine, command = launch_command(parser, run_args)
    _become(engine, command)
