# SPDX-License-Identifier: BSD-3-Clause
"""The command line: run, info, bench, cc, c++, and what it imports."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import shmem4py
from shmem4py import _engine, _paths
from shmem4py.testing import environment


def command(*words: str, status: int = 0, cwd: Path | None = None, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "shmem4py", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        cwd=cwd,
        env=environment(**env),
    )
    assert done.returncode == status, done.stdout
    return done.stdout


def dry(*words: str, engine: str = "smp") -> list[str]:
    return command("run", "--dry-run", *words, SHMEM4PY_ENGINE=engine).split()


def test_version() -> None:
    assert command("--version") == f"shmem4py {shmem4py.__version__}\n"


def test_the_command_is_installed_and_is_the_module() -> None:
    script = Path(sys.executable).with_name("shmem4py")
    if not script.exists():
        pytest.skip("the package is not installed")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"shmem4py {shmem4py.__version__}\n"


def test_help_lists_the_commands() -> None:
    text = command("--help")
    for name in ("run", "info", "bench", "cc", "c++", "add-engine"):
        assert name in text


def test_no_command_and_unknown_command_are_refused() -> None:
    command(status=2)
    assert "invalid choice" in command("walk", status=2)


def test_run_imports_nothing_heavy() -> None:
    program = """
import sys
from shmem4py import cli
assert cli.main(["run", "--dry-run", "app"]) == 0
print([m for m in ("numpy", "rich", "shmem4py._core", "subprocess") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_run_passes_its_options_to_the_launcher() -> None:
    words = dry("-n", "3", "--label", "--timeout", "2.5", "--bind", "core", "--", "app", "-n", "7")
    assert words[0] == "SHMEM4PY_ENGINE=smp"
    assert words[1].endswith("/bin/shmem4py-launch")
    assert words[2:] == ["-n", "3", "--label", "--timeout", "2.5", "--bind", "core", "--", "app", "-n", "7"]


def test_run_needs_no_separator(tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.touch()
    assert dry("-n", "2", str(app), "--label", "x")[-4:] == [sys.executable, str(app), "--label", "x"]


def test_run_of_a_module_and_of_an_executable() -> None:
    assert dry("-m", "this", "-n", "7")[-5:] == [sys.executable, "-m", "this", "-n", "7"]
    assert dry("/bin/true")[-2:] == ["--", "/bin/true"]


def test_run_of_a_folder_with_a_main(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text("from shmem4py import shmem; print(shmem.n_pes())")
    assert command("run", "-n", "2", str(tmp_path), SHMEM4PY_ENGINE="smp") == "2\n2\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run"], "which program?"),
        (["run", "-n", "0", "app"], "at least 1"),
        (["run", "-n", "x", "app"], "invalid"),
        (["run", "--timeout", "0", "app"], "above 0"),
        (["run", "--bind", "socket", "app"], "invalid choice"),
        (["run", "missing.py"], "there is no missing.py"),
        (["run", "-m"], "-m needs the name of a module"),
    ],
)
def test_lines_that_cannot_be_are_refused(words: list[str], message: str, tmp_path: Path) -> None:
    assert message in command(*words, status=2, cwd=tmp_path)


def test_hosts_need_another_engine() -> None:
    assert "the smp engine is for one machine" in command(
        "run", "--hosts", "a,b", "app", status=1, SHMEM4PY_ENGINE="smp"
    )


def test_further_options_reach_the_launcher() -> None:
    assert dry("-n", "2", "--options", "--label --bind none", "app")[2:] == [
        *("-n", "2", "--label", "--bind", "none", "--", "app"),
    ]


def test_program_that_there_is_not() -> None:
    output = command("run", "/nowhere/app", status=127, SHMEM4PY_ENGINE="smp")
    assert "/nowhere/app" in output


def test_run_with_another_engine_uses_its_launcher(tmp_path: Path) -> None:
    launcher = tmp_path / "oshrun"
    launcher.write_text("#!/bin/sh\nexit 0\n")
    launcher.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    line = command(
        *("run", "--dry-run", "--engine", "openmpi", "-n", "3", "--label", "--hosts", "a,b", "--bind", "core"),
        *("--timeout", "9", "--options", "--mca btl tcp", "app"),
        PATH=path,
        UCX_TLS="tcp,self",
        XDG_DATA_HOME=str(tmp_path),
    )
    words = line.split()
    assert words[:7] == ["SHMEM4PY_ENGINE=openmpi", "timeout", "--kill-after=5", "9", str(launcher), "-n", "3"]
    # Open MPI's launcher sends no variables to other hosts unless told.
    sent = [words[i + 1] for i, word in enumerate(words) if word == "-x"]
    assert {"SHMEM4PY_ENGINE", "UCX_TLS"} <= set(sent)
    assert words[8 + 2 * len(sent) :] == [
        *("--tag-output", "--bind-to", "core", "--host", "a:2,b:2", "--mca", "btl", "tcp", "app"),
    ]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "engine openmpi needs one of oshrun, mpiexec.openmpi, mpiexec on PATH" in command(
        "run", "--engine", "openmpi", "app", status=1, PATH=str(empty), XDG_DATA_HOME=str(empty)
    )


def test_info_says_which_engine_and_why() -> None:
    text = command("info", SHMEM4PY_ENGINE="smp")
    assert f"shmem4py {shmem4py.__version__}" in text
    assert "engine: smp (SHMEM4PY_ENGINE says so)" in text
    data = json.loads(command("info", "--json", SHMEM4PY_ENGINE="smp"))
    assert data["engine"] == "smp"
    assert data["engines"]["smp"]["interface"] == [1, 6]
    assert "interruptible" in data["engines"]["smp"]["capabilities"]
    assert data["engines"]["smp"]["missing"] == []


def test_info_of_an_engine_that_is_not_installed() -> None:
    text = command("info", status=1, SHMEM4PY_ENGINE="nowhere")
    assert "not installed" in text


def test_info_of_a_plug_in_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "engine_broken.so").write_bytes(b"no library")
    text = command("info", SHMEM4PY_ENGINE="smp", SHMEM4PY_ENGINE_PATH=str(tmp_path))
    assert "broken" in text
    assert "cannot be used" in text


@pytest.mark.parametrize(
    ("environment", "name", "reason"),
    [
        ({}, "smp", "the default"),
        ({"SHMEM4PY_ENGINE": "OpenMPI"}, "openmpi", "SHMEM4PY_ENGINE says so"),
        ({"SHMEM4PY_JOB_SOCKET": "x", "OMPI_COMM_WORLD_SIZE": "2"}, "smp", "started by shmem4py run"),
    ],
)
def test_choice_of_an_engine(environment: dict[str, str], name: str, reason: str) -> None:
    assert _engine.choose(environment) == _engine.Choice(name, reason)


def test_choice_by_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_paths, "engine_file", {"smp": "a", "openmpi": "b"}.get)
    choice = _engine.choose({"OMPI_COMM_WORLD_SIZE": "4"})
    assert choice.name == "openmpi"
    assert choice.reason == "started by Open MPI's launcher (OMPI_COMM_WORLD_SIZE is set)"
    choice = _engine.choose({"PMI_SIZE": "4"})
    assert choice.name == "smp"
    assert "there is no plug-in for sos" in choice.reason


def test_choice_by_rc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shmem4py.rc, "engine", "sos")
    assert _engine.choose({}) == _engine.Choice("sos", "rc.engine says so")


def test_many_jobs_of_one_pe_are_refused() -> None:
    with pytest.raises(RuntimeError, match="has started 4 processes, but engine sos sees one PE in each"):
        _engine.check_size("sos", 1, {"OMPI_COMM_WORLD_SIZE": "4"})
    _engine.check_size("sos", 4, {"OMPI_COMM_WORLD_SIZE": "4"})
    _engine.check_size("smp", 1, {"OMPI_COMM_WORLD_SIZE": "1"})
    _engine.check_size("smp", 1, {})


C_PROGRAM = """
#include <shmem.h>
#include <stdio.h>
int main(void) {
  shmem_init();
  printf("%d of %d\\n", shmem_my_pe(), shmem_n_pes());
  shmem_finalize();
  return 0;
}
"""


@pytest.mark.parametrize(("language", "suffix"), [("cc", "c"), ("c++", "cpp")])
def test_compile_and_run(language: str, suffix: str, tmp_path: Path) -> None:
    if shutil.which(os.environ.get("CC" if language == "cc" else "CXX", language)) is None:
        pytest.skip("no compiler")
    (tmp_path / f"hello.{suffix}").write_text(C_PROGRAM)
    command(language, "-Wall", "-Werror", f"hello.{suffix}", "-o", "hello", cwd=tmp_path)
    output = command("run", "-n", "3", "./hello", cwd=tmp_path, SHMEM4PY_ENGINE="smp")
    assert sorted(output.splitlines()) == ["0 of 3", "1 of 3", "2 of 3"]
    command(language, "-c", f"hello.{suffix}", "-o", "hello.o", cwd=tmp_path)
    command(language, "hello.o", "-o", "linked", cwd=tmp_path)
    assert command("run", "./linked", cwd=tmp_path, SHMEM4PY_ENGINE="smp") == "0 of 1\n"


@pytest.mark.parametrize("option", ["-show", "-showme", "--show", "--showme"])
def test_showing_the_command(option: str) -> None:
    words = command("cc", option, "a.c", "-o", "a", CC="gcc -m64").split()
    assert words[:2] == ["gcc", "-m64"]
    assert "a.c" in words
    assert "-lshmem" in words
    assert any(w.startswith("-Wl,-rpath,") for w in words)
    assert "-lshmem" not in command("cc", option, "-c", "a.c").split()


def test_showing_flags_alone() -> None:
    compiling = command("cc", "-showme:compile").split()
    assert [w[:2] for w in compiling] == ["-I"]
    assert (Path(compiling[0][2:]) / "shmem.h").is_file()
    assert "-lshmem" in command("c++", "-showme:link").split()
    assert "expected :compile or :link" in command("cc", "-showme:nonsense", status=2)


def test_compiler_that_there_is_not() -> None:
    assert "no-such-compiler" in command("cc", "a.c", status=127, CC="no-such-compiler")


def test_compiler_errors_are_the_status(tmp_path: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("no compiler")
    (tmp_path / "bad.c").write_text("nonsense")
    command("cc", "-c", "bad.c", status=1, cwd=tmp_path)


def test_bench_prints_its_rows_and_draws_its_plot(tmp_path: Path) -> None:
    picture = tmp_path / "plot.png"
    drawn = importlib.util.find_spec("matplotlib") is not None
    text = command("bench", *(["--plot", str(picture)] if drawn else []))
    for row in ("put 8 B", "atomic_fetch_add", "barrier_all", "GB/s"):
        assert row in text
    assert picture.exists() == drawn
