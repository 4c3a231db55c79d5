# SPDX-License-Identifier: BSD-3-Clause
"""rows.py GROUP...: the rows of the Python tables, for shmem4py and for shmem4py 1.0 alike, named as those in c/."""

from __future__ import annotations

import multiprocessing
import os
import sys
from typing import Any

import numpy as np
from measure import Meter

from shmem4py import shmem

try:
    import unchecked  # c/unchecked.c, for smp only
except ImportError:
    unchecked = None

ME = shmem.my_pe()
NPES = shmem.n_pes()
LAST = NPES - 1
AGREED = shmem.zeros(1, dtype="i8")


def agree(number: int) -> int:
    if ME == 0:
        for pe in range(1, NPES):
            shmem.put(AGREED, np.array([number]), pe)
    shmem.barrier_all()
    if ME != 0:
        number = int(AGREED[0])
    shmem.barrier_all()
    return number


METER = Meter(ME, NPES, agree)


def access() -> None:
    target = shmem.zeros(1, dtype="i8")
    if ME == 0:
        names = {
            **vars(shmem),
            "target": target,
            "source": np.ones(1, dtype="i8"),
            "floats": np.zeros(1),
            "x": 1.0,
            "pe": LAST,
            "EQ": shmem.CMP.EQ,
        }
        METER.alone("numpy_setitem", 8, "floats[0] = x", names)
        METER.alone("put", 8, "put(target, source, pe)", names)
        if unchecked is not None:
            METER.alone("put_unchecked", 8, "unchecked.put(target, source, pe)", {**names, "unchecked": unchecked})
        METER.alone("get", 8, "get(source, target, pe)", names)
        if "p" in names:  # not in 1.0
            METER.alone("p", 8, "p(target, 1, pe)", names)
            METER.alone("g", 8, "g(target, pe)", names)
        METER.alone("fetch_add", 8, "atomic_fetch_add(target, 1, pe)", names)
        METER.alone("swap", 8, "atomic_swap(target, 3, pe)", names)
        METER.alone("compare_swap", 8, "atomic_compare_swap(target, 3, 3, pe)", names)
        METER.alone("fence", 0, "fence()", names)
        METER.alone("quiet", 0, "quiet()", names)
        METER.alone("my_pe", 0, "my_pe()", names)
        names["value"] = target[0] = 3
        METER.alone("wait_until_true", 8, "wait_until(target, EQ, value)", names)
        if "p" in names:
            METER.alone("signal_fetch", 8, "signal_fetch(signal)", {**names, "signal": target.view("u8")})
    shmem.barrier_all()
    shmem.free(target)


def at_page(array: np.ndarray) -> np.ndarray:
    """The part of an array of bytes that begins with a page."""
    return array[-array.ctypes.data % 4096 :]


def bandwidth() -> None:
    most = 64 << 20
    heap = shmem.zeros(most + 8192, dtype="u1")
    remote, local = at_page(heap), at_page(np.ones(most + 8192, dtype="u1"))
    if ME == 0:
        shmem.put(heap, np.ones(heap.size, dtype="u1"), LAST)
        # Target and source at the same place of a page; target 16 bytes ahead, as with an array as NumPy makes it.
        for suffix, ahead, least in (("", 0, 1), ("_16_ahead", 16, 65536)):
            nbytes = least
            while nbytes <= most:
                names = {**vars(shmem), "pe": LAST, "unchecked": unchecked}
                names.update(remote=remote[:nbytes], remote_ahead=remote[ahead : ahead + nbytes])
                names.update(local=local[:nbytes], local_ahead=local[ahead : ahead + nbytes])
                for name, call in (
                    ("putmem", "put(remote_ahead, local, pe)"),
                    ("getmem", "get(local_ahead, remote, pe)"),
                ):
                    beside = (f"unchecked.{call}", 1) if unchecked is not None and nbytes >= 65536 else None
                    METER.alone(name + suffix, nbytes, call, names, beside=beside)
                nbytes *= 4
    shmem.barrier_all()
    shmem.free(heap)


def strided() -> None:
    remote = shmem.zeros(4000)
    if ME == 0 and hasattr(shmem, "ibput"):  # 1.0 moves contiguous arrays only
        names = {**vars(shmem), "remote": remote[::4], "local": np.zeros(4000)[::4], "pe": LAST}
        METER.alone("ibput_1000", 8000, "put(remote, local, pe)", names)
    shmem.barrier_all()
    shmem.free(remote)


def remote() -> None:
    length, chosen = 100_000, 1_000
    target = shmem.zeros(length)
    if ME == 0 and hasattr(shmem, "remote"):  # not in 1.0
        names = {
            "r": shmem.remote(target),
            "local": np.zeros(length),
            "x": 1.0,
            "pe": LAST,
            "some": np.random.default_rng(1).integers(0, length, chosen),
            "values": np.ones(chosen),
        }
        METER.compared("remote_set", 8, "r[pe][0] = x", ("numpy_set", "local[0] = x"), names)
        METER.compared("remote_get", 8, "r[pe][0]", ("numpy_get", "local[0]"), names)
        METER.compared("remote_gather", 8 * chosen, "r[pe][some]", ("numpy_gather", "local[some]"), names)
        scatter = ("numpy_scatter", "local[some] = values")
        METER.compared("remote_scatter", 8 * chosen, "r[pe][some] = values", scatter, names)
        METER.alone("remote_add", 8, "r[pe].at[0] += 1.0", names)
    shmem.barrier_all()
    shmem.free(target)


def pingpong() -> None:
    word = shmem.zeros(1, dtype="i8")
    names = {**vars(shmem), "word": word, "other": 1 - ME, "EQ": shmem.CMP.EQ}
    names.update(zero=np.zeros(1, dtype="i8"), one=np.ones(1, dtype="i8"))
    first = "put(word, one, other); wait_until(word, EQ, 1); put(word, zero, other); wait_until(word, EQ, 0)"
    second = "wait_until(word, EQ, 1); put(word, one, other); wait_until(word, EQ, 0); put(word, zero, other)"
    shmem.barrier_all()
    beside = None
    if unchecked is not None:
        names.update(unchecked=unchecked, me=ME)
        beside = ("unchecked.pingpong(word, me, 100)", 100)
    METER.together("pingpong_p", 8, first if ME == 0 else second, names, per=2, beside=beside)
    shmem.barrier_all()
    shmem.free(word)


def sync() -> None:
    METER.together("barrier_all", 0, "barrier_all()", vars(shmem))
    METER.together("sync_all", 0, "sync_all()", vars(shmem))


def collectives() -> None:
    nbytes = 8
    while nbytes <= 2 << 20:
        source = shmem.ones(nbytes // 8)
        target = shmem.zeros(nbytes // 8 * NPES)
        names = {**vars(shmem), "source": source, "target": target, "part": target[: nbytes // 8]}
        METER.together("sum_reduce", nbytes, "sum_reduce(part, source)", names)
        METER.together("broadcast", nbytes, "broadcast(part, source, 0)", names)
        METER.together("fcollect", nbytes, "fcollect(target, source)", names)
        shmem.barrier_all()
        shmem.free(target)
        shmem.free(source)
        nbytes *= 8


def values() -> None:
    """Sums of arrays in private memory, as new arrays; beside the routine that fills an array that is there."""
    for nelems in (8, 1000):
        x, source, target = np.ones(nelems), shmem.ones(nelems), shmem.zeros(nelems)
        names = {**vars(shmem), "shmem": shmem, "x": x, "source": source, "target": target}
        METER.together("sum_into", 8 * nelems, "sum_reduce(target, source)", names)
        if hasattr(shmem, "sum"):  # not in 1.0
            METER.together("sum", 8 * nelems, "shmem.sum(x)", names)
            METER.together("sum_object", 8 * nelems, "shmem.sum(x)", names)
            METER.together("allgather", 8 * nelems, "shmem.allgather(x)", names)
            METER.together("bcast", 8 * nelems, "shmem.bcast(x)", names)
        shmem.barrier_all()
        shmem.free(target)
        shmem.free(source)


def memory() -> None:
    METER.together("zeros_free", 8, "free(zeros(1))", vars(shmem))


def objects() -> None:
    if not hasattr(shmem, "bcast_object"):  # 1.0
        return
    large = np.ones(100_000_000 // 8)
    names = {**vars(shmem), "bcast_object": shmem.bcast_object, "large": large, "small": (1, "two")}
    METER.together("bcast_object", large.nbytes, "bcast_object(large)", names)
    METER.together("bcast_object", 8, "bcast_object(small)", names)
    there: Any = shmem.Queue(16, owner=LAST)
    back: Any = shmem.Queue(16, owner=0)
    first, last = "there.put(1); back.get()", "back.put(there.get())"
    METER.together("queue", 8, first if ME == 0 else last, {"there": there, "back": back}, per=2)
    if ME == 0:
        names["other"] = np.zeros_like(large) + 1  # its pages are there
        METER.alone("array_copy", large.nbytes, "np.copyto(other, large)", {**names, "np": np})
        multiprocessing_queue()
    shmem.barrier_all()
    back.destroy()
    there.destroy()


def answer(there: Any, back: Any) -> None:
    while (item := there.get()) is not None:
        back.put(item)


def multiprocessing_queue() -> None:
    """The same with a child process, which is no PE."""
    bound = os.sched_getaffinity(0)  # to a core; the child gets one of its own, as the other PE has
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    context = multiprocessing.get_context("fork")  # a new interpreter would run this program
    there, back = context.Queue(16), context.Queue(16)
    other = context.Process(target=answer, args=(there, back))
    other.start()
    METER.alone("multiprocessing_queue", 8, "there.put(1); back.get()", {"there": there, "back": back}, per=2)
    there.put(None)
    other.join()
    os.sched_setaffinity(0, bound)


ROWS = {
    f.__name__: f for f in (access, bandwidth, strided, remote, pingpong, sync, collectives, values, memory, objects)
}

for name in sys.argv[1:]:
    ROWS[name]()
