# SPDX-License-Identifier: BSD-3-Clause
"""Options of the package, in the program and in the environment."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import shmem4py
from shmem4py import rc
from shmem4py.testing import environment, run_program

SHOW = "from shmem4py import rc, shmem; print(shmem.query_initialized(), rc.finalize)"


@pytest.fixture
def fresh() -> Any:
    return type(rc)()


def test_defaults(fresh: Any) -> None:
    assert (fresh.initialize, fresh.threads, fresh.thread_level, fresh.finalize) == (True, False, "multiple", None)
    assert (fresh.engine, fresh.sizes, fresh.excepthook) == (None, "match", True)


def test_rc_is_also_an_importable_module() -> None:
    module: object = importlib.import_module("shmem4py.rc")
    assert module is shmem4py.rc is rc


def test_call_sets_several(fresh: Any) -> None:
    fresh(initialize=False, threads=True)
    assert (fresh.initialize, fresh.threads) == (False, True)
    fresh(**vars(fresh))
    fresh()


def test_call_with_an_unknown_name_sets_nothing(fresh: Any) -> None:
    with pytest.raises(TypeError, match="rc has no option 'thread'; it has initialize, threads, "):
        fresh(initialize=False, thread=True)
    assert fresh.initialize is True


def test_unknown_attribute_is_refused(fresh: Any) -> None:
    with pytest.raises(TypeError, match="rc has no option 'initialise'"):
        fresh.initialise = False


def test_repr() -> None:
    assert repr(rc) == f"<{type(rc).__module__}.rc>" == "<shmem4py.rc>"


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("Yes", True), ("on", True), ("1", True), ("no", False), ("OFF", False), ("0", False)],
)
def test_environment_overrides_booleans(fresh: Any, text: str, value: bool) -> None:
    fresh._override({"SHMEM4PY_RC_INITIALIZE": text, "SHMEM4PY_RC_FINALIZE": text})
    assert (fresh.initialize, fresh.finalize) == (value, value)


def test_environment_overrides_names(fresh: Any) -> None:
    names = {"THREAD_LEVEL": "FUNNELED", "ENGINE": "openmpi", "SIZES": "Smaller"}
    fresh._override({f"SHMEM4PY_RC_{name}": value for name, value in names.items()})
    assert (fresh.thread_level, fresh.engine, fresh.sizes) == ("funneled", "openmpi", "smaller")


def test_environment_with_a_value_that_means_nothing_is_refused(fresh: Any) -> None:
    with pytest.raises(ValueError, match="SHMEM4PY_RC_THREADS=maybe: expected true or false"):
        fresh._override({"SHMEM4PY_RC_THREADS": "maybe"})


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("SHMEM4PY_RC_INITIALISE", "did you mean SHMEM4PY_RC_INITIALIZE"),
        ("SHMEM4PY_RC_ENGIN", "did you mean SHMEM4PY_RC_ENGINE"),
        ("SHMEM4PY_RC_threads", "did you mean SHMEM4PY_RC_THREADS"),
        ("SHMEM4PY_RC_NONSENSE", "there are SHMEM4PY_RC_INITIALIZE, SHMEM4PY_RC_THREADS, "),
    ],
)
def test_misspelt_variable_is_pointed_out_once(variable: str, message: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("from shmem4py import shmem\nprint(shmem.my_pe())\n")
    done = run_program(3, program, env={variable: "no"})
    assert done.returncode == 0
    assert sorted(done.stdout.split()) == ["0", "1", "2"]
    line = f"{program}:1: UserWarning: {variable} is no option of shmem4py and is ignored; {message}"
    assert done.stderr.count(line) == done.stderr.count("UserWarning") == 1


def test_thread_level_that_there_is_not_is_refused(fresh: Any) -> None:
    fresh.thread_level = "many"
    with pytest.raises(ValueError, match="rc.thread_level is 'many'; expected one of single, funneled,"):
        fresh._override({})


def test_rule_of_sizes_that_there_is_not_is_refused(fresh: Any) -> None:
    with pytest.raises(ValueError, match="rc.sizes is 'larger'; expected one of match, smaller"):
        fresh._override({"SHMEM4PY_RC_SIZES": "larger"})


def test_import_initialises_and_finalises_by_default() -> None:
    done = run_program(2, SHOW)
    assert (done.returncode, done.stdout) == (0, "True True\n" * 2), done.stderr


def test_environment_is_read_at_import() -> None:
    done = run_program(1, SHOW, env={"SHMEM4PY_RC_INITIALIZE": "no"})
    assert done.stdout == "False None\n", done.stderr


@pytest.mark.parametrize("level", ["single", "funneled", "serialized", "multiple"])
def test_thread_level_is_asked_for(level: str) -> None:
    program = f"""
import shmem4py
shmem4py.rc(threads=True, thread_level="{level}")
from shmem4py import shmem
assert shmem.query_thread() >= shmem.THREAD["{level.upper()}"], shmem.query_thread()
"""
    done = run_program(2, program)
    assert done.returncode == 0, done.stderr


def test_unknown_engine_is_refused_with_what_there_is() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from shmem4py import rc; rc.engine = 'nowhere'; from shmem4py import shmem"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(SHMEM4PY_ENGINE=""),
    )
    assert done.returncode == 1
    assert (
        "RuntimeError: engine nowhere (set by rc.engine) cannot be used: there is no engine 'nowhere'; installed: smp"
        in (done.stderr)
    )
