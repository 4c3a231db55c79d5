# SPDX-License-Identifier: BSD-3-Clause
"""Running whole programs from tests, for tests of how a job ends: a test function in a pool cannot end its job."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

# A library that this process has initialised may have left variables in the environment. A launcher
# that finds them would take itself for a part of that job.
_BEFORE = frozenset(os.environ)
_MARKS = ("OMPI_", "PMIX_", "PMI_", "PRTE_", "HYDRA_", "MPI_LOCAL")


def environment(**added: str) -> dict[str, str]:
    """Return this process's environment without the variables of an initialised library.

    Parameters
    ----------
    **added : str
        Variables to add.
    """
    kept = {k: v for k, v in os.environ.items() if k in _BEFORE or not k.startswith(_MARKS)}
    return {**kept, **added}


def run_program(
    size: int,
    program: str | Path,
    *args: str,
    timeout: float = 60.0,
    env: Mapping[str, str] | None = None,
    options: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a Python program on PEs and wait for its end.

    Parameters
    ----------
    size : int
        Number of PEs.
    program : str or Path
        The program's text, or the path of its file.
    *args : str
        Its arguments.
    timeout : float
        Seconds after which the job is ended, with a status other than 0.
    env : mapping, optional
        Variables added to the environment.
    options : tuple of str
        Further options of ``shmem4py run``.

    Returns
    -------
    subprocess.CompletedProcess
        With ``returncode``, ``stdout`` and ``stderr`` as text.

    Examples
    --------
    >>> from shmem4py.testing import run_program
    >>> done = run_program(2, "from shmem4py import shmem; print(shmem.n_pes())")
    >>> done.returncode, done.stdout.count("2")
    (0, 2)
    """
    start = [str(program)] if isinstance(program, Path) else [sys.executable, "-c", program]
    command = [sys.executable, "-m", "shmem4py", "run", "-n", str(size), "--with-parent"]
    return subprocess.run(
        [*command, "--timeout", f"{timeout:g}", *options, "--", *start, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout + 20,
        env=environment(**(env or {})),
    )
