# SPDX-License-Identifier: BSD-3-Clause
"""The names of the interface: none is missing, and constants agree with the extension."""

from __future__ import annotations

import enum
import inspect
import operator
import re
from pathlib import Path

import pytest

import shmem4py
from shmem4py import _core, shmem

ENUMS: dict[str, tuple[type[enum.Enum], list[str]]] = {
    "THREAD": (enum.IntEnum, ["SINGLE", "FUNNELED", "SERIALIZED", "MULTIPLE"]),
    "CTX": (enum.IntFlag, ["PRIVATE", "SERIALIZED", "NOSTORE"]),
    "MALLOC": (enum.IntFlag, ["ATOMICS_REMOTE", "SIGNAL_REMOTE"]),
    "AMO": (str, ["SET", "INC", "ADD", "AND", "OR", "XOR"]),  # type: ignore[dict-item]
    "SIGNAL": (enum.IntEnum, ["SET", "ADD"]),
    "OP": (str, ["AND", "OR", "XOR", "MAX", "MIN", "SUM", "PROD"]),  # type: ignore[dict-item]
    "CMP": (enum.IntEnum, ["EQ", "NE", "GT", "LE", "LT", "GE"]),
}

# Positional order and defaults are what programs of 1.0 rely on.
SIGNATURES = {
    "init": "()",
    "finalize": "()",
    "global_exit": "(status=0)",
    "pe_accessible": "(pe)",
    "addr_accessible": "(addr, pe)",
    "ptr": "(target, pe)",
    "alloc": "(count, size=1, align=None, hints=None, clear=True)",
    "free": "(mem)",
    "fromalloc": "(mem, shape=None, dtype=None, order='C')",
    "del_array": "(a)",
    "array": "(obj, dtype=None, *, order='K', align=None, hints=None)",
    "put": "(target, source, pe, size=None, ctx=None)",
    "get": "(target, source, pe, size=None, ctx=None)",
    "put_nbi": "(target, source, pe, size=None, ctx=None)",
    "get_nbi": "(target, source, pe, size=None, ctx=None)",
    "iput": "(target, source, pe, tst=1, sst=1, size=None, ctx=None)",
    "iget": "(target, source, pe, tst=1, sst=1, size=None, ctx=None)",
    "ibput": "(target, source, pe, tst, sst, bsize, nblocks=None, ctx=None)",
    "ibget": "(target, source, pe, tst, sst, bsize, nblocks=None, ctx=None)",
    "p": "(target, value, pe, ctx=None)",
    "g": "(source, pe, ctx=None)",
    "atomic_set": "(target, value, pe, ctx=None)",
    "atomic_inc": "(target, pe, ctx=None)",
    "atomic_fetch": "(source, pe, ctx=None)",
    "atomic_compare_swap": "(target, cond, value, pe, ctx=None)",
    "atomic_op": "(target, value, op, pe, ctx=None)",
    "atomic_fetch_op_nbi": "(fetch, target, value, op, pe, ctx=None)",
    "put_signal": "(target, source, pe, signal, value, sigop, size=None, ctx=None)",
    "signal_set": "(signal, value, pe, ctx=None)",
    "signal_wait_until": "(signal, cmp, value, *, timeout=None)",
    "sync": "(team=None)",
    "broadcast": "(target, source, root, size=None, team=None)",
    "collect": "(target, source, size=None, team=None)",
    "alltoalls": "(target, source, tst=1, sst=1, size=None, team=None)",
    "sum_reduce": "(target, source, size=None, team=None)",
    "sum": "(x, root=None, team=None)",
    "argmax": "(x, root=None, team=None)",
    "cumsum": "(x, team=None)",
    "reduce_with": "(f, x, root=None, team=None)",
    "gather": "(x, root=0, ragged=False, team=None)",
    "allgather": "(x, ragged=False, team=None)",
    "scatter": "(x, root=0, team=None)",
    "alltoallv": "(pieces, team=None)",
    "bcast": "(x, root=0, team=None)",
    "wait_until_all": "(ivars, cmp, value, status=None, *, timeout=None)",
    "test_some_vector": "(ivars, cmp, values, status=None)",
    "fence": "(ctx=None)",
    "pe_quiet": "(pes, ctx=None)",
    "pcontrol": "(level=1)",
    "Ctx": "(ctx=None)",
    "Ctx.create": "(options=0, team=None)",
    "Ctx.session_start": "(self, /, options=0, total_ops=None)",
    "CTX_DEFAULT.quiet": "()",
    "Team": "(team=None)",
    "Team.split_strided": "(self, /, start=0, stride=1, size=None, config=None, *, num_contexts=None)",
    "Team.split_2d": "(self, /, xrange)",
    "TEAM_WORLD.translate_pe": "(pe=None, team=None)",
    "TEAM_WORLD.ptr": "(target, pe)",
    "Lock.acquire": "(self, blocking=True)",
}


# What a module, a class or `rc` of 1.0 has; the members of its enumerations are constants of the module too.
TEXT = """
    MAJOR_VERSION MINOR_VERSION VENDOR_STRING info_get_version info_get_name init finalize global_exit init_thread
    query_thread Ctx CTX_DEFAULT CTX_INVALID Team TEAM_WORLD TEAM_SHARED TEAM_INVALID my_pe n_pes pe_accessible
    addr_accessible ptr alloc free fromalloc new_array del_array array empty zeros ones full put get iput iget put_nbi
    get_nbi atomic_set atomic_inc atomic_add atomic_and atomic_or atomic_xor atomic_fetch atomic_swap
    atomic_compare_swap atomic_fetch_inc atomic_fetch_add atomic_fetch_and atomic_fetch_or atomic_fetch_xor
    atomic_fetch_nbi atomic_swap_nbi atomic_compare_swap_nbi atomic_fetch_inc_nbi atomic_fetch_add_nbi
    atomic_fetch_and_nbi atomic_fetch_or_nbi atomic_fetch_xor_nbi atomic_op atomic_fetch_op atomic_fetch_op_nbi
    new_signal del_signal signal_fetch put_signal put_signal_nbi barrier_all sync_all sync broadcast collect fcollect
    alltoall alltoalls reduce and_reduce or_reduce xor_reduce max_reduce min_reduce sum_reduce prod_reduce wait_until
    wait_until_all wait_until_any wait_until_some wait_until_all_vector wait_until_any_vector wait_until_some_vector
    test test_all test_any test_some test_all_vector test_any_vector test_some_vector signal_wait_until fence quiet
    new_lock del_lock set_lock test_lock clear_lock Lock pcontrol Ctx.create Ctx.destroy Ctx.get_team Ctx.fence
    Ctx.quiet Team.destroy Team.split_strided Team.get_config Team.my_pe Team.n_pes Team.translate_pe Team.create_ctx
    Team.sync Lock.acquire Lock.release Lock.destroy rc.initialize rc.threads rc.thread_level rc.finalize
"""
NAMES_OF_1_0 = TEXT.split()
NAMES_OF_1_0 += [name for enum_, (_, members) in ENUMS.items() for name in (enum_, *(f"{enum_}_{m}" for m in members))]
UNSUPPORTED = {"shmem4py.api", "ffi", "lib"}
# Functions that `import *` must not put in the place of builtins.
LIKE_BUILTINS = {"sum", "max", "min", "any", "all"}


def names_now() -> set[str]:
    """Return the public names of the module, of its classes and of `rc`."""
    names = set(shmem.__all__) | LIKE_BUILTINS | {f"rc.{option}" for option in vars(shmem4py.Rc)["__annotations__"]}
    for cls in (shmem.Ctx, shmem.Team, shmem.Lock):
        names |= {f"{cls.__name__}.{member}" for member in vars(cls) if not member.startswith("_")}
    return names


def test_every_name_of_1_0_is_there() -> None:
    assert set(NAMES_OF_1_0) - names_now() == set()


def test_the_guide_from_1_0_has_a_row_for_each_old_and_each_new_name() -> None:
    text = (Path(__file__).parents[2] / "docs" / "from-1.0.md").read_text()
    old, new = (
        [row.split("|")[1] for row in part.splitlines() if row.startswith("| `")]
        for part in text.split("## Every name of 1.0")[1].split("## What has been added")
    )
    listed = [name for row in old for name in re.findall(r"`([^`]+)`", row)]
    assert sorted(listed) == sorted([*NAMES_OF_1_0, *UNSUPPORTED])
    added = [re.findall(r"`([^`]+)`", row)[0] for row in new]
    assert {name for name in added if "shmem4py" not in name} == names_now() - set(NAMES_OF_1_0)


@pytest.mark.parametrize("name", ENUMS)
def test_enum_has_its_members_and_module_constants(name: str) -> None:
    base, members = ENUMS[name]
    cls = getattr(shmem, name)
    assert issubclass(cls, base)
    assert list(cls.__members__) == members
    for member in members:
        assert getattr(shmem, f"{name}_{member}") is cls[member]


@pytest.mark.parametrize("name", ["THREAD", "CTX", "MALLOC", "SIGNAL", "CMP"])
def test_integers_are_those_of_the_extension(name: str) -> None:
    for member in getattr(shmem, name):
        assert getattr(_core, f"{name}_{member.name}") == member.value


@pytest.mark.parametrize("name", ["AMO", "OP"])
def test_string_members_are_lower_case_and_print_as_such(name: str) -> None:
    for member in getattr(shmem, name):
        assert str(member) == f"{member}" == member.value == member.name.lower()


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name: str) -> None:
    function = operator.attrgetter(name)(shmem)
    parameters = [
        p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(function).parameters.values()
    ]
    assert str(inspect.Signature(parameters)) == SIGNATURES[name]


def test_all_lists_names_that_are_there_once() -> None:
    assert len(set(shmem.__all__)) == len(shmem.__all__)
    assert not [name for name in shmem.__all__ if not hasattr(shmem, name)]


def test_everything_public_is_in_all() -> None:
    # "@…": what pytest adds to a module whose asserts it rewrites.
    public = {name for name in vars(shmem) if not name.startswith(("_", "@"))} - {"annotations"}
    assert public - set(shmem.__all__) == LIKE_BUILTINS


def test_hot_functions_are_the_extensions_own() -> None:
    for name in ("put", "get", "p", "g", "atomic_fetch_add", "barrier_all", "sum_reduce", "wait_until"):
        assert getattr(shmem, name) is getattr(_core, name)


@pytest.mark.parametrize("name", [n for n in shmem.__all__ if callable(getattr(shmem, n))])
def test_everything_callable_has_a_docstring(name: str) -> None:
    assert (getattr(shmem, name).__doc__ or "").strip()


def test_package_has_a_version() -> None:
    assert [int(part) for part in shmem4py.__version__.split(".")]


def test_constants_of_the_library() -> None:
    assert shmem.info_get_version() == (shmem.MAJOR_VERSION, shmem.MINOR_VERSION)
    assert shmem.info_get_name() == shmem.VENDOR_STRING
    assert shmem.VENDOR_STRING
