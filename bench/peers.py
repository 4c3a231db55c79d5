# SPDX-License-Identifier: BSD-3-Clause
"""The programs of a run, ours and those of the peers: how they are built, and how each is started at its best.

Peers in Python have an environment of their own, build/bench/peers, created here. The report names missing peers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORES = len(os.sched_getaffinity(0))
KERNELS = ("stencil", "transpose", "sweep", "updates", "sort")
C_ROWS = [HERE / "c" / f"{name}.c" for name in ("rows", "access", "copies", "together", "resources")]

# Which groups of rows are measured with how many PEs; a variant takes those that it has.
GROUPS = {
    2: ("access", "bandwidth", "strided", "pingpong", "sync", "collectives", "memory", "locks", "idle"),
    4: ("sync", "collectives"),
    8: ("sync", "collectives", "locks"),
    16: ("sync",),
    64: ("idle", "footprint"),
}


@dataclass
class Program:
    variant: str
    command: list[str]
    npes: int = 2
    what: str = ""
    env: dict[str, str] = field(default_factory=dict)


@dataclass
class Variant:
    name: str
    launch: list[str]  # "{n}" is the number of PEs
    rows: list[str]  # the program that takes names of groups
    groups: dict[int, tuple[str, ...]]
    kernel: list[str]  # "{k}" is the kernel
    env: dict[str, str] = field(default_factory=dict)

    def command(self, npes: int, program: list[str]) -> list[str]:
        bind = "core" if npes <= CORES else "none"
        return [word.replace("{n}", str(npes)).replace("{bind}", bind) for word in self.launch] + program


class Bench:
    """Builds everything; then `programs` are one round."""

    def __init__(self, build: Path, quick: bool) -> None:
        self.build = build
        self.quick = quick
        self.variants: list[Variant] = []
        self.missing: list[str] = []
        self.settings: dict[str, str] = {}
        build.mkdir(parents=True, exist_ok=True)
        self._ours()
        if quick:
            self.missing.append("all peers: left out by --quick")
        else:
            self._openmpi()
            self._python_peers()

    def programs(self, groups: set[str] | None, npes: list[int] | None) -> list[Program]:
        """One round, only with the `groups` and numbers of PEs that are asked for."""
        found = []
        if chosen("limits", groups):
            found.append(Program("limit", [str(self.build / "limits")]))
        for n, names in GROUPS.items():
            for variant in self.variants:
                wanted = [name for name in names if name in variant.groups.get(n, ()) and chosen(name, groups)]
                if wanted:
                    command = variant.command(n, variant.rows + wanted)
                    found.append(Program(variant.name, command, n, " ".join(wanted), variant.env))
        for kernel in KERNELS if chosen("kernels", groups) else ():
            for variant in self.variants:
                words = [word.replace("{k}", kernel) for word in variant.kernel]
                found.append(Program(variant.name, variant.command(2, words), 2, kernel, variant.env))
        if chosen("system", groups):
            launcher = str(self._prefix() / "bin" / "shmem4py-launch")
            found.append(Program("start", [sys.executable, str(HERE / "system.py"), str(self.build), launcher]))
        return [program for program in found if npes is None or program.npes in npes]

    def _prefix(self) -> Path:
        return Path(output([sys.executable, "-m", "shmem4py", "info", "--prefix"]))

    def _compile(self, compiler: list[str], target: str, sources: list[Path], *options: str) -> str:
        program = self.build / target
        command = [*compiler, "-std=gnu11", "-O3", "-w", "-o", str(program), *map(str, sources), "-lm", *options]
        subprocess.run(command, check=True)
        return str(program)

    def _ours(self) -> None:
        ours = [sys.executable, "-m", "shmem4py"]
        cc = [*ours, "cc"]
        self._compile(["cc"], "limits", [HERE / "c" / "limits.c"])
        self._compile(["cc"], "nothing", [HERE / "c" / "nothing.c"])
        self._compile(cc, "nothing_smp", [HERE / "c" / "nothing.c"], "-DSHMEM")
        rows = self._compile(cc, "rows_smp", C_ROWS, "-DLIMITS")
        for kernel in KERNELS:
            self._compile(cc, f"{kernel}_smp", [HERE / "kernels" / f"{kernel}.c"])
        import numpy as np

        headers = [f"-I{sysconfig.get_path('include')}", f"-I{np.get_include()}"]
        self._compile(cc, "unchecked.so", [HERE / "c" / "unchecked.c"], "-shared", "-fPIC", *headers)
        # By default the launcher leaves out cores that other jobs hold, and PEs unbound if too few are left.
        launch = [*ours, "run", "-n", "{n}", "--bind={bind}", "--"]
        self.variants.append(Variant("C smp", launch, [rows], GROUPS, [str(self.build / "{k}_smp")]))
        two = {
            2: (
                "access",
                "bandwidth",
                "strided",
                "remote",
                "pingpong",
                "sync",
                "collectives",
                "values",
                "memory",
                "objects",
            )
        }
        python = [sys.executable, str(HERE / "python" / "rows.py")]
        kernel = [sys.executable, str(HERE / "kernels" / "{k}.py")]
        self.variants.append(Variant("Py smp", launch, python, two, kernel, {"PYTHONPATH": str(self.build)}))
        alone = [sys.executable, str(HERE / "kernels" / "alone.py"), "{k}"]
        self.variants.append(Variant("NumPy alone", launch, [], {}, alone))
        self.settings["machine"] = machine()
        self.settings["shmem4py"] = output([*ours, "--version"]) + ", checks and notes on, as by default"
        self.settings["Python"] = f"{sys.version.split()[0]}, NumPy {np.__version__}"
        self.settings["C compiler"] = output(["cc", "--version"]).splitlines()[0] + ", -O3"
        self.settings["smp"] = f"shmem4py run --bind core up to {CORES} PEs, --bind none beyond"

    def _openmpi(self) -> None:
        if not shutil.which("oshcc") or not shutil.which("oshrun"):
            self.missing.append("C openmpi, Py openmpi: no oshcc or oshrun (Debian: openmpi-bin, libopenmpi-dev)")
            return
        rows = self._compile(["oshcc"], "rows_openmpi", C_ROWS)
        for kernel in KERNELS:
            self._compile(["oshcc"], f"{kernel}_openmpi", [HERE / "kernels" / f"{kernel}.c"])
        groups = {n: tuple(g for g in names if g != "footprint") for n, names in GROUPS.items() if n <= 16}
        self.variants.append(
            Variant("C openmpi", self._oshrun(), [rows], groups, [str(self.build / "{k}_openmpi")], mpi_env())
        )
        two = {2: ("access", "pingpong", "sync", "collectives", "values")}
        python = [sys.executable, str(HERE / "python" / "rows.py")]
        kernel = [sys.executable, str(HERE / "kernels" / "{k}.py")]
        self.variants.append(Variant("Py openmpi", self._oshrun(), python, two, kernel, mpi_env()))
        self.settings["Open MPI"] = (
            output(["oshrun", "--version"]).splitlines()[0]
            + ", "
            + " ".join(self._oshrun()[1:4])
            + ", free beyond cores"
        )
        self.settings["UCX"] = package_version("libucx0")

    def _oshrun(self) -> list[str]:
        """`oshrun`, pinned where there are cores. The library crashes at its end unless UCX stays loaded until then."""
        kept = sorted(Path("/usr/lib").glob("*/libmca_common_ucx.so.[0-9]*"))
        preload = ["-x", f"LD_PRELOAD={kept[0]}"] if kept else []
        return [str(HERE / "openmpi.sh"), "oshrun", *preload, "-n", "{n}"]

    def _python_peers(self) -> None:
        python = self.build / "peers" / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(self.build / "peers")], check=True)
        rows = str(HERE / "python" / "rows.py")
        rows_mpi = str(HERE / "python" / "rows_mpi.py")
        kernel = str(HERE / "kernels" / "{k}.py")
        kernel_mpi = str(HERE / "kernels" / "{k}_mpi.py")
        groups = {2: ("access", "bandwidth", "pingpong", "sync", "collectives", "values")}
        mpi_groups = {2: (*groups[2], "objects")}

        if not shutil.which("oshrun"):
            self.missing.append("Py 1.0, mpi4py openmpi: no oshrun (Debian: openmpi-bin, libopenmpi-dev)")
        else:
            old = {"OSHCC": "oshcc"}
            if self._installed(python, "shmem4py", ["setuptools", "numpy", "cffi", "shmem4py==1.0.0"], old):
                command = [str(python), rows]
                self.variants.append(
                    Variant("Py 1.0", self._oshrun(), command, groups, [str(python), kernel], mpi_env())
                )
                self.settings["shmem4py 1.0"] = "1.0.0 from PyPI, on Open MPI"
            if self._installed(python, "mpi4py", ["numpy", "mpi4py"], {}):
                # The fastest windows on one machine; those of osc/rdma, the default, crash in compare-and-swap.
                launch = [str(HERE / "openmpi.sh"), "mpiexec.openmpi", "--mca", "osc", "sm", "-n", "{n}"]
                env = mpi_env() | {"MPI4PY_MPIABI": "openmpi"}
                command = [str(python), rows_mpi]
                self.variants.append(
                    Variant("mpi4py openmpi", launch, command, mpi_groups, [str(python), kernel_mpi], env)
                )
                self.settings["mpi4py"] = output([str(python), "-c", "import mpi4py; print(mpi4py.__version__)"])
                self.settings["mpi4py"] += ", on Open MPI with --mca osc sm"
        mpich = sorted(Path("/usr/lib").glob("*/libmpich.so.12"))
        if not shutil.which("mpiexec.mpich") or not mpich:
            self.missing.append("mpi4py mpich: no mpiexec.mpich (Debian: mpich)")
        elif self._installed(python, "mpi4py", ["numpy", "mpi4py"], {}):
            link = self.build / "mpich" / "libmpi.so.12"  # the name that mpi4py looks for
            link.parent.mkdir(exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(mpich[0])
            launch = ["mpiexec.mpich", "-bind-to", "core", "-n", "{n}"]
            env = {"MPI4PY_MPIABI": "mpich", "LD_LIBRARY_PATH": str(link.parent)}
            command = [str(python), rows_mpi]
            self.variants.append(Variant("mpi4py mpich", launch, command, mpi_groups, [str(python), kernel_mpi], env))
            self.settings["MPICH"] = package_version("mpich") + ", -bind-to core"

    def _installed(self, python: Path, module: str, packages: list[str], env: dict[str, str]) -> bool:
        find = f"import importlib.util as u; raise SystemExit(u.find_spec({module!r}) is None)"
        if subprocess.run([str(python), "-I", "-c", find]).returncode == 0:  # -I: not what is in the current folder
            return True
        done = subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], env=os.environ | env)
        if done.returncode != 0:
            self.missing.append(f"{module} in {python}: could not be installed")
        return done.returncode == 0


def chosen(name: str, groups: set[str] | None) -> bool:
    return groups is None or name in groups


def mpi_env() -> dict[str, str]:
    return {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.geteuid() == 0 else {}


def output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def package_version(name: str) -> str:
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def machine() -> str:
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown processor")  # fmt: skip
    return f"{model}, {CORES} cores, Linux {os.uname().release.split('-')[0]}"
