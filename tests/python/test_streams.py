# SPDX-License-Identifier: BSD-3-Clause
"""Standard streams that are closed, None or the program's own objects: the package may not fail on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support import need_smp

from shmem4py.testing import environment, run_program

# Objects that a program may put in place of its streams, and calls that it may make on them.
STREAMS = {
    "None": "sys.stdout = sys.stderr = None",
    "closed": "sys.stdout.close(); sys.stderr.close()",
    "no streams": "sys.stdout = sys.stderr = 5",
    "that refuse": "sys.stdout = sys.stderr = Refusing()",
}
PROGRAM = """
import sys
from shmem4py import shmem
class Refusing:
    def write(self, text):
        raise OSError("full")
    flush = write
{streams}
if shmem.my_pe() == 1:
    raise ValueError('broken')
shmem.barrier_all()
"""


@pytest.mark.parametrize("streams", STREAMS)
def test_exception_is_told_whatever_the_programs_streams_are(streams: str) -> None:
    done = run_program(2, PROGRAM.format(streams=STREAMS[streams]), timeout=30)
    assert done.returncode == 1
    assert done.stderr.count("PE 1: ValueError: broken\n") == 1
    assert "_hooks.py" not in done.stderr


def test_exception_goes_to_the_programs_own_stream_once() -> None:
    program = """
import os, sys
from shmem4py import shmem
class Own:
    def write(self, text):
        os.write(1, text.upper().encode())
sys.stderr = Own()
raise ValueError('broken')
"""
    done = run_program(1, program)
    assert done.returncode == 1
    assert done.stdout.count("VALUEERROR: BROKEN\n") == 1
    assert "ValueError" not in done.stderr


@pytest.mark.parametrize("closed", [0, 1, 2])
@pytest.mark.parametrize(
    "args",
    [
        "run -n 2 -- $PYTHON -c 'from shmem4py import shmem; print(shmem.my_pe())'",
        "run --dry-run app",
        "info",
        "cc --version",
    ],
)
def test_commands_run_with_a_closed_stream(args: str, closed: int, tmp_path: Path) -> None:
    need_smp("the shell starts the smp engine")
    command = f"exec $PYTHON -m shmem4py {args} {closed}>&-"
    done = subprocess.run(
        ["sh", "-c", command],
        env=environment(PYTHON=sys.executable, SHMEM4PY_ENGINE="smp"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (done.stdout == "") == (closed == 1)
