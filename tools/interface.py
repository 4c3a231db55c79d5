# SPDX-License-Identifier: BSD-3-Clause
"""Reads the tables of the C interface: src/interface/types.def and src/interface/routines.def.

The header generator, the coverage report and the mutation harness read the routines through this module, so that there
is one list. `routines()` gives every exported routine, expanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INTERFACE = ROOT / "src" / "interface"
# The flag columns of types.def, in their order.
GROUPS = (
    *("RMA", "AMO", "AMO_EXT", "AMO_BIT", "SYNC", "WAIT", "OLD_AMO", "OLD_AMO_EXT"),
    *("REDUCE_BIT", "REDUCE_ORD", "REDUCE_SUM", "TO_ALL_BIT", "TO_ALL_ORD", "TO_ALL_SUM"),
)
SIZES = {"sizes": (8, 16, 32, 64, 128), "sizes32": (32, 64)}


@dataclass(frozen=True)
class Type:
    """A row of types.def."""

    name: str
    ctype: str
    base: str
    kind: str
    groups: frozenset[str]


@dataclass(frozen=True)
class Parameter:
    ctype: str
    name: str

    def __str__(self) -> str:
        return self.ctype + self.name if self.ctype.endswith(("*", "...")) else f"{self.ctype} {self.name}"


@dataclass(frozen=True)
class Family:
    """A line of routines.def. `name` and parameters still hold TYPENAME, TYPE and SIZE."""

    section: str
    types: str
    flags: frozenset[str]
    returns: str
    name: str
    parameters: tuple[Parameter, ...]
    generic: str | None

    @property
    def label(self) -> str:
        """The family as the standard's index names it: shmem_put, shmem_atomic_fetch_add_nbi, shmem_iputSIZE."""
        return self.name.replace("TYPENAME_", "")

    @property
    def has_ctx(self) -> bool:
        return "ctx" in self.flags

    @property
    def deprecated(self) -> bool:
        return "deprecated" in self.flags

    @property
    def has_pshmem(self) -> bool:
        return "pshmem=no" not in self.flags

    def typed(self) -> list[Type]:
        """The types this family exists for, in table order; empty for plain and sized families."""
        return [row for row in types() if self.types in row.groups]

    def typed_once(self) -> list[Type]:
        """The same without rows that are one C type with an earlier one."""
        first: dict[str, Type] = {}
        for row in self.typed():
            first.setdefault(row.base, row)
        return list(first.values())


@dataclass(frozen=True)
class Routine:
    """One exported function."""

    family: Family
    returns: str
    name: str
    parameters: tuple[Parameter, ...]
    type: Type | None
    size: int | None
    ctx: bool

    def prototype(self, prefix: str = "") -> str:
        inside = ", ".join(map(str, self.parameters)) or "void"
        gap = "" if self.returns.endswith("*") else " "
        return f"{self.returns}{gap}{prefix}{self.name}({inside})"

    def arguments(self) -> str:
        return ", ".join(parameter.name for parameter in self.parameters)


@cache
def types() -> tuple[Type, ...]:
    rows = []
    for match in re.finditer(r"^SHMEM_TYPE\(([^)]*)\)", (INTERFACE / "types.def").read_text(), re.M):
        name, ctype, base, kind, *flags = (cell.strip() for cell in match[1].split(","))
        assert len(flags) == len(GROUPS), f"types.def: row {name} has {len(flags)} flags, not {len(GROUPS)}"
        groups = frozenset(group for group, flag in zip(GROUPS, flags, strict=True) if flag == "1")
        rows.append(Type(name, ctype, base, kind, groups))
    return tuple(rows)


def _parameter(text: str) -> Parameter:
    if text == "...":
        return Parameter("...", "")
    match = re.fullmatch(r"(.*?[\s*])(\w+)", text)
    assert match, f"routines.def: cannot read parameter {text!r}"
    return Parameter(match[1] if match[1].endswith("*") else match[1].strip(), match[2])


@cache
def families() -> tuple[Family, ...]:
    rows, section = [], ""
    for line in (INTERFACE / "routines.def").read_text().splitlines():
        if line.startswith("== "):
            section = line[3:]
        elif line and not line.startswith("#"):
            attributes, prototype = (half.strip() for half in line.split("|"))
            kind, *flags = attributes.split()
            assert kind == "plain" or kind in SIZES or kind in GROUPS, f"routines.def: no types {kind!r}"
            match = re.fullmatch(r"(.*?[\s*])(\w+)\((.*)\)", prototype)
            assert match, f"routines.def: cannot read {prototype!r}"
            inside = () if match[3] == "void" else tuple(_parameter(text) for text in match[3].split(", "))
            generic = None
            for flag in flags:
                if flag.startswith("generic"):
                    generic = flag.partition("=")[2] or match[2].replace("TYPENAME_", "")
            rows.append(Family(section, kind, frozenset(flags), match[1].strip(), match[2], inside, generic))
    return tuple(rows)


def expand(family: Family, ctx: bool, row: Type | None = None, size: int | None = None) -> Routine:
    """One routine of a family."""

    def fill(text: str) -> str:
        if row:
            text = re.sub(r"\bTYPE\b", row.ctype, text.replace("TYPENAME", row.name))
        return text.replace("SIZE", str(size)) if size else text

    name = fill(family.name)
    parameters = tuple(Parameter(fill(p.ctype), p.name) for p in family.parameters)
    if ctx:
        name = name.replace("shmem_", "shmem_ctx_", 1)
        parameters = (Parameter("shmem_ctx_t", "ctx"), *parameters)
    return Routine(family, fill(family.returns), name, parameters, row, size, ctx)


def routines_of(family: Family) -> list[Routine]:
    result = []
    for ctx in (False, True) if family.has_ctx else (False,):
        if family.types == "plain":
            result.append(expand(family, ctx))
        elif family.types in SIZES:
            result += [expand(family, ctx, size=size) for size in SIZES[family.types]]
        else:
            result += [expand(family, ctx, row) for row in family.typed()]
    return result


@cache
def routines() -> tuple[Routine, ...]:
    """Every exported routine, without the name-shifted twins."""
    return tuple(routine for family in families() for routine in routines_of(family))


if __name__ == "__main__":
    for routine in routines():
        print(routine.prototype() + ";")
