# SPDX-License-Identifier: BSD-3-Clause
"""The command ``shmem4py``, the same as ``python -m shmem4py``.

Every program starts through ``run``, so this module imports neither NumPy nor the extension. A
subcommand imports itself what it needs beyond argparse.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from . import __version__


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, got {text}")
    return value


def _seconds_or_never(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError(f"expected a number of seconds, 0 for never, got {text}")
    return value


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a number of PEs of at least 1, got {text}")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="shmem4py",
        description="One-sided communication for Python: run, inspect, measure, compile.",
    )
    parser.add_argument("--version", action="version", version=f"shmem4py {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)

    run = commands.add_parser(
        "run",
        help="run a program on N PEs",
        usage="shmem4py run -n N [options] [--] program [argument ...]",
        description="Run a program on N PEs. A .py file, a folder with a __main__.py, or -m MODULE "
        "runs under this Python; anything else is executed.",
    )
    run.set_defaults(parser=run)
    run.add_argument("-n", "-np", type=_count, metavar="N", help="number of PEs (default: 1)")
    run.add_argument("--label", action="store_true", help="put the PE's number before each line")
    run.add_argument("--timeout", type=_seconds, metavar="S",
                     help="end the job after S seconds and print where each PE is")  # fmt: skip
    run.add_argument("--stall", type=_seconds_or_never, metavar="S",
                     help="print where each PE waits once the job has stood still for S seconds; "
                          "0: never (default: 10; smp only)")  # fmt: skip
    run.add_argument("--bind", choices=["core", "none"],
                     help="pin each PE to a core, or to none (default: core where there are enough)")  # fmt: skip
    run.add_argument("--heap", metavar="SIZE",
                     help="heap of each PE, with k, m, g or t (default: what the machine has left)")  # fmt: skip
    run.add_argument("--engine", metavar="E", help="smp, openmpi, … (default: $SHMEM4PY_ENGINE or smp)")
    run.add_argument("--hosts", metavar="H", help="hosts, comma-separated; not with smp")
    run.add_argument("--options", metavar="OPTIONS", default="",
                     help="further options for the launcher, for example '--mca btl tcp,self'")  # fmt: skip
    run.add_argument("--with-parent", action="store_true",
                     help="end the job when the process that started it ends")  # fmt: skip
    run.add_argument("--dry-run", action="store_true", help="print the command, do not run it")
    run.add_argument("-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE",
                     help="run a Python module; its arguments follow")  # fmt: skip
    run.add_argument("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)

    info = commands.add_parser("info", help="show which engines there are and which one is used, and why")
    info.set_defaults(parser=info)
    info.add_argument("--json", action="store_true", help="print JSON, for programs to read")
    info.add_argument("--prefix", action="store_true", help="print only the folder that has include/ and lib/")
    info.add_argument("--compat", action="store_true",
                      help="print only the folder that has oshcc, oshrun, -loshmem and the like")  # fmt: skip

    bench = commands.add_parser("bench", help="measure the basic operations from Python")
    bench.set_defaults(parser=bench)
    bench.add_argument("-n", "-np", type=_count, default=2, metavar="N", help="number of PEs (default: 2)")
    bench.add_argument("--engine", metavar="E", help="as for run")
    bench.add_argument("--plot", metavar="FILE", help="draw time and bandwidth over size (needs matplotlib)")

    for name, what in (("cc", "C"), ("c++", "C++")):
        commands.add_parser(name, add_help=False, help=f"compile a {what} program that uses shmem.h")

    add = commands.add_parser(
        "add-engine",
        help="compile the plug-in for an OpenSHMEM library of this machine",
        description="Compile the engine plug-in for the OpenSHMEM library that a compiler wrapper "
        "belongs to, try it on two PEs, and keep it where `info`, `run` and programs find it.",
    )
    add.set_defaults(parser=add)
    add.add_argument("--cc", default="oshcc", metavar="WRAPPER",
                     help="the library's compiler wrapper (default: oshcc)")  # fmt: skip
    add.add_argument("--name", help="name of the engine (default: the name of a known library)")
    add.add_argument("--dir", help="where to put the plug-in (default: the user's folder for engines)")
    add.add_argument("--launcher", metavar="COMMAND",
                     help="what starts PEs, with its options (default: the library's, as `run` finds it)")  # fmt: skip
    add.add_argument("--no-try", action="store_true",
                     help="do not start PEs, for machines that do not allow it")  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        The exit status. ``run``, ``cc`` and ``c++`` replace the process and do not return.
    """
    import sys

    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] in (["cc"], ["c++"]):  # every argument is the compiler's, even -n and --help
        from ._compile import compile_program

        return compile_program(argv[0], argv[1:])

    args, unknown = _parser().parse_known_args(argv)
    if unknown:  # with the usage of the subcommand
        args.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if args.command == "run":
        from ._launch import run

        return run(args.parser, args)
    if args.command == "info":
        if args.prefix or args.compat:
            from ._paths import compat, root

            print(compat() if args.compat else root())
            return 0
        from ._info import info

        return info(as_json=args.json)
    if args.command == "bench":
        from ._launch import bench

        return bench(args.parser, args)
    from ._add_engine import add_engine

    return add_engine(args.cc, args.name, args.dir, launcher=args.launcher, tried=not args.no_try)
