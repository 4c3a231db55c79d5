# SPDX-License-Identifier: BSD-3-Clause
"""The rows of the Python tables, for shmem4py and for shmem4py 1.0 alike: the same names as in c/shmem_rows.c."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from shmem4py import shmem

BATCHES = 9
ME = shmem.my_pe()
NPES = shmem.n_pes()
LAST = NPES - 1


def report(row: str, nbytes: int, ns: float) -> None:
    print(json.dumps({"row": row, "nbytes": nbytes, "npes": NPES, "ns": round(ns, 2)}), flush=True)


def measure(repeats: int, call: Callable[..., Any], *args: Any) -> float:
    """Nanoseconds a call, less those of the loop around it."""
    steps = [None] * repeats

    def batch() -> float:
        begin = time.perf_counter_ns()
        for _ in steps:
            call(*args)
        return (time.perf_counter_ns() - begin) / repeats

    def empty() -> float:
        begin = time.perf_counter_ns()
        for _ in steps:
            pass
        return (time.perf_counter_ns() - begin) / repeats

    batch()
    return statistics.median(batch() - empty() for _ in range(BATCHES))


def measure_both(row: str, nbytes: int, repeats: int, call: Callable[..., Any], *args: Any) -> None:
    """A collective: all PEs run it, PE 0 reports."""
    shmem.barrier_all()
    ns = measure(repeats, call, *args)
    if ME == 0:
        report(row, nbytes, ns)


def rma() -> None:
    target = shmem.zeros(1, dtype="i8")
    floats = shmem.zeros(1, dtype="f8")
    source = np.ones(1, dtype="i8")
    shmem.barrier_all()
    if ME == 0:
        report("put", 8, measure(50000, shmem.put, target, source, LAST))
        report("get", 8, measure(50000, shmem.get, source, target, LAST))
        if hasattr(shmem, "p"):
            report("p", 8, measure(50000, shmem.p, target, 1, LAST))
            report("g", 8, measure(50000, shmem.g, target, LAST))
        report("fetch_add", 8, measure(50000, shmem.atomic_fetch_add, target, 1, LAST))
        report("swap", 8, measure(50000, shmem.atomic_swap, target, 3, LAST))
        report("compare_swap", 8, measure(50000, shmem.atomic_compare_swap, target, 3, 3, LAST))
        report("fence", 0, measure(50000, shmem.fence))
        report("quiet", 0, measure(50000, shmem.quiet))
        report("my_pe", 0, measure(50000, shmem.my_pe))
        report("numpy_setitem", 8, measure_setitem(floats))
        ivar = shmem.wait_until
        target[0] = 1
        report("wait_until_true", 8, measure(50000, ivar, target, shmem.CMP.EQ, int(target[0])))
    shmem.barrier_all()
    shmem.free(floats)
    shmem.free(target)


def measure_setitem(array: Any) -> float:
    """`a[0] = x`, what a Python programmer pays for a local store."""
    steps = [None] * 50000

    def batch() -> float:
        begin = time.perf_counter_ns()
        for _ in steps:
            array[0] = 1.0
        return (time.perf_counter_ns() - begin) / len(steps)

    def empty() -> float:
        begin = time.perf_counter_ns()
        for _ in steps:
            pass
        return (time.perf_counter_ns() - begin) / len(steps)

    batch()
    return statistics.median(batch() - empty() for _ in range(BATCHES))


def bandwidth() -> None:
    most = 4 << 20
    remote = shmem.zeros(most, dtype="u1")
    local = np.ones(most, dtype="u1")
    shmem.barrier_all()
    if ME == 0:
        nbytes = 64
        while nbytes <= most:
            repeats = max(5, min(20000, (32 << 20) // nbytes))
            report("putmem", nbytes, measure(repeats, shmem.put, remote[:nbytes], local[:nbytes], LAST))
            report("getmem", nbytes, measure(repeats, shmem.get, local[:nbytes], remote[:nbytes], LAST))
            nbytes *= 4
    shmem.barrier_all()
    shmem.free(remote)


def pingpong() -> None:
    if NPES < 2:
        return
    word = shmem.zeros(1, dtype="i8")
    value = np.zeros(1, dtype="i8")
    other = 1 - ME
    shmem.barrier_all()

    def turn() -> None:
        value[0] += 1
        if ME == 0:
            shmem.put(word, value, other)
            shmem.wait_until(word, shmem.CMP.GE, value)
        else:
            shmem.wait_until(word, shmem.CMP.GE, value)
            shmem.put(word, value, other)

    if ME < 2:
        ns = measure(5000, turn)
        if ME == 0:
            report("pingpong_p", 8, ns)
    shmem.barrier_all()
    shmem.free(word)


def sync() -> None:
    repeats = 10000 if NPES <= 2 else 1000
    measure_both("barrier_all", 0, repeats, shmem.barrier_all)
    measure_both("sync_all", 0, repeats, shmem.sync_all)


def collectives() -> None:
    for nelems in (1, 8, 512, 65536):
        source = shmem.ones(nelems, dtype="f8")
        target = shmem.zeros(nelems * NPES, dtype="f8")
        part = target[:nelems]
        repeats = max(20, 200000 // (nelems + 50) // NPES)
        measure_both("sum_reduce", 8 * nelems, repeats, shmem.sum_reduce, part, source)
        measure_both("broadcast", 8 * nelems, repeats, shmem.broadcast, part, source, 0)
        measure_both("fcollect", 8 * nelems, repeats, shmem.fcollect, target, source)
        shmem.barrier_all()
        shmem.free(target)
        shmem.free(source)


def memory() -> None:
    def allocate() -> None:
        shmem.free(shmem.zeros(1))

    measure_both("zeros_free", 8, 500, allocate)


ROWS = {f.__name__: f for f in (rma, bandwidth, pingpong, sync, collectives, memory)}

for name in sys.argv[1:]:
    ROWS[name]()
