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
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support import everywhere, me, noise, npes

from shmem4py import shmem

# A modest number by default; SHMEM4PY_TEST_EPOCHS raises it, SHMEM4PY_TEST_SEED draws others.
EPOCHS = int(os.environ.get("SHMEM4PY_TEST_EPOCHS", "40"))
SEED = int(os.environ.get("SHMEM4PY_TEST_SEED", "0"))
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


def has(capability: str) -> bool:
    return capability in shmem.engine().capabilities


class Epoch:
    """One array per PE, and the operations of one epoch on it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.seed = seed
        self.dtype = np.dtype(self.rng.choice(DTYPES))
        self.memory = shmem.empty((ROWS, COLUMNS), self.dtype)
        self.model: Model = [noise((ROWS, COLUMNS), self.dtype, seed * 100 + pe) for pe in range(npes())]
        self.memory[...] = self.model[me()]
        self.signal = shmem.new_signal()
        self.signals = [0] * npes()
        # All of them number the PEs as the world does.
        self.whole = shmem.TEAM_WORLD.split_strided() if has("teams") else shmem.TEAM_WORLD
        self.contexts: list[shmem.Ctx | None] = [None, shmem.CTX_DEFAULT]
        if has("team_contexts"):
            self.contexts += [shmem.Ctx.create(), self.whole.create_ctx(), self.whole.create_ctx(shmem.CTX_SERIALIZED)]
        shmem.barrier_all()

    def check(self) -> None:
        for ctx in self.contexts:
            shmem.quiet(ctx)
        shmem.barrier_all()
        assert self.memory.tobytes() == self.model[me()].tobytes(), f"seed {self.seed}, dtype {self.dtype}"
        assert shmem.signal_fetch(self.signal) == self.signals[me()], f"seed {self.seed}"
        shmem.barrier_all()

    def end(self) -> None:
        self.whole.destroy()  # and with it its contexts
        for ctx in self.contexts:
            if ctx is not None:
                ctx.destroy()
        shmem.free(self.memory)
        shmem.del_signal(self.signal)

    def writers(self) -> Iterator[tuple[int, range]]:
        """Yield each PE with rows of its own on every target, so that writers never meet."""
        share = ROWS // npes() or 1
        for writer in range(min(npes(), ROWS)):
            yield writer, range(writer * share, (writer + 1) * share)

    def puts(self) -> None:
        for writer, rows in self.writers():
            ctx = self.rng.choice(self.contexts)  # one for each writer: a fence orders the puts of one context
            for _ in range(self.rng.randrange(1, 4)):
                target = self.rng.randrange(npes())
                call: Any = self.rng.choice([shmem.put, shmem.put_nbi, shmem.put_signal, shmem.put_signal_nbi])
                seed = self.rng.randrange(1 << 30)
                rng = random.Random(seed)
                into = random_view(rng, self.model[target], rows)
                source = noise(into.shape, self.dtype, seed)
                if rng.random() < 0.3:
                    source = source[:1]
                into[...] = source
                if len(source) == len(into) and rng.random() < 0.3:
                    source = source.reshape(-1)
                arguments: list[Any] = []
                if call in (shmem.put_signal, shmem.put_signal_nbi):
                    arguments = [self.signal, writer + 1, shmem.SIGNAL_ADD]
                    self.signals[target] += writer + 1
                if writer == me():
                    call(random_view(random.Random(seed), self.memory, rows), source, target, *arguments, ctx=ctx)
                    shmem.fence(ctx)  # the next one may overlap it

    def strides(self) -> None:
        """Strided elements, and strided blocks, of one row."""
        for writer, rows in self.writers():
            ctx = self.rng.choice(self.contexts)
            for _ in range(self.rng.randrange(1, 4)):
                target, row = self.rng.randrange(npes()), self.rng.choice(rows)
                tst, sst = self.rng.randrange(1, 5), self.rng.randrange(1, 5)
                block = self.rng.randrange(1, min(tst, sst) + 1) if has("block_strided") else 1
                count = self.rng.randrange((COLUMNS - block) // max(tst, sst) + 2)
                source = noise(COLUMNS, self.dtype, self.rng.randrange(1 << 30))
                for k in range(count):
                    self.model[target][row, k * tst : k * tst + block] = source[k * sst : k * sst + block]
                if writer != me():
                    continue
                if block == 1:
                    shmem.iput(self.memory[row], source, target, tst, sst, count, ctx)
                else:
                    shmem.ibput(self.memory[row], source, target, tst, sst, block, count, ctx)
                shmem.fence(ctx)

    def gets(self) -> None:
        """Nothing is written: each PE reads views of others and compares."""
        for reader in range(npes()):
            source = self.rng.randrange(npes())
            seed = self.rng.randrange(1 << 30)
            ctx = self.rng.choice(self.contexts)
            call = self.rng.choice([shmem.get, shmem.get_nbi])
            tst, sst, row = self.rng.randrange(1, 5), self.rng.randrange(1, 5), self.rng.randrange(ROWS)
            expected = random_view(random.Random(seed), self.model[source], range(ROWS))
            if reader == me():
                target = np.empty(expected.shape, self.dtype)
                call(target, random_view(random.Random(seed), self.memory, range(ROWS)), source, ctx=ctx)
                thinned = np.zeros(COLUMNS, self.dtype)
                shmem.iget(thinned, self.memory[row], source, tst, sst, ctx=ctx)
                shmem.quiet(ctx)
                assert target.tobytes() == expected.tobytes(), f"seed {self.seed}"
                count = min(len(thinned[::tst]), len(thinned[::sst]))
                picked = self.model[source][row][::sst][:count]
                assert thinned[::tst][:count].tobytes() == picked.tobytes(), f"seed {self.seed}"

    def atomics(self) -> None:
        """Adds and exclusive-ors commute; each element sees one kind of them."""
        if self.dtype.str[1:] not in ("i4", "u4", "i8", "u8"):
            return
        fetched = np.zeros(1, self.dtype)
        for pe in range(npes()):
            for _ in range(6):
                target, row, column = self.rng.randrange(npes()), self.rng.randrange(ROWS), self.rng.randrange(COLUMNS)
                value, ctx = self.rng.randrange(1, 100), self.rng.choice(self.contexts)
                kind = "add" if (row + column) % 2 == 0 else "xor"
                form = self.rng.choice(["atomic_{}", "atomic_fetch_{}", "atomic_fetch_{}_nbi", "inc"])
                if form == "inc":
                    value = 1
                cell = self.model[target][row : row + 1, column : column + 1]
                {"add": np.add, "xor": np.bitwise_xor}[kind](cell, np.array(value, self.dtype), out=cell)
                if pe != me():
                    continue
                there = self.memory[row : row + 1, column : column + 1]
                if form == "inc" and kind == "add":
                    shmem.atomic_inc(there, target, ctx)
                elif form == "inc":
                    shmem.atomic_op(there, value, shmem.AMO_XOR, target, ctx)
                else:
                    local = [fetched] if form.endswith("nbi") else []
                    getattr(shmem, form.format(kind))(*local, there, value, target, ctx)

    def messages(self) -> None:
        """Each PE sends rows to its neighbours in turn, which look at them after the signal, without a barrier."""
        for step in range(1, min(npes(), 4)):
            seed = self.rng.randrange(1 << 30)
            for sender in range(npes()):
                receiver = (sender + step) % npes()
                self.model[receiver][step] = noise(COLUMNS, self.dtype, seed + sender)
                self.signals[receiver] += 1
            target = (me() + step) % npes()
            shmem.put_signal(self.memory[step], noise(COLUMNS, self.dtype, seed + me()), target, self.signal, 1, "add")
            shmem.signal_wait_until(self.signal, ">=", self.signals[me()])
            # A signal counts messages of all senders: the neighbour of the next step may have been faster.
            shmem.barrier_all()
            assert self.memory[step].tobytes() == self.model[me()][step].tobytes(), f"seed {self.seed}"

    def collectives(self) -> None:
        """One collective of a team on rows that no other operation touches."""
        step = self.rng.randrange(1, npes() + 1) if has("team_collectives") else 1
        start = self.rng.randrange(step) if step > 1 else 0
        members = list(range(npes()))[start::step]
        team = shmem.TEAM_WORLD.split_strided(start, step) if step > 1 else shmem.TEAM_WORLD
        n, size = self.rng.randrange(1, COLUMNS + 1), len(members)
        source, target = self.memory[0], self.memory[1:].reshape(-1)
        kinds = ["broadcast", "fcollect", "collect", "alltoall", "alltoalls"]
        if self.dtype.kind in "iu":
            kinds += ["sum", "max", "min", "and", "xor", "inscan", "exscan"]
        kind: Any = self.rng.choice([k for k in kinds if not k.endswith("scan") or has("scans")])
        rows = {pe: self.model[pe][1:].reshape(-1) for pe in members}
        before = [self.model[pe][0].copy() for pe in members]
        root, stride = self.rng.randrange(size), self.rng.randrange(1, 3)
        share = COLUMNS // size // stride
        sizes = [self.rng.randrange(n + 1) for _ in members]
        if me() in members:
            mine = members.index(me())
            arguments: dict[str, list[Any]] = {
                "broadcast": [root, n], "fcollect": [n], "collect": [sizes[mine]], "alltoall": [COLUMNS // size],
                "alltoalls": [stride, stride, share], "inscan": [n], "exscan": [n],
            }  # fmt: skip
            if kind in arguments:
                getattr(shmem, kind)(target, source, *arguments[kind], team=team)
            else:
                shmem.reduce(target, source, kind, n, team)
        for i, row in enumerate(rows.values()):
            self.model_collective(kind, i, row, before, n=n, root=root, stride=stride, share=share, sizes=sizes)
        if step > 1:
            team.destroy()
        shmem.barrier_all()

    def model_collective(
        self, kind: str, i: int, row: Any, before: list[Any], *, n: int, root: int, stride: int, share: int, sizes: Any
    ) -> None:
        """Do to the memory of member `i` what the collective does."""
        size = len(before)
        if kind == "broadcast":
            row[:n] = before[root][:n]
        elif kind == "fcollect":
            row[: n * size] = np.concatenate([b[:n] for b in before])
        elif kind == "collect":
            row[: sum(sizes)] = np.concatenate([b[:k] for b, k in zip(before, sizes, strict=True)])
        elif kind == "alltoall":
            k = COLUMNS // size
            row[: k * size] = np.concatenate([b[k * i : k * i + k] for b in before])
        elif kind == "alltoalls":
            into = row[: share * size * stride : stride]
            into[:] = np.concatenate([b[::stride][share * i : share * i + share] for b in before])
        elif kind in ("inscan", "exscan"):
            row[:n] = np.add.reduce([b[:n] for b in before[: i + (kind == "inscan")]] or [0], dtype=self.dtype)
        else:
            ufunc: Any = {
                "sum": np.add, "max": np.maximum, "min": np.minimum, "and": np.bitwise_and, "xor": np.bitwise_xor,
            }[kind]  # fmt: skip
            row[:n] = ufunc.reduce([b[:n] for b in before], dtype=self.dtype)

    def run(self) -> None:
        kinds = ["puts", "puts", "strides", "gets", "atomics", "collectives", "collectives"]
        if has("signals"):
            kinds.append("messages")
        for _ in range(3):
            getattr(self, self.rng.choice(kinds))()
            self.check()
        self.end()


@everywhere
@pytest.mark.parametrize("part", range(4))
def test_random_epochs_equal_the_model(part: int) -> None:
    first = 1_000_000 * SEED + 1000 * part
    for k in range(EPOCHS // 4):
        Epoch(first + k).run()
