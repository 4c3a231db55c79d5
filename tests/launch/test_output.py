# SPDX-License-Identifier: BSD-3-Clause
"""Standard streams that are pipes and files: whole lines, labels, order, standard input."""

import os
import re
import resource
import signal
import subprocess
import sys
import time

import pytest


def test_label_goes_in_front_of_each_line(jobs, behave):
    result = jobs.run("-n", 3, "--label", behave, "say=one", "complain=two", "say=three")
    assert result.returncode == 0
    for pe in range(3):
        mine = [line for line in result.stdout.splitlines() if line.startswith(f"[{pe}] ")]
        assert mine == [f"[{pe}] one", f"[{pe}] three"]
    assert sorted(result.stderr.splitlines()) == ["[0] two", "[1] two", "[2] two"]


def test_lines_stay_whole_under_heavy_output(jobs, behave):
    # Each PE writes lines of its own letter, flushing in their middle; stdout and stderr are one pipe.
    result = jobs.run("-n", 4, behave, "lines=4000", "complain=ABC", stderr=subprocess.STDOUT, timeout=60)
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines.count("ABC") == 4
    letters = [line for line in lines if line != "ABC"]
    assert len(letters) == 4 * 4000
    assert all(len(set(line)) == 1 for line in letters)
    for letter in "abcd":
        lengths = [len(line) for line in letters if line[0] == letter]
        assert lengths == [i % 300 + 300 - i % 50 for i in range(4000)], letter


def test_labelled_lines_stay_whole_under_heavy_output(jobs, behave):
    result = jobs.run("-n", 4, "--label", behave, "lines=2000", timeout=60)
    lines = result.stdout.splitlines()
    assert len(lines) == 4 * 2000
    assert all(re.fullmatch(r"\[0\] a+|\[1\] b+|\[2\] c+|\[3\] d+", line) for line in lines)


def test_line_of_many_megabytes_stays_whole(jobs):
    script = "import os, sys; sys.stdout.write(chr(97 + int(os.environ['SHMEM4PY_JOB_PE'])) * 9_000_000 + '\\n')"
    result = jobs.run("-n", 3, "python3", "-c", script, timeout=60)
    assert sorted(result.stdout.splitlines()) == [letter * 9_000_000 for letter in "abc"]


def test_unfinished_last_line_is_not_lost_and_not_mixed(jobs, behave):
    result = jobs.run("-n", 3, behave, "part=end")
    assert result.stdout.split("\n") == ["end", "end", "end"]


def test_single_pe_is_passed_through_as_it_is(jobs, behave):
    result = jobs.run("-n", 1, "printf", r"a\nb\0c", text=False)
    assert result.stdout == b"a\nb\0c"


def test_part_of_a_line_of_a_single_pe_appears_at_once(jobs, behave):
    job = jobs.start("-n", 1, behave, "part=prompt", "sleep=60")
    assert job.stdout.read(6) == "prompt"
    job.terminate()


def test_lines_appear_while_the_job_runs(jobs, behave):
    job = jobs.start("-n", 2, behave, "say=now@1", "sleep=60")
    assert job.stdout.readline() == "now\n"
    job.terminate()


def test_reader_that_goes_away_ends_the_job_as_it_ends_a_program(jobs):
    job = jobs.start("-n", 2, "yes")
    assert job.stdout.readline() == "y\n"
    job.stdout.close()
    assert job.wait(timeout=60) == 128 + 13


def test_slow_reader_loses_nothing(jobs, behave):
    job = jobs.start("-n", 2, behave, "lines=3000")
    time.sleep(1)
    out = job.stdout.read()
    assert len(out.splitlines()) == 6000


def test_slow_reader_does_not_keep_a_failure_waiting(jobs):
    # The pipe to us is full, and the launcher must notice a death all the same.
    script = "test $SHMEM4PY_JOB_PE = 1 && sleep 0.5 && kill -9 $$; yes"
    job = jobs.start("-n", 2, "sh", "-c", script)
    assert job.stdout.readline() == "y\n"
    assert jobs.until(lambda: len(jobs.processes()) <= 2), "only the launcher is left, which waits for its reader"
    job.stdout.read()
    assert job.wait(timeout=60) == 137


def test_background_process_does_not_hold_the_job(jobs, behave):
    result = jobs.run("-n", 2, "sh", "-c", "sleep 600 & echo done")
    assert (result.returncode, result.stdout) == (0, "done\ndone\n")
    left = jobs.processes()
    assert len(left) == 2, "a job that ends well leaves them alone"
    for pid in left:
        os.kill(pid, signal.SIGKILL)


def test_standard_input_goes_to_pe_0(jobs, behave):
    text = "".join(f"line {i}\n" for i in range(50_000))
    result = jobs.run("-n", 3, behave, "copy@0", "copy@1", "say=end", input=text)
    assert result.returncode == 0
    assert [line for line in result.stdout.splitlines() if line != "end"] == text.splitlines()
    assert result.stdout.count("end\n") == 3


def test_standard_input_from_a_file(jobs, behave, tmp_path):
    file = tmp_path / "input"
    file.write_text("first\nsecond\n")
    with file.open() as stream:
        result = jobs.run("-n", 2, "head", "-n1", stdin=stream)
    assert result.stdout == "first\n"


def test_output_is_no_terminal_and_python_does_not_buffer(jobs, behave):
    result = jobs.run("-n", 2, behave, "isatty")
    assert result.stdout == "isatty 0 0 0\n" * 2
    assert jobs.run("printenv", "PYTHONUNBUFFERED").stdout == "1\n"
    assert jobs.run("printenv", "PYTHONUNBUFFERED", env={"PYTHONUNBUFFERED": ""}).stdout == "\n"


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_standard_stream_is_as_dev_null(jobs, behave, closed):
    command = f"exec {jobs.launcher} -n 2 {behave} init say=x barrier finalize {closed}>&-"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, env=jobs.environment)
    assert result.returncode == 0
    assert result.stdout == ("" if closed == 1 else "x\nx\n")


PRINTING = "import shmem4py.shmem\nfor i in range(1_000_000): print(i)"
WRITERS = {
    "one line": ["sh", "-c", "echo line"],
    "no end": ["yes"],
    "Python": ["--", sys.executable, "-c", PRINTING],
}


@pytest.mark.parametrize("writer", WRITERS)
def test_output_that_cannot_be_written_ends_the_job_with_a_reason(user_jobs, writer):
    with open("/dev/full", "w") as full:
        result = user_jobs.run("-n", 2, *WRITERS[writer], stdout=full)
    assert result.returncode == 1
    assert result.stderr == "shmem4py: cannot write to standard output: No space left on device; the job ends\n"


def test_errors_that_cannot_be_written_are_no_success(user_jobs, behave):
    with open("/dev/full", "w") as full:
        assert user_jobs.run("-n", 2, behave, "complain=x", stderr=full).returncode == 1
        assert user_jobs.run("-n", 2, behave, "complain=x", stdout=full, stderr=full).returncode == 1
        assert user_jobs.run("-n", 2, behave, "say=x", stderr=full).returncode == 0


def test_status_of_a_job_that_fails_is_kept_where_its_output_is_lost(user_jobs):
    # PE 1 writes only when it is told to end.
    script = "trap 'echo line; exit' TERM; test $SHMEM4PY_JOB_PE = 0 && exit 3; while :; do sleep 0.05; done"
    with open("/dev/full", "w") as full:
        result = user_jobs.run("-n", 2, "sh", "-c", script, stdout=full)
    assert result.returncode == 3
    assert "exited with status 3" in result.stderr
    assert "cannot write to standard output" in result.stderr


def test_file_that_reaches_its_limit_ends_the_job_with_a_reason(user_jobs, tmp_path):
    most = 1 << 38  # the job's memory is a file, too: a small limit would stop it before

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    with (tmp_path / "output").open("a") as file:
        file.truncate(most - 100_000)
        result = user_jobs.run("-n", 2, "--heap", "64k", "yes", stdout=file, preexec_fn=limit)
    assert result.returncode == 1
    assert result.stderr == "shmem4py: cannot write to standard output: File too large; the job ends\n"


def test_output_whose_reader_is_gone_before_the_end_is_no_success(user_jobs, behave):
    job = user_jobs.start("-n", 2, behave, "init", "barrier", "copy@0", "say=x", "finalize", stdin=subprocess.PIPE)
    job.stdout.close()
    job.stdin.close()
    job.stdin = None
    assert job.wait(timeout=60) == 128 + 13
    assert job.stderr.read() == ""


def test_closed_standard_streams_of_the_command(user_jobs, behave):
    for closed in range(3):
        command = f'exec "$@" -n 2 {behave} init say=x barrier finalize {closed}>&-'
        result = subprocess.run(
            ["sh", "-c", command, "sh", *user_jobs.command],
            capture_output=True,
            text=True,
            timeout=20,
            env=user_jobs.environment,
        )
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == ("" if closed == 1 else "x\nx\n")
