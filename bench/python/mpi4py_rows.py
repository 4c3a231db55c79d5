# SPDX-License-Identifier: BSD-3-Clause
"""The same rows with mpi4py: one-sided calls with their flush, and MPI's collectives."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from mpi4py import MPI

BATCHES = 9
COMM = MPI.COMM_WORLD
ME = COMM.Get_rank()
NPES = COMM.Get_size()
LAST = NPES - 1


def report(row: str, nbytes: int, ns: float) -> None:
    print(json.dumps({"row": row, "nbytes": nbytes, "npes": NPES, "ns": round(ns, 2)}), flush=True)


def measure(repeats: int, call: Callable[..., Any], *args: Any) -> float:
    steps = [None] * repeats

    def batch() -> float:
        begin = time.perf_counter_ns()
        for _ in steps:
            call(*args)
        return (time.perf_counter_ns() - begin) / repeats

    batch()
    return statistics.median(batch() for _ in range(BATCHES))


def measure_both(row: str, nbytes: int, repeats: int, call: Callable[..., Any], *args: Any) -> None:
    COMM.Barrier()
    ns = measure(repeats, call, *args)
    if ME == 0:
        report(row, nbytes, ns)


def rma() -> None:
    window = MPI.Win.Allocate(8, 8, comm=COMM)
    source = np.ones(1, dtype="i8")
    fetched = np.zeros(1, dtype="i8")
    window.Lock_all()

    def put() -> None:
        window.Put(source, LAST)
        window.Flush(LAST)

    def get() -> None:
        window.Get(fetched, LAST)
        window.Flush(LAST)

    def fetch_add() -> None:
        window.Fetch_and_op(source, fetched, LAST)
        window.Flush(LAST)

    def compare_swap() -> None:
        window.Compare_and_swap(source, source, fetched, LAST)
        window.Flush(LAST)

    COMM.Barrier()
    if ME == 0:
        for row, call in (("put", put), ("get", get), ("fetch_add", fetch_add), ("compare_swap", compare_swap)):
            report(row, 8, measure(5000, call))
    COMM.Barrier()
    window.Unlock_all()
    window.Free()


def pingpong() -> None:
    if NPES < 2:
        return
    value = np.zeros(1, dtype="i8")
    other = 1 - ME

    def turn() -> None:
        if ME == 0:
            COMM.Send(value, other)
            COMM.Recv(value, other)
        else:
            COMM.Recv(value, other)
            COMM.Send(value, other)

    if ME < 2:
        ns = measure(5000, turn)
        if ME == 0:
            report("pingpong_p", 8, ns)
    COMM.Barrier()


def sync() -> None:
    measure_both("barrier_all", 0, 10000 if NPES <= 2 else 300, COMM.Barrier)


def collectives() -> None:
    for nelems in (1, 8, 512, 65536):
        source = np.ones(nelems)
        target = np.zeros(nelems * NPES)
        part = target[:nelems]
        repeats = max(20, 200000 // (nelems + 50) // NPES)
        measure_both("sum_reduce", 8 * nelems, repeats, COMM.Allreduce, source, part)
        measure_both("broadcast", 8 * nelems, repeats, COMM.Bcast, part, 0)
        measure_both("fcollect", 8 * nelems, repeats, COMM.Allgather, source, target)


ROWS = {f.__name__: f for f in (rma, pingpong, sync, collectives)}

for name in sys.argv[1:]:
    if name in ROWS:
        ROWS[name]()
