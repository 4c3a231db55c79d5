# SPDX-License-Identifier: BSD-3-Clause
"""What PEs tell of themselves: equal errors and stacks are shown once, whole, and with the PEs' numbers."""

import re
import signal
import sys

import pytest

# One PE prints before it raises, so that no test passes because nothing was printed at all.
RAISE = "from shmem4py import shmem\nprint('ready', flush=True)\nshmem.barrier_all()\nraise ValueError({})\n"


@pytest.fixture
def program(tmp_path):
    def write(text):
        file = tmp_path / "program.py"
        file.write_text(text)
        return file

    return write


def test_same_error_on_all_pes_is_shown_once(user_jobs, program):
    result = user_jobs.run("-n", 5, program(RAISE.format("'broken'")))
    assert (result.returncode, result.stdout) == (1, "ready\n" * 5)
    lines = result.stderr.splitlines()
    assert lines[0] == "PE 0-4: Traceback (most recent call last):"
    assert lines[-2:] == ["PE 0-4: ValueError: broken", "shmem4py: PE 0-4 raised ValueError"]
    assert result.stderr.count("Traceback") == 1


def test_different_errors_are_shown_one_after_the_other(user_jobs, program):
    result = user_jobs.run("-n", 4, program(RAISE.format("shmem.my_pe() % 2")))
    assert result.returncode == 1
    blocks = re.findall(r"(PE [\d, ]+): Traceback .*\n(?:\1:   .*\n)+\1: ValueError: (\d)\n", result.stderr)
    assert sorted(blocks) == [("PE 0, 2", "0"), ("PE 1, 3", "1")]
    assert result.stderr.count("Traceback") == 2
    assert result.stderr.endswith("\nshmem4py: PE 0-3 raised ValueError\n")


def test_last_line_names_the_pe_that_raised(user_jobs, program):
    text = "from shmem4py import shmem\nif shmem.my_pe() == 1:\n    raise ValueError('x')\nshmem.barrier_all()\n"
    result = user_jobs.run("-n", 3, program(text))
    assert result.stderr.splitlines()[-1] == "shmem4py: PE 1 raised ValueError"
    assert "PE 1: ValueError: x\n" in result.stderr


def test_error_of_a_single_pe_is_not_marked(user_jobs, program):
    result = user_jobs.run("-n", 1, program(RAISE.format("'broken'")))
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert "\nValueError: broken\n" in result.stderr


BEFORE_IMPORT = {
    "import nosuchmodule\n": "ModuleNotFoundError: No module named 'nosuchmodule'",
    "x = )\n": "SyntaxError: unmatched ')'",
    "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError(1) from e\n": "KeyError: 1",
}


@pytest.mark.parametrize("text", BEFORE_IMPORT, ids=["module", "syntax", "chained"])
def test_what_goes_wrong_before_the_import_is_shown_once(user_jobs, program, text):
    result = user_jobs.run("-n", 4, program(text))
    assert result.returncode == 1
    *lines, message, last = result.stderr.splitlines()
    assert message == f"PE 0-3: {BEFORE_IMPORT[text]}"
    assert last == f"shmem4py: PE 0-3 raised {BEFORE_IMPORT[text].split(':')[0]}"
    assert lines
    assert all(line.startswith("PE 0-3: ") for line in lines)
    assert result.stderr.count(BEFORE_IMPORT[text]) == 1


def test_usage_is_shown_once(user_jobs, program):
    text = "import argparse\nfrom shmem4py import shmem\nargparse.ArgumentParser(prog='app').parse_args()\n"
    result = user_jobs.run("-n", 3, program(text), "--nonsense")
    assert result.returncode == 2
    assert result.stderr.splitlines()[:2] == [
        "PE 0-2: usage: app [-h]",
        "PE 0-2: app: error: unrecognized arguments: --nonsense",
    ]
    assert result.stderr.count("usage") == 1


def test_label_does_not_mark_twice(user_jobs, program):
    result = user_jobs.run("-n", 3, "--label", program(RAISE.format("'broken'")))
    lines = result.stderr.splitlines()
    assert lines[0] == "[0-2] Traceback (most recent call last):"
    assert lines[-2:] == ["[0-2] ValueError: broken", "shmem4py: PE 0-2 raised ValueError"]


WHERE = {
    "barrier": "time.sleep(60) if shmem.my_pe() == 2 else shmem.barrier_all()",
    "sleep": "time.sleep(60)",
    "wait": "shmem.wait_until(flag, '==', 1)",
}


@pytest.mark.parametrize("where", WHERE.values(), ids=WHERE)
def test_ctrl_c_shows_one_traceback(user_jobs, program, where):
    text = (
        f"import time\nfrom shmem4py import shmem\nflag = shmem.zeros(1, 'i8')\nprint('ready', flush=True)\n{where}\n"
    )
    job = user_jobs.start("-n", 6, program(text))
    assert [job.stdout.readline() for _ in range(6)] == ["ready\n"] * 6
    job.send_signal(signal.SIGINT)
    _, err = job.communicate(timeout=20)
    assert job.returncode == 128 + signal.SIGINT
    assert err.count("Traceback") == 1, err
    assert len(re.findall(r"^PE [\d, -]+: KeyboardInterrupt", err, re.MULTILINE)) == 1
    assert "excepthook" not in err


def test_error_file_of_a_pe_has_its_number_and_no_marks(user_jobs, program, tmp_path):
    file = program(RAISE.format("'broken'"))
    errors = tmp_path / "errors"
    script = f"exec {sys.executable} {file} 2>{errors}.$SHMEM4PY_JOB_PE"
    result = user_jobs.run("-n", 2, "sh", "-c", script)
    assert result.returncode == 1
    assert "\x1b" not in result.stderr
    told = [path.read_text() for path in (tmp_path / "errors.0", tmp_path / "errors.1")]
    assert any(f"PE {pe}: ValueError: broken\n" in text for pe, text in enumerate(told))
    assert "\x1b" not in "".join(told)


BEGIN, OVER = r"\x1b_shmem4py:error:Half\x1b\\", r"\x1b_shmem4py:over\x1b\\"


def test_pe_that_dies_within_its_error_has_told_what_was_written(user_jobs):
    text = f"import os, signal; os.write(2, b'{BEGIN}begun\\nand not'); os.kill(os.getpid(), signal.SIGKILL)"
    result = user_jobs.run("-n", 2, sys.executable, "-c", text)
    assert result.returncode == 128 + signal.SIGKILL
    assert "PE 0-1: begun\nPE 0-1: and not\n" in result.stderr


def test_marks_in_pieces_and_in_the_middle_of_a_line_are_taken_out(user_jobs):
    text = f"""
import os, time
for byte in b'before{BEGIN}told\\n{OVER}after\\n':
    os.write(2, bytes([byte]))
    time.sleep(0.001)
"""
    result = user_jobs.run("-n", 2, sys.executable, "-c", text)
    assert "\x1b" not in result.stderr
    assert sorted(result.stderr.splitlines()) == sorted(["before"] * 2 + ["after"] * 2 + told_by(result.stderr))
    for before in ("before", "told"):
        assert result.stderr.index(before) < result.stderr.index("after")


def told_by(text):
    """The lines of notices: one, or two where the first was out before the second came."""
    lines = re.findall(r"^PE [01-]+: told$", text, re.MULTILINE)
    assert lines in (["PE 0-1: told"], ["PE 0: told", "PE 1: told"], ["PE 1: told", "PE 0: told"])
    return lines


def test_colours_are_left_alone(user_jobs):
    text = r"import sys; sys.stderr.write('\x1b[31mred\x1b[0m\n\x1b_other\x1b\\\x1b'); sys.stderr.flush()"
    result = user_jobs.run("-n", 2, sys.executable, "-c", text)
    assert sorted(result.stderr.split("\n")) == ["\x1b[31mred\x1b[0m"] * 2 + ["\x1b_other\x1b\\\x1b"] * 2


@pytest.mark.parametrize("start", ["", "from shmem4py import shmem"], ids=["no PE", "PE"])
def test_traceback_that_the_program_survives_is_its_own(user_jobs, program, start):
    text = f"""
import sys, traceback
{start}
print('one', file=sys.stderr)
try:
    1 / 0
except ZeroDivisionError:
    traceback.print_exc()
print('two', file=sys.stderr)
"""
    result = user_jobs.run("-n", 2, program(text))
    assert result.returncode == 0
    assert "PE " not in result.stderr
    for word in ("one", "Traceback", "ZeroDivisionError: division by zero", "two"):
        assert result.stderr.count(word) == 2


def test_traceback_of_a_program_that_goes_on_is_not_kept(user_jobs):
    job = user_jobs.start(
        "-n", 2, sys.executable, "-c", "import traceback, time; traceback.print_exc(); print(); time.sleep(60)"
    )
    job.stderr.readline()  # "NoneType: None" is no traceback
    job.terminate()
    job = user_jobs.start(
        *("-n", 2, sys.executable, "-c"),
        "import sys, time; print('Traceback (most recent call last):\\n  x', file=sys.stderr); time.sleep(60)",
    )
    assert [job.stderr.readline() for _ in range(4)] == ["Traceback (most recent call last):\n", "  x\n"] * 2
    job.terminate()


def test_stacks_are_whole_and_equal_ones_shown_once(user_jobs, program):
    text = """
from shmem4py import shmem
def deep(n):
    if n:
        deep(n - 1)
    else:
        shmem.barrier_all()
print('ready', flush=True)
if shmem.my_pe() != 3:
    deep(60)
import time
time.sleep(60)
"""
    job = user_jobs.start("-n", 6, program(text))
    assert [job.stdout.readline() for _ in range(6)] == ["ready\n"] * 6
    job.send_signal(signal.SIGUSR1)
    lines = []
    while not (len(lines) > 6 and lines[-1].endswith("in <module>\n") and lines[-1].startswith("PE 3: ")):
        lines.append(job.stderr.readline())
        assert lines[-1], lines
    job.terminate()
    others = [line for line in lines if not line.startswith(("shmem4py: ", "PE 3: "))]
    groups = {line.partition(": ")[0] for line in others}
    # A PE may not have come to the barrier yet, and has another stack then; each line is of one group in any case.
    assert all(re.fullmatch(r"PE \d(-\d)?(, \d(-\d)?)*", group) for group in groups)
    assert sum("(most recent call first)" in line for line in others) == len(groups)
    assert "PE 3: Current thread (most recent call first):\n" in lines


def test_same_error_of_a_c_program_is_shown_once(jobs, behave):
    result = jobs.run("-n", 3, behave, "init", "barrier", "misuse", "hang")
    assert result.returncode == 1
    message = "shmem_long_p: pe = 8 is out of range: there are 3 PEs\n"
    assert result.stderr.count(message) == 1
    assert re.search(rf"^shmem4py: PE \d(-\d|, \d)?: {message}", result.stderr, re.MULTILINE)
