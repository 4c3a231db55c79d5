# SPDX-License-Identifier: BSD-3-Clause
"""Reads the stub of the extension, shmem4py/_core.pyi: its functions, classes, types and docstrings.

Every tool that needs signatures reads the stub through this module. The module runs in the CMake build and needs only
the standard library.

`read()` gives an `Interface`. A function has its overloads as they are written, for tools that need types. It also has
one list of parameters, for the parser: a parameter may be left out if it may in any overload. Docstrings are written
out: a name in braces stands for the text of a constant of the stub (`{CTX}` for `_CTX`), and `{NAME}` for the name of
the function.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

STUB = Path(__file__).resolve().parent.parent / "shmem4py" / "_core.pyi"


class StubError(Exception):
    """The stub contradicts itself or has a form that this module does not read."""


@dataclass(frozen=True)
class Parameter:
    name: str
    annotation: str
    default: str | None  # Python source; None: must be given
    keyword_only: bool

    def __str__(self) -> str:
        return self.name if self.default is None else f"{self.name}={self.default}"


@dataclass(frozen=True)
class Overload:
    parameters: tuple[Parameter, ...]
    returns: str


@dataclass(frozen=True)
class Function:
    """A function or method. `docstring` is empty for methods that are slots of the type."""

    name: str
    owner: str | None  # the class
    static: bool
    overloads: tuple[Overload, ...]
    docstring: str

    @property
    def full_name(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that the program may pass, without the object of a method."""
        merged = list(self.overloads[0].parameters)
        for overload in self.overloads[1:]:
            if [parameter.name for parameter in overload.parameters] != [parameter.name for parameter in merged]:
                raise StubError(f"{self.full_name}: the overloads have different parameters")
            for i, (one, other) in enumerate(zip(merged, overload.parameters, strict=True)):
                if one.default and other.default and one.default != other.default:
                    raise StubError(f"{self.full_name}: {one.name} has different defaults")
                # An overload may ask for a keyword where another need not.
                by_keyword = one.keyword_only and other.keyword_only
                merged[i] = Parameter(one.name, one.annotation, one.default or other.default, by_keyword)
        return tuple(merged)

    @property
    def text_signature(self) -> str:
        """The signature as CPython keeps it in the first line of a docstring."""
        items = ["$self"] if self.owner and not self.static else []
        star = False
        for parameter in self.parameters:
            if parameter.keyword_only and not star:
                items.append("*")
                star = True
            items.append(str(parameter))
        return f"({', '.join(items)})"


@dataclass(frozen=True)
class Class:
    name: str
    docstring: str
    constructor: Function | None
    methods: tuple[Function, ...]


@dataclass(frozen=True)
class Interface:
    docstring: str
    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    constants: dict[str, str] = field(default_factory=dict)  # name: annotation

    def callables(self) -> Iterator[Function]:
        """Everything that takes arguments: functions, constructors, and methods that are not slots."""
        yield from self.functions
        for cls in self.classes:
            if cls.constructor:
                yield cls.constructor
            yield from (method for method in cls.methods if method.docstring)


def _shared_texts(tree: ast.Module) -> dict[str, str]:
    """The constants `_NAME = \"\"\"text\"\"\"`, without the lines at both ends."""
    return {
        node.targets[0].id[1:]: node.value.value.strip("\n")
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def expand(text: str, shared: dict[str, str], where: str) -> str:
    """Write `{NAME}` out; further lines of what it stands for are indented as its own line is."""
    for _ in range(10):
        missing = [name for name in re.findall(r"\{([A-Z_]+)\}", text) if name not in shared]
        if missing:
            raise StubError(f"{where}: the stub has no text _{missing[0]}")
        expanded = re.sub(
            r"(?m)^( *)(.*?)\{([A-Z_]+)\}",
            lambda match: match[1] + match[2] + shared[match[3]].replace("\n", "\n" + match[1]),
            text,
        )
        if expanded == text:
            return re.sub(r"(?m) +$", "", text)
        text = expanded
    raise StubError(f"{where}: a text contains itself")


class _Reader:
    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        self.shared = _shared_texts(self.tree)

    def docstring(self, node: ast.Module | ast.ClassDef | ast.FunctionDef, leaf: str = "") -> str:
        text = ast.get_docstring(node, clean=False)
        return expand(inspect.cleandoc(text), self.shared | {"NAME": leaf}, leaf) if text else ""

    def overload(self, node: ast.FunctionDef, bound: bool) -> Overload:
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args][int(bound) :]
        if arguments.vararg or arguments.kwarg:
            raise StubError(f"{node.name}: *args and **kwargs are not provided for")
        defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults[-len(positional) :])
        both = zip([*positional, *arguments.kwonlyargs], [*defaults, *arguments.kw_defaults], strict=True)
        parameters = tuple(
            Parameter(
                argument.arg,
                ast.unparse(argument.annotation) if argument.annotation else "",
                ast.unparse(default) if default else None,
                i >= len(positional),
            )
            for i, (argument, default) in enumerate(both)
        )
        return Overload(parameters, ast.unparse(node.returns) if node.returns else "")

    def functions(self, body: list[ast.stmt], owner: str | None) -> tuple[Function, ...]:
        found: dict[str, list[ast.FunctionDef]] = {}
        for node in body:
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, []).append(node)
        functions = []
        for name, nodes in found.items():
            static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in nodes[0].decorator_list)
            bound = owner is not None and not static
            overloads = tuple(self.overload(node, bound) for node in nodes)
            functions.append(Function(name, owner, static, overloads, self.docstring(nodes[0], name)))
        return tuple(functions)

    def cls(self, node: ast.ClassDef) -> Class:
        methods = self.functions(node.body, node.name)
        constructor = next((method for method in methods if method.name == "__new__"), None)
        others = tuple(method for method in methods if method is not constructor)
        return Class(node.name, self.docstring(node, node.name), constructor, others)

    def interface(self) -> Interface:
        return Interface(
            self.docstring(self.tree),
            self.functions(self.tree.body, None),
            tuple(self.cls(node) for node in self.tree.body if isinstance(node, ast.ClassDef)),
            {
                node.target.id: ast.unparse(node.annotation)
                for node in self.tree.body
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id[0] != "_"
            },
        )


def read(path: Path = STUB) -> Interface:
    """The interface that a stub describes."""
    return _Reader(path.read_text(encoding="utf-8")).interface()


def written_out(path: Path = STUB) -> str:
    """The stub that is installed: all docstrings are written out, and the texts that they share are left out."""
    source = path.read_text(encoding="utf-8")
    reader = _Reader(source)
    lines = source.splitlines()
    replaced: list[tuple[int, int, list[str]]] = []
    for node in ast.walk(reader.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            text = reader.docstring(node, node.name)
            pad = " " * node.body[0].col_offset
            quoted = f'"""{text}\n"""' if "\n" in text else f'"""{text}"""'
            new = [pad + line if line else "" for line in quoted.splitlines()]
            replaced.append((node.body[0].lineno - 1, node.body[0].end_lineno or 0, new))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            first = node.lineno - 1
            while lines[first - 1].startswith("#") or not lines[first - 1]:  # with what is said about it
                first -= 1
            replaced.append((first, node.end_lineno or 0, []))
    start = reader.tree.body[0].lineno - 1
    head = ["# SPDX-License-Identifier: BSD-3-Clause", "#", "# Made of shmem4py/_core.pyi in the sources; do not edit."]
    replaced.append((0, start, head))
    for first, last, new in sorted(replaced, reverse=True):
        lines[first:last] = new
    return "\n".join(lines) + "\n"
