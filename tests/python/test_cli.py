# SPDX-License-Identifier: BSD-3-Clause
"""The command line: run, info, bench, cc, c++, and what it imports."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import shmem4py
from shmem4py import _engine, _paths
from shmem4py.testing import environment


def command(*args: str, status: int = 0, cwd: Path | None = None, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "shmem4py", *args],
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


def dry(*args: str, engine: str = "smp") -> list[str]:
    return command("run", "--dry-run", *args, SHMEM4PY_ENGINE=engine).split()


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
    args = dry("-n", "3", "--label", "--timeout", "2.5", "--bind", "core", "--", "app", "-n", "7")
    assert args[0] == "SHMEM4PY_ENGINE=smp"
    assert args[1].endswith("/bin/shmem4py-launch")
    assert args[2:] == ["-n", "3", "--label", "--timeout", "2.5", "--bind", "core", "--", "app", "-n", "7"]


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
    ("args", "message"),
    [
        (["run"], "no program is given"),
        (["run", "-n", "0", "app"], "at least 1"),
        (["run", "-n", "x", "app"], "expected a number of PEs of at least 1, got x"),
        (["run", "-np", "1.5", "app"], "expected a number of PEs of at least 1, got 1.5"),
        (["run", "-n", "99999", "app"], "-n 99999: a job has 1 to "),
        (["run", "--timeout", "0", "app"], "above 0"),
        (["run", "--timeout", "soon", "app"], "expected a number of seconds above 0, got soon"),
        (["run", "--heap", "much", "app"], "--heap much: a number"),
        (["run", "--nonsense", "app"], "unrecognized arguments: --nonsense"),
        (["run", "--options=--nonsense", "app"], "--nonsense is no option"),
        (["run", "folder"], "folder is a folder without a __main__.py"),
        (["run", "here"], "there is no command here on PATH; to run the file in this folder, write ./here"),
        (["run", "--engine", "foo", "app"], "there is no engine 'foo'; installed: smp"),
        (["bench", "-n", "none"], "expected a number of PEs of at least 1, got none"),
        (["bench", "--engine", "foo"], "there is no engine 'foo'; installed: smp"),
        (["run", "--bind", "socket", "app"], "invalid choice"),
        (["run", "missing.py"], "there is no missing.py"),
        (["run", "-m"], "-m needs the name of a module"),
    ],
)
def test_lines_that_cannot_be_are_refused(args: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "here").touch()
    output = command(*args, status=2, cwd=tmp_path, SHMEM4PY_ENGINE="smp")
    assert message in output
    # Whichever parser finds the fault, the usage is that of the command that was called.
    assert f"usage: shmem4py {args[0]} " in output
    assert "_count" not in output


def test_a_wrong_variable_is_not_answered_with_a_usage() -> None:
    output = command("run", "/bin/true", status=2, SHMEM4PY_ENGINE="smp", SHMEM_SYMMETRIC_SIZE="much")
    assert output.startswith("shmem4py: SHMEM_SYMMETRIC_SIZE=much")
    assert "usage" not in output


def test_np_is_n() -> None:
    assert dry("-np", "3", "app") == dry("-n", "3", "app")


@pytest.mark.parametrize("args", [["-n", "4"], ["x", "-np", "4"], ["-n4"]], ids=" ".join)
def test_n_after_the_program_is_the_programs_and_is_pointed_out(args: list[str], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import sys; from shmem4py import shmem; print(shmem.n_pes(), *sys.argv[1:])")
    output = command("run", "app.py", *args, cwd=tmp_path, SHMEM4PY_ENGINE="smp").splitlines()
    assert output[0].startswith("shmem4py run: the -n after app.py is an option of the program, and the job has 1 PE.")
    assert "shmem4py run -n 4 app.py" in output[0]
    assert output[1:] == [f"1 {' '.join(args)}"]
    module = command("run", "-m", "app", *args, cwd=tmp_path, SHMEM4PY_ENGINE="smp")
    assert "shmem4py run -n 4 -m app" in module
    for plain in (["--", "app.py", *args], ["-n", "1", "app.py", *args], ["app.py", "-n", "x"]):
        assert "the job has" not in command("run", *plain, cwd=tmp_path, SHMEM4PY_ENGINE="smp")


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
    (tmp_path / "engine_openmpi.so").touch()
    path = f"{tmp_path}:{os.environ['PATH']}"
    line = command(
        *("run", "--dry-run", "--engine", "openmpi", "-n", "3", "--label", "--hosts", "a,b", "--bind", "core"),
        *("--timeout", "9", "--options", "--mca btl tcp", "app"),
        PATH=path,
        UCX_TLS="tcp,self",
        XDG_DATA_HOME=str(tmp_path),
        SHMEM4PY_ENGINE_PATH=str(tmp_path),
    )
    args = line.split()
    assert args[:7] == ["SHMEM4PY_ENGINE=openmpi", "timeout", "--kill-after=5", "9", str(launcher), "-n", "3"]
    # Open MPI's launcher sends no variables to other hosts unless told.
    sent = [args[i + 1] for i, arg in enumerate(args) if arg == "-x"]
    assert {"SHMEM4PY_ENGINE", "UCX_TLS"} <= set(sent)
    assert args[8 + 2 * len(sent) :] == [
        *("--tag-output", "--bind-to", "core", "--host", "a:2,b:2", "--mca", "btl", "tcp", "app"),
    ]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "engine openmpi needs one of oshrun, mpiexec.openmpi, mpiexec on PATH" in command(
        *("run", "--engine", "openmpi", "app"),
        status=1,
        PATH=str(empty),
        XDG_DATA_HOME=str(empty),
        SHMEM4PY_ENGINE_PATH=str(tmp_path),
    )


def test_info_says_which_engine_and_why() -> None:
    text = command("info", SHMEM4PY_ENGINE="smp")
    assert f"shmem4py {shmem4py.__version__}" in text
    assert "engine: smp (set by SHMEM4PY_ENGINE)" in text
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
        ({"SHMEM4PY_ENGINE": "OpenMPI"}, "openmpi", "set by SHMEM4PY_ENGINE"),
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
    assert _engine.choose({}) == _engine.Choice("sos", "set by rc.engine")


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


def need_compilers() -> None:
    for variable, default in (("CC", "cc"), ("CXX", "c++")):
        if shutil.which(shlex.split(os.environ.get(variable) or default)[0]) is None:
            pytest.skip("no compiler")


@pytest.mark.parametrize(("language", "suffix"), [("cc", "c"), ("c++", "cpp")])
def test_compile_and_run(language: str, suffix: str, tmp_path: Path) -> None:
    need_compilers()
    (tmp_path / f"hello.{suffix}").write_text(C_PROGRAM)
    command(language, "-Wall", "-Werror", f"hello.{suffix}", "-o", "hello", cwd=tmp_path)
    output = command("run", "-n", "3", "./hello", cwd=tmp_path, SHMEM4PY_ENGINE="smp")
    assert sorted(output.splitlines()) == ["0 of 3", "1 of 3", "2 of 3"]
    command(language, "-c", f"hello.{suffix}", "-o", "hello.o", cwd=tmp_path)
    command(language, "hello.o", "-o", "linked", cwd=tmp_path)
    assert command("run", "./linked", cwd=tmp_path, SHMEM4PY_ENGINE="smp") == "0 of 1\n"


@pytest.mark.parametrize("option", ["-show", "-showme", "--show", "--showme"])
def test_showing_the_command(option: str) -> None:
    args = command("cc", option, "a.c", "-o", "a", CC="gcc -m64").split()
    assert args[:2] == ["gcc", "-m64"]
    assert "a.c" in args
    assert "-lshmem" in args
    assert any(w.startswith("-Wl,-rpath,") for w in args)
    assert "-lshmem" not in command("cc", option, "-c", "a.c").split()


def test_showing_flags_alone() -> None:
    compiling = command("cc", "-showme:compile").split()
    assert [w[:2] for w in compiling] == ["-I"]
    assert (Path(compiling[0][2:]) / "shmem.h").is_file()
    assert "-lshmem" in command("c++", "-showme:link").split()
    assert "expected :compile or :link" in command("cc", "-showme:nonsense", status=2)


def test_compiler_that_there_is_not() -> None:
    assert "no-such-compiler" in command("cc", "a.c", status=127, CC="no-such-compiler")
    assert "no-such-compiler" in command("cc", "a.c", status=127, CC="gcc", SHMEM4PY_CC="no-such-compiler")
    assert "no-such-compiler" in command("c++", "a.cc", status=127, CXX="g++", SHMEM4PY_CXX="no-such-compiler")


SHMEM4PY = shlex.join([sys.executable, "-m", "shmem4py"])


@pytest.mark.parametrize(
    "cc",
    [
        "shmem4py cc",
        "/opt/bin/shmem4py",
        f"{SHMEM4PY} cc",
        "/opt/bin/shmem4py cc -O2",
        "ccache shmem4py cc",
        "{compat}/oshcc",
    ],
)
def test_a_cc_that_means_us_is_not_the_compiler(cc: str) -> None:
    cc = cc.format(compat=_paths.compat())
    assert command("cc", "-show", "a.c", CC=cc).split()[:1] == ["cc"]
    assert command("cc", "-show", "a.c", CC=cc, SHMEM4PY_CC="gcc -m64").split()[:2] == ["gcc", "-m64"]
    message = command("cc", "-show", "a.c", SHMEM4PY_CC=cc, status=1)
    assert message.startswith(f"shmem4py cc: SHMEM4PY_CC={cc} runs shmem4py again")


def test_a_script_that_leads_back_to_us_is_not_the_compiler(tmp_path: Path) -> None:
    need_compilers()
    script = tmp_path / "mine"
    script.write_text(f'#!/bin/sh\nexec {SHMEM4PY} cc "$@"\n')
    script.chmod(0o755)
    (tmp_path / "hello.c").write_text(C_PROGRAM)
    command("cc", "hello.c", "-o", "hello", cwd=tmp_path, CC=str(script))
    assert command("run", "-n", "2", "./hello", cwd=tmp_path, SHMEM4PY_ENGINE="smp").count(" of 2") == 2
    message = command("cc", "hello.c", cwd=tmp_path, SHMEM4PY_CC=str(script), status=1)
    assert f"SHMEM4PY_CC={script} runs shmem4py again" in message


def test_no_file_is_not_linked() -> None:
    need_compilers()
    assert "-lshmem" not in command("cc", "-show", "-v").split()
    command("cc", "-v")


def test_compiler_errors_are_the_status(tmp_path: Path) -> None:
    need_compilers()
    (tmp_path / "bad.c").write_text("nonsense")
    command("cc", "-c", "bad.c", status=1, cwd=tmp_path)


def test_bench_prints_its_rows_and_draws_its_plot(tmp_path: Path) -> None:
    picture = tmp_path / "plot.png"
    drawn = importlib.util.find_spec("matplotlib") is not None
    text = command("bench", *(["--plot", str(picture)] if drawn else []))
    for row in ("put 8 B", "atomic_fetch_add", "barrier_all", "GB/s"):
        assert row in text
    assert picture.exists() == drawn


@pytest.mark.parametrize(
    ("file", "message"),
    [("/nowhere/plot.png", "No such file or directory"), ("plot.wrong", "matplotlib draws no .wrong files")],
)
def test_bench_refuses_a_plot_that_cannot_be_before_it_measures(file: str, message: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    text = command("bench", "--plot", file, status=1, cwd=tmp_path, SHMEM4PY_ENGINE="smp")
    assert f"shmem4py bench: --plot {file}: {message}" in text
    assert "put 8 B" not in text


def test_bench_without_matplotlib_measures_no_plot(tmp_path: Path) -> None:
    program = """
from importlib import util
real = util.find_spec
util.find_spec = lambda name, *package: None if name == "matplotlib" else real(name, *package)
from shmem4py.cli import main
main(["bench", "--plot", "x.png"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 1
    assert (done.stdout, done.stderr) == ("", "shmem4py bench: --plot needs matplotlib: pip install matplotlib\n")
