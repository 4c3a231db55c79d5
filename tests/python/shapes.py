# SPDX-License-Identifier: BSD-3-Clause
"""Pairs of shapes and layouts of arrays, which the tests of all calls on two arrays share."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from support import Array

Shape = tuple[int, ...]

# Shapes of target and source.
EQUAL: list[tuple[Shape, Shape]] = [
    ((6,), (6,)), ((1,), (1,)), ((2, 3), (2, 3)), ((2, 1, 3), (2, 1, 3)), ((), ()), ((0,), (0,)), ((2, 0), (2, 0)),
]  # fmt: skip
BROADCAST: list[tuple[Shape, Shape]] = [
    ((6,), (1,)), ((6,), ()), ((2, 3), (3,)), ((2, 3), (1, 3)), ((2, 3), (2, 1)), ((2, 3), (1, 1)), ((2, 3), ()),
    ((4, 2, 3), (2, 1)), ((4, 2, 3), (4, 1, 1)), ((3,), (1, 1, 3)), ((2, 3), (1, 2, 3)), ((), (1,)), ((), (1, 1)),
    ((1,), ()), ((0,), (1,)), ((0,), ()), ((2, 0), (0,)), ((0, 3), (3,)), ((0, 3), (1, 1)),
]  # fmt: skip
FLAT: list[tuple[Shape, Shape]] = [
    ((2, 3), (6,)), ((2, 1, 3), (6,)), ((3, 1), (3,)), ((4, 2, 3), (24,)), ((0, 3), (0,)), ((1, 1), (1,)),
]  # fmt: skip
WRONG: list[tuple[Shape, Shape]] = [
    ((5,), (3,)), ((3,), (5,)), ((6,), (2, 3)), ((6,), (0,)), ((2, 3), (3, 2)), ((2, 3), (2,)), ((2, 3), (5,)),
    ((2, 3), (7,)), ((2, 3), (2, 2, 3)), ((2, 3), (6, 1)), ((2, 3), (2, 0)), ((2, 3), (0,)), ((), (2,)), ((), (0,)),
    ((0,), (2,)), ((0, 3), (0, 2)), ((1,), (3,)), ((3, 1), (3, 3)),
]  # fmt: skip
ROOM = 200  # elements, enough for the largest of these with every second element left out


def every(step: int, a: Array) -> Array:
    """Return the view of `a` that takes this step along each axis."""
    steps: tuple[Any, ...] = (..., *[slice(None, None, step)] * a.ndim)
    view: Array = a[steps]
    return view


# Views of the first part of a row of ROOM elements.
LAYOUTS: dict[str, Callable[[Array, Shape], Array]] = {
    "C": lambda a, shape: a[: prod(shape)].reshape(shape),
    "Fortran": lambda a, shape: a[: prod(shape)].reshape(shape[::-1]).T,
    "strided": lambda a, shape: every(2, a[: prod(2 * n for n in shape)].reshape([2 * n for n in shape])),
    "reversed": lambda a, shape: every(-1, a[: prod(shape)].reshape(shape)),
    "last axis first": lambda a, shape: (
        np.moveaxis(a[: prod(shape)].reshape(shape[1:] + shape[:1]), -1, 0) if shape else a[:1].reshape(())
    ),
}
PAIRS = [(to, of) for to in LAYOUTS.values() for of in LAYOUTS.values()]


def assign(target: Array, source: Array) -> None:
    """Do what a call must do, or raise ValueError."""
    if source.ndim == 1 and source.size == target.size:
        source = source.reshape(target.shape)
    target[...] = source


def numbers(pe: int) -> Array:
    """Return what PE `pe` sends, in a row."""
    return 1000.0 * (pe + 1) + np.arange(ROOM)
