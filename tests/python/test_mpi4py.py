# SPDX-License-Identifier: BSD-3-Clause
"""mpi4py in the same program, under mpiexec: PE numbers are ranks, whichever is imported or finalised first."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from shmem4py.testing import environment

REQUIRED = os.environ.get("SHMEM4PY_REQUIRE_ALL") == "1"

# A launcher, an engine, what mpi4py's wheel is told of the MPI library.
COMBINATIONS = {
    "openmpi-openmpi": ("mpiexec.openmpi", "openmpi", "openmpi"),
    "openmpi-smp": ("mpiexec.openmpi", "smp", "openmpi"),
    "mpich-smp": ("mpiexec.mpich", "smp", "mpich"),
}
IMPORTS = {
    "mpi_first": "from mpi4py import MPI\nfrom shmem4py import shmem",
    "shmem_first": "from shmem4py import shmem\nfrom mpi4py import MPI",
}
ENDS = {
    "at_exit": "",
    "mpi_ends_first": "MPI.Finalize(); shmem.finalize()",
    # Open MPI's shmem_finalize ends MPI, too.
    "shmem_ends_first": "shmem.finalize(); MPI.Is_finalized() or MPI.Finalize()",
}

PROGRAM = """
import sys
{imports}
import numpy as np
world = MPI.COMM_WORLD
me, n = shmem.my_pe(), shmem.n_pes()
assert (me, n) == (world.rank, world.size), (me, n, world.rank, world.size)
assert shmem.engine().name == '{engine}'
a = shmem.zeros(n, dtype='i8')
for round in range(20):
    shmem.p(a[me : me + 1], me + round, (me + 1) % n)
    shmem.barrier_all()
    left = (me - 1) % n
    assert a[left] == left + round
    assert world.allreduce(int(a[left])) == sum(range(n)) + n * round
    assert world.sendrecv(me, (me + 1) % n, source=left) == left
sys.stdout.write('right\\n')
sys.stdout.flush()
{end}
"""


def need(found: object, what: str) -> None:
    if not found:
        assert not REQUIRED, f"{what} is missing"
        pytest.skip(f"{what} is missing")


@pytest.mark.parametrize(
    ("first", "end"),
    [
        ("mpi_first", "at_exit"),
        ("shmem_first", "at_exit"),
        ("mpi_first", "shmem_ends_first"),
        ("shmem_first", "mpi_ends_first"),
    ],
)
@pytest.mark.parametrize("combination", COMBINATIONS)
def test_pes_are_ranks_and_both_end_well(combination: str, first: str, end: str, tmp_path: Path) -> None:
    launcher, engine, abi = COMBINATIONS[combination]
    need(find_spec("mpi4py"), "mpi4py (pip install mpi4py)")
    need(shutil.which(launcher), f"{launcher} (Debian: openmpi-bin, mpich)")
    program = PROGRAM.format(imports=IMPORTS[first], engine=engine, end=ENDS[end])
    for library in Path("/usr/lib").glob("*/libmpich.so.12"):  # Debian's name of the library that is libmpi elsewhere
        (tmp_path / "libmpi.so.12").symlink_to(library)
    done = subprocess.run(
        [launcher, "-n", "3", sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        env=environment(
            SHMEM4PY_ENGINE=engine,
            MPI4PY_MPIABI=abi,
            LD_LIBRARY_PATH=str(tmp_path),
            OMPI_MCA_rmaps_base_oversubscribe="1",  # three on two cores
        ),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["right"] * 3, done.stdout + done.stderr


def test_mpiexec_alone_chooses_the_engine_of_its_library() -> None:
    need(shutil.which("mpiexec.openmpi"), "mpiexec.openmpi (Debian: openmpi-bin)")
    # One write for the line: the launcher mixes the output of its processes.
    program = "import os; from shmem4py import shmem as s; os.write(1, f'{s.engine().name} {s.n_pes()}\\n'.encode())"
    env = environment()
    env.pop("SHMEM4PY_ENGINE", None)
    done = subprocess.run(
        ["mpiexec.openmpi", "-n", "2", sys.executable, "-c", program],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, env=env,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "openmpi 2\n" * 2), done.stderr


@pytest.mark.parametrize("launcher", ["mpiexec.mpich"])
def test_pes_that_do_not_see_each_other_are_refused_with_the_reason(launcher: str) -> None:
    need(shutil.which(launcher), f"{launcher} (Debian: mpich)")
    need(shutil.which("oshrun"), "oshrun (Debian: openmpi-bin)")
    done = subprocess.run(
        [launcher, "-n", "4", sys.executable, "-c", "from shmem4py import shmem; print('began')"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90,
        env=environment(SHMEM4PY_ENGINE="openmpi"),
    )  # fmt: skip
    assert done.returncode != 0
    assert "began" not in done.stdout
    assert "a PMI launcher has started 4 processes, but engine openmpi sees one PE in each" in done.stderr
    assert "shmem4py run -n 4 --engine openmpi" in done.stderr
