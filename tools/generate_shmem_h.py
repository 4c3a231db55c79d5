#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes include/shmem.h and include/pshmem.h from src/interface/; with --check only compares.

The hand-written parts are src/interface/*.h.in. Prototypes, C11 selections and C++ overloads come from types.def and
routines.def.
"""

from __future__ import annotations

import argparse
import difflib
import sys

import interface
from interface import Family, Parameter, Routine, Type

# C++ without extensions has no _Complex, so prototypes name typedefs of the header.
COMPLEX = {
    "float _Complex": ("shmem4py_complexf", "std::complex<float>"),
    "double _Complex": ("shmem4py_complexd", "std::complex<double>"),
}


def respell(text: str, which: int = 0) -> str:
    for ctype, spellings in COMPLEX.items():
        text = text.replace(ctype, spellings[which])
    return text


def prototypes(prefix: str = "") -> str:
    lines, section = [], None
    for family in interface.families():
        if prefix and not family.has_pshmem:
            continue
        if family.section != section:
            section = family.section
            lines += ["", f"/* {section} */", ""]
        mark = "SHMEM4PY_DEPRECATED " if family.deprecated else ""
        lines += [f"{mark}{respell(routine.prototype(prefix))};" for routine in interface.routines_of(family)]
    return "\n".join(lines)


def generic_families() -> list[Family]:
    return [family for family in interface.families() if family.generic]


def c_object(row: Type) -> str:
    return respell(row.ctype)


def c11_selections() -> str:
    """One macro per group of types: object and affixes of a name in, function out."""
    lines: list[str] = []
    for group in dict.fromkeys(family.types for family in generic_families() if family.types != "plain"):
        family = next(family for family in generic_families() if family.types == group)
        lines += ["", f"#define SHMEM4PY_{group}(pointer, prefix, suffix) \\", "  _Generic(*(pointer), \\"]
        arms = [f"    {c_object(row)}: prefix##{row.name}##suffix" for row in family.typed_once()]
        lines += [arm + ", \\" for arm in arms[:-1]] + [arms[-1] + ")"]
    return "\n".join(lines)


def c11_generic(family: Family) -> str:
    name, args = family.generic, "__VA_ARGS__"
    if family.types == "plain":
        # Of the plain routines with a generic name, one form has a handle in front and the other has not.
        handle, routine = ("shmem_ctx_t", interface.expand(family, ctx=True).name)
        if not family.has_ctx:
            handle, routine = family.parameters[0].ctype, family.name
        select = f"_Generic(SHMEM4PY_ARG1({args}), {handle}: {routine}, default: {name})"
    else:
        # With its underscore, since a user's macro could be named put or g.
        suffix = family.label.removeprefix("shmem")
        if family.has_ctx:
            select = f"SHMEM4PY_CTX(SHMEM4PY_{family.types}, {suffix}, SHMEM4PY_ARG1({args}), SHMEM4PY_ARG2({args}))"
        else:
            deciding = next(i for i, p in enumerate(family.parameters, 1) if "TYPE *" in p.ctype)
            select = f"SHMEM4PY_{family.types}(SHMEM4PY_ARG{deciding}({args}), shmem_, {suffix})"
    line = f"#define {name}(...) {select}({args})"
    return line if len(line) <= 119 else f"#define {name}(...) \\\n  {select}({args})"


def c11_generics() -> str:
    lines, section = [], None
    for family in generic_families():
        if family.section != section:
            section = family.section
            lines += ["", f"/* {section} */", ""]
        lines.append(c11_generic(family))
    return "\n".join(lines)


def signature(name: str, parameters: tuple[Parameter, ...]) -> str:
    return name + str([parameter.ctype for parameter in parameters])


def overload(name: str, routine: Routine, cxx_complex: bool) -> str:
    """An inline C++ function `name` that calls the routine; with cxx_complex for std::complex instead of _Complex."""
    inside = respell(", ".join(map(str, routine.parameters)), int(cxx_complex))
    values = []
    for parameter in routine.parameters:
        converts = cxx_complex and "_Complex" in parameter.ctype
        values.append(f"reinterpret_cast<{respell(parameter.ctype)}>({parameter.name})" if converts else parameter.name)
    mark = "SHMEM4PY_DEPRECATED " if routine.family.deprecated else ""
    call = f"{routine.name}({', '.join(values)})"
    return f"{mark}inline {respell(routine.returns)} {name}({inside}) {{ return {call}; }}"


def cxx_overloads() -> str:
    taken = {signature(routine.name, routine.parameters) for routine in interface.routines()}
    lines: list[str] = []
    section = None
    for family in interface.families():
        block = []
        if family.types == "plain":
            rows: list[Type | None] = [None]
        else:
            rows = list(family.typed_once())
        for row in rows:
            is_complex = row is not None and row.kind == "COMPLEX"
            for ctx in (False, True) if family.has_ctx else (False,):
                routine = interface.expand(family, ctx, row)
                # std::complex under the name with the type, then generic names for both spellings.
                if is_complex:
                    block.append(overload(routine.name, routine, cxx_complex=True))
                if family.generic and signature(family.generic, routine.parameters) not in taken:
                    block.append(overload(family.generic, routine, cxx_complex=False))
                    if is_complex:
                        block.append(overload(family.generic, routine, cxx_complex=True))
        if block and family.section != section:
            section = family.section
            lines += ["", f"/* {section} */", ""]
        lines += block
    return "\n".join(lines)


def generate() -> dict[str, str]:
    shmem = (interface.INTERFACE / "shmem.h.in").read_text()
    pshmem = (interface.INTERFACE / "pshmem.h.in").read_text()
    shmem = shmem.replace("@PROTOTYPES@", prototypes() + "\n")
    shmem = shmem.replace("@SELECTIONS@", c11_selections())
    shmem = shmem.replace("@GENERICS@", c11_generics() + "\n")
    shmem = shmem.replace("@OVERLOADS@", cxx_overloads() + "\n")
    return {"shmem.h": shmem, "pshmem.h": pshmem.replace("@PROTOTYPES@", prototypes("p") + "\n")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed headers, write nothing")
    check = parser.parse_args().check
    different = 0
    for name, text in generate().items():
        path = interface.ROOT / "include" / name
        old = path.read_text() if path.exists() else ""
        if old == text:
            continue
        different = 1
        if check:
            diff = difflib.unified_diff(old.splitlines(), text.splitlines(), path.name, "generated", lineterm="")
            print("\n".join(list(diff)[:60]))
        else:
            path.write_text(text)
            print(f"wrote {path}")
    return different if check else 0


if __name__ == "__main__":
    sys.exit(main())
