# SPDX-License-Identifier: BSD-3-Clause
"""The examples in docstrings run on one PE, also those of the extension, which doctest does not find."""

from __future__ import annotations

import doctest
import pkgutil
from typing import Any

import pytest

from shmem4py import _core, shmem

PLACES = [
    "shmem4py",
    "shmem4py._rc:Rc",
    "shmem4py.shmem",
    "shmem4py._objects",
    "shmem4py._queue",
    "shmem4py._synchronisation",
    "shmem4py.testing._program",
]
LIKE_BUILTINS = ["sum", "max", "min", "any", "all"]  # public, but not in __all__
OBJECTS = {name: getattr(_core, name) for name in [*shmem.__all__, *LIKE_BUILTINS] if hasattr(_core, name)}


def examples(name: str, docstring: str) -> doctest.DocTest:
    return doctest.DocTestParser().get_doctest(docstring, {}, name, None, None)


def passes(test: doctest.DocTest) -> None:
    lines: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=lines.append)
    assert runner.failures == 0, "".join(lines)


@pytest.mark.parametrize("name", PLACES)
def test_examples_of_python(name: str) -> None:
    place = pkgutil.resolve_name(name)
    tests = [t for t in doctest.DocTestFinder(exclude_empty=True).find(place) if t.examples]
    assert tests
    for test in tests:
        test.globs = {}
        passes(test)


@pytest.mark.pes(1)
@pytest.mark.parametrize("name", [n for n, o in OBJECTS.items() if callable(o)])
def test_examples_of_the_extension(name: str) -> None:
    thing: Any = OBJECTS[name]
    docstrings = [(name, thing.__doc__ or "")]
    if isinstance(thing, type):
        docstrings += [
            (f"{name}.{member}", getattr(thing, member).__doc__ or "")
            for member in vars(thing)
            if not member.startswith("_")
        ]
    for where, docstring in docstrings:
        assert docstring.strip(), where
        passes(examples(where, docstring))
