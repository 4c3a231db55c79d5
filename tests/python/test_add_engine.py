# SPDX-License-Identifier: BSD-3-Clause
"""`shmem4py add-engine`: compiles with the library's wrapper, tries under its launcher, and records the result."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shmem4py.testing import environment

needs_oshcc = pytest.mark.skipif(
    shutil.which("oshcc") is None or shutil.which("oshrun") is None, reason="no oshcc (Debian: libopenmpi-dev)"
)

FOUND = (
    '{"name": "x", "library": "A library", "interface": [1, 4], "pes": %d, "native": [], "supplied": [], '
    '"notes": [], "wrong": [%s]}'
)


def add_engine(*args: str, status: int = 0, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "shmem4py", "add-engine", *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
        env=environment(**env),
    )
    assert done.returncode == status, done.stdout
    return done.stdout


def script(file: Path, text: str) -> str:
    file.write_text(text)
    file.chmod(0o755)
    return str(file)


@needs_oshcc
def test_library_is_recognised_tried_and_noted(tmp_path: Path) -> None:
    text = add_engine("--cc", "oshcc", XDG_DATA_HOME=str(tmp_path))
    folder = tmp_path / "shmem4py" / "engines"
    assert f"in {folder / 'engine_openmpi.so'}" in text
    assert "engine openmpi: Open MPI OSHMEM" in text
    assert "  supplied by us: teams, " in text
    assert "known fault, worked around: " in text
    noted = json.loads((folder / "engine_openmpi.json").read_text())
    assert [Path(word).name for word in noted["launcher"]] == ["oshrun"]
    assert noted["tried"]["wrong"] == []
    env = environment(XDG_DATA_HOME=str(tmp_path), SHMEM4PY_ENGINE="openmpi")
    info = subprocess.run([sys.executable, "-m", "shmem4py", "info", "--json"], capture_output=True, env=env)
    engine = json.loads(info.stdout)["engines"]["openmpi"]
    assert engine["file"] == str(folder / "engine_openmpi.so")
    assert engine["launcher"] == noted["launcher"]
    # `info` reads the faults that only running PEs can find from the record of the trial.
    assert set(noted["tried"]["notes"]) == set(engine["notes"].splitlines())


def test_wrong_results_keep_the_engine_out(tmp_path: Path) -> None:
    launcher = script(tmp_path / "launch", "#!/bin/sh\necho '" + FOUND % (2, '"atomic_add of 64 bits"') + "'; exit 1")
    args = ("--cc", compiler(tmp_path), "--name", "x", "--dir", str(tmp_path / "engines"), "--launcher", launcher)
    assert "A library gives wrong results: atomic_add of 64 bits" in add_engine(*args, status=1)
    assert not (tmp_path / "engines").exists()


def compiler(tmp_path: Path) -> str:
    """Return a wrapper that compiles nothing, for tests of the launcher."""
    return script(tmp_path / "wrapper", '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\necho plug-in > "$2"\n')


@pytest.mark.parametrize(
    ("launcher", "message"),
    [
        ("#!/bin/sh\necho no slots >&2; exit 3", "ended with status 3:\nno slots"),
        ("#!/bin/sh\necho '" + FOUND % (1, "") + "'", "2 jobs of one PE each, not one of 2"),
        ('#!/bin/sh\necho \'{"error": "no answer after 60 s: init"}\'; exit 2', "no answer after 60 s: init"),
    ],
)
def test_launcher_that_fails_is_quoted(tmp_path: Path, launcher: str, message: str) -> None:
    options = ("--cc", compiler(tmp_path), "--name", "x", "--dir", str(tmp_path / "engines"))
    text = add_engine(*options, "--launcher", script(tmp_path / "launch", launcher), status=1)
    assert "the plug-in does not work" in text
    assert message in text
    assert not (tmp_path / "engines").exists()


def test_where_pes_cannot_be_started_it_need_not_be_tried(tmp_path: Path) -> None:
    options = ("--cc", compiler(tmp_path), "--name", "x", "--dir", str(tmp_path / "engines"))
    path = f"{tmp_path}:/bin"
    if shutil.which("oshrun", path=path) is None:
        assert "engine x needs one of oshrun, " in add_engine(*options, status=1, PATH=path)
    assert "engine x: not tried" in add_engine(*options, "--no-try")
    assert (tmp_path / "engines" / "engine_x.so").exists()


def test_wrapper_that_there_is_not() -> None:
    assert "there is no no-such-wrapper on PATH" in add_engine("--cc", "no-such-wrapper", status=1)


def test_library_that_is_not_known_wants_a_name(tmp_path: Path) -> None:
    wrapper = script(tmp_path / "wrapper", "#!/bin/sh\necho '#define SHMEM_VENDOR_STRING \"mine\"'\n")
    assert "name the engine with --name" in add_engine("--cc", wrapper, status=1)
    broken = script(tmp_path / "broken", "#!/bin/sh\necho no header >&2; exit 1\n")
    assert "does not compile a program with shmem.h:\nno header" in add_engine("--cc", broken, status=1)


def test_launcher_beside_the_wrapper_comes_before_one_on_path(tmp_path: Path) -> None:
    script(tmp_path / "oshrun", "#!/bin/sh\necho from beside >&2; exit 4\n")
    text = add_engine("--cc", compiler(tmp_path), "--name", "openmpi", "--dir", str(tmp_path / "e"), status=1,
                      PATH=f"{os.environ['PATH']}")  # fmt: skip
    assert f"{tmp_path / 'oshrun'} -n 2 " in text
    assert "from beside" in text
