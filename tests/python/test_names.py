# SPDX-License-Identifier: BSD-3-Clause
"""The names of the interface: none is missing, and constants agree with the extension."""

from __future__ import annotations

import enum
import inspect
import operator

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
    "signal_wait_until": "(signal, cmp, value)",
    "sync": "(team=None)",
    "broadcast": "(target, source, root, size=None, team=None)",
    "collect": "(target, source, size=None, team=None)",
    "alltoalls": "(target, source, tst=1, sst=1, size=None, team=None)",
    "sum_reduce": "(target, source, size=None, team=None)",
    "wait_until_all": "(ivars, cmp, value, status=None)",
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
    public = {name for name in vars(shmem) if not name.startswith("_")} - {"annotations"}
    assert public == set(shmem.__all__)


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
