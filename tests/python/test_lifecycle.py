# SPDX-License-Identifier: BSD-3-Clause
"""From import to exit: initialising, finalising, calls out of order, forked children."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import everywhere, me, need_smp, npes

from shmem4py import shmem
from shmem4py.testing import environment, run_program

BY_HAND = "import shmem4py; shmem4py.rc(initialize=False); from shmem4py import shmem\n"


def succeeds(size: int, program: str) -> str:
    done = run_program(size, program)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@everywhere
def test_every_pe_has_its_own_number() -> None:
    numbers = shmem.zeros(npes(), dtype=np.int32)
    mine = shmem.full(1, me(), dtype=np.int32)
    shmem.fcollect(numbers, mine)
    assert numbers.tolist() == list(range(npes()))


@everywhere
def test_queries() -> None:
    assert shmem.query_initialized() is True
    assert isinstance(shmem.query_thread(), shmem.THREAD)
    assert all(shmem.pe_accessible(pe) for pe in range(npes()))


@everywhere
def test_pe_accessible_of_a_pe_that_there_is_not() -> None:
    assert shmem.pe_accessible(npes()) is False
    assert shmem.pe_accessible(-1) is False


@everywhere
def test_addr_accessible_tells_symmetric_from_other_memory() -> None:
    a = shmem.zeros(3)
    assert shmem.addr_accessible(a, npes() - 1) is True
    assert shmem.addr_accessible(a[1:], me()) is True
    assert shmem.addr_accessible(np.zeros(3), npes() - 1) is False


def test_import_of_the_package_sets_up_nothing() -> None:
    program = "import sys, shmem4py; print([m for m in ('numpy', 'shmem4py._core') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=environment()
    )
    assert done.stdout == "[]\n", done.stderr


def test_without_a_launcher_there_is_one_pe() -> None:
    program = "from shmem4py import shmem; print(shmem.my_pe(), shmem.n_pes())"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=environment()
    )
    assert done.stdout == "0 1\n", done.stderr


@pytest.mark.parametrize("size", [1, 3])
def test_initialise_and_finalise_by_hand(size: int) -> None:
    output = succeeds(size, BY_HAND + "\n".join([
        "print(shmem.query_initialized())",
        "shmem.init()",
        "print(shmem.query_initialized())",
        "shmem.finalize()",
        "print(shmem.query_initialized())",
    ]))  # fmt: skip
    # Not every launcher keeps lines whole.
    assert (output.count("False"), output.count("True")) == (2 * size, size)


def test_initialisations_are_counted() -> None:
    succeeds(2, """
from shmem4py import shmem
shmem.init()
assert shmem.init_thread(shmem.THREAD_MULTIPLE) in shmem.THREAD
shmem.finalize()
shmem.finalize()
assert shmem.query_initialized()
shmem.barrier_all()
""")  # fmt: skip


@pytest.mark.parametrize("level", list(shmem.THREAD))
def test_init_thread_returns_a_level(level: shmem.THREAD) -> None:
    output = succeeds(1, BY_HAND + f"print(repr(shmem.init_thread({int(level)}))); shmem.finalize()")
    assert output.startswith("<THREAD.")


def test_init_thread_refuses_a_level_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="init_thread: requested is 4, must be a THREAD level"):
        shmem.init_thread(4)


CALLS = [
    "my_pe()", "n_pes()", "barrier_all()", "zeros(1)", "new_signal()", "quiet()", "fence()", "Lock()",
    "put(a, a, 0)", "get(a, a, 0)", "p(a, 1, 0)", "g(a, 0)", "atomic_inc(a, 0)", "sum_reduce(a, a)",
    "wait_until(a, '==', 0)", "TEAM_WORLD.n_pes()", "Ctx.create()", "TEAM_WORLD.split_strided()",
]  # fmt: skip


def test_calls_before_init_and_after_finalize_raise() -> None:
    program = (
        BY_HAND
        + f"""
import numpy as np
a = np.zeros(1, dtype=int)

def all_raise(message):
    for call in {CALLS!r}:
        try:
            eval('shmem.' + call)
        except RuntimeError as error:
            assert message in str(error), (call, error)
        else:
            raise SystemExit('no error: ' + call)

all_raise('shmem is not initialized; call shmem.init() first')
shmem.init()
shmem.finalize()
all_raise('shmem has been finalized')
try:
    shmem.finalize()
except RuntimeError as error:
    assert 'finalize' in str(error)
else:
    raise SystemExit('second finalize')
"""
    )
    succeeds(1, program)
    succeeds(2, program)


def test_arrays_that_outlive_finalize_stay_valid_memory() -> None:
    need_smp("the heap stays mapped")
    succeeds(2, """
from shmem4py import shmem
a = shmem.ones(3)
shmem.init()
shmem.finalize()
shmem.finalize()
assert a.sum() == 3
a[:] = 5
""")  # fmt: skip


def test_finalisation_can_be_left_to_the_program() -> None:
    succeeds(2, "import shmem4py; shmem4py.rc.finalize = False; from shmem4py import shmem; shmem.finalize()")


def test_finalisation_at_exit_waits_for_the_others() -> None:
    output = succeeds(3, """
import time
from shmem4py import shmem
a = shmem.zeros(1, dtype=int)
if shmem.my_pe() == 0:
    time.sleep(0.3)
    for pe in range(shmem.n_pes()):
        shmem.p(a, 7, pe)
    shmem.quiet()
    print(shmem.g(a, 2))
""")  # fmt: skip
    assert output == "7\n"


def test_a_forked_child_is_no_pe() -> None:
    need_smp("a forked child can end")
    output = succeeds(2, """
import os
from shmem4py import shmem
a = shmem.zeros(1, dtype=int)
shmem.barrier_all()
child = os.fork()
if child == 0:
    assert not shmem.query_initialized()
    try:
        shmem.p(a, 1, 0)
    except RuntimeError as error:
        assert 'forked from a PE' in str(error)
        raise SystemExit(7)
    raise SystemExit(1)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 7
shmem.barrier_all()
print(a[0])
""")  # fmt: skip
    assert output == "0\n0\n"


def test_a_subprocess_does_not_believe_itself_a_pe() -> None:
    need_smp("the job leaves the environment")
    output = succeeds(2, """
import subprocess, sys
from shmem4py import shmem
program = 'from shmem4py import shmem; print(shmem.n_pes(), end=" ")'
assert subprocess.run([sys.executable, '-c', program], capture_output=True, text=True).stdout == '1 '
""")  # fmt: skip
    assert output == ""


@pytest.mark.parametrize("how", ["spawn", "forkserver"])
def test_multiprocessing_children_are_single(how: str, tmp_path: Path) -> None:
    need_smp("the job leaves the environment")
    program = tmp_path / "program.py"
    program.write_text(f"""
import multiprocessing

def size():
    from shmem4py import shmem
    return shmem.n_pes()

if __name__ == '__main__':
    from shmem4py import shmem
    with multiprocessing.get_context('{how}').Pool(1) as pool:
        print(shmem.n_pes(), pool.apply(size))
""")
    done = run_program(2, program)
    assert done.stdout == "2 1\n2 1\n", done.stderr
