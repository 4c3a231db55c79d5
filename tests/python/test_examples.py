# SPDX-License-Identifier: BSD-3-Clause
"""Every example runs, checks its own result, and ends with status 0.

The launcher starts the programs in an empty folder, as a user would. The guides in docs/
show these very files, so the tests hold for the guides too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NEEDS = {"landscape": ["matplotlib", "rich"], "dataframe": ["pandas", "sklearn"]}
PYTHON = sorted(p.stem for p in EXAMPLES.glob("*.py") if p.stem not in NEEDS)
C = sorted(p.stem for p in (EXAMPLES / "c").glob("*.c"))


def shmem4py(*args: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "shmem4py", *map(str, args)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
        env={**os.environ, "MPLCONFIGDIR": str(cwd)},
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("npes", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("name", PYTHON)
def test_python_example_checks_itself(name: str, npes: int, tmp_path: Path) -> None:
    output = shmem4py("run", "-n", str(npes), "--timeout", "60", EXAMPLES / f"{name}.py", cwd=tmp_path)
    assert output.strip()


@pytest.fixture(scope="module")
def c_programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("c")
    for name in C:
        source = EXAMPLES / "c" / f"{name}.c"
        shmem4py("cc", "-std=c11", "-Wall", "-Werror", "-O2", source, "-o", folder / name, cwd=folder)
    return folder


@pytest.mark.parametrize("npes", range(1, 9))
@pytest.mark.parametrize("name", C)
def test_c_example_checks_itself(name: str, npes: int, c_programs: Path) -> None:
    output = shmem4py("run", "-n", str(npes), "--timeout", "60", c_programs / name, cwd=c_programs)
    assert output.strip()


@pytest.mark.parametrize("npes", [1, 3, 4, 7])
def test_landscape_is_identical_to_the_single_process_run(npes: int, tmp_path: Path) -> None:
    for module in NEEDS["landscape"]:
        pytest.importorskip(module)
    output = shmem4py(
        *("run", "-n", str(npes), "--timeout", "90", EXAMPLES / "landscape.py", "--steps", "60"),
        cwd=tmp_path,
    )
    assert "identical to the single-process run" in output
    assert (tmp_path / "landscape.png").read_bytes().startswith(b"\x89PNG")


def test_dataframe_checks_itself(tmp_path: Path) -> None:
    for module in NEEDS["dataframe"]:
        pytest.importorskip(module, reason="needs pandas and scikit-learn: pip install pandas scikit-learn")
    assert "forests" in shmem4py("run", "-n", "2", "--timeout", "90", EXAMPLES / "dataframe.py", cwd=tmp_path)
