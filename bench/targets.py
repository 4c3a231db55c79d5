# SPDX-License-Identifier: BSD-3-Clause
"""The targets of the project as data, and whether one run meets them.

A target compares the medians of two variants over the rows that it names. It is met where the ratio stays on the
right side by more than the spread between quartiles of both; within the spread it is undecided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

Key = tuple[str, int, int]  # row, bytes, PEs


class Samples(Protocol):
    samples: dict[Key, list[float]]

    def value(self, key: Key) -> float | None: ...
    def spread(self, key: Key) -> float: ...


@dataclass(frozen=True)
class Target:
    """`ours` must take at most `factor` times `theirs` plus `plus_ns`."""

    what: str
    rows: tuple[str, ...]
    ours: str
    theirs: str
    factor: float = 1.0
    plus_ns: float = 0.0
    least_nbytes: int = 0
    most_nbytes: int = 1 << 40
    npes: tuple[int, ...] = (2,)
    their_row: str | None = None  # where it is another than ours


SIMPLE = ("put", "get", "p", "g", "fetch_add", "swap", "compare_swap")

TARGETS = (
    Target("C: 8-byte access, over the limit", SIMPLE, "C smp", "limit", plus_ns=6),
    Target("C: put, get, fetch-add, against Open MPI", ("put", "get", "fetch_add"), "C smp", "C openmpi", 1 / 3),
    Target("C: p, against Open MPI", ("p",), "C smp", "C openmpi", 1 / 2),
    Target("C: put and get of 4 KB and more", ("putmem", "getmem"), "C smp", "limit", 1 / 0.95, least_nbytes=4096),
    Target("C: columns and strides", ("iput_column", "iget_column", "iput_stride2"), "C smp", "limit", 1 / 0.9),
    Target("C: ping-pong with p", ("pingpong_p",), "C smp", "limit", 1.3),
    Target("C: ping-pong with put_signal", ("pingpong_signal",), "C smp", "limit", 1.8),
    Target("C: message rate", ("put_nbi_rate",), "C smp", "C openmpi", 1 / 3),
    Target("C: barrier and sync, 2 PEs", ("barrier_all", "sync_all"), "C smp", "limit", 1.6),
    Target("C: barrier, 8 and 16 PEs", ("barrier_all",), "C smp", "C openmpi", 1 / 2, npes=(8, 16)),
    Target("C: barrier, over context switches", ("barrier_all",), "C smp", "limit", 3, npes=(8, 16)),
    Target("C: sum", ("sum_reduce",), "C smp", "C openmpi", 1 / 3, npes=(2, 3, 4, 8)),
    Target(
        "C: broadcast, collect, alltoall",
        ("broadcast", "collect", "fcollect", "alltoall"),
        "C smp",
        "C openmpi",
        1 / 2,
        npes=(2, 3, 4, 8),
    ),
    Target("C: malloc and free of 1 KB", ("malloc_free",), "C smp", "C smp", 2, 200, their_row="barrier_all"),
    Target("Python: 8-byte access, over C", SIMPLE, "Py smp", "C smp", plus_ns=100),
    Target("Python: 8-byte access, in a[0] = x", SIMPLE, "Py smp", "Py smp", 2, their_row="numpy_setitem"),
    Target("Python: put, get, fetch-add, against 1.0", ("put", "get", "fetch_add"), "Py smp", "Py 1.0", 1 / 25),
    Target("Python: put, get, fetch-add, to mpi4py", ("put", "get", "fetch_add"), "Py smp", "mpi4py openmpi", 1 / 8),
    Target(
        "Python: barrier, sync, quiet, fence, over C",
        ("barrier_all", "sync_all", "quiet", "fence"),
        "Py smp",
        "C smp",
        plus_ns=60,
    ),
    Target(
        "Python: reduce, broadcast of 64 B, over C",
        ("sum_reduce", "broadcast"),
        "Py smp",
        "C smp",
        plus_ns=150,
        least_nbytes=64,
        most_nbytes=64,
    ),
    Target(
        "Python: reduce, broadcast of 64 B, against 1.0",
        ("sum_reduce", "broadcast"),
        "Py smp",
        "Py 1.0",
        1 / 8,
        least_nbytes=64,
        most_nbytes=64,
    ),
    Target(
        "Python: reduce, broadcast of 64 B, against mpi4py",
        ("sum_reduce", "broadcast"),
        "Py smp",
        "mpi4py openmpi",
        1 / 3,
        least_nbytes=64,
        most_nbytes=64,
    ),
    Target("Python: ping-pong, over C", ("pingpong_p",), "Py smp", "C smp", plus_ns=400),
    Target("Python: ping-pong, against mpi4py", ("pingpong_p",), "Py smp", "mpi4py openmpi", 1 / 3),
    Target(
        "Python: zeros(1) and free, over C", ("zeros_free",), "Py smp", "C smp", plus_ns=3000, their_row="malloc_free"
    ),
    Target("Python: bandwidth, 64 KB and more", ("putmem", "getmem"), "Py smp", "C smp", 1.05, least_nbytes=65536),
    Target("Python on Open MPI: put, get, atomics, over C", SIMPLE, "Py openmpi", "C openmpi", plus_ns=120),
)


@dataclass(frozen=True)
class Verdict:
    target: Target
    key: Key
    ours_ns: float
    allowed_ns: float
    met: bool | None  # None: closer than the spread

    @property
    def words(self) -> str:
        if self.met:
            return "met"
        share = f"{self.ours_ns / self.allowed_ns:.2f} of what is allowed"
        return f"undecided ({share})" if self.met is None else share


def judge(variants: Mapping[str, Samples]) -> Iterator[Verdict]:
    """Verdicts of all targets for which both sides were measured."""
    for target in TARGETS:
        if target.ours not in variants or target.theirs not in variants:
            continue
        ours, theirs = variants[target.ours], variants[target.theirs]
        for key in ours.samples:
            row, nbytes, npes = key
            if row not in target.rows or npes not in target.npes:
                continue
            if not target.least_nbytes <= nbytes <= target.most_nbytes:
                continue
            other = find(theirs, target.their_row or row, None if target.their_row else nbytes, npes)
            ours_ns = ours.value(key)
            if other is None or ours_ns is None:
                continue
            theirs_ns = theirs.value(other)
            assert theirs_ns is not None
            allowed = target.factor * theirs_ns + target.plus_ns
            margin = ours.spread(key) * ours_ns + theirs.spread(other) * theirs_ns * target.factor
            met = None if abs(allowed - ours_ns) <= margin else ours_ns < allowed
            yield Verdict(target, key, ours_ns, allowed, met)


def find(variant: Samples, row: str, nbytes: int | None, npes: int) -> Key | None:
    for key in variant.samples:
        if key[0] == row and key[2] == npes and (nbytes is None or key[1] == nbytes):
            return key
    return None
