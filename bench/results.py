# SPDX-License-Identifier: BSD-3-Clause
"""The results of a run: a value for each variant, row, size, number of PEs and round, kept as JSON."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Key = tuple[str, int, int]  # row, bytes, PEs


def quartiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 3:
        return min(values), max(values)
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


@dataclass
class Results:
    settings: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    rounds: int = 0
    samples: dict[str, dict[Key, list[float]]] = field(default_factory=dict)  # by variant, a value for each round
    units: dict[str, str] = field(default_factory=dict)  # by row

    def add(self, variant: str, row: dict[str, Any]) -> None:
        key = (row["row"], row["nbytes"], row["npes"])
        self.samples.setdefault(row.get("variant", variant), {}).setdefault(key, []).append(row["value"])
        self.units[row["row"]] = row["unit"]

    def median(self, variant: str, key: Key) -> float | None:
        values = self.samples.get(variant, {}).get(key)
        return statistics.median(values) if values else None

    def quartiles(self, variant: str, key: Key) -> tuple[float, float]:
        return quartiles(self.samples[variant][key])

    def cells(self) -> list[Key]:
        """All that was measured, by number of PEs, then in the order of the programs, then by size."""
        names: dict[str, int] = {}
        for samples in self.samples.values():
            for row, _, _ in samples:
                names.setdefault(row, len(names))
        every = {key for samples in self.samples.values() for key in samples}
        return sorted(every, key=lambda key: (key[2], names[key[0]], key[1]))

    def save(self, path: Path) -> None:
        samples = [
            {"variant": variant, "row": row, "nbytes": nbytes, "npes": npes, "values": values}
            for variant, by_key in self.samples.items()
            for (row, nbytes, npes), values in by_key.items()
        ]
        whole = {
            "settings": self.settings,
            "missing": self.missing,
            "failures": self.failures,
            "rounds": self.rounds,
            "units": self.units,
            "samples": samples,
        }
        path.write_text(json.dumps(whole, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Results:
        whole = json.loads(path.read_text())
        samples: dict[str, dict[Key, list[float]]] = {}
        for one in whole.pop("samples"):
            key = (one["row"], one["nbytes"], one["npes"])
            samples.setdefault(one["variant"], {})[key] = one["values"]
        return cls(**whole, samples=samples)
