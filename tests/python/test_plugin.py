# SPDX-License-Identifier: BSD-3-Clause
"""The pytest plug-in: the tests run pytest on small files of tests and read its output."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from shmem4py.testing import environment

Run = Callable[..., str]
pytestmark = pytest.mark.timeout(300)  # each starts pytest and PEs


@pytest.fixture
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Run:
    def run(source: str, *options: str, status: int = 0) -> str:
        (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
        (tmp_path / "test_it.py").write_text(
            "import os, time, pytest\nfrom shmem4py import shmem\n" + textwrap.dedent(source)
        )
        if engine := request.config.getoption("--pes-engine"):
            options += ("--pes-engine", engine)
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-rA",
                "-p",
                "no:cacheprovider",
                "-W",
                "ignore::pytest.PytestAssertRewriteWarning",
                *options,
            ],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=280,
            env={k: v for k, v in environment().items() if not k.startswith("PYTEST")},
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_test_runs_on_its_number_of_pes_and_counts_once(run: Run) -> None:
    output = run("""
        @pytest.mark.pes(3)
        def test_it():
            assert shmem.n_pes() == 3
            shmem.barrier_all()

        def test_alone():
            assert shmem.n_pes() == 1
    """)
    assert "2 passed" in output


def test_several_sizes_make_several_tests(run: Run) -> None:
    output = run("""
        @pytest.mark.pes(1, 2, 4)
        @pytest.mark.parametrize("x", ["a", "b"])
        def test_it(x, request):
            assert shmem.n_pes() == request.node.callspec.params["number_of_pes"]
    """)
    assert "6 passed" in output
    assert "test_it[4pes-b]" in output or "test_it[b-4pes]" in output


def test_failure_on_one_pe_is_shown_with_its_number(run: Run) -> None:
    output = run(
        """
        @pytest.mark.pes(3)
        def test_it():
            print("I am", shmem.my_pe())
            assert shmem.my_pe() != 1, "not me"
        """,
        status=1,
    )
    assert "FAILED test_it.py::test_it - PE 1: AssertionError: not me" in output
    assert "passed: PEs 0, 2" in output
    assert "Captured stdout call of PE 2" in output
    assert "I am 2" in output
    assert "1 failed" in output


def test_different_failures_are_all_told(run: Run) -> None:
    output = run(
        """
        @pytest.mark.pes(3)
        def test_it():
            assert shmem.my_pe() == 2, ["zero", "one"][shmem.my_pe()]
        """,
        status=1,
    )
    assert "PE 0: AssertionError: zero" in output
    assert "PE 1: AssertionError: one" in output
    assert "passed: PE 2" in output


def test_pes_are_reused_and_started_anew_after_a_failure(run: Run) -> None:
    output = run(
        """
        @pytest.mark.pes(2)
        def test_1(): print("pid", os.getpid())
        @pytest.mark.pes(2)
        def test_2(): print("pid", os.getpid())
        @pytest.mark.pes(2)
        def test_3(): print("pid", os.getpid()); assert shmem.my_pe()
        @pytest.mark.pes(2)
        def test_4(): print("pid", os.getpid())
        """,
        status=1,
    )
    pids = [line.split()[1] for line in output.splitlines() if line.startswith("pid ")]
    assert len(pids) == 8
    assert len(set(pids)) == 4


def test_time_limit_says_where_each_pe_is(run: Run) -> None:
    output = run(
        """
        def wait_in_vain(a):
            shmem.wait_until(a, "==", 1)

        @pytest.mark.pes(3, timeout=2)
        def test_it():
            a = shmem.zeros(1, dtype=int)
            if shmem.my_pe() == 2:
                wait_in_vain(a)
            elif shmem.my_pe() == 1:
                shmem.barrier_all()

        @pytest.mark.pes(3)
        def test_next():
            shmem.barrier_all()
        """,
        status=1,
    )
    assert "PEs 1, 2 not done after 2 s" in output
    assert "in wait_in_vain" in output
    assert "[1] in shmem_barrier_all" in output
    assert "passed: PE 0" in output
    assert "1 failed, 1 passed" in output


def test_others_do_not_wait_for_a_pe_that_has_failed(run: Run) -> None:
    output = run(
        """
        @pytest.mark.pes(2)
        def test_it():
            assert shmem.my_pe() == 1, "first"
            shmem.barrier_all()
        """,
        status=1,
    )
    assert "FAILED test_it.py::test_it - PE 0: AssertionError: first" in output
    assert "PE 1 not done 2 s after PE 0 failed" in output
    assert "1 failed in" in output


def test_a_pe_that_dies_fails_the_test_only(run: Run) -> None:
    output = run(
        """
        @pytest.mark.pes(2)
        def test_it():
            if shmem.my_pe() == 1:
                os._exit(3)
            shmem.barrier_all()

        @pytest.mark.pes(2)
        def test_next():
            pass
        """,
        status=1,
    )
    assert "ended during the test" in output
    assert "1 failed, 1 passed" in output


def test_skip_and_skipif_and_importorskip(run: Run) -> None:
    output = run("""
        @pytest.mark.pes(2)
        def test_inside():
            pytest.skip("a reason")

        @pytest.mark.pes(2)
        @pytest.mark.skipif(True, reason="a condition")
        def test_mark(): pass
    """)
    assert "2 skipped" in output
    assert "a reason" in output
    assert "a condition" in output


def test_skip_on_some_is_a_failure(run: Run) -> None:
    output = run(
        """
        @pytest.mark.pes(2)
        def test_it():
            if shmem.my_pe() == 0:
                pytest.skip("here")
        """,
        status=1,
    )
    assert "skipped on PE 0 (Skipped: here) but not on PE 1" in output


def test_xfail_is_one_on_any_pe(run: Run) -> None:
    output = run("""
        @pytest.mark.pes(3)
        @pytest.mark.xfail(reason="known", strict=True)
        def test_it():
            assert shmem.my_pe() != 1
            shmem.barrier_all()
    """)
    assert "1 xfailed" in output
    assert "known" in output


def test_strict_xpass_fails(run: Run) -> None:
    output = run(
        """
        @pytest.mark.pes(2)
        @pytest.mark.xfail(strict=True)
        def test_it(): pass

        @pytest.mark.pes(2)
        @pytest.mark.xfail(strict=False)
        def test_lenient(): pass
        """,
        status=1,
    )
    assert "XPASS(strict)" in output
    assert "1 failed, 1 xpassed" in output


def test_fixtures_of_every_scope_are_set_up_in_each_pe(run: Run) -> None:
    output = run("""
        @pytest.fixture(scope="module")
        def counter():
            a = shmem.zeros(1, dtype=int)
            yield a
            assert a[0] == 2 * shmem.n_pes()
            shmem.free(a)

        @pytest.fixture(params=["x", "y"])
        def param(request):
            return request.param

        @pytest.fixture(autouse=True)
        def together():
            yield
            shmem.barrier_all()

        @pytest.mark.pes(2)
        def test_it(counter, param, tmp_path, monkeypatch, capsys):
            for pe in range(shmem.n_pes()):
                shmem.atomic_inc(counter, pe)
            (tmp_path / "file").write_text("x")
            monkeypatch.setenv("A", "b")
            print("x")
            assert capsys.readouterr().out == "x\\n"
    """)
    assert "2 passed" in output


def test_failing_fixture_is_an_error(run: Run) -> None:
    output = run(
        """
        @pytest.fixture
        def broken():
            raise ValueError("in setup")

        @pytest.fixture
        def late():
            yield
            raise ValueError("in teardown")

        @pytest.mark.pes(2)
        def test_setup(broken): pass

        @pytest.mark.pes(2)
        def test_teardown(late): pass
        """,
        status=1,
    )
    assert "1 passed, 2 errors" in output
    assert "ERROR at setup of test_setup" in output
    assert "ERROR at teardown of test_teardown" in output


def test_classes_and_modules_may_be_marked(run: Run) -> None:
    output = run("""
        pytestmark = pytest.mark.pes(2)

        class TestIt:
            def setup_method(self):
                self.n = shmem.n_pes()

            def test_it(self):
                assert self.n == 2

            @pytest.mark.pes(3)
            def test_closest_mark_counts(self):
                assert self.n == 3
    """)
    assert "2 passed" in output


def test_output_is_shown_with_labels_where_it_is_not_captured(run: Run) -> None:
    output = run(
        """
        @pytest.mark.pes(2)
        def test_it():
            print("hello")
        """,
        "-s",
    )
    assert "[0] hello" in output
    assert "[1] hello" in output


@pytest.mark.parametrize(
    ("mark", "message"),
    [("pes()", "expected numbers of PEs"), ("pes(0)", "expected numbers of PEs"), ("pes(2, limit=1)", "'limit'")],
)
def test_marks_that_mean_nothing_are_refused(run: Run, mark: str, message: str) -> None:
    output = run(
        f"""
        @pytest.mark.{mark}
        def test_it(): pass
        """,
        status=2,
    )
    assert message in output


def test_exit_first_ends_the_pes(run: Run) -> None:
    output = run(
        """
        @pytest.mark.pes(2)
        def test_1(): assert 0
        @pytest.mark.pes(2)
        def test_2(): pass
        """,
        "-x",
        status=1,
    )
    assert "1 failed" in output
    assert "passed" not in output.splitlines()[-1]


def double(x: int) -> int:
    from shmem4py import shmem

    return x * shmem.my_pe()


def test_functions_run_on_a_pool_from_outside(pes: Callable[..., list[int]]) -> None:
    assert pes(3, double, 5) == [0, 5, 10]


def fails(x: int) -> int:
    raise ValueError(f"with {x}")


def test_functions_that_raise_are_reported(pes: Callable[..., list[int]]) -> None:
    with pytest.raises(AssertionError, match="PE 1: Traceback(.|\n)*ValueError: with 7"):
        pes(2, fails, 7)
    assert pes(2, double, 1) == [0, 1]
