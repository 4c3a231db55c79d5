# SPDX-License-Identifier: BSD-3-Clause
"""The reference in docs/ names every public name, and none that does not exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def public_names() -> set[str]:
    """Read ``__all__`` from the source: importing the module would start the library."""
    tree = ast.parse((ROOT / "shmem4py" / "shmem.py").read_text())
    strings = {
        node.value
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign) and "__all__" in ast.unparse(statement)
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert strings
    return strings | {"sum", "max", "min", "any", "all"}  # public, but builtins have these names


def test_reference_names_every_public_name() -> None:
    text = (ROOT / "docs" / "reference.md").read_text()
    directives = set(re.findall(r"^\.\. auto(?:function|class|exception):: (\w+)$", text, re.MULTILINE))
    constants = set(re.findall(r"`([A-Z_]+)`", text.split("## Constants")[1].split("## Options")[0]))
    documented = directives | constants
    members = re.compile(r"(THREAD|CTX|MALLOC|AMO|SIGNAL|OP|CMP)_[A-Z_]+")
    assert {n for n in public_names() - documented if not members.fullmatch(n)} == set()
    assert documented - public_names() == set()
