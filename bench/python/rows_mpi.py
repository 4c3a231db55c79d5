# SPDX-License-Identifier: BSD-3-Clause
"""The same rows with mpi4py: one-sided calls with their flush, Send and Recv, and MPI's collectives, on buffers."""

from __future__ import annotations

import sys

import numpy as np
from measure import Meter
from mpi4py import MPI

COMM = MPI.COMM_WORLD
ME = COMM.Get_rank()
NPES = COMM.Get_size()
LAST = NPES - 1
METER = Meter(ME, NPES, COMM.bcast)


def access() -> None:
    window = MPI.Win.Allocate(8, 8, comm=COMM)
    source = np.ones(1, dtype="i8")
    fetched = np.zeros(1, dtype="i8")
    names = {
        "win": window,
        "source": source,
        "fetched": fetched,
        "expected": np.ones(1, dtype="i8"),
        "pe": LAST,
        "REPLACE": MPI.REPLACE,
    }
    window.Lock_all()
    COMM.Barrier()
    if ME == 0:
        METER.alone("put", 8, "win.Put(source, pe); win.Flush(pe)", names)
        METER.alone("get", 8, "win.Get(fetched, pe); win.Flush(pe)", names)
        METER.alone("fetch_add", 8, "win.Fetch_and_op(source, fetched, pe); win.Flush(pe)", names)
        METER.alone("swap", 8, "win.Fetch_and_op(source, fetched, pe, 0, REPLACE); win.Flush(pe)", names)
        METER.alone("compare_swap", 8, "win.Compare_and_swap(source, expected, fetched, pe); win.Flush(pe)", names)
    COMM.Barrier()
    window.Unlock_all()
    window.Free()


def bandwidth() -> None:
    most = 64 << 20
    window = MPI.Win.Allocate(most, 1, comm=COMM)
    np.frombuffer(window, dtype="u1")[:] = 1
    local = np.ones(most, dtype="u1")
    window.Lock_all()
    COMM.Barrier()
    if ME == 0:
        window.Put(local, LAST)
        window.Flush(LAST)
        nbytes = 1
        while nbytes <= most:
            names = {"win": window, "local": local[:nbytes], "pe": LAST}
            METER.alone("putmem", nbytes, "win.Put(local, pe); win.Flush(pe)", names)
            METER.alone("getmem", nbytes, "win.Get(local, pe); win.Flush(pe)", names)
            nbytes *= 4
    COMM.Barrier()
    window.Unlock_all()
    window.Free()


def pingpong() -> None:
    names = {"comm": COMM, "value": np.zeros(1, dtype="i8"), "other": 1 - ME}
    send, recv = "comm.Send(value, other)", "comm.Recv(value, other)"
    METER.together("pingpong_p", 8, f"{send}; {recv}" if ME == 0 else f"{recv}; {send}", names)


def sync() -> None:
    METER.together("barrier_all", 0, "comm.Barrier()", {"comm": COMM})


def collectives() -> None:
    nbytes = 8
    while nbytes <= 2 << 20:
        target = np.zeros(nbytes // 8 * NPES)
        names = {"comm": COMM, "source": np.ones(nbytes // 8), "target": target, "part": target[: nbytes // 8]}
        METER.together("sum_reduce", nbytes, "comm.Allreduce(source, part)", names)
        METER.together("broadcast", nbytes, "comm.Bcast(part, 0)", names)
        METER.together("fcollect", nbytes, "comm.Allgather(source, target)", names)
        nbytes *= 8


def values() -> None:
    for nelems in (8, 1000):
        names = {"comm": COMM, "x": np.ones(nelems), "target": np.zeros(nelems), "all": np.zeros((NPES, nelems))}
        METER.together("sum", 8 * nelems, "comm.Allreduce(x, target)", names)
        METER.together("sum_object", 8 * nelems, "comm.allreduce(x)", names)
        METER.together("allgather", 8 * nelems, "comm.Allgather(x, all)", names)
        METER.together("bcast", 8 * nelems, "comm.Bcast(x)", names)


def objects() -> None:
    from mpi4py.util import pkl5

    comm = pkl5.Intracomm(COMM)
    large = np.ones(100_000_000 // 8)
    METER.together("bcast_object", large.nbytes, "comm.bcast(large)", {"comm": comm, "large": large})
    METER.together("bcast_object", 8, "comm.bcast(small)", {"comm": comm, "small": (1, "two")})


ROWS = {f.__name__: f for f in (access, bandwidth, pingpong, sync, collectives, values, objects)}

for name in sys.argv[1:]:
    ROWS[name]()
