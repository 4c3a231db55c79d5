# SPDX-License-Identifier: BSD-3-Clause
"""``shmem4py run``: make the command that starts the PEs, and become it.

The smp engine has its own launcher; every other engine is started by the launcher of its
library, which ours watches over. Both are told which engine it is through SHMEM4PY_ENGINE, so that the program
does not have to guess.
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

# What a launcher says before it may hang for ever. Open MPI 4.1.4's, having lost a host, begins to abort the job and
# does not come to its end every other time.
_LAST_WORDS = {"openmpi": "ORTE has lost communication with a remote daemon"}

# What Open MPI's launcher does not send to other hosts unless told: the variables of ours, of the standard, of
# its transport, and of Python.
_SENT = ("SHMEM4PY_", "SHMEM_", "UCX_", "PYTHON")


def program(parser: argparse.ArgumentParser, args: argparse.Namespace) -> list[str]:
    """Return the command of one PE: Python files and modules run under this interpreter."""
    words: list[str] = args.program
    if args.module is not None:
        if not args.module or words:
            parser.error("-m needs the name of a module")
        return [sys.executable, "-m", *args.module]
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        parser.error("which program? For example: shmem4py run -n 4 app.py")
    if words[0] == "-m":
        return [sys.executable, *words]
    path = Path(words[0])
    if path.suffix in (".py", ".pyz") or (path / "__main__.py").is_file():
        if not path.exists():
            parser.error(f"there is no {path}")
        return [sys.executable, *words]
    if path.is_dir():
        parser.error(f"{path} is a folder without a __main__.py: Python cannot run it")
    if os.sep not in words[0] and path.exists() and shutil.which(words[0]) is None:
        parser.error(f"there is no command {path}; ./{path} is the file of this folder")
    return words


def _note_options_of_the_program(args: argparse.Namespace) -> None:
    """Say so where a number of PEs seems to be meant, but stands where options are the program's."""
    words: list[str] = args.program if args.module is None else args.module
    if args.n is not None or words[:1] == ["--"]:
        return
    for word, value in pairwise([*words[1:], ""]):
        number = value if word in ("-n", "-np") else word.removeprefix("-n") if word[:2] == "-n" else ""
        if number.isdecimal():
            program = f"-m {words[0]}" if args.module is not None else words[0]
            print(
                f"shmem4py run: the -n after {words[0]} is an option of the program, and the job has 1 PE. "
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
        A file of the library; where its folder has a launcher, that is the one.
    """
    noted = _paths.record(engine).get("launcher")
    if beside is None and noted:
        return [str(word) for word in noted]
    names = _LAUNCHERS.get(engine, _ANY_LAUNCHER)
    path = _paths.foreign_path(*([str(Path(beside).parent)] if beside is not None else []))
    return next(([found] for name in names if (found := shutil.which(name, path=path))), [])


def missing_launcher(engine: str) -> str:
    """Return the words for a launcher that there is not."""
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
    """Return our options in the words of a launcher."""
    words: list[str] = []
    if launcher in ("srun", "aprun"):
        if args.label:
            words += ["--label"]
        if args.bind:
            words += [f"--cpu-bind={'cores' if args.bind == 'core' else 'none'}"]
        if args.hosts:
            words += ["--nodelist", args.hosts]
    elif engine == "openmpi":
        # More PEs than cores is as normal here as it is with smp.
        words += ["--oversubscribe"]
        for name in sorted({"SHMEM4PY_ENGINE"} | {n for n in os.environ if n.startswith(_SENT)}):
            words += ["-x", name]
        if args.label:
            words += ["--tag-output"]
        if args.bind:
            words += ["--bind-to", args.bind]
        if args.hosts:
            words += ["--host", _with_slots(args.hosts, args.n or 1)]
    else:
        if args.label:
            words += ["-l"]
        if args.bind:
            words += ["-bind-to", args.bind]
        if args.hosts:
            words += ["-hosts", args.hosts]
    return words


def _with_slots(hosts: str, n: int) -> str:
    """Spread N PEs evenly over hosts: Open MPI takes a host without a number for one of one slot."""
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
    command = [*found, "-n", str(args.n or 1), *_spelled(engine, Path(found[0]).name, args)]
    if args.timeout is not None:
        # The libraries' launchers differ in whether and how they can; timeout(1) does not.
        command = ["timeout", "--kill-after=5", f"{args.timeout:g}", *command]
    return command


def _check_engine(parser: argparse.ArgumentParser, engine: str) -> None:
    """Refuse an engine that there is not: some other library's launcher would be found, and fail in its own words."""
    if _paths.engine_file(engine) is None:
        from ._engine import missing_engine

        parser.error(missing_engine(engine))


def launch_command(parser: argparse.ArgumentParser, args: argparse.Namespace) -> tuple[str, list[str]]:
    """Return the engine and the whole command, up to and with the program."""
    engine = (args.engine or os.environ.get("SHMEM4PY_ENGINE") or "smp").lower()
    words = program(parser, args)
    further = shlex.split(args.options)
    if engine == "smp":
        return engine, [*_smp(args), *further, "--", *words]
    _check_engine(parser, engine)
    return engine, [*_foreign(engine, args), *further, *words]


def _become(engine: str, command: list[str], *, with_parent: bool = False) -> NoReturn:
    os.environ["SHMEM4PY_ENGINE"] = engine
    if engine != "smp":
        options = ["--last-words", _LAST_WORDS[engine]] if engine in _LAST_WORDS else []
        if with_parent:
            options.append("--with-parent")
        command = [_launcher(), "--watch", *options, "--", *command]
    try:
        # By this name the launcher speaks of its usage.
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
