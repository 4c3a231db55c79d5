# SPDX-License-Identifier: BSD-3-Clause
"""How a job ends: exceptions, exit statuses, Ctrl-C, and the dump that says where each PE is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import need, need_smp

from shmem4py import shmem
from shmem4py.testing import environment, run_program

STUCK = """
import sys
from shmem4py import shmem
if shmem.my_pe() == 1:
    {action}
shmem.barrier_all()
print('not reached')
"""


def stuck(action: str) -> str:
    return STUCK.format(action=action)


@pytest.mark.parametrize("size", [2, 4])
def test_exception_on_one_pe_ends_the_job_with_its_traceback_marked(size: int) -> None:
    done = run_program(size, stuck("raise ValueError('broken')"), timeout=30)
    assert done.returncode == 1
    assert "PE 1: Traceback (most recent call last):\n" in done.stderr
    assert "PE 1: ValueError: broken\n" in done.stderr
    assert "PE 0: Traceback" not in done.stderr
    assert "not reached" not in done.stdout


def test_exception_with_one_pe_is_not_marked() -> None:
    done = run_program(1, "from shmem4py import shmem; raise ValueError('broken')")
    assert done.returncode == 1
    assert "\nValueError: broken\n" in done.stderr
    assert done.stderr.startswith("Traceback")


def test_exception_in_a_thread_ends_the_job() -> None:
    program = stuck("""
    import threading
    def work():
        raise ValueError('in a thread')
    thread = threading.Thread(target=work, name='worker')
    thread.start()
    thread.join()""")
    done = run_program(2, program, timeout=30)
    assert done.returncode == 1
    assert "PE 1: Exception in thread worker:\n" in done.stderr
    assert "PE 1: ValueError: in a thread\n" in done.stderr


def test_output_before_the_exception_is_not_lost() -> None:
    done = run_program(2, stuck("print('before', end=''); raise ValueError"), timeout=30)
    assert "before" in done.stdout


@pytest.mark.parametrize("action", ["sys.exit(7)", "raise SystemExit(7)"])
def test_exit_status_ends_the_job_and_is_kept(action: str) -> None:
    done = run_program(3, stuck(action), timeout=30)
    assert done.returncode == 7
    assert "Traceback" not in done.stderr
    assert "not reached" not in done.stdout


def test_exit_with_words_prints_them_and_ends_the_job() -> None:
    done = run_program(2, stuck("sys.exit('no input')"), timeout=30)
    assert done.returncode == 1
    assert "no input" in done.stderr


@pytest.mark.parametrize("action", ["sys.exit()", "sys.exit(0)", "raise SystemExit"])
def test_exit_with_status_0_is_the_end_like_any_other(action: str) -> None:
    done = run_program(3, f"import sys\nfrom shmem4py import shmem\nshmem.barrier_all()\n{action}")
    assert (done.returncode, done.stderr) == (0, "")


def test_global_exit_ends_all_with_its_status() -> None:
    done = run_program(4, stuck("shmem.global_exit(9)"), timeout=30)
    assert done.returncode == 9
    assert "not reached" not in done.stdout


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", "in the buffer"),
        ("sys.stdout = None", ""),
        ("sys.stdout.close()", "in the buffer"),
        ("sys.stdout = type('Broken', (), {'flush': lambda self: 1 / 0})()", ""),
    ],
)
def test_global_exit_writes_what_is_in_the_streams(before: str, expected: str) -> None:
    program = f"""
import sys
from shmem4py import shmem
sys.stdout.write('in the buffer')
sys.stderr.write('an unfinished line')
kept = sys.stdout
{before}
shmem.barrier_all()
shmem.global_exit(9)
"""
    done = run_program(1, program, env={"PYTHONUNBUFFERED": ""})  # as where no launcher asks for unbuffered streams
    assert done.returncode == 9
    assert "Traceback" not in done.stderr
    assert "an unfinished line" in done.stderr
    assert expected in done.stdout


@pytest.mark.parametrize("wait", ["shmem.barrier_all()", "shmem.sync_all()", "shmem.sum_reduce(a, a)"])
def test_global_exit_with_status_0_lets_nobody_through(wait: str) -> None:
    program = f"""
from shmem4py import shmem
a = shmem.zeros(1, dtype=int)
if shmem.my_pe() == 1:
    shmem.global_exit(0)
{wait}
print('through')
"""
    for _ in range(5):
        done = run_program(3, program, timeout=30)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


STORED_FROM = {
    "another thread": "threading.Timer(0.3, a.__setitem__, (0, 1)).start()",
    "a child": """
    if os.fork() == 0:
        time.sleep(0.3)
        a[0] = 1
        os._exit(0)""",
}


@pytest.mark.parametrize("where", STORED_FROM)
def test_wait_for_a_store_of_the_same_process_is_left_alone(where: str) -> None:
    program = f"""
import os, threading, time
from shmem4py import shmem
a = shmem.zeros(1, dtype=int)
if shmem.my_pe() == 0:
    {STORED_FROM[where]}
    shmem.wait_until(a, '==', 1)
    print('stored')
"""
    done = run_program(2, program, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "stored\n", "")


DAEMONS = {
    "put": "shmem.put(target, source, me)",
    "get": "shmem.get(source, target, me)",
    "strided put": "shmem.put(target[::2], source[::2], me)",
    "converted": "shmem.wait_until_all_vector(flags, '==', zeros)",
    "wait_until": "shmem.wait_until(flag, '==', 1)",
    "signal_wait_until": "shmem.signal_wait_until(signal, '==', 1)",
    "set_lock": "shmem.set_lock(lock)",
    "barrier": "shmem.barrier_all()",
    "array": "shmem.array(source)",
}


@pytest.mark.parametrize("name", DAEMONS)
def test_daemon_thread_inside_a_call_does_not_abort_the_exit(name: str) -> None:
    need("thread_multiple")
    # PEs that finalise only when the process ends must not keep the others, which do not call, in finalisation.
    program = f"""
import threading, time
import numpy as np
import shmem4py
shmem4py.rc(threads=True)
from shmem4py import shmem
me = shmem.my_pe()
source = np.ones(3_000_000)
zeros = np.zeros(1_000_000, dtype='i4').tolist()
target, flag, signal, lock = shmem.zeros(3_000_000), shmem.zeros(1, dtype=int), shmem.new_signal(), shmem.new_lock()
flags = shmem.zeros(1_000_000, dtype='i4')
shmem.set_lock(lock)
inside = threading.Event()
def work():
    while True:
        inside.set()
        {DAEMONS[name]}
threading.Thread(target=work, daemon=True).start()
inside.wait()
time.sleep(0.1)
"""
    for _ in range(5):
        done = run_program(1, program, timeout=30)
        assert (done.returncode, done.stderr) == (0, "")


def test_global_exit_with_a_status_that_cannot_be() -> None:
    with pytest.raises(TypeError, match="global_exit: status"):
        shmem.global_exit("a")  # type: ignore[arg-type]


def test_excepthook_can_be_turned_off() -> None:
    program = (
        "import shmem4py; shmem4py.rc.excepthook = False\n"
        + """
import time
from shmem4py import shmem
if shmem.my_pe() == 1:
    raise ValueError('alone')
time.sleep(0.5)
print('reached')
"""
    )
    done = run_program(2, program)
    assert done.returncode == 1
    assert "reached" in done.stdout
    assert "\nValueError: alone" in done.stderr
    assert "PE 1: Traceback" not in done.stderr


def test_programs_own_excepthook_is_called() -> None:
    program = """
import sys
from shmem4py import shmem
sys.excepthook = lambda *error: print('my own', error[0].__name__)
raise ValueError
"""
    done = run_program(1, program)
    assert (done.returncode, done.stdout) == (1, "my own ValueError\n")


def test_exception_after_finalize_is_told_too() -> None:
    done = run_program(2, "from shmem4py import shmem; shmem.finalize(); raise ValueError('late')")
    assert done.returncode == 1
    assert re.search(r"^PE .*: ValueError: late$", done.stderr, re.MULTILINE)


def test_exception_in_a_forked_child_does_not_end_the_job() -> None:
    need_smp("a forked child can end")
    program = """
import os
from shmem4py import shmem
if shmem.my_pe() == 0:
    child = os.fork()
    if child == 0:
        raise ValueError('in the child')
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
shmem.barrier_all()
print('reached')
"""
    done = run_program(2, program)
    assert (done.returncode, done.stdout) == (0, "reached\nreached\n"), done.stderr


def test_a_killed_pe_ends_the_job() -> None:
    done = run_program(3, stuck("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), timeout=30)
    assert done.returncode == 128 + signal.SIGKILL
    assert "not reached" not in done.stdout


NAMES = {
    "a team that cannot be used": (
        "interrupted(lambda: shmem.barrier_all())",
        "shmem.barrier_all()",
        "barrier_all: the team of 2 PEs .* cannot be used any more",
    ),
    "a collective of one PE": ("pass", "shmem.zeros(3)", "zeros: PE 0 asks for 24 zeroed bytes.* PE 1 called "),
    "another reduction": ("pass", "shmem.min_reduce(a, a)", r"min_reduce: PE 0 called min_reduce.* where PE 1 called"),
}


@pytest.mark.parametrize("name", NAMES)
def test_messages_of_the_library_name_calls_of_python(name: str) -> None:
    need_smp("it tells mismatches and can be interrupted")
    before, call, message = NAMES[name]
    program = f"""
import os, signal, threading
from shmem4py import shmem
def interrupted(call):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        call()
    except KeyboardInterrupt:
        pass
a = shmem.zeros(1, dtype=int)
if shmem.my_pe() == 0:
    {before}
    try:
        {call}
    except (ValueError, RuntimeError) as error:
        print(error)
    shmem.global_exit(0)
shmem.barrier_all()
shmem.barrier_all()
"""
    if before != "pass":  # nobody else may come into the barrier that is to be interrupted
        program = program.replace("shmem.barrier_all()\nshmem.barrier_all()", "import time; time.sleep(60)")
    done = run_program(2, program, timeout=30)
    assert re.match(message, done.stdout), done.stdout + done.stderr
    assert "shmem_" not in done.stdout


def test_init_after_finalize_is_named_as_it_was_called() -> None:
    program = """
from shmem4py import shmem
shmem.finalize()
for call in (shmem.init, shmem.init_thread):
    try:
        call()
    except RuntimeError as error:
        print(error)
"""
    done = run_program(1, program)
    assert done.stdout.splitlines()[0].startswith("init: ")
    assert done.stdout.splitlines()[1].startswith("init_thread: ")


def test_engine_that_does_not_load_says_why_it_was_chosen(tmp_path: Path) -> None:
    plugin = tmp_path / "engine_openmpi.so"
    plugin.write_bytes(b"no library")
    program = (
        f"from shmem4py import _paths\n_paths.engine_file = lambda name: {str(plugin)!r}\nfrom shmem4py import shmem\n"
    )
    variables = {**environment(), "OMPI_COMM_WORLD_SIZE": "1"}
    variables.pop("SHMEM4PY_ENGINE", None)
    done = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "engine openmpi (started by Open MPI's launcher (OMPI_COMM_WORLD_SIZE is set)) cannot be used" in last
    assert f"{plugin}: " in last
    assert "SHMEM4PY_ENGINE" in last


WAITS = {
    "wait_until": "shmem.wait_until(flag, '==', 1)",
    "wait_until_any": "shmem.wait_until_any(flag, '==', 1)",
    "signal_wait_until": "shmem.signal_wait_until(signal, '==', 1)",
    "set_lock": "shmem.set_lock(lock)",
    "barrier_all": "shmem.barrier_all()",
    "sync": "shmem.sync(shmem.TEAM_WORLD)",
    "sum_reduce": "shmem.sum_reduce(flag, flag)",
    "zeros": "shmem.zeros(3)",
}


@pytest.mark.parametrize("name", WAITS)
def test_ctrl_c_ends_a_wait_with_keyboard_interrupt(name: str) -> None:
    need("interruptible")
    program = f"""
import os, signal, threading, time
from shmem4py import shmem
flag, signal_, lock = shmem.zeros(1, dtype=int), None, shmem.new_lock()
signal_ = shmem.new_signal()
if shmem.my_pe() == 0:
    shmem.set_lock(lock)
shmem.barrier_all()
if shmem.my_pe() == 1:
    try:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        {WAITS[name].replace("(signal,", "(signal_,")}
    except KeyboardInterrupt:
        print('interrupted')
    shmem.global_exit(0)
time.sleep(60)
"""
    done = run_program(2, program, timeout=30)
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr


def test_after_an_interrupted_collective_its_team_is_refused() -> None:
    need("interruptible", "teams")
    program = """
import os, signal, threading
from shmem4py import shmem
team = shmem.TEAM_WORLD.split_strided()
a = shmem.zeros(1, dtype=int)
if shmem.my_pe() == 0:
    try:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        shmem.sync(team)
    except KeyboardInterrupt:
        print('interrupted')
    for call in (lambda: shmem.sync(team), lambda: shmem.sum_reduce(a, a, team=team)):
        try:
            call()
        except RuntimeError as error:
            print('interrupted' in str(error))
    shmem.p(a, 5, 1)
    print(shmem.g(a, 1))
    shmem.global_exit(0)
shmem.wait_until(a, '==', 77)
"""
    done = run_program(2, program, timeout=30)
    assert (done.returncode, done.stdout.split()) == (0, ["interrupted", "True", "True", "5"]), done.stderr


@pytest.mark.parametrize("what", ["shmem.barrier_all()", "shmem.wait_until(flag, '==', 1)"])
def test_ctrl_c_at_the_launcher_ends_all(what: str, tmp_path: Path) -> None:
    need("interruptible")
    job, output = start_job(f"""
from shmem4py import shmem
flag = shmem.zeros(1, dtype=int)
print('ready', flush=True)
if shmem.my_pe() == 0:
    import time
    time.sleep(60)
{what}
""", 3, tmp_path)  # fmt: skip
    wait_for(output, "ready", 3)
    job.send_signal(signal.SIGINT)
    status = job.wait(20)
    assert status != 0
    if shmem.engine().name == "smp":
        assert status == 128 + signal.SIGINT
        assert "KeyboardInterrupt" in output.read_text()


def start_job(program: str, size: int, tmp_path: Path, *options: str) -> tuple[subprocess.Popen[bytes], Path]:
    file, output = tmp_path / "program.py", tmp_path / "output"
    file.write_text(program)
    with output.open("wb") as stream:
        job = subprocess.Popen(
            [sys.executable, "-m", "shmem4py", "run", "-n", str(size), *options, str(file)],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            env=environment(),
        )
    return job, output


def wait_for(output: Path, message: str, times: int = 1) -> None:
    end = time.monotonic() + 60
    while output.read_text().count(message) < times:
        assert time.monotonic() < end, f"no {message!r} in: {output.read_text()}"
        time.sleep(0.02)


IN_A_WAIT = """
import os
from shmem4py import shmem

def wait_for_what_never_comes():
    shmem.wait_until(flag, '==', 1)

flag = shmem.zeros(1, dtype=int)
print(f'pid {os.getpid()}', flush=True)
if shmem.my_pe() == 1:
    wait_for_what_never_comes()
shmem.barrier_all()
"""


def test_sigusr1_makes_a_pe_say_where_it_is(tmp_path: Path) -> None:
    job, output = start_job(IN_A_WAIT, 2, tmp_path)
    try:
        wait_for(output, "pid", 2)
        pids = [int(pid) for pid in re.findall(r"pid (\d+)", output.read_text())]
        wanted = ["in wait_for_what_never_comes"]
        if shmem.engine().name == "smp":  # others do not say
            wanted += ["PE 1: in shmem_", "PE 0: in shmem_barrier_all"]
        end = time.monotonic() + 60
        while not all(message in (text := output.read_text()) for message in wanted):  # until both are in their waits
            assert time.monotonic() < end, text
            for pid in pids:
                os.kill(pid, signal.SIGUSR1)
            time.sleep(0.2)
    finally:
        job.terminate()
        job.wait(60)
    assert text.index("PE 1: ") < text.index("in wait_for_what_never_comes")


def test_sigusr1_at_the_launcher_asks_all(tmp_path: Path) -> None:
    need_smp("the launcher asks all")
    job, output = start_job(IN_A_WAIT, 3, tmp_path)
    try:
        wait_for(output, "pid", 3)
        job.send_signal(signal.SIGUSR1)
        wait_for(output, "most recent call first")  # once for all that are at the same line
        assert job.poll() is None
    finally:
        job.terminate()
        job.wait(20)


def test_time_limit_says_where_each_pe_is() -> None:
    done = run_program(2, IN_A_WAIT, timeout=5)  # a loaded machine takes seconds to start
    assert done.returncode == 124
    if shmem.engine().name == "smp":
        assert "wait_for_what_never_comes" in done.stderr
        assert "barrier_all" in done.stderr


def test_sigusr1_of_the_program_is_left_alone(tmp_path: Path) -> None:
    program = """
import os, signal
heard = []
signal.signal(signal.SIGUSR1, lambda *args: heard.append(1))
from shmem4py import shmem
os.kill(os.getpid(), signal.SIGUSR1)
shmem.barrier_all()
print(heard)
"""
    done = run_program(1, program)
    assert (done.stdout, done.stderr) == ("[1]\n", "")
