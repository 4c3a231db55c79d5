# SPDX-License-Identifier: BSD-3-Clause
"""Wrong input is refused with the documented exception, and the message names the argument."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import pytest
from support import everywhere, me, npes, right

from shmem4py import shmem

RMA = [shmem.put, shmem.get, shmem.put_nbi, shmem.get_nbi]


def symmetric_first(call: Any) -> bool:
    return "put" in call.__name__


def apply(call: Any, far: Any, near: Any, *args: Any, **kwargs: Any) -> None:
    if symmetric_first(call):
        call(far, near, *args, **kwargs)
    else:
        call(near, far, *args, **kwargs)


@pytest.mark.pes(2)
@pytest.mark.parametrize("call", RMA, ids=lambda f: f.__name__)
def test_pe_out_of_range(call: Any) -> None:
    a, b = shmem.zeros(3), np.zeros(3)
    for pe in (2, -1, 1 << 40, -(1 << 70)):
        with pytest.raises((IndexError, OverflowError), match=f"{call.__name__}: pe"):
            apply(call, a, b, pe)
    for bad in ("0", None, 1.0, [0]):
        with pytest.raises(TypeError, match=f"{call.__name__}: pe"):
            apply(call, a, b, bad)
    apply(call, a, b, np.int8(1))
    apply(call, a, b, True)


@pytest.mark.pes(2)
def test_pe_out_of_range_says_the_limit() -> None:
    with pytest.raises(IndexError, match=f"put: pe is {1 << 70}, but"):
        shmem.put(shmem.zeros(1), np.zeros(1), 1 << 70)
    with pytest.raises(IndexError, match=r"put: pe is 2, .*(0 to 1|2 PEs)"):
        shmem.put(shmem.zeros(1), np.zeros(1), 2)


@pytest.mark.pes(2)
@pytest.mark.parametrize("call", RMA, ids=lambda f: f.__name__)
def test_sizes_beyond_either_side(call: Any) -> None:
    a, b = shmem.zeros(3), np.zeros(5)
    for size in (4, 6, 1 << 62):
        with pytest.raises(ValueError, match=f"{call.__name__}: size"):
            apply(call, a, b, 0, size)
    with pytest.raises(ValueError, match=f"{call.__name__}: size"):
        apply(call, a, b, 0, -1)
    with pytest.raises(TypeError, match=f"{call.__name__}: size"):
        apply(call, a, b, 0, 1.0)
    assert not a.any()


@pytest.mark.pes(2)
@pytest.mark.parametrize("call", RMA, ids=lambda f: f.__name__)
def test_dtypes_that_differ(call: Any) -> None:
    for far, near in (("f8", "f4"), ("i8", "f8"), ("i4", "u4"), ("S4", "S5"), ("i4", ">i4"), ("M8[s]", "M8[ms]")):
        with pytest.raises(TypeError, match=f"{call.__name__}: .*dtype"):
            apply(call, shmem.zeros(2, far), np.zeros(2, near), 0)


@pytest.mark.pes(2)
@pytest.mark.parametrize("call", RMA, ids=lambda f: f.__name__)
def test_dtypes_of_one_kind_and_size_agree(call: Any) -> None:
    for far, near in (("l", "q"), ("i8", "l"), ("L", "Q"), ("p", "l")):
        apply(call, shmem.zeros(2, far), np.zeros(2, near), 0)


@pytest.mark.pes(2)
@pytest.mark.parametrize("call", RMA, ids=lambda f: f.__name__)
def test_far_side_is_symmetric(call: Any) -> None:
    role = "target" if symmetric_first(call) else "source"
    for bad in (np.zeros(3), np.frombuffer(bytearray(24))):
        with pytest.raises(ValueError, match=f"{call.__name__}: {role} is not symmetric|{role}.*symmetric"):
            apply(call, bad, np.zeros(3), 0)


@pytest.mark.pes(2)
@pytest.mark.parametrize(
    "bad",
    [None, 3, [1.0, 2.0], "a", b"bytes", memoryview(bytes(8))],
    ids=["none", "number", "list", "text", "bytes", "memoryview"],
)
@pytest.mark.parametrize("call", RMA, ids=lambda f: f.__name__)
def test_far_side_is_an_array(call: Any, bad: Any) -> None:
    role = "target" if symmetric_first(call) else "source"
    with pytest.raises(TypeError, match=f"{call.__name__}: {role}"):
        apply(call, bad, np.zeros(1), 0)


@pytest.mark.pes(2)
@pytest.mark.parametrize("bad", [None, [1.0], "a", object()], ids=["none", "list", "text", "object"])
def test_near_side_is_an_array(bad: Any) -> None:
    a = shmem.zeros(1)
    with pytest.raises(TypeError, match="put: source"):
        shmem.put(a, bad, 0)
    with pytest.raises(TypeError, match="get: target"):
        shmem.get(bad, a, 0)
    with pytest.raises(TypeError, match="get: target"):
        shmem.get(1.0, a, 0)  # type: ignore[arg-type]


@pytest.mark.pes(2)
def test_read_only_targets() -> None:
    a, b = shmem.zeros(3), np.zeros(3)
    a.flags.writeable = b.flags.writeable = False
    with pytest.raises(ValueError, match="put: target is (read-only|not writeable)"):
        shmem.put(a, b, 0)
    with pytest.raises(ValueError, match="get: target is (read-only|not writeable)"):
        shmem.get(b, a, 0)
    with pytest.raises(ValueError, match="atomic_set: target is (read-only|not writeable)"):
        shmem.atomic_set(a[:1], 1, 0)
    with pytest.raises(ValueError, match="sum_reduce: target is (read-only|not writeable)"):
        shmem.sum_reduce(a, a)


@pytest.mark.pes(2)
def test_shapes_that_do_not_broadcast() -> None:
    a = shmem.zeros((4, 4))
    with pytest.raises(ValueError, match="put: .*broadcast"):
        shmem.put(a[:, :3], np.zeros((4, 2)), 0)
    with pytest.raises(ValueError, match="get: .*broadcast"):
        shmem.get(np.zeros((4, 2)), a[:, :3], 0)
    assert not a.any()


@pytest.mark.pes(2)
def test_views_that_reach_beyond_their_block() -> None:
    a = shmem.zeros(4)
    beyond = np.lib.stride_tricks.as_strided(a, shape=(1 << 20,), strides=(8,))
    with pytest.raises(ValueError, match="put: target"):
        shmem.put(beyond, np.zeros(1 << 20), 0)
    before = np.lib.stride_tricks.as_strided(a[1:], shape=(4,), strides=(-8,))
    with pytest.raises(ValueError, match="put: target"):
        shmem.put(before, np.zeros(4), 0)


@pytest.mark.pes(2)
def test_object_arrays_are_refused() -> None:
    with pytest.raises(TypeError, match="dtype"):
        shmem.put(shmem.zeros(1), np.array([object()]), 0)


@pytest.mark.pes(2)
@pytest.mark.parametrize(
    "call", [*RMA, shmem.atomic_inc, shmem.barrier_all, shmem.sum_reduce], ids=lambda f: f.__name__
)
def test_arguments_that_are_missing_unknown_or_twice(call: Any) -> None:
    a = shmem.zeros(1, int)
    barrier: Any = shmem.barrier_all
    if call is not barrier:
        with pytest.raises(TypeError, match=call.__name__):
            call()
    with pytest.raises(TypeError, match=call.__name__):
        call(a, a, 0, None, None, 1, 2, 3, 4)
    with pytest.raises(TypeError, match="nonsense"):
        call(nonsense=1) if call is barrier else call(a, a, 0, nonsense=1)


@pytest.mark.pes(2)
def test_argument_twice() -> None:
    a = shmem.zeros(1)
    with pytest.raises(TypeError, match="target"):
        shmem.put(a, a, 0, target=a)  # type: ignore[misc]


@pytest.mark.pes(2)
def test_context_of_another_kind() -> None:
    a = shmem.zeros(1)
    for bad in (0, "ctx", shmem.TEAM_WORLD):
        with pytest.raises(TypeError, match="ctx"):
            shmem.put(a, a, 0, ctx=bad)  # type: ignore[arg-type]


@pytest.mark.pes(1)
def test_pe_out_of_range_of_one_says_how_to_start_more() -> None:
    message = "put: pe is 1, but PEs are 0 to 0: this job has one PE. To start it on 4: shmem4py run -n 4 app.py"
    with pytest.raises(IndexError, match=f"^{message}$"):
        shmem.put(shmem.zeros(1), np.zeros(1), 1)


@pytest.mark.pes(2)
def test_pe_out_of_range_of_a_team_of_one_says_nothing_of_the_job() -> None:
    a = shmem.zeros(1)
    team = shmem.TEAM_WORLD.split_strided(0, 1, 1)
    if me() == 0:
        with team.create_ctx() as ctx, pytest.raises(IndexError, match="PEs are 0 to 0$"):
            shmem.put(a, np.zeros(1), 1, ctx=ctx)
    shmem.barrier_all()


@pytest.mark.pes(2)
def test_memory_that_is_not_symmetric_says_what_to_do() -> None:
    a = shmem.zeros(4)
    for plain in (np.zeros(3), a[[0, 1]], a[a == 0], a + 1):
        with pytest.raises(ValueError, match=r"not in symmetric memory. shmem.array\(x\) makes a symmetric copy of x"):
            shmem.put(plain, np.zeros(1), 0)
    shmem.put(a[:2], np.zeros(1), 0)


@pytest.mark.pes(2)
def test_elements_in_place_of_arrays_are_told_to_be_slices() -> None:
    a, i, u = shmem.zeros(4), shmem.zeros(4, int), shmem.zeros(4, "u8")
    calls: list[tuple[str, Any]] = [
        ("put: target must be a numpy.ndarray", lambda: shmem.put(a[0], a, 0)),
        ("get: source must be a numpy.ndarray", lambda: shmem.get(a, a[0], 0)),
        ("p: target must be an array of one element, or \\(array, index\\)", lambda: shmem.p(a[0], 1, 0)),
        ("g: source must be an array of one element", lambda: shmem.g(a[0], 0)),
        ("iget: source must be a numpy.ndarray", lambda: shmem.iget(a, a[0], 0)),
        ("atomic_inc: target must be an array of one element", lambda: shmem.atomic_inc(i[0], 0)),
        ("wait_until: ivar must be an array of one element", lambda: shmem.wait_until(i[0], "==", 0)),
        ("sum_reduce: target must be a numpy.ndarray", lambda: shmem.sum_reduce(a[0], a)),
        ("ptr: target must be a numpy.ndarray", lambda: shmem.ptr(a[0], 0)),
        ("signal_set: signal must be a symmetric uint64 array", lambda: shmem.signal_set(u[0], 1, 0)),
        ("put_signal: target must be", lambda: shmem.put_signal(a[0], a, 0, u[:1], 1, "set")),
        ("set_lock: lock must be a symmetric array", lambda: shmem.set_lock(i[0])),
    ]
    for message, call in calls:
        with pytest.raises(TypeError, match=f"{message}.*: an index takes .* a slice such as a\\[0:1\\] keeps it in"):
            call()
    with pytest.raises(TypeError, match="must be a numpy.ndarray, not list$"):
        shmem.put([1.0], a, 0)  # type: ignore[arg-type]


class Own(enum.IntEnum):
    """A program's own enum, whose integers happen to be an operator's."""

    ONE = 1


ENUMS: list[tuple[str, Any, Any, Any]] = [
    ("cmp", shmem.CMP.GE, 5, lambda cmp: shmem.wait_until(shmem.zeros(1, int), cmp, 0)),
    ("cmp", shmem.CMP.GE, 5, lambda cmp: shmem.test_any(shmem.zeros(1, int), cmp, 0)),
    ("cmp", shmem.CMP.GE, 5, lambda cmp: shmem.wait_until_all_vector(shmem.zeros(1, int), cmp, [0])),
    ("cmp", shmem.CMP.GE, np.int8(5), lambda cmp: shmem.signal_wait_until(shmem.new_signal(), cmp, 0)),
    ("sigop", shmem.SIGNAL.SET, 1, lambda op: signal(shmem.put_signal, op)),
    ("sigop", shmem.SIGNAL.ADD, "add", lambda op: signal(shmem.put_signal_nbi, op)),
    ("op", shmem.OP.MAX, "MAX", lambda op: shmem.reduce(shmem.zeros(1), shmem.zeros(1), op)),
    ("op", shmem.AMO.ADD, "add", lambda op: shmem.atomic_op(shmem.zeros(1, int), 1, op, 0)),
    ("op", shmem.AMO.XOR, "xor", lambda op: shmem.atomic_fetch_op(shmem.zeros(1, int), 1, op, 0)),
    ("requested", shmem.THREAD.SINGLE, 0, lambda level: init_thread(level)),
    ("options", shmem.CTX.PRIVATE | shmem.CTX.NOSTORE, 5, lambda options: shmem.Ctx.create(options).destroy()),
    ("options", shmem.CTX(0), 0, lambda options: shmem.TEAM_WORLD.create_ctx(options).destroy()),
    ("hints", shmem.MALLOC.SIGNAL_REMOTE, 3, lambda hints: shmem.zeros(1, hints=hints)),
    ("hints", shmem.MALLOC.ATOMICS_REMOTE, 0, lambda hints: shmem.alloc(1, hints=hints)),
]


def signal(call: Any, op: Any) -> None:
    a = shmem.zeros(1)
    call(a, a, me(), shmem.new_signal(), 1, op)


def init_thread(level: Any) -> None:
    shmem.init_thread(level)
    shmem.finalize()


@pytest.mark.pes(2)
@pytest.mark.parametrize(("argument", "member", "plain", "call"), ENUMS)
def test_members_of_another_enum_are_refused(argument: str, member: Any, plain: Any, call: Any) -> None:
    others: list[Any] = [shmem.SIGNAL.SET, shmem.SIGNAL.ADD, shmem.CMP.EQ, shmem.OP.XOR, shmem.AMO.ADD, Own.ONE]
    others += [shmem.CTX.PRIVATE, shmem.MALLOC.ATOMICS_REMOTE, shmem.THREAD.SINGLE]
    for other in others:
        if type(other) is type(member):
            continue
        message = f": {argument} is {type(other).__name__}.{other.name}, must be a member of {type(member).__name__}"
        with pytest.raises(TypeError, match=message):
            call(other)
    call(member)
    call(plain)


@pytest.mark.pes(2)
def test_p_and_g() -> None:
    a = shmem.zeros(2)
    with pytest.raises(ValueError, match="p: target .*element"):
        shmem.p(a, 1, 0)
    with pytest.raises(ValueError, match="g: source .*element"):
        shmem.g(a, 0)
    with pytest.raises(TypeError, match="p: value"):
        shmem.p(a[:1], "1", 0)  # type: ignore[arg-type]
    b = shmem.zeros(1, "u1")
    for value in (256, -1):
        with pytest.raises(OverflowError):
            shmem.p(b, value, 0)
    with pytest.raises(TypeError):
        shmem.p(b, 1.5, 0)
    with pytest.raises(IndexError, match="p: pe"):
        shmem.p(b, 1, npes())
    assert b[0] == 0


@everywhere
def test_errors_of_one_pe_leave_the_others_alone() -> None:
    a = shmem.zeros(1, int)
    if me() == 0:
        for _ in range(100):
            with pytest.raises(IndexError):
                shmem.p(a, 1, npes())
    shmem.p(a, 1 + me(), right())
    shmem.barrier_all()
    assert a[0] == 1 + (me() - 1) % npes()


@pytest.mark.pes(1)
def test_not_implemented_names_call_and_engine() -> None:
    engine = shmem.engine()
    if not engine.missing:
        pytest.skip(f"engine {engine.name} has everything")
    calls: dict[str, Any] = {
        "scans": lambda: shmem.inscan(shmem.zeros(1), shmem.zeros(1)),
        "block_strided": lambda: shmem.ibput(shmem.zeros(4), np.zeros(4), 0, 2, 2, 1),
        "team_contexts": lambda: shmem.Ctx.create(team=shmem.TEAM_WORLD),
        "pe_quiet": lambda: shmem.pe_quiet([0]),
        "sessions": lambda: shmem.CTX_DEFAULT.session_start(),
    }
    for feature in engine.missing & set(calls):
        with pytest.raises(NotImplementedError, match=engine.name):
            calls[feature]()
