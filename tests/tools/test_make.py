# SPDX-License-Identifier: BSD-3-Clause
"""The scripts behind `make`: all suites run even if the first fails, and an installation shows its progress."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(script, *arguments):
    return subprocess.run([ROOT / script, *arguments], capture_output=True, text=True, timeout=60)


def test_second_suite_runs_after_a_failure_and_both_are_reported():
    done = run("tests/run", "echo first; exit 8", "echo second")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == ["== FAILED: echo first; exit 8", "== passed: echo second"]
    assert "\nfirst\n" in done.stdout
    assert "\nsecond\n" in done.stdout


def test_failure_of_the_second_suite_counts():
    done = run("tests/run", "true", "false")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == ["== passed: true", "== FAILED: false"]


def test_suites_that_pass():
    done = run("tests/run", "true", "true")
    assert (done.returncode, done.stderr) == (0, "")


def test_step_says_what_it_does_and_keeps_the_status():
    done = run("tools/step", "Failing on purpose", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert done.returncode == 7
    assert done.stdout.splitlines()[0] == "== Failing on purpose"
    assert done.stdout.splitlines()[-2:] == ["out", "err"]


def test_step_shows_a_line_when_it_is_written():
    command = [ROOT / "tools/step", "Waiting", "sh", "-c", "echo '[1/2] Building'; read line; echo $line"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as step:
        while step.stdout.readline() != "[1/2] Building\n":
            assert step.poll() is None
        out, _ = step.communicate("[2/2] Linking\n", timeout=60)
    assert out == "[2/2] Linking\n"


def test_step_leaves_out_what_is_as_it_was_and_keeps_errors():
    lines = [
        "Requirement already satisfied: numpy",
        "  -- Installing: /tmp/x",
        "error: no such file",
        "  [3/9] Building x.o",
    ]
    done = run("tools/step", "Building", "printf", "%s\n", *lines)
    assert done.stdout.splitlines()[2:] == lines[2:]
