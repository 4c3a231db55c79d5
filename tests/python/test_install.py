# SPDX-License-Identifier: BSD-3-Clause
"""An installed package serves builds of C programs: a linker script, pkg-config, CMake, the names of other libraries.

None of them may depend on where the package lies, so each is given only the package's folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "c" / "ring.c"
GUIDE = ROOT / "docs" / "guides" / "c-programs.md"


def need(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        if os.environ.get("SHMEM4PY_REQUIRE_ALL") == "1":
            pytest.fail(f"{tool} is missing")
        pytest.skip(f"no {tool}")
    return path


def output_of(*command: str | Path, cwd: Path, **env: str) -> str:
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("cc")
    folder = tmp_path_factory.mktemp("prefix")
    return Path(output_of(sys.executable, "-m", "shmem4py", "info", "--prefix", cwd=folder).strip())


def rings(program: Path) -> None:
    run = [sys.executable, "-m", "shmem4py", "run", "-n", "3", "--timeout", "60"]
    assert output_of(*run, program, cwd=program.parent) == "the token came back as 3\n"


def test_plain_linker_option_finds_the_library(prefix: Path, tmp_path: Path) -> None:
    lib = prefix / "lib"
    output_of(
        *("cc", f"-I{prefix / 'include'}", EXAMPLE, "-o", "ring"),
        *(f"-L{lib}", f"-Wl,-rpath,{lib}", "-lshmem"),
        cwd=tmp_path,
    )
    rings(tmp_path / "ring")


def test_pkg_config_gives_working_flags(prefix: Path, tmp_path: Path) -> None:
    flags = output_of(
        *(need("pkg-config"), "--cflags", "--libs", "shmem"),
        cwd=tmp_path,
        PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"),
    )
    output_of("cc", EXAMPLE, "-o", "ring", *flags.split(), cwd=tmp_path)
    rings(tmp_path / "ring")


def test_cmake_package_gives_an_imported_target(prefix: Path, tmp_path: Path) -> None:
    """The lines of the guide, which cause no warning."""
    (block,) = re.findall(r"```cmake\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "CMakeLists.txt").write_text(block)
    shutil.copy(EXAMPLE, tmp_path)
    output = output_of(need("cmake"), "-B", "build", "-Wdev", f"-DCMAKE_PREFIX_PATH={prefix}", cwd=tmp_path)
    assert "Warning" not in output
    output_of("cmake", "--build", "build", cwd=tmp_path)
    rings(tmp_path / "build" / "ring")


# As in public programs, for any library.
MAKEFILE = """
all: ring rings linked
ring: ring.c
	oshcc -Wall -Werror -O2 $< -o $@
ring.o: ring.c
	oshCC -x c++ -c $< -o $@
rings: ring.o
	oshc++ $^ -o $@
linked: ring.c
	oshcc $< -o $@ -lsma -loshmem
check: all
	oshrun -np 3 ./ring
	oshrun -n 3 ./rings
	oshrun -np 3 ./linked
"""


@pytest.fixture
def compat(tmp_path: Path) -> Path:
    need("cc")
    return Path(output_of(sys.executable, "-m", "shmem4py", "info", "--compat", cwd=tmp_path).strip())


def test_makefile_with_the_usual_names(compat: Path, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    shutil.copy(EXAMPLE, tmp_path)
    # The names need no environment: they find the command shmem4py beside them.
    path = f"{compat}:/usr/local/bin:/usr/bin:/bin"
    output = output_of(
        need("make"), "check", cwd=tmp_path, PATH=path, SHMEM4PY_ENGINE="other", CC="oshcc", CXX="oshc++"
    )
    assert output.count("the token came back as 3\n") == 3


@pytest.mark.parametrize("name", ["shmem", "oshmem", "sma"])
@pytest.mark.parametrize("linker", ["bfd", "gold", "lld"])
def test_usual_library_names_mean_ours(name: str, linker: str, compat: Path, prefix: Path, tmp_path: Path) -> None:
    if shutil.which(f"ld.{linker}") is None:
        pytest.skip(f"no ld.{linker}")
    output_of(
        *("cc", f"-fuse-ld={linker}", f"-I{prefix / 'include'}", EXAMPLE, "-o", "ring"),
        *(f"-L{compat}", f"-Wl,-rpath,{prefix / 'lib'}", f"-l{name}"),
        cwd=tmp_path,
    )
    rings(tmp_path / "ring")


@pytest.mark.parametrize("name", ["openshmem", "oshmem", "sma"])
def test_usual_names_of_pkg_config(name: str, compat: Path, tmp_path: Path) -> None:
    flags = output_of(need("pkg-config"), "--cflags", "--libs", name, cwd=tmp_path, PKG_CONFIG_PATH=str(compat))
    output_of("cc", EXAMPLE, "-o", "ring", *flags.split(), cwd=tmp_path)
    rings(tmp_path / "ring")


def test_our_usual_names_are_never_another_library(compat: Path, tmp_path: Path) -> None:
    """With our oshcc and oshrun on PATH, neither a launcher nor a wrapper of another library is one of them."""
    env = {"PATH": str(compat), "XDG_DATA_HOME": str(tmp_path), "SHMEM4PY_ENGINE_PATH": str(tmp_path)}
    (tmp_path / "engine_openmpi.so").touch()
    for args, message in (
        (["run", "--engine", "openmpi", "app"], "engine openmpi needs one of oshrun, "),
        (["add-engine"], "there is no oshcc on PATH"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "shmem4py", *args], env={**os.environ, **env}, stderr=subprocess.PIPE, text=True
        )
        assert done.returncode == 1
        assert message in done.stderr


@pytest.mark.parametrize("build", ["make", "cmake"])
def test_builds_whose_compiler_is_shmem4py(build: str, tmp_path: Path) -> None:
    """``CC="shmem4py cc"`` is also in the environment of the command that it names."""
    shutil.copy(EXAMPLE, tmp_path)
    us = f"{sys.executable} -m shmem4py"
    (tmp_path / "shmem4py").write_text(f'#!/bin/sh\nexec {us} "$@"\n')
    (tmp_path / "shmem4py").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    env = {"PATH": path, "CC": "shmem4py cc", "CXX": "shmem4py c++"}
    # ccache takes the second argument of a compiler for a file.
    env |= {"CMAKE_C_COMPILER_LAUNCHER": "", "CMAKE_CXX_COMPILER_LAUNCHER": ""}
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(ring)\nadd_executable(ring ring.c)\n"
    )
    if build == "make":
        output_of(need("make"), "ring", cwd=tmp_path, **env)
    else:
        output_of(need("cmake"), "-B.", ".", cwd=tmp_path, **env)
        output_of("cmake", "--build", ".", cwd=tmp_path, **env)
    rings(tmp_path / "ring")


def test_what_the_guide_says_of_deprecated_routines_is_true(prefix: Path) -> None:
    header = (prefix / "include" / "shmem.h").read_text()
    there, gone = (
        GUIDE.read_text()
        .split("also has the deprecated names:")[1]
        .split("## ")[0]
        .split("does not have the cache routines")
    )
    names = re.findall(r"`(shmem_\w+)`", gone.split("\n- ")[0])
    assert len(names) == 6
    assert [name for name in names if re.search(rf"\b{name}\b", header)] == []
    for name in ("start_pes", "shmalloc"):
        assert f"`{name}`" in there
        assert re.search(rf"\b{name}\(", header)
