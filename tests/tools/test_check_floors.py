# SPDX-License-Identifier: BSD-3-Clause
"""The check of floors finds each include that points up, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FLOORS = """
| floor | alone includes | what is there |
|---|---|---|
| `roof/` | | |
| `left/`, `right/` | | |
| `pe.h` | | |
| `ground/` | `<unistd.h>`, `<sys/*>` | every system call |
"""


def check(source):
    command = [sys.executable, ROOT / "tools/check_floors.py", source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    *wrong, summary = done.stdout.splitlines()
    assert int(summary.split()[0]) == len(wrong)
    return done.returncode, [line.replace(f"{source}/", "") for line in wrong]


@pytest.fixture
def source(tmp_path):
    """A tree with a file on each floor."""
    for name in ["roof/roof.h", "left/left.h", "right/right.h", "ground/ground.h", "ground/other.h"]:
        (tmp_path / "house" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "house" / name).write_text("#pragma once\n")
    (tmp_path / "house/pe.h").write_text("#pragma once\n")
    (tmp_path / "house/README.md").write_text(FLOORS)
    return tmp_path


def write(source, name, *lines):
    (source / "house" / name).write_text("\n".join(lines))


def test_this_tree_points_downwards():
    returncode, wrong = check(ROOT / "src")
    assert wrong == []
    assert returncode == 0


def test_includes_of_lower_floors_and_of_the_own_room_are_right(source):
    write(source, "roof/roof.cpp", '#include "house/left/left.h"', '#include "house/ground/ground.h"')
    write(source, "left/left.cpp", '#include "left.h"', '#include "house/pe.h"', "#include <vector>")
    write(source, "ground/ground.cpp", '#include "house/ground/other.h"', "#include <sys/mman.h>")
    assert check(source) == (0, [])


@pytest.mark.parametrize(
    ("name", "include", "message"),
    [
        (
            "left/left.cpp",
            '#include "house/roof/roof.h"',
            "left/ includes house/roof/roof.h, and roof/ is not below",
        ),
        (
            "left/left.cpp",
            '#include "../right/right.h"',
            "left/ includes ../right/right.h, and right/ is not below",
        ),
        (
            "left/left.h",
            '#include "house/right/right.h"',
            "left/ includes house/right/right.h, and right/ is not",
        ),
        ("pe.cpp", '#  include "house/left/left.h"', "pe includes house/left/left.h, and left/ is not below it"),
        ("ground/ground.cpp", '#include "house/pe.h"', "ground/ includes house/pe.h, and pe is not below it"),
        ("pe.cpp", "#include <unistd.h>", "pe includes <unistd.h>, which is for ground/ alone"),
        ("roof/roof.cpp", "#include <sys/stat.h>", "roof/ includes <sys/stat.h>, which is for ground/ alone"),
    ],
)
def test_include_that_points_up_is_named_with_file_and_line(source, name, include, message):
    write(source, name, "// A file.", "", include)
    returncode, wrong = check(source)
    assert returncode == 1
    assert [line.startswith(f"house/{name}:3: {message}") for line in wrong] == [True], wrong


def test_file_without_a_floor_is_named(source):
    (source / "house/attic").mkdir()
    write(source, "attic/attic.h", "#pragma once")
    returncode, wrong = check(source)
    assert returncode == 1
    assert wrong == ["house/attic/attic.h:1: house/README.md gives attic/ no floor"]


def test_column_of_includes_narrows_what_a_floor_may_use(source):
    table = "| floor | includes |\n|---|---|\n| `house/` | `cellar/` |\n| `garden/` | |\n| `cellar/` | |\n"
    (source / "README.md").write_text(table)
    for part in ["garden", "cellar"]:
        (source / part).mkdir()
        (source / part / "part.h").write_text("#pragma once\n")
    write(source, "roof/roof.cpp", '#include "cellar/part.h"', '#include "garden/part.h"')
    returncode, wrong = check(source)
    assert returncode == 1
    assert wrong == ["house/roof/roof.cpp:2: house/ includes garden/part.h, and garden/ is not below it"]


def test_tree_that_states_no_floors_fails(tmp_path):
    assert check(tmp_path) == (1, [])
