# SPDX-License-Identifier: BSD-3-Clause
"""bench/: a short run measures, judges and reports. The tests do not assert any figure."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("rich")
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module


def with_samples(bench: Any, **by_variant: Sequence[float]) -> Any:
    results = bench("results").Results()
    for variant, values in by_variant.items():
        for value in values:
            row = {"row": "put", "nbytes": 8, "npes": 2, "value": value, "unit": "ns"}
            results.add(variant.replace("_", " "), row)
    return results


@pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler")
@pytest.mark.skipif(os.environ.get("SHMEM4PY_ENGINE", "smp") != "smp", reason="measures smp")
def test_quick_run_measures_ours_and_the_limit_and_names_what_is_missing(tmp_path: Path) -> None:
    pytest.importorskip("rich")
    path = tmp_path / "results.json"
    command = [
        sys.executable,
        str(BENCH / "run.py"),
        "--quick",
        "--build",
        str(tmp_path / "build"),
        "--json",
        str(path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "missing: all peers" in done.stdout
    assert "not measured" in done.stdout  # the rows that --quick leaves out are in the table all the same
    whole = json.loads(path.read_text())
    assert whole["failures"] == []
    measured = {(one["variant"], one["row"]) for one in whole["samples"] if min(one["values"]) > 0}
    for variant in ("limit", "C smp", "Py smp"):
        assert {(variant, "put"), (variant, "barrier_all")} <= measured
    assert ("Py smp", "put_unchecked") in measured


def test_target_is_met_missed_or_undecided_by_more_than_the_quartiles(bench: Any) -> None:
    targets = bench("targets")
    condition = targets.Condition("at most 6 over the limit", ("put",), "C smp", (targets.Bound("limit", 1, 6),))
    for ours, met in (([3, 4, 5], True), ([10, 11, 12], False), ([1, 7, 13], None)):
        results = with_samples(bench, C_smp=ours, limit=[1, 1, 1])
        assert [verdict.met for verdict in targets.judge(condition, results)] == [met]


def test_target_with_two_bounds_takes_the_more_generous_one(bench: Any) -> None:
    targets = bench("targets")
    bounds = (targets.Bound("C openmpi", 1 / 3), targets.Bound("limit", 1.3))
    condition = targets.Condition("either", ("put",), "C smp", bounds)
    results = with_samples(bench, C_smp=[10, 10, 10], C_openmpi=[90, 90, 90], limit=[1, 1, 1])
    assert [(verdict.allowed, verdict.met) for verdict in targets.judge(condition, results)] == [(30, True)]


def test_report_has_every_target_and_survives_saving(bench: Any, tmp_path: Path) -> None:
    report, targets = bench("report"), bench("targets")
    results = with_samples(bench, C_smp=[3, 4, 5], limit=[1, 1, 1])
    results.save(tmp_path / "results.json")
    again = type(results).load(tmp_path / "results.json")
    assert again == results
    text = "\n".join(table.markdown() for table in report.target_tables(again))
    for target in (target for table in targets.TABLES.values() for target in table):
        assert target.what in text
    assert "| met |" in text
    assert "not measured" in text


def test_figures_are_drawn(bench: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    results = with_samples(bench, C_smp=[3, 4, 5], limit=[1, 1, 1])
    for row in ("putmem", "sum_reduce", "stencil"):
        results.add("Py smp", {"row": row, "nbytes": 8, "npes": 2, "value": 70.0, "unit": "ns"})
    bench("plot").draw(results, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"bench-copies.png", "bench-collectives.svg", "bench-kernels.png"} <= names
