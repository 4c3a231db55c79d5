# SPDX-License-Identifier: BSD-3-Clause
"""Every test on several PEs begins together, and leaves no lock held and no team behind.

``--npes 2,3,4`` selects the tests that say something about an engine: tests on one of those numbers of PEs,
or on a number that no other test has, tests that run functions on a pool of such a size, and tests that run
whole programs. ``--allowed-skips FILE`` makes skips exact: the skips must be those that the file lists, a
line of count and reason each, so that a new skip is a failure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

# Tests that run in no PE, but end, kill or finalise programs that have PEs.
PROGRAMS = {"test_endings.py", "test_lifecycle.py", "test_streams.py"}

# The largest share of all cases that may be skipped.
MOST_SKIPPED = 0.01


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--npes", metavar="N,N", help="only tests on these numbers of PEs, and of whole programs")
    parser.addoption("--allowed-skips", metavar="FILE", type=Path, help="skips, as lines of count and reason")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--allowed-skips") is not None:
        config.pluginmanager.register(AllowedSkips(config), "allowed-skips")


def _wanted(item: pytest.Item, sizes: set[int]) -> bool:
    mark = item.get_closest_marker("pes")
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if mark is None:
        return item.path.name in PROGRAMS or params.get("size_of_pool") in sizes
    return len(mark.args) == 1 or params["number_of_pes"] in sizes


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if (sizes := config.getoption("--npes")) is None:
        return
    wanted = [item for item in items if _wanted(item, {int(n) for n in sizes.split(",")})]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(wanted)])
    items[:] = wanted


class AllowedSkips:
    """Compares what was skipped with the list."""

    def __init__(self, config: pytest.Config) -> None:
        self._file: Path = config.getoption("--allowed-skips")
        self._skipped: Counter[str] = Counter()
        self._cases: Counter[str] = Counter()
        self._skipped_in: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        module = report.nodeid.partition("::")[0]
        if report.when == "setup":
            self._cases[module] += 1
        if report.skipped and not hasattr(report, "wasxfail"):
            assert isinstance(report.longrepr, tuple)
            self._skipped[report.longrepr[2].removeprefix("Skipped: ")] += 1
            self._skipped_in[module] += 1

    def _complaints(self) -> list[str]:
        lines = [line for line in self._file.read_text().splitlines() if line and not line.startswith("#")]
        allowed = Counter({reason: int(count) for count, reason in (line.split(maxsplit=1) for line in lines)})
        complaints = [
            f"{self._skipped[reason]} skipped, {allowed[reason]} allowed: {reason}"
            for reason in sorted(set(allowed) | set(self._skipped))
            if self._skipped[reason] != allowed[reason]
        ]
        complaints += [f"all of {m} is skipped" for m, count in self._skipped_in.items() if count == self._cases[m]]
        if self._skipped.total() > MOST_SKIPPED * self._cases.total():
            complaints.append(f"{self._skipped.total()} of {self._cases.total()} cases are skipped")
        return complaints

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == 0 and self._complaints():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        total, cases = self._skipped.total(), self._cases.total()
        terminalreporter.section(f"skipped: {total} of {cases} cases")
        for reason, count in sorted(self._skipped.items()):
            terminalreporter.line(f"{count} {reason}")
        for complaint in self._complaints():
            terminalreporter.line(f"NOT AS IN {self._file}: {complaint}", red=True)


@pytest.fixture(autouse=True)
def _together(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("pes") is None:
        yield
        return
    from shmem4py import shmem

    shmem.barrier_all()
    yield
    shmem.barrier_all()
