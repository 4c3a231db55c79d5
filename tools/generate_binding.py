# SPDX-License-Identifier: BSD-3-Clause
"""Writes the sources for the extension, and the stub that is installed, from shmem4py/_core.pyi.

    generate_binding.py FOLDER

stub.h has a struct for each callable, named as it is: its arguments, in order, and its `Signature`. stub.cpp has the
docstrings. _core.pyi is the stub with docstrings written out. A file whose text has not changed is not written, so that
the build compiles nothing again for it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from signatures import Class, Function, Interface, StubError, read, written_out

NOTE = """// SPDX-License-Identifier: BSD-3-Clause
//
// Made of shmem4py/_core.pyi by tools/generate_binding.py; do not edit.
"""


def identifier(function: Function) -> str:
    """`__enter__` is `enter` in C++, which reserves names with two underscores; `__new__` is `constructor`."""
    return "constructor" if function.name == "__new__" else function.name.removeprefix("__").removesuffix("__")


def quoted(text: str) -> str:
    """The text as C string literals, one a line."""
    return "\n".join("    " + json.dumps(line, ensure_ascii=False) for line in text.splitlines(keepends=True))


def struct(function: Function) -> str:
    parameters = function.parameters
    required = sum(parameter.default is None for parameter in parameters)
    if any(p.default is None for p in parameters[required:]):
        raise StubError(f"{function.full_name}: a parameter that must be given follows one that need not be")
    positional = sum(not parameter.keyword_only for parameter in parameters)
    names = [function.full_name, function.name] if function.name != "__new__" else [function.owner] * 2
    lines, table = [], "nullptr"
    if parameters:
        listed = ", ".join(f"Name::{parameter.name}" for parameter in parameters)
        lines.append(f"  PyObject {', '.join('*' + parameter.name for parameter in parameters)};")
        lines.append(f"  static constexpr Name kNames[] = {{{listed}}};")
        table = "kNames"
    values = [*(f'"{name}"' for name in names), table, str(len(parameters)), str(required), str(positional)]
    lines.append(f"  static constexpr Signature signature{{{', '.join(values)}}};")
    if function.docstring:
        lines.append("  static const char doc[];")
    return "\n".join([f"struct {identifier(function)} {{", *lines, "};"])


def docstring(function: Function) -> str:
    text = f"{function.name}{function.text_signature}\n--\n\n{function.docstring}\n"
    return f"const char {identifier(function)}::doc[] =\n{quoted(text)};"


def class_docstring(cls: Class) -> str:
    signature = ""
    if cls.constructor:
        signature = f"{cls.name}{cls.constructor.text_signature.replace('$self, ', '')}\n--\n\n"
    return f"const char doc[] =\n{quoted(signature + cls.docstring)};"


def rows(cls: Class) -> list[Function]:
    return [method for method in cls.methods if method.docstring]


def header(interface: Interface) -> str:
    names = sorted({parameter.name for function in interface.callables() for parameter in function.parameters})
    texts = ", ".join(f'"{name}"' for name in names)
    parts = [
        NOTE + '#pragma once\n\n#include "binding/signature.h"\n\nnamespace shmem::binding {',
        f"// The names of all parameters.\nenum class Name : unsigned char {{ {', '.join(names)} }};\n"
        f"inline constexpr const char* kNameTexts[] = {{{texts}}};",
        "namespace stub {",
        "extern const char doc[];",
        *(struct(function) for function in interface.functions),
    ]
    for cls in interface.classes:
        parts += [f"namespace {cls.name} {{", "extern const char doc[];"]
        parts += [struct(cls.constructor)] if cls.constructor else []
        parts += [*(struct(method) for method in rows(cls)), f"}}  // namespace {cls.name}"]
    return "\n\n".join([*parts, "}  // namespace stub", "}  // namespace shmem::binding"]) + "\n"


def source(interface: Interface) -> str:
    parts = [
        NOTE + '#include "binding/stub.h"\n\nnamespace shmem::binding::stub {',
        f"const char doc[] =\n{quoted(interface.docstring)};",
        *(docstring(function) for function in interface.functions),
    ]
    for cls in interface.classes:
        parts += [f"namespace {cls.name} {{", class_docstring(cls)]
        parts += [*(docstring(method) for method in rows(cls)), f"}}  // namespace {cls.name}"]
    return "\n\n".join([*parts, "}  // namespace shmem::binding::stub"]) + "\n"


def main() -> None:
    folder = Path(sys.argv[1])
    interface = read()
    files = {
        "binding/stub.h": header(interface),
        "binding/stub.cpp": source(interface),
        "_core.pyi": written_out(),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
