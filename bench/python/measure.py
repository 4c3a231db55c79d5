# SPDX-License-Identifier: BSD-3-Clause
"""How every Python program here times a row and prints it, as measure.h does for C.

A statement is compiled into a loop of its own, so that it runs as in a user's program, and the time of the empty loop
is subtracted.
"""

from __future__ import annotations

import json
import statistics
import time
import timeit
from collections.abc import Callable
from typing import Any

# The same in C, by an extension function, whose batches alternate with Python's: a statement, and its number of calls.
Beside = tuple[str, int] | None
BATCHES = 15
BATCH_NS = 300_000


class Meter:
    """Measures statements on one PE, or on all together; in the latter case `agree` gives all PEs PE 0's number."""

    def __init__(self, me: int, npes: int, agree: Callable[[int], int]) -> None:
        self.me = me
        self.npes = npes
        self.agree = agree

    def report(self, row: str, nbytes: int, value: float, unit: str = "ns", **more: str) -> None:
        if self.me == 0:
            cell = {"row": row, "nbytes": nbytes, "npes": self.npes, "value": round(value, 2), "unit": unit}
            print(json.dumps(cell | more), flush=True)

    def alone(
        self, row: str, nbytes: int, statement: str, names: dict[str, Any], per: int = 1, beside: Beside = None
    ) -> None:
        """A row of PE 0 only; the statement makes `per` calls."""
        self._measure(row, nbytes, (statement, per), names, beside, lambda number: number)

    def compared(self, row: str, nbytes: int, statement: str, numpy: tuple[str, str], names: dict[str, Any]) -> None:
        """Two rows of PE 0, whose batches alternate: of a statement, and of what NumPy does to a local array."""
        other, same = numpy
        for name, time_ns in zip((row, other), in_turn([statement, same], names, lambda number: number), strict=True):
            self.report(name, nbytes, time_ns)

    def together(
        self, row: str, nbytes: int, statement: str, names: dict[str, Any], per: int = 1, beside: Beside = None
    ) -> None:
        """A row of a statement that all PEs run equally often; the statement makes `per` calls."""
        self._measure(row, nbytes, (statement, per), names, beside, self.agree)

    def _measure(
        self,
        row: str,
        nbytes: int,
        ours: tuple[str, int],
        names: dict[str, Any],
        beside: Beside,
        agree: Callable[[int], int],
    ) -> None:
        statements = [ours] if beside is None else [ours, beside]
        times = in_turn([statement for statement, _ in statements], names, agree)
        for (_, per), time_ns, more in zip(statements, times, ({}, {"variant": "C beside Py"}), strict=False):
            self.report(row, nbytes, time_ns / per, **more)


def in_turn(statements: list[str], names: dict[str, Any], agree: Callable[[int], int]) -> list[float]:
    calls = [timeit.Timer(statement, globals=names, timer=_now_ns) for statement in statements]
    empty = timeit.Timer("pass", timer=_now_ns)
    batches = BATCHES
    repeats = [1] * len(calls)
    for i, call in enumerate(calls):
        # The lesser of two times: one may have been interrupted, or another PE may have been late.
        while (spent := min(agree(int(call.timeit(repeats[i]))) for _ in range(2))) < BATCH_NS:
            repeats[i] = int(repeats[i] * min(10, 1.2 * BATCH_NS / max(spent, 1))) + 1
        if spent >= 20 * BATCH_NS:
            batches = 5
    samples = [
        [(call.timeit(n) - empty.timeit(n)) / n for call, n in zip(calls, repeats, strict=True)] for _ in range(batches)
    ]
    return [statistics.median(column) for column in zip(*samples, strict=True)]


def _now_ns() -> float:
    return time.perf_counter_ns()
