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
        self.together_in_turn({row: (statement, per)}, nbytes, names)

    def together_in_turn(self, rows: dict[str, tuple[str, int]], nbytes: int, names: dict[str, Any]) -> None:
        """Several such rows, batch by batch in turn: each statement with the number of calls that it makes."""
        times = in_turn([statement for statement, _ in rows.values()], names, self.agree)
        for (row, (_, per)), time_ns in zip(rows.items(), times, strict=True):
            self.report(row, nbytes, time_ns / per)


def nanoseconds(statement: str, names: dict[str, Any]) -> float:
    return in_turn([statement], names, lambda number: number)[0]


def in_turn(statements: list[str], names: dict[str, Any], agree: Callable[[int], int]) -> list[float]:
    calls = [timeit.Timer(statement, globals=names, timer=_now_ns) for statement in statements]
    empty = timeit.Timer("pass", timer=_now_ns)
    batches = BATCHES
    repeats = [1] * len(calls)
    for i, call in enumerate(calls):
        while (spent := agree(int(call.timeit(repeats[i])))) < BATCH_NS:
            repeats[i] = int(repeats[i] * min(10, 1.2 * BATCH_NS / max(spent, 1))) + 1
        if spent >= 20 * BATCH_NS:
            batches = 5
    samples = [
        [(call.timeit(n) - empty.timeit(n)) / n for call, n in zip(calls, repeats, strict=True)] for _ in range(batches)
    ]
    return [statistics.median(column) for column in zip(*samples, strict=True)]


def _now_ns() -> float:
    return time.perf_counter_ns()
