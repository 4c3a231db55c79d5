# SPDX-License-Identifier: BSD-3-Clause
"""What an installed package offers to builds of C programs: a linker script, pkg-config, CMake.

None of them may depend on where the package lies, so each is given nothing but its folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "c" / "ring.c"


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
    (tmp_path / "CMakeLists.txt").write_text(
        f"""
cmake_minimum_required(VERSION 3.16)
project(ring C)
find_package(shmem 1.4 REQUIRED)
add_executable(ring "{EXAMPLE}")
target_link_libraries(ring PRIVATE shmem::shmem)
"""
    )
    output_of(need("cmake"), "-B", "build", f"-DCMAKE_PREFIX_PATH={prefix}", cwd=tmp_path)
    output_of("cmake", "--build", "build", cwd=tmp_path)
    rings(tmp_path / "build" / "ring")
