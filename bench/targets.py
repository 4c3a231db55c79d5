# SPDX-License-Identifier: BSD-3-Clause
"""The targets of the project as data, in three tables, and whether a run meets them.

A condition applies to each cell (row, size, number of PEs) that it names: `ours` may take as long as the most generous
of its bounds. Each round has a ratio of its own, since a drift of the machine affects all programs of a round alike,
and even more so the two sides that alternate in one program. A condition is met where both quartiles of the ratios are
below 1, missed where both are above, and undecided otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from results import Key, Results, quartiles


@dataclass(frozen=True)
class Bound:
    """`factor` times what `variant` takes, and `plus` more, in the unit of the row.

    With `beyond`, `factor` applies only to what `variant` takes more than `beyond`; ours may take the rest too.
    """

    variant: str = ""  # "": `plus` alone
    factor: float = 1.0
    plus: float = 0.0
    row: str | None = None  # a row other than ours, of the same size if there is one
    beyond: str = ""


@dataclass(frozen=True)
class Condition:
    text: str
    rows: tuple[str, ...]
    ours: str
    bounds: tuple[Bound, ...]
    least_nbytes: int = 0
    most_nbytes: int = 1 << 40
    npes: tuple[int, ...] = (2,)
    smallest: bool = False  # only the smallest size of each row


@dataclass(frozen=True)
class Target:
    what: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Verdict:
    """The verdict on one cell; `met` is None where the spread does not decide."""

    key: Key
    ours: float
    allowed: float
    ratio: float  # all three: medians over the rounds
    met: bool | None


ACCESS = ("put", "get", "p", "g", "fetch_add", "swap", "compare_swap")
COPIES = tuple(
    f"{call}{ahead}"
    for ahead in ("", "_1_ahead", "_9_ahead", "_16_ahead", "_64_ahead", "_2048_ahead")
    for call in ("putmem", "getmem")
)
STRIDED = ("iput_stride2", "iget_stride2", "ibput_blocks8", "ibget_blocks8", "ibput_1000")
MOVING = ("broadcast", "collect", "fcollect", "alltoall")
KERNELS = ("stencil", "transpose", "sweep", "updates", "sort")
BOTH_MPI = ("mpi4py openmpi", "mpi4py mpich")
MS = 1e6


def c(text: str, rows: tuple[str, ...], *bounds: Bound, **more: object) -> Condition:
    return Condition(text, rows, "C smp", bounds, **more)  # type: ignore[arg-type]


def py(text: str, rows: tuple[str, ...], *bounds: Bound, **more: object) -> Condition:
    return Condition(text, rows, "Py smp", bounds, **more)  # type: ignore[arg-type]


def over_c(plus: float, row: str | None = None) -> Bound:
    return Bound("C smp", 1, plus, row)


LIMIT, OPENMPI, OLD, BESIDE = "limit", "C openmpi", "Py 1.0", "C beside Py"

C_ON_SMP = (
    Target(
        "put, get, p, g, atomics of 8 bytes",
        (
            c("at most 6 ns over a plain access", ACCESS, Bound(LIMIT, 1, 6)),
            c("3x faster than Open MPI", ("put", "get", "fetch_add"), Bound(OPENMPI, 1 / 3)),
            c("2x faster than Open MPI", ("p",), Bound(OPENMPI, 1 / 2)),
        ),
    ),
    Target("put and get, 4 KB to 64 MB", (c("0.95 of memcpy", COPIES, Bound(LIMIT, 1 / 0.95), least_nbytes=4096),)),
    Target(
        "strided, block-strided, columns of a matrix",
        (c("0.9 of a plain loop", ("iput_column", "iget_column", *STRIDED), Bound(LIMIT, 1 / 0.9)),),
    ),
    Target("ping-pong, p and wait_until", (c("1.3 of a bounced line", ("pingpong_p",), Bound(LIMIT, 1.3)),)),
    Target(
        "ping-pong, put_signal and signal_wait_until",
        (c("1.8 of a bounced line", ("pingpong_signal",), Bound(LIMIT, 1.8)),),
    ),
    Target("message rate, put_nbi and quiet", (c("3x Open MPI", ("put_nbi_rate",), Bound(OPENMPI, 1 / 3)),)),
    Target("barrier, sync, 2 PEs", (c("1.6 of a bounced line", ("barrier_all", "sync_all"), Bound(LIMIT, 1.6)),)),
    Target(
        "barrier, 8 and 16 PEs on 2 cores",
        (
            c("half of Open MPI's time", ("barrier_all",), Bound(OPENMPI, 1 / 2), npes=(8, 16)),
            c("3x what context switches cost", ("barrier_all",), Bound(LIMIT, 3), npes=(8, 16)),
        ),
    ),
    Target(
        "sum, 8 B to 2 MB, 2 to 8 PEs",
        (
            c(
                "3x faster than Open MPI, or 1.3x the memory traffic",
                ("sum_reduce",),
                Bound(OPENMPI, 1 / 3),
                Bound(LIMIT, 1.3),
                npes=(2, 4, 8),
            ),
        ),
    ),
    Target(
        "broadcast, collect, fcollect, alltoall",
        (
            c(
                "2x faster than Open MPI, or 0.8 of memcpy",
                MOVING,
                Bound(OPENMPI, 1 / 2),
                Bound(LIMIT, 1 / 0.8),
                npes=(2, 4, 8),
            ),
        ),
    ),
    Target(
        "set_lock and clear_lock",
        (
            c("free: at most 30 ns", ("lock_free",), Bound(plus=30)),
            c("contended, 8 PEs: fair within 2x", ("lock_fairness",), Bound(plus=2), npes=(8,)),
            c("no collapse: at most 3 context switches", ("lock_contended",), Bound(LIMIT, 3), npes=(8,)),
        ),
    ),
    Target(
        "malloc and free of 1 KB, 2 PEs",
        (c("at most 2 barriers + 200 ns", ("malloc_free",), Bound("C smp", 2, 200, "barrier_all")),),
    ),
    Target(
        "PEs idle in a wait",
        (
            c("below 1% of a core each", ("idle_most",), Bound(plus=1), npes=(2, 64)),
            c("64 PEs: 5% of a core", ("idle_sum",), Bound(plus=5), npes=(64,)),
        ),
    ),
    Target(
        "start of a trivial C program",
        (
            c("2 PEs: 5 ms over two processes", ("start",), Bound(LIMIT, 1, 5 * MS)),
            c("64 PEs: 300 ms", ("start",), Bound(plus=300 * MS), npes=(64,)),
        ),
    ),
    Target(
        "memory per PE, 64 PEs",
        (c("2 MB private over the program's", ("private_memory",), Bound(LIMIT, 1, 2048), npes=(64,)),),
    ),
)

PYTHON_ON_SMP = (
    Target(
        "put, get, p, g, atomics of 8 bytes",
        (
            py("at most 100 ns over C", ACCESS, over_c(100)),
            py("at most 2x a[0] = x", ACCESS, Bound("Py smp", 2, 0, "numpy_setitem")),
            py("25x faster than 1.0", ACCESS, Bound(OLD, 1 / 25)),
            *(py(f"8x faster than {mpi}", ACCESS, Bound(mpi, 1 / 8)) for mpi in BOTH_MPI),
        ),
    ),
    Target("the checks within that", (py("at most 20 ns", ("put",), Bound("Py smp", 1, 20, "put_unchecked")),)),
    Target("put of a strided view, 1,000 doubles", (py("at most 200 ns over C", ("ibput_1000",), over_c(200)),)),
    Target(
        "remote indexing: one element, 1,000 random ones",
        (
            py("at most 1.5x a[0] = x", ("remote_set",), Bound("Py smp", 1.5, 0, "numpy_set")),
            py("at most 1.5x a[0]", ("remote_get",), Bound("Py smp", 1.5, 0, "numpy_get")),
            py("at most 1.3x NumPy's gather", ("remote_gather",), Bound("Py smp", 1.3, 0, "numpy_gather")),
            py("at most 1.3x NumPy's scatter", ("remote_scatter",), Bound("Py smp", 1.3, 0, "numpy_scatter")),
        ),
    ),
    Target(
        "barrier_all, sync, quiet, fence, my_pe",
        (py("at most 60 ns over C", ("barrier_all", "sync_all", "quiet", "fence", "my_pe"), over_c(60)),),
    ),
    Target(
        "reduce, broadcast of 64 B",
        tuple(
            py(text, ("sum_reduce", "broadcast"), bound, least_nbytes=64, most_nbytes=64)
            for text, bound in (
                ("at most 150 ns over C", over_c(150)),
                ("8x faster than 1.0", Bound(OLD, 1 / 8)),
                *((f"3x faster than {mpi}", Bound(mpi, 1 / 3)) for mpi in BOTH_MPI),
            )
        ),
    ),
    Target(
        "shmem.sum of 8 and 1,000 doubles",
        (
            py("at most 250 ns over sum_reduce", ("sum",), Bound("Py smp", 1, 250, "sum_into")),
            *(py(f"3x faster than {mpi}: Allreduce", ("sum",), Bound(mpi, 1 / 3)) for mpi in BOTH_MPI),
            *(py(f"3x faster than {mpi}: allreduce", ("sum_object",), Bound(mpi, 1 / 3)) for mpi in BOTH_MPI),
        ),
    ),
    Target(
        "wait_until already true, signal_fetch",
        (py("at most 100 ns over C", ("wait_until_true", "signal_fetch"), over_c(100)),),
    ),
    Target(
        "ping-pong, put and wait_until",
        (
            py("at most 400 ns over C", ("pingpong_p",), Bound(BESIDE, 1, 400)),
            *(py(f"3x faster than {mpi}", ("pingpong_p",), Bound(mpi, 1 / 3)) for mpi in BOTH_MPI),
        ),
    ),
    Target(
        "bcast_object of a 100 MB array",
        (
            py("half of memcpy", ("bcast_object",), Bound("Py smp", 2, 0, "array_copy"), least_nbytes=1 << 20),
            *(
                py(f"2x faster than {mpi}'s pkl5", ("bcast_object",), Bound(mpi, 1 / 2), least_nbytes=1 << 20)
                for mpi in BOTH_MPI
            ),
        ),
    ),
    Target(
        "Queue, there and back",
        (py("5x faster than multiprocessing.Queue", ("queue",), Bound("Py smp", 1 / 5, 0, "multiprocessing_queue")),),
    ),
    Target("zeros(1) and free", (py("at most 3 us over C", ("zeros_free",), over_c(3000, "malloc_free")),)),
    Target(
        "bandwidth, 64 KB and more",
        (
            py(
                "equal to C: within 3% and a call's 100 ns",
                ("putmem", "getmem", "putmem_16_ahead", "getmem_16_ahead"),
                Bound(BESIDE, 1.03, 100),
                least_nbytes=65536,
            ),
        ),
    ),
    Target(
        "import and start",
        (
            py("import after NumPy: 15 ms", ("import",), Bound(plus=15 * MS), npes=(1,)),
            py("run -n 2: 60 ms over two that import NumPy", ("start",), Bound("Python alone", 1, 60 * MS)),
        ),
    ),
    Target(
        "stencil, transpose, sweep, updates, sort",
        (
            *(py(f"not slower than {mpi}", KERNELS, Bound(mpi)) for mpi in BOTH_MPI),
            *(py(f"smallest: 3x faster than {mpi}", KERNELS, Bound(mpi, 1 / 3), smallest=True) for mpi in BOTH_MPI),
            *(
                py(
                    f"what communication adds, smallest: 3x less than {mpi}",
                    KERNELS,
                    Bound(mpi, 1 / 3, beyond="NumPy alone"),
                    smallest=True,
                )
                for mpi in BOTH_MPI
            ),
            py("not slower than 1.0", KERNELS, Bound(OLD)),
        ),
    ),
)

PYTHON_ON_OTHERS = (
    Target(
        "put, get, p, g, atomics of 8 bytes",
        (Condition("at most 120 ns over C on Open MPI", ACCESS, "Py openmpi", (Bound(OPENMPI, 1, 120),)),),
    ),
)

TABLES = {
    "C on smp": C_ON_SMP,
    "Python on smp": PYTHON_ON_SMP,
    "Python on other engines": PYTHON_ON_OTHERS,
}


def judge(condition: Condition, results: Results) -> Iterator[Verdict]:
    """A verdict for each cell of which both sides were measured."""
    cells = [
        key
        for key in results.samples.get(condition.ours, {})
        if key[0] in condition.rows
        and key[2] in condition.npes
        and condition.least_nbytes <= key[1] <= condition.most_nbytes
    ]
    if condition.smallest:
        cells = [key for key in cells if key[1] == min(other[1] for other in cells if other[0] == key[0])]
    for key in cells:
        ours = results.samples[condition.ours][key]
        bounds = [found for bound in condition.bounds if (found := allowances(bound, key, results))]
        if not bounds:
            continue
        allowed = max(bounds, key=median)
        if len(allowed) != len(ours):  # a number, or a program failed in some round
            allowed = [median(allowed)] * len(ours)
        ratios = [mine / most for mine, most in zip(ours, allowed, strict=True)]
        low, high = quartiles(ratios)
        met = True if high < 1 else False if low > 1 else None
        yield Verdict(key, median(ours), median(allowed), median(ratios), met)


def allowances(bound: Bound, key: Key, results: Results) -> list[float]:
    """The value that is allowed in each round; empty if that was not measured."""
    if not bound.variant:
        return [bound.plus]
    samples = results.samples.get(bound.variant, {})
    if bound.row is not None:
        named = [other for other in samples if (other[0], other[2]) == (bound.row, key[2])]
        if not named:
            return []
        same_size = (bound.row, key[1], key[2])
        key = same_size if same_size in named else named[0]
    times = samples.get(key, [])
    alone = results.samples.get(bound.beyond, {}).get(key, []) if bound.beyond else [0.0] * len(times)
    return [base + bound.factor * (time - base) + bound.plus for base, time in zip(alone, times, strict=False)]
