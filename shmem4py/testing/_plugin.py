# SPDX-License-Identifier: BSD-3-Clause
"""The pytest plug-in: a test marked ``pes`` is sent to a pool of PEs instead of being run.

Every environment that has shmem4py loads this file with pytest, so it imports neither NumPy nor
the extension, and leaves tests without the mark alone. In the PEs, pytest itself handles a test's
fixtures, parameters and marks; this file merges the reports.
"""

from __future__ import annotations

import base64
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ._merge import lost, merge
from ._pool import Message, Pool, PoolError, Pools

IN_WORKER = pytest.StashKey[bool]()
_POOLS = pytest.StashKey[Pools]()
_NEXT = pytest.StashKey[dict[pytest.Item, pytest.Item]]()

_PARAMETER = "number_of_pes"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("shmem4py")
    group.addoption("--pes-engine", metavar="ENGINE", help="engine that the PEs of tests run on")
    parser.addini("pes_timeout", "seconds that a test marked with pes has (default: 60)", default="60")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "pes(*sizes, timeout=None): run the test on that many PEs of shmem4py; "
        "with several sizes, once on each. timeout is in seconds.",
    )


def _in_worker(config: pytest.Config) -> bool:
    return config.stash.get(IN_WORKER, False)


def _sizes(node: Any) -> tuple[int, ...]:
    mark = node.get_closest_marker("pes")
    if mark is None:
        return ()
    sizes: tuple[int, ...] = mark.args
    if not sizes or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise pytest.UsageError(f"{node.nodeid}: pes{sizes}: expected numbers of PEs")
    if unknown := set(mark.kwargs) - {"timeout"}:
        raise pytest.UsageError(f"{node.nodeid}: pes has no argument {unknown.pop()!r}")
    return sizes


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    sizes = _sizes(metafunc.definition)
    if len(sizes) > 1:
        metafunc.fixturenames.append(_PARAMETER)
        metafunc.parametrize(_PARAMETER, sizes, ids=[f"{n}pes" for n in sizes])


def size_of(item: pytest.Item) -> int:
    """Return the number of PEs of a test, 0 if it has no mark."""
    sizes = _sizes(item)
    if len(sizes) > 1:
        size: int = getattr(item, "callspec").params[_PARAMETER]  # noqa: B009
        return size
    return sizes[0] if sizes else 0


def _limit(item: pytest.Item) -> float:
    mark = item.get_closest_marker("pes")
    limit = mark.kwargs.get("timeout") if mark else None
    return float(item.config.getini("pes_timeout") if limit is None else limit)


def _plain(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _configuration(config: pytest.Config) -> Message:
    """Return what a worker's pytest needs in order to collect the same tests as this one."""
    options = {name: value for name, value in vars(config.option).items() if _plain(value)}
    # The pool keeps the time limits, and a worker has no terminal for a debugger.
    options.update(usepdb=False, timeout=0.0, maxfail=0)
    options.setdefault("plugins", [])
    options.pop("file_or_dir", None)
    args = ["--rootdir", str(config.rootpath)]
    if config.inipath is not None:
        args += ["-c", str(config.inipath)]
    return {
        "options": options,
        "args": args,
        "folder": str(config.invocation_params.dir),
        "sys_path": sys.path,
    }


def pools_of(config: pytest.Config) -> Pools:
    """Return the session's pools of PEs."""

    def make(size: int) -> Pool:
        echo = sys.__stdout__ if config.getoption("capture") == "no" else None
        engine = config.getoption("--pes-engine")
        return Pool(size, engine=engine, configure=_configuration(config), echo=echo)

    if _POOLS not in config.stash:
        config.stash[_POOLS] = Pools(make)
    return config.stash[_POOLS]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _POOLS in config.stash:
        config.stash[_POOLS].close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # For each test the next one on the same pool, which may use the same fixtures.
    following: dict[pytest.Item, pytest.Item] = {}
    last: dict[int, pytest.Item] = {}
    if not _in_worker(config):
        for item in items:
            size = size_of(item)
            if size in last:
                following[last[size]] = item
            last[size] = item
    config.stash[_NEXT] = following


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if _in_worker(item.config) or not (size := size_of(item)):
        return None
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _run(item, size):
        hook.pytest_runtest_logreport(report=report)
    # Tear down the fixtures of earlier tests of this process that the next test does not share.
    item.session._setupstate.teardown_exact(nextitem)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _where(item: pytest.Item | None) -> list[str] | None:
    return None if item is None else [str(item.path), item.nodeid]


def _run(item: pytest.Item, size: int) -> list[pytest.TestReport]:
    following = item.config.stash[_NEXT].get(item)
    message = {"command": "test", "item": _where(item), "next": _where(following)}
    try:
        with pools_of(item.config).pool(size) as pool:
            answers = pool.ask(message, _limit(item), _failure)
    except PoolError as error:
        return [_made_up(item, "setup", "failed", str(error)), _made_up(item, "teardown", "passed", None)]
    by_phase: dict[str, dict[int, pytest.TestReport]] = {"setup": {}, "call": {}, "teardown": {}}
    load = item.config.hook.pytest_report_from_serializable
    errors: dict[int, str] = dict.fromkeys(answers.lost, answers.trouble)
    for pe, messages in enumerate(answers.messages):
        for answer in messages:
            if "report" in answer:
                report = load(config=item.config, data=answer["report"])
                if isinstance(report.longrepr, list):  # JSON knows no tuples
                    report.longrepr = tuple(report.longrepr)
                by_phase[report.when][pe] = report
            elif "error" in answer:
                errors[pe] = answer["error"]
    for pe, why in errors.items():
        # It has come to an end in the first phase that it has no report of.
        when = next((when for when, reports in by_phase.items() if pe not in reports), "teardown")
        report = lost(_made_up(item, when, "failed", why))
        if when == "teardown" and any(r.failed for r in by_phase["call"].values()):
            # A test that has failed leaves others where they cannot go on: no error of its own.
            report = _made_up(item, when, "passed", None)
            report.sections.append(("where it was", why))
        by_phase[when][pe] = report
    return [merge(reports, size) for reports in by_phase.values() if reports]


def _failure(answer: Message) -> bool:
    report = answer.get("report", {})
    return "error" in answer or report.get("outcome") == "failed" or "wasxfail" in report


def _made_up(item: pytest.Item, when: Any, outcome: Any, why: str | None) -> pytest.TestReport:
    """Return the report that a PE has not sent."""
    return pytest.TestReport(item.nodeid, item.location, dict.fromkeys(item.keywords, 1), outcome, why, when)


class PEs:
    """Runs functions on the session's pools: for tests that drive PEs from outside.

    A function is found by its file and name, its arguments and results are pickled.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def __call__(self, size: int, function: Callable[..., Any], *args: object, timeout: float = 60) -> list[Any]:
        """Run a function on all PEs of a pool.

        Parameters
        ----------
        size : int
            Number of PEs.
        function : callable
            A function at the top level of a file of tests.
        *args : object
            Its arguments, the same on all PEs.
        timeout : float
            Seconds that it has.

        Returns
        -------
        list
            The results, by PE.

        Raises
        ------
        AssertionError
            The function has raised on a PE or has reached the time limit; the message says where.
        """
        __tracebackhide__ = True
        message = {
            "command": "call",
            "path": function.__code__.co_filename,
            "name": function.__qualname__,
            "args": base64.b64encode(pickle.dumps(args)).decode(),
        }
        config = self._request.config
        with pools_of(config).pool(size) as pool:
            answers = pool.ask(message, timeout, _failure)
            trouble = answers.trouble
            results: list[Any] = [None] * size
            for pe, messages in enumerate(answers.messages):
                for answer in messages:
                    if "error" in answer:
                        pool.broken = True
                        trouble = f"PE {pe}: {answer['error']}\n{trouble}"
                    elif "result" in answer:
                        results[pe] = pickle.loads(base64.b64decode(answer["result"]))
        if trouble:
            raise AssertionError(trouble)
        return results


@pytest.fixture
def pes(request: pytest.FixtureRequest) -> PEs:
    """Run functions on pools of PEs: ``pes(4, function, argument)``."""
    return PEs(request)
