# SPDX-License-Identifier: BSD-3-Clause
"""Merges the reports of all PEs for one phase of a test into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

Reports = Mapping[int, pytest.TestReport]


def _message(report: pytest.TestReport) -> str:
    """Return the line that says why a report is not a success."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    return str(report.longrepr)


def _xfailed(report: pytest.TestReport) -> bool:
    return report.skipped and hasattr(report, "wasxfail")


def _xpassed(report: pytest.TestReport) -> bool:
    return (report.passed and hasattr(report, "wasxfail")) or (
        report.failed and str(report.longrepr).startswith("[XPASS(strict)]")
    )


def lost(report: pytest.TestReport) -> pytest.TestReport:
    """Mark the report that stands for a PE that has sent none."""
    vars(report)["lost"] = True
    return report


def _lost(report: pytest.TestReport) -> bool:
    return hasattr(report, "lost")


def _choose(reports: Reports) -> int:
    """Return the PE whose report stands for all."""
    xfailed = [pe for pe, r in reports.items() if _xfailed(r)]
    if xfailed and all(_xfailed(r) or _xpassed(r) or _lost(r) for r in reports.values()):
        return xfailed[0]
    # A report that a PE has sent says more than one that stands for a lost PE.
    failed = sorted((_lost(r), pe) for pe, r in reports.items() if r.failed)
    return failed[0][1] if failed else min(reports)


def merge(reports: Reports, n_pes: int) -> pytest.TestReport:
    """Return one report for a phase: failed if any PE has failed.

    Parameters
    ----------
    reports : mapping of int to TestReport
        The PEs' reports of one phase, not empty.
    n_pes : int
        The number of PEs of the test.
    """
    chosen = _choose(reports)
    report = reports[chosen]
    skipped = [pe for pe, r in reports.items() if r.skipped and not _xfailed(r)]
    if not report.failed and skipped and len(skipped) < len(reports):
        others = sorted(set(reports) - set(skipped))
        report = reports[others[0]]
        report.outcome = "failed"
        report.longrepr = f"skipped on {name(skipped)} ({_message(reports[skipped[0]])}) but not on {name(others)}"
    elif report.failed and n_pes > 1:
        _tell_others(report, chosen, reports)
    report.duration = max(r.duration for r in reports.values())
    if n_pes > 1:
        report.sections = [
            (f"{title} of PE {pe}", text) for pe, r in sorted(reports.items()) for title, text in r.sections
        ]
    return report


def _tell_others(report: pytest.TestReport, chosen: int, reports: Reports) -> None:
    same = [pe for pe, r in reports.items() if r.failed and _message(r) == _message(report)]
    lines = [f"shown: PE {chosen}"]
    if len(same) > 1:
        lines.append(f"the same: {name([pe for pe in same if pe != chosen])}")
    lines += [f"PE {pe}: {_message(r)}" for pe, r in sorted(reports.items()) if r.failed and pe not in same]
    passed = [pe for pe, r in reports.items() if not r.failed]
    if passed:
        lines.append(f"passed: {name(passed)}")
    longrepr: Any = report.longrepr
    if hasattr(longrepr, "addsection"):
        longrepr.addsection("PEs", "\n".join(lines))
        if getattr(longrepr, "reprcrash", None) is not None:
            longrepr.reprcrash.message = f"PE {chosen}: {longrepr.reprcrash.message}"
    else:
        report.longrepr = f"PE {chosen}: {longrepr}\n" + "\n".join(lines)


def name(pes: list[int]) -> str:
    """Return the text that names some PEs."""
    return ("PE " if len(pes) == 1 else "PEs ") + ", ".join(map(str, sorted(pes)))
