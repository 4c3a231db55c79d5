# SPDX-License-Identifier: BSD-3-Clause
"""Random programs against a model: what NumPy on one array per PE does, the PEs must do.

An epoch is a list of operations between two barriers, drawn from a seed that all PEs share.
Within an epoch no two operations touch the same bytes unless they commute, so the
result does not depend on timing. Every PE runs its part of the epoch with shmem, and all of it
on the model; then its memory must equal the model's to the last bit.
"""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
import pytest
from support import everywhere, me, noise, npes

from shmem4py import shmem

# A modest number by default; SHMEM4PY_TEST_EPOCHS raises it.
EPOCHS = int(os.environ.get("SHMEM4PY_TEST_EPOCHS", "40"))
ROWS, COLUMNS = 12, 16
DTYPES = ["i1", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "F", "D", "?", "S3", "M8[s]"]
Model = list[np.ndarray]


def random_view(rng: random.Random, a: np.ndarray, rows: range) -> np.ndarray:
    """Return a view of some rows: with steps, reversed, transposed, thinned."""
    lo = rng.randrange(rows.start, rows.stop)
    hi = rng.randrange(lo + 1, rows.stop + 1)
    v = a[lo:hi]
    c0 = rng.randrange(COLUMNS)
    v = v[:: rng.choice([1, 1, 2]), c0 : rng.randrange(c0 + 1, COLUMNS + 1) : rng.choice([1, 1, 2, 3])]
    if rng.random() < 0.2:
        v = v[::-1]
    if rng.random() < 0.2:
        v = v[:, ::-1]
    if rng.random() < 0.3:
        v = v.T
    return v


class Epoch:
    """One array per PE, and the operations of one epoch on it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.seed = seed
        self.dtype = np.dtype(self.rng.choice(DTYPES))
        self.memory = shmem.empty((ROWS, COLUMNS), self.dtype)
        self.model: Model = [noise((ROWS, COLUMNS), self.dtype, seed * 100 + pe) for pe in range(npes())]
        self.memory[...] = self.model[me()]
        shmem.barrier_all()

    def check(self) -> None:
        shmem.quiet()
        shmem.barrier_all()
        assert self.memory.tobytes() == self.model[me()].tobytes(), f"seed {self.seed}, dtype {self.dtype}"
        shmem.barrier_all()

    def puts(self) -> None:
        """Each PE writes rows of its own on every target, so that writers never meet."""
        share = ROWS // npes() or 1
        for writer in range(min(npes(), ROWS)):
            rows = range(writer * share, (writer + 1) * share)
            for _ in range(self.rng.randrange(1, 4)):
                target = self.rng.randrange(npes())
                call = self.rng.choice([shmem.put, shmem.put_nbi, shmem.put])
                seed = self.rng.randrange(1 << 30)
                rng = random.Random(seed)
                into = random_view(rng, self.model[target], rows)
                source = noise(into.shape, self.dtype, seed)
                if rng.random() < 0.3 and not into.flags.forc:  # else as many elements as there are
                    source = source[:1]
                into[...] = source
                if writer == me():
                    call(random_view(random.Random(seed), self.memory, rows), source, target)
                    shmem.fence()  # the next one may overlap it

    def gets(self) -> None:
        """Nothing is written: each PE reads views of others and compares at once."""
        for reader in range(npes()):
            source = self.rng.randrange(npes())
            seed = self.rng.randrange(1 << 30)
            expected = random_view(random.Random(seed), self.model[source], range(ROWS))
            if reader == me():
                target = np.empty(expected.shape, self.dtype)
                shmem.get(target, random_view(random.Random(seed), self.memory, range(ROWS)), source)
                assert target.tobytes() == expected.tobytes(), f"seed {self.seed}"

    def atomics(self) -> None:
        """Adds and exclusive-ors commute; each element sees one kind of them."""
        if self.dtype.str[1:] not in ("i4", "u4", "i8", "u8"):
            return
        for pe in range(npes()):
            for _ in range(6):
                target, row, column = self.rng.randrange(npes()), self.rng.randrange(ROWS), self.rng.randrange(COLUMNS)
                value = self.rng.randrange(1, 100)
                add = (row + column) % 2 == 0
                cell = self.model[target][row : row + 1, column : column + 1]
                if add:
                    np.add(cell, np.array(value, self.dtype), out=cell)
                else:
                    np.bitwise_xor(cell, np.array(value, self.dtype), out=cell)
                if pe == me():
                    there = self.memory[row : row + 1, column : column + 1]
                    name = ("add" if add else "xor") if value % 2 else ("fetch_add" if add else "fetch_xor")
                    getattr(shmem, f"atomic_{name}")(there, value, target)

    def collectives(self) -> None:
        """One collective on rows that it has for itself."""
        n, model = self.rng.randrange(1, COLUMNS + 1), self.model
        source, target = self.memory[0], self.memory[1:].reshape(-1)
        kind = self.rng.choice(["broadcast", "fcollect", "alltoall", "sum", "max"])
        rows: list[Any] = [m[1:].reshape(-1) for m in model]
        before = [m[0].copy() for m in model]
        if kind == "broadcast":
            root = self.rng.randrange(npes())
            shmem.broadcast(target, source, root, n)
            for row in rows:
                row[:n] = before[root][:n]
        elif kind == "fcollect":
            shmem.fcollect(target, source, n)
            for row in rows:
                row[: n * npes()] = np.concatenate([b[:n] for b in before])
        elif kind == "alltoall":
            n = COLUMNS // npes()
            shmem.alltoall(target, source, n)
            for pe, row in enumerate(rows):
                row[: n * npes()] = np.concatenate([b[n * pe : n * pe + n] for b in before])
        elif self.dtype.kind in "iu":
            ufunc = np.add if kind == "sum" else np.maximum
            shmem.reduce(target, source, kind, n)
            for row in rows:
                row[:n] = ufunc.reduce([b[:n] for b in before], dtype=self.dtype)
        shmem.barrier_all()

    def run(self) -> None:
        for _ in range(3):
            getattr(self, self.rng.choice(["puts", "puts", "gets", "atomics", "collectives"]))()
            self.check()


@everywhere
@pytest.mark.parametrize("part", range(4))
def test_random_epochs_equal_the_model(part: int) -> None:
    for k in range(EPOCHS // 4):
        epoch = Epoch(1000 * part + k)
        epoch.run()
        if k % 2:
            shmem.free(epoch.memory)
