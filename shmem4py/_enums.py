# SPDX-License-Identifier: BSD-3-Clause
"""The constants of OpenSHMEM as enumerations.

The integers and names are those that the extension accepts; `test_enums` compares them
with the extension's own.
"""

from __future__ import annotations

import enum
import sys

if sys.version_info >= (3, 11):
    from enum import StrEnum
else:

    class StrEnum(str, enum.Enum):
        """Members are strings and print as such."""

        __str__ = str.__str__


class THREAD(enum.IntEnum):
    """Levels of thread support.

    Attributes
    ----------
    SINGLE
        The process has one thread.
    FUNNELED
        Only the main thread calls shmem.
    SERIALIZED
        Any thread calls shmem, one at a time.
    MULTIPLE
        Any thread calls shmem at any time.
    """

    SINGLE = 0
    FUNNELED = 1
    SERIALIZED = 2
    MULTIPLE = 3


class CTX(enum.IntFlag):
    """Options of a communication context.

    Attributes
    ----------
    PRIVATE
        Used only by the thread that has created it.
    SERIALIZED
        Used by any thread, but never by two at a time.
    NOSTORE
        `fence` and `quiet` on it need not order stores.
    """

    PRIVATE = 1
    SERIALIZED = 2
    NOSTORE = 4


class MALLOC(enum.IntFlag):
    """Hints that say how memory will be used.

    Attributes
    ----------
    ATOMICS_REMOTE
        Other PEs will update it by atomics.
    SIGNAL_REMOTE
        Other PEs will update signals in it.
    """

    ATOMICS_REMOTE = 1
    SIGNAL_REMOTE = 2


class AMO(StrEnum):
    """Operators of `atomic_op` and `atomic_fetch_op`.

    Attributes
    ----------
    SET, INC, ADD, AND, OR, XOR
        Assign, add one, add, and the bitwise operations.
    """

    SET = "set"
    INC = "inc"
    ADD = "add"
    AND = "and"
    OR = "or"
    XOR = "xor"


class SIGNAL(enum.IntEnum):
    """How `put_signal` updates the signal.

    Attributes
    ----------
    SET
        The value replaces the signal.
    ADD
        The value is added to the signal.
    """

    SET = 0
    ADD = 1


class OP(StrEnum):
    """Operators of `reduce`.

    Attributes
    ----------
    AND, OR, XOR
        Bitwise, on unsigned and fixed-width integers.
    MAX, MIN
        On integers and real numbers.
    SUM, PROD
        On integers, real and complex numbers.
    """

    AND = "and"
    OR = "or"
    XOR = "xor"
    MAX = "max"
    MIN = "min"
    SUM = "sum"
    PROD = "prod"


class CMP(enum.IntEnum):
    """Comparisons of waits and tests. Strings such as ``'=='`` work too.

    Attributes
    ----------
    EQ, NE, GT, LE, LT, GE
        Equal, not equal, greater, less or equal, less, greater or equal.
    """

    EQ = 0
    NE = 1
    GT = 2
    LE = 3
    LT = 4
    GE = 5
