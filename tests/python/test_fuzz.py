# SPDX-License-Identifier: BSD-3-Clause
"""Every public function with random arguments, good and bad: documented exceptions only.

Hypothesis runs in pytest's process, and only there: PEs would take seconds to import it. It
draws a program, which is a list of calls with descriptions of their arguments, and all PEs of
a pool run it. So a program that makes a PE crash, hang or raise another exception is shrunk to
a short one. PEs call collectives with the same arguments and must get the same outcome;
arguments that differ between PEs are a kind of call of their own. A program waits only where
a test has said that the wait ends. Arrays that no call may touch are compared at the end.
"""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
import pytest

from shmem4py import shmem

# A modest number by default; SHMEM4PY_TEST_CALLS raises it.
CALLS = int(os.environ.get("SHMEM4PY_TEST_CALLS", "20000"))
LENGTH = 100
DOCUMENTED = (TypeError, ValueError, IndexError, KeyError, OverflowError, MemoryError, NotImplementedError)

DTYPES = ["i8", "f8", "u1", "u8", "i4", "F", "S3"]
VIEWS: list[Any] = [
    lambda a: a,
    lambda a: a[:1, :1],
    lambda a: a[1:2, 2:3].reshape(()),
    lambda a: a[0],
    lambda a: a[:, 1],
    lambda a: a[::2, 1:4],
    lambda a: a[::-1],
    lambda a: a.T,
    lambda a: a[:0],
    lambda a: np.lib.stride_tricks.as_strided(a, (1000,), a.strides[-1:]),
]
# Elements that a call may be given as (array, index); a correct program uses the first `GOOD_INDICES`.
GOOD_INDICES = 4
INDICES: list[Any] = [
    (1, 2), (-4, -6), (np.int8(3), 5), (0, 0), 1, (1,), (), (4, 0), (0, -7), (1, 2, 3), (1.0, 0), None, slice(1), True,
]  # fmt: skip
JUNK: list[Any] = [None, 3, -1, 2.5, "x", b"abcdefgh", [1, 2], (), {}, object(), memoryview(bytes(8)), slice(1)]


class Choice(list[Any]):
    """Values for an argument; a correct program passes the first `good` of them."""

    def __init__(self, good: int, values: list[Any]) -> None:
        super().__init__(values)
        self.good = good


VALUES = Choice(7, [
    0, 1, 7, True, np.int8(3), np.array(2), np.array([2]), -1, 1 << 31, 1 << 63, 1 << 64, -(1 << 63), 1.5, -0.0,
    float("nan"), float("inf"), 1j, np.uint64(1 << 63), np.float32(0.5), np.zeros(2), np.zeros((), "F"), "1", None,
])  # fmt: skip
PE = Choice(2, [0, "last", "n", -1, 1 << 40, 1.0, None, "0"])
ROOT = Choice(3, [None, 0, "last", "n", -1, 1 << 40, 1.0, "0"])
START = Choice(1, [0, "last", 1, "n", -1, None])
SIZE = Choice(3, [None, 0, 1, 2, 5, 100, -1, 1 << 62, 1.5, "1"])
STRIDE = Choice(3, [1, 2, 3, 0, -1, 1 << 62, None, "1"])
CMP = Choice(10, ["==", "!=", ">", "<=", "<", ">=", "eq", "GE", 0, shmem.CMP_NE, 5, 6, -1, "=", None])
OP = Choice(8, ["sum", "prod", "max", "min", "and", "or", "SUM", shmem.OP_MAX, "mean", 3, None])
AMO = Choice(8, ["set", "inc", "add", "and", "or", "xor", "ADD", shmem.AMO_ADD, "sub", 3, None])
SIGOP = Choice(5, [0, 1, "set", "ADD", shmem.SIGNAL_ADD, 2, -1, "and", None])
SHAPE = Choice(6, [0, 1, 7, (), (2, 3), (2, 0), -1, (2, -1), 1 << 50, (1 << 40, 1 << 40), 2.5, "a", None])
DTYPE = Choice(8, ["f8", "i4", "F", "?", "e", ">i4", None, [("a", "i4"), ("b", "f8")], "S3", object, "nonsense"])
ORDER = Choice(2, ["C", "F", "K", "Z", None])
ALIGN = Choice(4, [None, 8, 64, 4096, 3, -8, 0, 1.5])
HINTS = Choice(5, [None, 0, 1, 2, 3, 4, "a"])
STATUS = Choice(4, [None, [0] * 4, [1, 0, 1, 0], [1] * 4, [0], "ab", 3])
RAGGED = Choice(2, [False, True, 3, None])
FUNCTION = Choice(2, [lambda a, b: a, lambda a, b: b, None, 3])
XRANGE = Choice(3, [1, 2, 100, 0, -1, None])

# Arguments of every function, by what they are: lists above, and kinds that a PE builds.
AMO_ARGS = {"": ["sym1", VALUES, PE, "ctx"], "inc": ["sym1", PE, "ctx"], "fetch": ["sym1", PE, "ctx"]}
LOCAL: dict[str, list[Any]] = {
    **dict.fromkeys(["put", "put_nbi"], ["sym", "near", PE, SIZE, "ctx"]),
    **dict.fromkeys(["get", "get_nbi"], ["near", "sym", PE, SIZE, "ctx"]),
    "iput": ["sym", "near", PE, STRIDE, STRIDE, SIZE, "ctx"],
    "iget": ["near", "sym", PE, STRIDE, STRIDE, SIZE, "ctx"],
    "ibput": ["sym", "near", PE, STRIDE, STRIDE, STRIDE, SIZE, "ctx"],
    "ibget": ["near", "sym", PE, STRIDE, STRIDE, STRIDE, SIZE, "ctx"],
    "p": ["sym1", VALUES, PE, "ctx"],
    "g": ["sym1", PE, "ctx"],
    **{
        f"atomic_{op}": AMO_ARGS.get(op, AMO_ARGS[""])
        for op in (
            "set",
            "add",
            "and",
            "or",
            "xor",
            "swap",
            "fetch_add",
            "fetch_and",
            "fetch_or",
            "fetch_xor",
            "inc",
            "fetch",
        )
    },
    "atomic_fetch_inc": AMO_ARGS["inc"],
    "atomic_compare_swap": ["sym1", VALUES, VALUES, PE, "ctx"],
    **{
        f"atomic_{op}_nbi": ["near1", *AMO_ARGS.get(op, AMO_ARGS[""])]
        for op in ("fetch", "swap", "fetch_add", "fetch_and", "fetch_or", "fetch_xor")
    },
    "atomic_fetch_inc_nbi": ["near1", *AMO_ARGS["inc"]],
    "atomic_compare_swap_nbi": ["near1", "sym1", VALUES, VALUES, PE, "ctx"],
    "atomic_op": ["sym1", VALUES, AMO, PE, "ctx"],
    "atomic_fetch_op": ["sym1", VALUES, AMO, PE, "ctx"],
    "atomic_fetch_op_nbi": ["near1", "sym1", VALUES, AMO, PE, "ctx"],
    "put_signal": ["sym", "near", PE, "signal", VALUES, SIGOP, SIZE, "ctx"],
    "put_signal_nbi": ["sym", "near", PE, "signal", VALUES, SIGOP, SIZE, "ctx"],
    "signal_fetch": ["signal"],
    "signal_set": ["signal", VALUES, PE, "ctx"],
    "signal_add": ["signal", VALUES, PE, "ctx"],
    "test": ["flag1", CMP, VALUES],
    **{f"test_{k}": ["flags", CMP, VALUES, STATUS] for k in ("all", "any", "some")},
    **{f"test_{k}_vector": ["flags", CMP, "values", STATUS] for k in ("all", "any", "some")},
    "fence": ["ctx"],
    "quiet": ["ctx"],
    "pe_quiet": ["pes", "ctx"],
    "ptr": ["sym", PE],
    "addr_accessible": ["sym", PE],
    "pe_accessible": [PE],
    "my_pe": [],
    "n_pes": [],
    "query_thread": [],
    "query_initialized": [],
    "info_get_name": [],
    "info_get_version": [],
    "engine": [],
    "heap_info": [],
    "pcontrol": [VALUES],
    "fromalloc": ["memory", SHAPE, DTYPE, ORDER],
    "Ctx": ["ctx"],
    "Team": ["team"],
}
MOVE, TEAM_LAST = ["sym", "sym"], [SIZE, "team"]
COLLECTIVE: dict[str, list[Any]] = {
    "barrier_all": [],
    "sync_all": [],
    "sync": ["team"],
    "broadcast": [*MOVE, PE, *TEAM_LAST],
    **dict.fromkeys(["collect", "fcollect", "alltoall", "inscan", "exscan"], [*MOVE, *TEAM_LAST]),
    "alltoalls": [*MOVE, STRIDE, STRIDE, *TEAM_LAST],
    "reduce": [*MOVE, OP, *TEAM_LAST],
    **{f"{op}_reduce": [*MOVE, *TEAM_LAST] for op in ("and", "or", "xor", "max", "min", "sum", "prod")},
    **dict.fromkeys(["sum", "prod", "max", "min", "any", "all", "argmax", "argmin"], ["near", ROOT, "team"]),
    **dict.fromkeys(["cumsum", "allgather"], ["sym"]),
    "gather": ["near", ROOT, RAGGED, "team"],
    **dict.fromkeys(["bcast", "scatter"], [VALUES, PE, "team"]),
    "alltoallv": ["values", "team"],
    "reduce_with": [FUNCTION, "near", ROOT, "team"],
    "alloc": [SIZE, STRIDE, ALIGN, HINTS],
    **dict.fromkeys(["zeros", "ones", "empty", "new_array"], [SHAPE, DTYPE, ORDER]),
    "full": [SHAPE, VALUES, DTYPE, ORDER],
    "array": [VALUES, DTYPE],
    "free": ["mine"],
    "del_array": ["mine"],
    "del_signal": ["mine"],
    "del_lock": ["mine"],
    "new_signal": [],
    "new_lock": [],
    "split_strided": [START, STRIDE, SIZE],
    "split_2d": [XRANGE],
    "create_ctx": [HINTS, "team"],
    "Lock": [],
}
# Sequences of calls that would hang if one came alone, and calls whose arguments differ.
SPECIAL: dict[str, list[Any]] = {
    "wait_until": ["flag1", CMP, VALUES],
    **{f"wait_until_{k}": ["flags", CMP, VALUES, STATUS] for k in ("all", "any", "some")},
    **{f"wait_until_{k}_vector": ["flags", CMP, "values", STATUS] for k in ("all", "any", "some")},
    "signal_wait_until": ["signal1", CMP, VALUES],
    "lock": ["lock"],
    "different sizes": [],
    "different calls": [],
}
ALL = {"nothing": [], **LOCAL, **COLLECTIVE, **SPECIAL}

GOOD = {  # kinds that a PE builds: how many of them a correct program passes
    "ctx": 3, "team": 3, "signal": 2, "mine": 4, "flags": 3, "flag1": 6, "signal1": 1, "values": 3, "pes": 2,
    "memory": 1, "lock": 1,
}  # fmt: skip
NAMES = ["nothing", *sorted(set(ALL) - {"nothing"})]
Drawn = tuple[str, int, int]
Call = tuple[str, tuple[Drawn, ...]]


def sound(rng: random.Random, name: str) -> Call:
    """Draw a call as a correct program makes it: arrays of one dtype and shape, everything in range."""
    dtype = rng.randrange(7)
    view = rng.choice([0, 1, 3, 8]) if name in COLLECTIVE else rng.randrange(9)
    drawn: list[Drawn] = []
    for kind in ALL[name]:
        if isinstance(kind, Choice):
            drawn.append(("of", 0, rng.randrange(kind.good)))
        elif kind in ("sym1", "near1"):
            named = rng.randrange(2) == 1
            drawn.append((f"{kind} named", dtype, rng.randrange(GOOD_INDICES)) if named else (kind[:-1], dtype, 1))
        elif kind in ("sym", "near"):
            # Where there are two symmetric arrays, they are different ones.
            other = len(DTYPES) if drawn and kind == "sym" and drawn[0][0] == "sym" else 0
            drawn.append((kind, dtype + other, view))
        else:
            drawn.append((kind, rng.randrange(GOOD[kind]), 0))
    return name, tuple(drawn)


def any_argument(rng: random.Random, kind: Any) -> Drawn:
    if isinstance(kind, Choice):
        return "of", 0, rng.randrange(len(kind))
    if rng.randrange(8) == 7:
        return "junk", rng.randrange(len(JUNK)), 0
    if kind in ("sym1", "near1") and rng.randrange(3) == 0:
        return f"{kind} named", rng.randrange(17), rng.randrange(len(INDICES))
    views = {"sym": len(VIEWS), "sym1": len(VIEWS), "near": len(VIEWS) - 1, "near1": len(VIEWS) - 1}
    return kind.removesuffix("1") if kind in views else kind, rng.randrange(17), rng.randrange(views.get(kind, 1))


def decode(number: int) -> Call:
    """Make a call from one number: if Hypothesis drew each argument, that would take ten times as long as the calls."""
    seed, index = divmod(number, len(NAMES))
    name = NAMES[index]
    rng = random.Random(seed)
    if rng.randrange(5) < 3:
        return sound(rng, name)
    return name, tuple(any_argument(rng, kind) for kind in ALL[name])


class Machine:
    """One PE's side: builds arguments, makes calls, keeps the results of collectives."""

    def __init__(self) -> None:
        self.me, self.n = shmem.my_pe(), shmem.n_pes()
        self.guards = [shmem.full(64, 0x5A, "u1")]
        self.arrays = []
        for dtype in [*DTYPES, *DTYPES]:
            self.arrays.append(shmem.zeros((4, 6), dtype))
            self.guards.append(shmem.full(64, 0x5A, "u1"))
        freed = shmem.zeros((4, 6))
        shmem.free(freed)
        constant = shmem.zeros((4, 6))
        constant.flags.writeable = False
        self.arrays += [freed, constant, shmem.zeros((4, 6), "i8", "F")]
        self.near = [np.zeros((4, 6), d) for d in DTYPES] + [np.zeros((4, 6), "i8", "F"), np.broadcast_to(1.0, (4, 6))]
        self.flags = [shmem.full(4, 3, d) for d in ("i8", "u4", "i4")]
        self.signals = [shmem.new_signal(), shmem.zeros(4, "u8")[1:2]]
        self.lock = shmem.new_lock()
        self.memory = shmem.alloc(64)
        self.mine: list[Any] = [shmem.alloc(16), shmem.zeros(3), shmem.new_signal(), shmem.new_lock()]
        self.contexts = [None, shmem.CTX_DEFAULT, shmem.Ctx(shmem.CTX_DEFAULT), shmem.CTX_INVALID, shmem.Ctx()]
        self.teams = [None, shmem.TEAM_WORLD, shmem.Team(shmem.TEAM_WORLD), shmem.TEAM_INVALID, shmem.Team()]

    def build(self, kind: Any, drawn: Drawn) -> Any:
        what, i, j = drawn
        if what == "of":
            value = kind[j]
            in_job = {"n": self.n, "last": self.n - 1} if kind is PE or kind is ROOT or kind is START else {}
            return in_job.get(value, value) if isinstance(value, str) else value
        if what == "junk":
            return JUNK[i]
        if what == "sym":
            return VIEWS[j](self.arrays[i % len(self.arrays)])
        if what == "near":
            return VIEWS[j](self.near[i % len(self.near)])
        if what in ("sym1 named", "near1 named"):
            arrays = self.arrays if what.startswith("sym") else self.near
            return arrays[i % len(arrays)], INDICES[j]
        several: dict[str, list[Any]] = {
            "ctx": self.contexts, "team": self.teams, "signal": self.signals, "mine": self.mine,
            "flags": self.flags, "flag1": [f[1:2] for f in self.flags] + [(f, -1) for f in self.flags],
            "signal1": [self.signals[1]],
            "values": [[3] * 4, range(4), np.arange(4), [1.5] * 4, [1]],
            "pes": [[0], [], [self.n], np.arange(self.n), 0],
            "memory": [self.memory, *self.mine], "lock": [self.lock, self.arrays[0]],
        }  # fmt: skip
        choices = several[what]
        return choices[i % len(choices)]

    def call(self, name: str, args: list[Any]) -> Any:
        if name == "nothing":
            return None
        if name == "split_strided":
            team = shmem.TEAM_WORLD.split_strided(*args)
            return team.destroy()
        if name == "split_2d":
            for team in shmem.TEAM_WORLD.split_2d(*args):
                team.destroy()
            return None
        if name == "create_ctx":
            return shmem.Ctx.create(*args).destroy()
        if name == "Lock":
            return shmem.Lock().destroy()
        if name == "lock":
            if not shmem.test_lock(*args):
                shmem.clear_lock(*args)
            shmem.set_lock(*args)
            return shmem.clear_lock(*args)
        if name == "different sizes":
            return self.mine.append(shmem.zeros(3 + (self.me == self.n - 1 > 0)))
        if name == "different calls":
            return self.mine.append(shmem.zeros(3) if self.me == 0 else shmem.new_signal())
        if name.startswith("wait_until"):
            ends = getattr(shmem, name.replace("wait_until", "test"))(*args)
            return getattr(shmem, name)(*args) if ends not in (False, None, []) else None
        good = name == "signal_wait_until" and isinstance(args[0], np.ndarray)
        if good and not shmem.test(self.signals[1], *args[1:]):
            return None
        result = getattr(shmem, name)(*args)
        if name in ("alloc", "zeros", "ones", "empty", "new_array", "full", "array", "new_signal", "new_lock"):
            self.mine.append(result)
        return None

    def run(self, program: list[Call]) -> list[str]:
        outcomes = []
        for name, drawn in program:
            args = [self.build(kind, d) for kind, d in zip(ALL[name], drawn, strict=True)]
            try:
                self.call(name, args)
            except DOCUMENTED as error:
                outcomes.append(type(error).__name__)
            except RuntimeError as error:
                # Only for errors that the library reports; other errors name no call.
                assert ":" in str(error), (name, args, error)
                outcomes.append("RuntimeError")
            else:
                outcomes.append("")
        shmem.barrier_all()
        for guard in self.guards:
            assert (guard == 0x5A).all(), "memory that no call was given has changed"
        return outcomes


def run(program: list[Call]) -> list[str]:
    return Machine().run(program)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("size_of_pool", [1, 2, 3])
def test_documented_exceptions_only(size_of_pool: int, pes: Any, request: pytest.FixtureRequest) -> None:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    share = CALLS // 3
    # Where PEs wait by polling, one that has no core to itself takes tens of milliseconds a collective.
    if request.config.getoption("--pes-engine") not in (None, "smp") and size_of_pool > len(os.sched_getaffinity(0)):
        share //= 10

    # Programs shrink by calls that become "nothing", which is 0.
    calls = st.integers(0, (len(NAMES) << 24) - 1).map(decode)

    @settings(
        max_examples=max(1, share // LENGTH),
        deadline=None,
        database=None,
        derandomize=CALLS <= 20_000,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(calls, min_size=LENGTH, max_size=LENGTH))
    def check(program: list[Call]) -> None:
        outcomes = pes(size_of_pool, run, program)
        for i, (name, _) in enumerate(program):
            if name in COLLECTIVE or name.startswith("different"):
                assert len({o[i] for o in outcomes}) == 1, (name, [o[i] for o in outcomes])
            if name.startswith("different") and size_of_pool > 1:
                assert outcomes[0][i] == "ValueError", (name, outcomes[0][i])

    check()


def test_every_public_function_is_called() -> None:
    called = set(ALL) | {"set_lock", "test_lock", "clear_lock"}
    # Calls that initialise or finalise the library have tests of their own.
    others = {"init", "init_thread", "finalize", "global_exit", "FreedError", "Engine", "HeapInfo"}
    # test_remote.py draws indices of its own.
    others |= {"remote", "Remote", "RemoteArray", "RemoteAt", "RemoteReference"}
    # Written in Python on top of calls that are here; test_stack.py, test_global_array.py, test_objects.py,
    # test_queue.py and test_synchronisation.py are their tests.
    others |= {"stack", "node_array", "resize", "GlobalArray"}
    others |= {"bcast_object", "gather_objects", "allgather_objects", "alltoall_objects"}
    others |= {"Queue", "Event", "Semaphore", "Barrier", "BrokenBarrierError"}
    functions = {n for n in shmem.__all__ if callable(getattr(shmem, n)) and not n.isupper()}
    assert functions - called - others == set()
