# SPDX-License-Identifier: BSD-3-Clause
"""Freeing at once and by garbage collection; mistakes, mismatches, exhaustion."""

from __future__ import annotations

import gc
import random
import re
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
from support import everywhere, me, npes, right, several, symmetric

from shmem4py import _core, shmem
from shmem4py.testing import run_program


def live() -> int:
    return sum(1 for *_, released in _core.blocks() if not released)


@everywhere
def test_free_gives_memory_back_at_once() -> None:
    a = shmem.zeros(1000)
    where = a.__array_interface__["data"]
    shmem.free(a)
    b = shmem.zeros(1000)
    assert b.__array_interface__["data"] == where
    shmem.del_array(b)


USES: dict[str, Any] = {
    "put": lambda a: shmem.put(a, np.zeros(3), 0),
    "put from": lambda a: shmem.put(shmem_other(), a, 0),
    "get": lambda a: shmem.get(np.zeros(3), a, 0),
    "p": lambda a: shmem.p(a[:1], 1, 0),
    "g": lambda a: shmem.g(a[1:2], 0),
    "iput": lambda a: shmem.iput(a, np.zeros(3), 0),
    "atomic_set": lambda a: shmem.atomic_set(a[:1], 1, 0),
    "broadcast": lambda a: shmem.broadcast(a, a, 0),
    "sum_reduce": lambda a: shmem.sum_reduce(a, a),
    "ptr": lambda a: shmem.ptr(a, 0),
    "free": lambda a: shmem.free(a),
    "del_array": lambda a: shmem.del_array(a),
    "a view": lambda a: shmem.put(a[::2], np.zeros(2), 0),
    "a view of a view": lambda a: shmem.put(a[1:][:1].T, np.zeros(1), 0),
}
_other: list[Any] = []


def shmem_other() -> Any:
    return _other[0]


@everywhere
@pytest.mark.parametrize("name", USES)
def test_every_use_after_free_raises(name: str) -> None:
    _other[:] = [shmem.zeros(3)]
    a = shmem.zeros(3)
    shmem.free(a)
    with pytest.raises(shmem.FreedError, match=r"freed"):
        USES[name](a)
    shmem.barrier_all()


@pytest.mark.pes(1)
def test_freed_error_is_a_key_error_and_a_value_error_and_says_where() -> None:
    mem = shmem.alloc(3)
    shmem.free(mem)
    for kind in (KeyError, ValueError, shmem.FreedError):
        with pytest.raises(kind) as caught:
            shmem.free(mem)
    assert "test_memory.py" in str(caught.value)


@everywhere
def test_signals_and_locks_after_free() -> None:
    signal, lock = shmem.new_signal(), shmem.new_lock()
    shmem.del_signal(signal)
    shmem.del_lock(lock)
    for call in (
        lambda: shmem.signal_fetch(signal),
        lambda: shmem.signal_wait_until(signal, "==", 0),
        lambda: shmem.del_signal(signal),
        lambda: shmem.set_lock(lock),
        lambda: shmem.del_lock(lock),
    ):
        with pytest.raises(shmem.FreedError, match="freed"):
            call()


@everywhere
@pytest.mark.parametrize("size", [0, 1])
def test_zero_size_arrays_are_allocated_and_freed_like_others(size: int) -> None:
    for _ in range(10):
        a = shmem.zeros(size)
        mem = shmem.alloc(size)
        shmem.put(a, np.zeros(size), right())
        shmem.free(a)
        shmem.free(mem)
        with pytest.raises(KeyError):
            shmem.free(mem)


@pytest.mark.pes(2)
def test_views_foreign_memory_and_other_things_are_not_freed() -> None:
    a = shmem.zeros((4, 4))
    for view in (a[1:], a[0, 1:]):
        with pytest.raises(ValueError, match="free: mem is a view of a symmetric array; free the array itself"):
            shmem.free(view)
    with pytest.raises(ValueError, match="free: mem is not symmetric memory of ours"):
        shmem.free(np.zeros(3))
    with pytest.raises(ValueError, match="free: mem is not symmetric memory of ours"):
        shmem.free(memoryview(bytearray(3)))
    for bad in (None, 3, [1], "a"):
        with pytest.raises(TypeError, match="free: mem must be a symmetric array or the memoryview"):
            shmem.free(bad)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="del_array: a must be a symmetric array"):
        shmem.del_array(shmem.alloc(3))  # type: ignore[arg-type]
    shmem.put(a, np.ones((4, 4)), right())
    shmem.free(a)


@pytest.mark.pes(1)
def test_a_released_memoryview_is_memory_of_nobody() -> None:
    for take in (shmem.free, shmem.fromalloc):
        mem = shmem.alloc(64)
        mem.release()
        with pytest.raises(ValueError, match=take.__name__):
            take(mem)
    mem = shmem.alloc(64)
    rest = mem[8:]
    mem.release()
    a = shmem.fromalloc(rest, dtype="i8")
    shmem.p(a[:1], 7, 0)
    assert rest.cast("l")[0] == 7
    rest.release()
    assert shmem.g(a[:1], 0) == 7  # the array has a reference of its own


@everywhere
def test_dropped_arrays_come_back_at_a_later_allocation() -> None:
    gc.collect()
    shmem.free(shmem.zeros(1))
    before = len(_core.blocks())
    for _ in range(100):
        shmem.zeros(1000)
    gc.collect()
    shmem.free(shmem.zeros(1))
    assert len(_core.blocks()) <= before + 2


@several
def test_views_keep_the_block_alive() -> None:
    view = shmem.array(np.arange(10) + me())[5:]
    gc.collect()
    for _ in range(5):
        shmem.zeros(10)
    assert shmem.g(view[:1], right()) == right() + 5
    assert view.tolist() == [me() + i for i in range(5, 10)]


@several
def test_dropping_never_communicates() -> None:
    a = shmem.zeros(100)
    shmem.barrier_all()
    if me() == 0:
        del a
        gc.collect()  # the others are not in any shmem call
    shmem.barrier_all()
    b = shmem.zeros(100)  # not at the place of `a`, which the others still hold
    if me() != 0:
        assert not np.shares_memory(a, b)
        a[:] = -1
    assert (b == 0).all()
    shmem.barrier_all()


@several
def test_pes_that_drop_at_different_times_in_cycles_and_threads() -> None:
    rng = random.Random(me())
    same = random.Random(5)
    kept: list[Any] = []
    for _ in range(600):
        a = shmem.zeros(same.randrange(1, 2000), dtype="u1")
        how = rng.randrange(4)
        if how == 0:
            kept.append(a)
        elif how == 1:
            cycle: list[Any] = [a]
            cycle.append(cycle)
        elif how == 2:
            holder = [a]
            thread = threading.Thread(target=holder.clear)
            del a
            thread.start()
            thread.join()
        if len(kept) > 20:
            rng.shuffle(kept)
            del kept[:15]
        if rng.random() < 0.05:
            gc.collect()
    kept.clear()
    gc.collect()
    shmem.barrier_all()
    shmem.free(shmem.zeros(1))
    assert live() < 100


def test_a_great_many_allocations_do_not_grow() -> None:
    program = """
import gc, random
from shmem4py import _core, shmem
rng = random.Random(shmem.my_pe())
kept = []
for i in range(20_000):
    kept.append(shmem.empty(16))
    if rng.random() < 0.1:
        kept.clear()
    if len(kept) > 100:
        del kept[:50]
assert len(_core.blocks()) < 2000, len(_core.blocks())
"""
    done = run_program(3, program, timeout=100)
    assert done.returncode == 0, done.stderr


def test_arrays_that_live_to_the_end_of_the_interpreter() -> None:
    program = """
from shmem4py import shmem
class Late:
    def __init__(self):
        self.a = shmem.ones(10)
    def __del__(self):
        assert self.a[9] == 1
late = Late()
late.itself = late
"""
    done = run_program(2, program)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@several
def test_different_sizes_raise_on_all_and_leave_the_heap_usable() -> None:
    for k in range(3):
        with pytest.raises(ValueError, match="zeros") as caught:
            shmem.zeros(10 + (me() == k % npes()))
        assert re.search(r"(80|88) (zeroed )?bytes", str(caught.value))
        a = symmetric(np.full(4, me()))
        assert shmem.g(a[:1], right()) == right()
        shmem.barrier_all()


@several
def test_allocation_against_freeing_raises_on_all() -> None:
    a = shmem.zeros(10)
    with pytest.raises(ValueError, match="zeros|free"):
        if me() == 0:
            shmem.free(a)
        else:
            shmem.zeros(3)
    shmem.put(a, np.ones(10), right())
    shmem.free(a)


@several
def test_freeing_different_arrays_raises_on_all() -> None:
    a, b = shmem.zeros(10), shmem.zeros(10)
    with pytest.raises(ValueError, match="free"):
        shmem.free(a if me() == 0 else b)
    shmem.put(a, np.ones(10), right())
    shmem.barrier_all()
    shmem.free(a)
    shmem.free(b)


@several
def test_running_out_raises_on_all_and_leaves_the_heap_usable() -> None:
    for shape in (1 << 60, (1 << 40, 1 << 40)):
        with pytest.raises(MemoryError, match="empty"):
            shmem.empty(shape, dtype="u1")
    a = symmetric(np.full(3, me()))
    assert shmem.g(a[:1], right()) == right()


def test_a_small_heap_is_used_up_and_comes_back() -> None:
    program = """
from shmem4py import shmem
kept = []
try:
    while True:
        kept.append(shmem.empty(1 << 20, dtype='u1'))
except MemoryError as error:
    assert 'empty' in str(error), error
first = len(kept)
assert first >= 4, first
for a in kept:
    shmem.free(a)
kept = [shmem.empty(1 << 20, dtype='u1') for _ in range(first)]
print(first)
"""
    done = run_program(2, program, env={"SHMEM_SYMMETRIC_SIZE": "8m"})
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.split())) == 1


@pytest.mark.parametrize("size", ["", "16e6", "1.5e7", "16_000_000", "16 MB", "16m"])
def test_heap_size_in_the_forms_that_people_write(size: str) -> None:
    program = "from shmem4py import shmem; print(len(shmem.zeros(1 << 20)))"
    done = run_program(2, program, env={"SHMEM_SYMMETRIC_SIZE": size})
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1048576"] * 2


def test_a_narrow_file_size_limit_shrinks_the_default_heap() -> None:
    program = """
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
run = [sys.executable, "-m", "shmem4py", "run", "-n", "3"]
program = "from shmem4py import shmem; print(len(shmem.zeros(1000)))"
sys.exit(subprocess.run([*run, sys.executable, "-c", program]).returncode)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1000"] * 3


@everywhere
def test_alignment_beyond_what_heaps_have_in_common_is_no_memory() -> None:
    if shmem.engine().name != "smp":
        pytest.skip("what other libraries do is theirs")
    with pytest.raises(MemoryError, match="no room"):
        shmem.empty(10, align=1 << 40)
    shmem.free(shmem.empty(10, align=1 << 20))


@everywhere
def test_no_room_says_how_large_the_heap_is_what_is_used_and_what_sets_it() -> None:
    with pytest.raises(MemoryError) as error:
        shmem.zeros(1 << 50, "i2")
    message = str(error.value)
    assert message.startswith("zeros: the symmetric heap has no room for 2.0 PiB. ")
    assert message.endswith(". `shmem4py run --heap SIZE` or SHMEM_SYMMETRIC_SIZE sets its size")
    if shmem.engine().name == "smp":
        assert re.search(r"On each PE it has \S+ [KMGT]iB, of which \S+ [KMGT]iB are in use; the largest free", message)


@everywhere
def test_heap_info() -> None:
    if shmem.engine().name != "smp":
        with pytest.raises(NotImplementedError, match="heap_info: engine"):
            shmem.heap_info()
        return
    gc.collect()
    shmem.free(shmem.zeros(1))  # frees arrays that earlier tests have dropped
    before = shmem.heap_info()
    a = shmem.zeros(100_000)
    during = shmem.heap_info()
    assert a.nbytes <= during.used - before.used < a.nbytes + 4096
    assert during.size == before.size >= during.used + during.largest_free
    shmem.free(a)
    assert shmem.heap_info() == before
    with pytest.raises(MemoryError):
        shmem.empty(before.largest_free + 1, "u1")


def test_heap_option_and_variable_set_what_heap_info_tells() -> None:
    program = "from shmem4py import shmem; print(shmem.heap_info().size >> 20)"
    for done in (
        run_program(2, program, options=("--heap", "80m", "--engine", "smp")),
        run_program(2, program, options=("--engine", "smp"), env={"SHMEM_SYMMETRIC_SIZE": "80m"}),
    ):
        assert done.stdout == "80\n" * 2, done.stderr
