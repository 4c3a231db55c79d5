# SPDX-License-Identifier: BSD-3-Clause
"""How every Python program here times a row and prints it: as measure.h does it for C.

A statement is compiled into a loop of its own, so that it is called as a programmer calls it, and the time of the
empty loop is taken off.
"""

from __future__ import annotations

import json
import statistics
import time
import timeit
from collections.abc import Callable
from typing import Any

BATCHES = 15
BATCH_NS = 300_000


class Meter:
    """Measures statements on one PE, or on all together: then `agree` gives all of them PE 0's number."""

    def __init__(self, me: int, npes: int, agree: Callable[[int], int]) -> None:
        self.me = me
        self.npes = npes
        self.agree = agree

    def report(self, row: str, nbytes: int, value: float, unit: str = "ns") -> None:
        if self.me == 0:
            print(
                json.dumps({"row": row, "nbytes": nbytes, "npes": self.npes, "value": round(value, 2), "unit": unit}),
                flush=True,
            )

    def alone(self, row: str, nbytes: int, statement: str, names: dict[str, Any], per: int = 1) -> None:
        """A row of PE 0 only; the statement makes `per` calls."""
        self.report(row, nbytes, nanoseconds(statement, names) / per)

    def together(self, row: str, nbytes: int, statement: str, names: dict[str, Any], per: int = 1) -> None:
        """A row of a statement that all PEs run equally often."""
        self.report(row, nbytes, nanoseconds(statement, names, self.agree) / per)


def nanoseconds(statement: str, names: dict[str, Any], agree: Callable[[int], int] = lambda number: number) -> float:
    call = timeit.Timer(statement, globals=names, timer=_now_ns)
    empty = timeit.Timer("pass", timer=_now_ns)
    repeats = 1
    while (spent := agree(int(call.timeit(repeats)))) < BATCH_NS:
        repeats = int(repeats * min(10, 1.2 * BATCH_NS / max(spent, 1))) + 1
    batches = BATCHES if spent < 20 * BATCH_NS else 5
    return statistics.median((call.timeit(repeats) - empty.timeit(repeats)) / repeats for _ in range(batches))


def _now_ns() -> float:
    return time.perf_counter_ns()
