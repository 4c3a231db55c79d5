# SPDX-License-Identifier: BSD-3-Clause
"""The stub is the source of signatures and docstrings: the extension and the installed stub agree with it."""

from __future__ import annotations

import ast
import operator
from pathlib import Path

import generate_binding
import pytest
import signatures

from shmem4py import _core

INTERFACE = signatures.read()
CALLABLES = {f.owner if f.name == "__new__" and f.owner else f.full_name: f for f in INTERFACE.callables()}
INSTALLED = Path(_core.__file__).parent / "_core.pyi"


@pytest.mark.parametrize("name", CALLABLES)
def test_the_extension_has_the_signature_and_docstring_of_the_stub(name: str) -> None:
    thing, function = operator.attrgetter(name)(_core), CALLABLES[name]
    docstring = function.docstring or next(cls.docstring for cls in INTERFACE.classes if cls.name == name)
    assert thing.__doc__.strip() == docstring
    assert thing.__text_signature__ == function.text_signature.replace("$self, " if name in ("Ctx", "Team") else "", "")


@pytest.mark.parametrize("name", ["FreedError", "Block", "PeerMemory"])
def test_classes_that_nobody_calls_have_the_docstring_of_the_stub(name: str) -> None:
    assert getattr(_core, name).__doc__ == next(cls.docstring for cls in INTERFACE.classes if cls.name == name)


def test_the_stub_has_everything_that_the_extension_has() -> None:
    listed = {f.name for f in INTERFACE.functions} | {cls.name for cls in INTERFACE.classes} | set(INTERFACE.constants)
    assert {name for name in vars(_core) if not name.startswith("__")} == listed


def without_docstrings(source: str) -> list[str]:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = [*node.body[1:], ast.Expr(ast.Constant(...))]
    return [
        ast.unparse(node)
        for node in tree.body
        if not (isinstance(node, ast.Assign) and "TypeVar" not in ast.unparse(node))
    ]


def test_the_installed_stub_is_the_one_of_the_sources_with_its_docstrings_written_out() -> None:
    installed = INSTALLED.read_text(encoding="utf-8")
    assert installed == signatures.written_out()
    assert without_docstrings(installed) == without_docstrings(signatures.STUB.read_text(encoding="utf-8"))
    again = signatures.read(INSTALLED)
    assert [f.docstring for f in again.callables()] == [f.docstring for f in INTERFACE.callables()]
    assert "{CTX}" not in installed
    assert "_CTX" not in installed


OVERLOADS = """
from typing import overload
@overload
def f(a: int, b: None = None, *, c: int = 1) -> int:
    '''Say {WHAT}.

    Twice: {WHAT}
    '''
@overload
def f(a: int, b: str, *, c: int = 1) -> str: ...
_WHAT = '''
one
    and {NAME}
'''
"""


def read(tmp_path: Path, source: str) -> signatures.Function:
    path = tmp_path / "stub.pyi"
    path.write_text(source)
    return signatures.read(path).functions[0]


def test_overloads_are_one_function_when_the_program_runs(tmp_path: Path) -> None:
    function = read(tmp_path, OVERLOADS)
    assert [overload.returns for overload in function.overloads] == ["int", "str"]
    assert function.text_signature == "(a, b=None, *, c=1)"
    assert function.docstring == "Say one\n    and f.\n\nTwice: one\n    and f"
    assert '{"f", "f", kNames, 3, 1, 2}' in generate_binding.struct(function)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("b: str", "d: str", "f: the overloads have different parameters"),
        ("b: str", "b: str = 'x'", "f: b has different defaults"),
        ("{WHAT}.", "{HOW}.", "f: the stub has no text _HOW"),
        ("one\n", "one {WHAT}\n", "f: a text contains itself"),
        ("*, c: int = 1) -> str", "*, c: int = 1, **d: int) -> str", "f: .*kwargs"),
    ],
)
def test_a_stub_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(signatures.StubError, match=message):
        assert read(tmp_path, OVERLOADS.replace(old, new)).parameters


def test_a_parameter_that_must_be_given_behind_one_that_need_not_is_refused(tmp_path: Path) -> None:
    function = read(tmp_path, "def f(a: int = 1, *, b: int) -> int: ...")
    with pytest.raises(signatures.StubError, match="must be given"):
        generate_binding.struct(function)


def test_keyword_is_found_by_its_text_where_it_is_not_interned() -> None:
    keyword = "".join(["requ", "ested"])
    with pytest.raises(ValueError, match="requested is 9"):
        _core.init_thread(**{keyword: 9})
    with pytest.raises(TypeError, match="unexpected keyword argument 'asked'"):
        _core.init_thread(**{"".join(["ask", "ed"]): 9})
