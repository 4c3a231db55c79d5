# SPDX-License-Identifier: BSD-3-Clause
#
# The one place where the extension's signatures, types and docstrings are written. `tools/generate_binding.py` makes
# of it, when the extension is built, what the argument parser, `help()` and `inspect.signature` read, and the stub that
# is installed. What `shmem4py.shmem` re-exports comes first, the hooks for the package last.
#
# Docstrings share text: `{CTX}` stands for the string `_CTX` below, indented as the line that it stands in. In the
# installed stub all of it is written out.
#
# The parameters of a function are those of its overloads together, which have the same names in the same order. One
# that has a default in any overload may be left out. The first overload has the docstring.
"""The extension between shmem4py and an OpenSHMEM library. Use `shmem4py.shmem`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import EllipsisType, GenericAlias, TracebackType
from typing import Any, Final, Generic, Literal, NoReturn, SupportsIndex, TypeAlias, TypeVar, final, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from typing_extensions import Self

from ._enums import AMO, CMP, OP, SIGNAL

# --- types ---

# The scalar type of an array: what goes in comes out.
_T = TypeVar("_T", bound=np.generic)
_T_co = TypeVar("_T_co", bound=np.generic, covariant=True)
# What atomics, waits and signals work on; set, fetch and swap also on real numbers.
_Integer: TypeAlias = np.integer[Any]
_Real: TypeAlias = np.float32 | np.float64
_IntegerT = TypeVar("_IntegerT", bound=np.integer[Any])
_AtomicT = TypeVar("_AtomicT", bound=np.integer[Any] | np.float32 | np.float64)
_OrderedT = TypeVar("_OrderedT", bound=np.integer[Any] | np.floating[Any])
_NumberT = TypeVar("_NumberT", bound=np.number[Any])
# What NumPy sums without another dtype.
_KeptT = TypeVar("_KeptT", bound=np.int64 | np.uint64 | np.inexact[Any])

_Array: TypeAlias = NDArray[Any]
_DType: TypeAlias = type[_T] | np.dtype[_T]
_Shape: TypeAlias = SupportsIndex | Sequence[SupportsIndex]
_Order: TypeAlias = Literal["C", "F"]
_Float64: TypeAlias = type[np.float64] | Literal["float64"] | None
# One element: a number, a NumPy scalar, or an array of one element.
_Number: TypeAlias = int | float | complex | np.generic
_Value: TypeAlias = _Number | _Array
# An element of an array: the array of it alone, or (array, index).
_Index: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...]
_Element: TypeAlias = NDArray[_T] | tuple[NDArray[_T], _Index] | RemoteReference[_T]
# What becomes an array where a collective wants a source.
_Numbers: TypeAlias = _Number | Sequence[Any]
_Status: TypeAlias = Sequence[int] | NDArray[_Integer] | None

# Parts of an index: those that keep or add dimensions, and any; and what atomics on several elements take.
_Several: TypeAlias = slice | EllipsisType | NDArray[np.integer[Any] | np.bool_] | list[Any] | None
_Part: TypeAlias = SupportsIndex | _Several
_Operand: TypeAlias = _Value | Sequence[Any]

# Operators: a member of the enumeration, or its name. The program may also use names in mixed case.
_Cmp: TypeAlias = (
    CMP
    | Literal["==", "!=", ">", "<=", "<", ">=", "eq", "ne", "gt", "le", "lt", "ge", "EQ", "NE", "GT", "LE", "LT", "GE"]
    | Literal[0, 1, 2, 3, 4, 5]
)
_Signal: TypeAlias = SIGNAL | Literal["set", "add", "SET", "ADD", 0, 1]
_Amo: TypeAlias = AMO | Literal["set", "inc", "add", "and", "or", "xor", "SET", "INC", "ADD", "AND", "OR", "XOR"]
_RealAmo: TypeAlias = Literal[AMO.SET, AMO.INC, AMO.ADD] | Literal["set", "inc", "add", "SET", "INC", "ADD"]
_Op: TypeAlias = (
    OP
    | Literal["and", "or", "xor", "max", "min", "sum", "prod"]
    | Literal["AND", "OR", "XOR", "MAX", "MIN", "SUM", "PROD"]
)

# --- text that docstrings share ---

_PE = """
pe : int
    Number of the remote PE.
"""
_CTX = """
ctx : Ctx, optional
    Context of the operation; the default context if left out. PE numbers are those of its team.
"""
_COMPLETED_CTX = """
ctx : Ctx, optional
    The context; the default context if left out.
"""
_TEAM = """
team : Team, optional
    Team whose PEs take part; all PEs if left out.
"""
_SIZE = """
size : int, optional
    Number of elements, the first of both arrays. Left out: all of `target`, and the shapes match.
"""
_SHAPES = """
Without `size`, the shapes match: they are the same; or `source` broadcasts to `target`, as in
``target[...] = source``; or `source` is one-dimensional with as many elements as `target`, taken in C's index
order. Elements of arrays of one shape go to equal indices, however they lie in memory. ``rc.sizes = 'smaller'``
brings back the rule of shmem4py 1.0.
"""
_REMOTE_ERRORS = """
TypeError
    An argument is not an array, or the dtypes differ or cannot be used here.
ValueError
    An array that has to be symmetric is not, is a `ptr` view, or reaches beyond its block; an array that is
    written is read-only; a size or shape does not fit.
FreedError
    The memory of an array has been freed.
IndexError
    There is no such PE, or no such element.
"""
_COLLECTIVE_ERRORS = """
TypeError
    `target` is not an array, or the dtypes differ or cannot be used here.
ValueError
    `target` is read-only, symmetric arrays overlap, a shape or size does not fit, or the PEs' sizes, or what
    they call, do not match.
OverflowError
    A number in `source` does not fit the dtype.
FreedError
    The memory of an array has been freed.
RuntimeError
    An earlier collective on this team was interrupted, or its PEs called different ones, or another thread of
    this PE is in a collective of this team.
KeyboardInterrupt
    Ctrl-C while waiting; no collective works on this team afterwards.
"""
_SYNC_ERRORS = """
ValueError
    All PEs wait for each other, in different collectives.
RuntimeError
    An earlier collective on this team was interrupted, or its PEs called different ones.
KeyboardInterrupt
    Ctrl-C while waiting; no collective works on this team afterwards.
"""
_CTX_ERRORS = """
TypeError
    `ctx` is not a context.
RuntimeError
    It is invalid.
"""
_LAYOUT = """
{SHAPES}

Any fixed-size dtype can be moved, also strings, dates and records; elements that refer to Python objects
cannot. Arrays may have gaps (a column, every second element, a transposed block): these are moved as strided blocks.
With `size`, the first `size` elements of both arrays are moved, as in C: in memory order where neither has gaps, in
index order otherwise.
"""
_PUT_OPERANDS = """
target : numpy.ndarray
    Symmetric array, or view of one; the memory written is that of PE `pe`.
source : numpy.ndarray or number
    Local data of the same dtype; any memory. A number is written to every element.
"""
_GET_OPERANDS = """
target : numpy.ndarray
    Local array that receives the data; any memory.
source : numpy.ndarray
    Symmetric array, or view of one, of the same dtype; the memory read is that of PE `pe`.
"""
_IPUT_OPERANDS = """
target : numpy.ndarray
    Contiguous symmetric array; the memory written is that of PE `pe`.
source : numpy.ndarray
    Contiguous local array of the same dtype.
"""
_IGET_OPERANDS = """
target : numpy.ndarray
    Contiguous local array that receives the data.
source : numpy.ndarray
    Contiguous symmetric array of the same dtype; the memory read is that of PE `pe`.
"""
_STRIDES = """
tst, sst : int
    Distance, in elements, from one element to the next in target and in source; at least 1.
size : int, optional
    Number of elements. Left out: as many as both arrays hold, n elements with stride s holding ceil(n / s).
    The arrays have the same number of elements then, or hold the same number.
"""
_BLOCKS = """
tst, sst : int
    Distance, in elements, from the start of a block to that of the next in target and in source.
bsize : int
    Elements in a block; at most `tst` and `sst`.
nblocks : int, optional
    Number of blocks. Left out: as many as both arrays hold. The arrays have the same number of elements then, or
    hold the same number of blocks.
"""
_ONE_TARGET = """
target : numpy.ndarray or (numpy.ndarray, index)
    Element of a symmetric array: an array of one element, as the slice ``a[3:4]`` is, or ``(a, 3)``; of two
    dimensions ``(a, (3, 0))``. A reference ``r[pe].at[3]`` stands for ``(a, 3)``.
"""
_ONE_SOURCE = """
source : numpy.ndarray or (numpy.ndarray, index)
    Element of a symmetric array: an array of one element, as the slice ``a[3:4]`` is, or ``(a, 3)``; of two
    dimensions ``(a, (3, 0))``. A reference ``r[pe].at[3]`` stands for ``(a, 3)``.
"""
_ONE_VALUE = """Number, NumPy scalar or array of one element."""
_FETCH = """
fetch : numpy.ndarray or (numpy.ndarray, index)
    Element of a local array of the same dtype; holds the old value after `quiet`.
"""
_COND = """
cond : number
    Value to compare with; `value` is written only where they are equal.
"""
_AMO = """
op : AMO or str
    The operation: set, inc, add, and, or, xor. With inc, `value` is ignored and may be None.
"""
_OLD_VALUE = """
int or float
    The value before the operation.
"""
_OVERFLOW = """
OverflowError
    A value does not fit the dtype.
"""
_ALONE = """No other atomic operation on the same element comes in between."""
_ATOMIC_INTEGERS = """int32, int64, uint32, uint64"""
_ATOMIC_TYPES = """{ATOMIC_INTEGERS}, float32, float64"""
_SIGNAL = """
signal : numpy.ndarray or (numpy.ndarray, index)
    Element of a symmetric uint64 array: what `new_signal` returns, or of an array of your own, ``a[3:4]`` or
    ``(a, 3)``.
"""
_SIGNAL_ERRORS = """
TypeError
    `signal` is not a uint64 array.
ValueError
    It is not symmetric or has not one element.
FreedError
    It has been freed.
"""
_SIGNAL_OVERFLOW = """
OverflowError
    `value` does not fit uint64.
"""
_CMP = """
cmp : CMP or str
    Comparison: a member of `CMP`, its name in any case, or ``'=='``, ``'!='``, ``'>'``,
    ``'<='``, ``'<'``, ``'>='``.
"""
_IVAR = """
ivar : numpy.ndarray or (numpy.ndarray, index)
    Element of a symmetric array of this PE: an array of one element, as the slice ``a[3:4]`` is, or ``(a, 3)``.
"""
_IVARS = """
ivars : numpy.ndarray
    Contiguous symmetric array of this PE.
"""
_VALUE = """
value : number
    What each element is compared with.
"""
_VALUES = """
values : array_like
    What each element is compared with, one value per element.
"""
_STATUS = """
status : array_like of int, optional
    One per element; those with a nonzero status do not count.
"""
_WAIT_ERRORS = """
TypeError
    Not an array, or a dtype that cannot be waited on.
ValueError
    The array is not symmetric or not contiguous, or its size does not fit.
OverflowError
    A value does not fit the dtype.
FreedError
    The memory of the array has been freed.
"""
_CTRL_C = """
KeyboardInterrupt
    Ctrl-C while waiting.
"""
_LOCK = """
lock : numpy.ndarray or (numpy.ndarray, index)
    Element of a symmetric array of C longs: what `new_lock` returns, or of an array of your own, ``a[3:4]`` or
    ``(a, 3)``, zero at first.
"""
_LOCK_ERRORS = """
TypeError
    `lock` is not an array of C long.
ValueError
    It is not symmetric or has not one element.
FreedError
    It has been freed.
"""
_SHAPE = """
shape : int or sequence of int
    Shape of the array, the same on all PEs.
"""
_DTYPE = """
dtype : dtype_like, optional
    Any dtype of fixed size that holds no Python objects.
"""
_ORDER = """
order : {'C', 'F'}, optional
    Row by row or column by column.
"""
_PLACEMENT = """
align : int, optional
    Alignment in bytes, a power of two.
hints : MALLOC, optional
    What the memory will be used for.
"""
_ALLOC_ERRORS = """
MemoryError
    The symmetric heap is exhausted; raised on all PEs alike.
ValueError
    The PEs ask for different sizes, alignment or hints, raised on all PEs alike; or an argument cannot be.
TypeError
    `shape` or `dtype` cannot be.
"""
_ALLOC_NOTES = """
Collective: all PEs call it, with the same arguments, and leave it together. Memory whose last
reference is gone on all PEs is used again by a later allocation; dropping it never communicates.
"""
_FREE_MISMATCH = """
ValueError
    It is a view, or not symmetric; or the PEs free different memory, raised on all PEs alike.
"""
_COLLECTIVE_TARGET = """
target : numpy.ndarray
    Any array that can be written, symmetric and contiguous ones at best;
"""
_COLLECTIVE_SOURCE = """
source : numpy.ndarray, number or list
    Any array of the same dtype, symmetric and contiguous ones at best, or what becomes one;
"""
_MOVES_ANY = """Any fixed-size dtype can be moved, in the order of C's indices. {ANY_ARRAY}"""
_ANY_ARRAY = """Arrays may differ among PEs in kind and layout. One that is private, has gaps or
another order goes through memory of the library's own, which costs a copy."""
_BRINGS = """
x : array_like
    What this PE brings: any array, list or number. All PEs bring the same shape and dtype.
"""
_ROOT_OR_ALL = """
root : int, optional
    Number in the team of the PE that gets the result; the others get None. Left out: all PEs get it.
"""
_VALUES_ERRORS = """
ValueError
    The PEs bring different shapes or dtypes, or call different functions; raised on all of them.
TypeError
    NumPy has no such operation for the dtype, or elements refer to Python objects.
IndexError
    There is no such root.
RuntimeError
    An earlier collective on this team was interrupted, or the team is invalid.
KeyboardInterrupt
    Ctrl-C while waiting; no collective works on this team afterwards.
"""
_FOLD = """
Parameters
----------
{BRINGS}
{ROOT_OR_ALL}
{TEAM}

Returns
-------
numpy.ndarray or NumPy scalar
    A new array of the shape of `x`, or a scalar if `x` is one. Its dtype is the one that ``numpy.{NAME}`` gives.

Raises
------
{VALUES_ERRORS}
"""
_BITWISE_TYPES = """int8 to int64, uint8 to uint64"""
_CTX_OPTIONS = """
options : CTX, optional
    ``CTX_PRIVATE``, ``CTX_SERIALIZED``, ``CTX_NOSTORE``, or several with ``|``.
"""
_AT_VALUE = """
Parameters
----------
value : number or array_like
    The operand; for several elements an array is broadcast to the shape of the index' result.
"""
_AT_FETCHING = """
Parameters
----------
value : number
    {ONE_VALUE}

Returns
-------
{OLD_VALUE}
"""
_ATOMIC = """
{PE}
{CTX}

Raises
------
{REMOTE_ERRORS}
{OVERFLOW}

Notes
-----
{ALONE} dtypes: {ATOMIC_TYPES}.

OpenSHMEM routine: ``shmem_{NAME}``.
"""
_ATOMIC_BITWISE = """
{PE}
{CTX}

Raises
------
{REMOTE_ERRORS}
{OVERFLOW}

Notes
-----
{ALONE} dtypes: {ATOMIC_INTEGERS}.

OpenSHMEM routine: ``shmem_{NAME}``.
"""
_ATOMIC_FETCHING = """
{PE}
{CTX}

Returns
-------
{OLD_VALUE}

Raises
------
{REMOTE_ERRORS}
{OVERFLOW}

Notes
-----
{ALONE} dtypes: {ATOMIC_TYPES}.

OpenSHMEM routine: ``shmem_{NAME}``.
"""
_ATOMIC_FETCHING_BITWISE = """
{PE}
{CTX}

Returns
-------
{OLD_VALUE}

Raises
------
{REMOTE_ERRORS}
{OVERFLOW}

Notes
-----
{ALONE} dtypes: {ATOMIC_INTEGERS}.

OpenSHMEM routine: ``shmem_{NAME}``.
"""
_CONSTRUCTOR = """
Parameters
----------
{SHAPE}
{DTYPE}
{ORDER}
{PLACEMENT}

{ALLOCATION}
"""
_ALLOCATION = """
Returns
-------
numpy.ndarray
    An ordinary array over symmetric memory.

Raises
------
{ALLOC_ERRORS}

Notes
-----
{ALLOC_NOTES}
"""
_PUT = """
Parameters
----------
{PUT_OPERANDS}
{PE}
{SIZE}
{CTX}

Raises
------
{REMOTE_ERRORS}
OverflowError
    A number does not fit the dtype of `target`.
"""
_GET = """
Parameters
----------
{GET_OPERANDS}
{PE}
{SIZE}
{CTX}

Raises
------
{REMOTE_ERRORS}
"""
_IPUT = """
{CTX}

Raises
------
{REMOTE_ERRORS}

See Also
--------
put : takes NumPy views on both sides.

Notes
-----
OpenSHMEM routine: ``shmem_{NAME}``.
"""
_IGET = """
{CTX}

Raises
------
{REMOTE_ERRORS}

See Also
--------
get : takes NumPy views on both sides.

Notes
-----
OpenSHMEM routine: ``shmem_{NAME}``.
"""
_REDUCE = """
Parameters
----------
{COLLECTIVE_TARGET} may be the same as `source`.
{COLLECTIVE_SOURCE} this PE's operands.
{SIZE}
{TEAM}

Raises
------
{COLLECTIVE_ERRORS}
"""
_MANY = """
Parameters
----------
{IVARS}
{CMP}
{VALUE}
{STATUS}
"""
_MANY_VALUES = """
Parameters
----------
{IVARS}
{CMP}
{VALUES}
{STATUS}
"""
_TIMEOUT = """
timeout : float, optional
    Longest time to wait, in seconds; for ever if left out. 0: only look.
"""
_TIMEOUT_ERROR = """
TimeoutError
    The time is over, and what is waited for does not hold. Nothing has changed; the program may wait again.
"""
_WAIT_MANY = """
{MANY}
{TIMEOUT}
"""
_WAIT_MANY_VALUES = """
{MANY_VALUES}
{TIMEOUT}
"""
_WAIT = """
Raises
------
{WAIT_ERRORS}
{TIMEOUT_ERROR}
{CTRL_C}

Notes
-----
dtypes: {ATOMIC_INTEGERS}.

OpenSHMEM routine: ``shmem_{NAME}``.
"""
_TEST = """
Raises
------
{WAIT_ERRORS}

Notes
-----
dtypes: {ATOMIC_INTEGERS}.

OpenSHMEM routine: ``shmem_{NAME}``.
"""
_SYNC = """
Raises
------
{SYNC_ERRORS}
"""
_MOVES = """
{TEAM}

Raises
------
{COLLECTIVE_ERRORS}

Notes
-----
{MOVES_ANY}

OpenSHMEM routine: ``shmem_{NAME}``.
"""
_SET_SIGNAL = """
Parameters
----------
{SIGNAL}
value : int
    From 0 to 2**64 - 1.
{PE}
{CTX}

Raises
------
{REMOTE_ERRORS}
{SIGNAL_OVERFLOW}

Notes
-----
OpenSHMEM routine: ``shmem_{NAME}``.
"""
_ROUTINE = """OpenSHMEM routine: ``shmem_{NAME}``."""

# --- exceptions, contexts and teams ---

class FreedError(KeyError, ValueError):
    """Symmetric memory was used after it had been freed.

    A `KeyError`, as shmem4py 1.0 raised for a second `free`, and a `ValueError`.
    """

class Ctx:
    """Communication context: operations on it are ordered and completed apart from those on others.

    Parameters
    ----------
    ctx : Ctx, optional
        Context to make an alias of; the invalid context if left out.

    Notes
    -----
    Two contexts are equal if they are aliases of one. A context is true unless it is invalid or destroyed. As a
    context manager it is destroyed at the end.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.zeros(1)
    >>> with shmem.Ctx.create() as ctx:
    ...     shmem.put(t, 1.5, shmem.my_pe(), ctx=ctx)
    ...     ctx.quiet()
    >>> float(t[0])
    1.5
    """

    def __new__(cls, ctx: Ctx | None = None) -> Self: ...
    def __init__(self, ctx: Ctx | None = None) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __enter__(self) -> Self:
        """Return the object itself."""
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Destroy the object."""
    @staticmethod
    def create(options: int = 0, team: Team | None = None) -> Ctx:
        """Create a context.

        Parameters
        ----------
        {CTX_OPTIONS}
        team : Team, optional
            Team that PE numbers refer to; all PEs if left out.

        Returns
        -------
        Ctx

        Raises
        ------
        RuntimeError
            The library cannot create it.
        ValueError
            Unknown options.

        Notes
        -----
        OpenSHMEM routines: ``shmem_ctx_create``, ``shmem_team_create_ctx``.
        """
    def destroy(self) -> None:
        """Complete all operations and destroy the context. The default context itself stays.

        Notes
        -----
        OpenSHMEM routine: ``shmem_ctx_destroy``.
        """
    def get_team(self) -> Team:
        """Team that the context was created from.

        Returns
        -------
        Team

        Raises
        ------
        RuntimeError
            The context is invalid.

        Notes
        -----
        OpenSHMEM routine: ``shmem_ctx_get_team``.
        """
    def fence(self) -> None:
        """Order operations on the context: to each PE, those before arrive before those after.

        Notes
        -----
        OpenSHMEM routine: ``shmem_ctx_fence``.
        """
    def quiet(self) -> None:
        """Wait until all operations of this PE on the context are complete.

        Notes
        -----
        OpenSHMEM routine: ``shmem_ctx_quiet``.
        """
    def session_start(self, options: int = 0, total_ops: int | None = None) -> None:
        """Hint that many operations on the context follow.

        Parameters
        ----------
        options : int, optional
            Flags of the session.
        total_ops : int, optional
            How many operations, if known.

        Notes
        -----
        OpenSHMEM routine: ``shmem_ctx_session_start``.
        """
    def session_stop(self) -> None:
        """End what `session_start` began.

        Notes
        -----
        OpenSHMEM routine: ``shmem_ctx_session_stop``.
        """

class Team:
    """Set of PEs, with numbers of their own.

    Parameters
    ----------
    team : Team, optional
        Team to make an alias of; the invalid team if left out.

    Notes
    -----
    Two teams are equal if they are aliases of one. A team is true unless it is invalid or destroyed; a PE that is not
    in a new team gets the invalid one. As a context manager it is destroyed at the end, which is collective.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> even = shmem.TEAM_WORLD.split_strided(0, 2)
    >>> bool(even) == (shmem.my_pe() % 2 == 0)
    True
    >>> even.destroy()
    """

    def __new__(cls, team: Team | None = None) -> Self: ...
    def __init__(self, team: Team | None = None) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __enter__(self) -> Self:
        """Return the object itself."""
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Destroy the object."""
    def split_strided(
        self,
        start: int = 0,
        stride: int = 1,
        size: int | None = None,
        config: Mapping[str, int] | None = None,
        *,
        num_contexts: int | None = None,
    ) -> Team:
        """New team of the PEs ``start``, ``start + stride``, …; collective over this team.

        Parameters
        ----------
        start : int, optional
            First PE, numbered as in this team.
        stride : int, optional
            Distance from one PE to the next; may be negative.
        size : int, optional
            Number of PEs. Left out: as many as there are.
        config : mapping, optional
            Configuration: ``num_contexts``.
        num_contexts : int, optional
            The number of contexts that will be created; comes before `config`.

        Returns
        -------
        Team
            The invalid team on PEs that are not in it.

        Raises
        ------
        IndexError
            There is no PE `start`.
        ValueError
            The team has fewer PEs than the split needs.
        TypeError
            An unknown configuration parameter.
        RuntimeError
            The library cannot create it.

        Notes
        -----
        OpenSHMEM routine: ``shmem_team_split_strided``.
        """
    def split_2d(self, xrange: int) -> tuple[Team, Team]:
        """New teams of the rows and columns of a grid with rows of `xrange` PEs; collective over this team.

        Parameters
        ----------
        xrange : int
            PEs in a row.

        Returns
        -------
        tuple of Team
            This PE's row and this PE's column.

        Raises
        ------
        ValueError
            `xrange` is less than 1.
        RuntimeError
            The library cannot create them.

        Notes
        -----
        OpenSHMEM routine: ``shmem_team_split_2d``.
        """
    def get_config(self) -> dict[str, int]:
        """Configuration of the team.

        Returns
        -------
        dict
            ``num_contexts``.

        Notes
        -----
        OpenSHMEM routine: ``shmem_team_get_config``.
        """
    def my_pe(self) -> int:
        """Number of this PE in the team.

        Returns
        -------
        int

        Raises
        ------
        RuntimeError
            The team is invalid.

        Notes
        -----
        OpenSHMEM routine: ``shmem_team_my_pe``.
        """
    def n_pes(self) -> int:
        """Number of PEs in the team.

        Returns
        -------
        int

        Raises
        ------
        RuntimeError
            The team is invalid.

        Notes
        -----
        OpenSHMEM routine: ``shmem_team_n_pes``.
        """
    def translate_pe(self, pe: int | None = None, team: Team | None = None) -> int:
        """Number in another team of a PE of this one.

        Parameters
        ----------
        pe : int, optional
            PE, numbered as in this team; this PE if left out.
        team : Team, optional
            The other team; all PEs if left out.

        Returns
        -------
        int

        Raises
        ------
        RuntimeError
            The PE is not in the other team, or a team is invalid.
        IndexError
            There is no such PE in this team.

        Notes
        -----
        OpenSHMEM routine: ``shmem_team_translate_pe``.
        """
    def create_ctx(self, options: int = 0) -> Ctx:
        """Create a context whose PE numbers are those of the team.

        Parameters
        ----------
        {CTX_OPTIONS}

        Returns
        -------
        Ctx

        Raises
        ------
        RuntimeError
            The library cannot create it.
        ValueError
            Unknown options.

        Notes
        -----
        OpenSHMEM routine: ``shmem_team_create_ctx``.
        """
    def ptr(self, target: NDArray[_T], pe: int) -> NDArray[_T] | None:
        """View of the array of a PE of the team, for plain loads and stores.

        Parameters
        ----------
        target : numpy.ndarray
            Symmetric array, or view of one.
        pe : int
            PE, numbered as in the team.

        Returns
        -------
        numpy.ndarray or None
            None where that memory cannot be mapped here.

        Notes
        -----
        OpenSHMEM routine: ``shmem_team_ptr``.
        """
    def sync(self) -> None:
        """Wait until all PEs of the team are here. What they put need not have arrived.

        Notes
        -----
        OpenSHMEM routine: ``shmem_team_sync``.
        """
    def destroy(self) -> None:
        """Destroy the team and its contexts; collective over it. The constants stay.

        Notes
        -----
        OpenSHMEM routine: ``shmem_team_destroy``.
        """

CTX_DEFAULT: Ctx
CTX_INVALID: Ctx
TEAM_WORLD: Team
TEAM_SHARED: Team
TEAM_INVALID: Team

# --- remote indexing ---

@final
class Remote(Generic[_T_co]):
    """The array on every PE of a team: what `remote` returns.

    ``r[pe]`` is the array on one PE, a `RemoteArray`. ``len(r)`` is the number of PEs, and iteration goes over the PEs'
    arrays. Nothing is communicated.

    Attributes
    ----------
    array : numpy.ndarray
        This PE's array.
    """

    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...
    @property
    def array(self) -> NDArray[_T_co]: ...
    def __getitem__(self, pe: SupportsIndex, /) -> RemoteArray[_T_co]: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[RemoteArray[_T_co]]: ...

@final
class RemoteArray(Generic[_T_co]):
    """The array on one PE: ``r[pe]`` of what `remote` returns.

    ``x = r[pe][index]`` gets and ``r[pe][index] = x`` puts, with any index of NumPy.

    Attributes
    ----------
    shape, dtype, ndim, size, nbytes, itemsize
        Those of the array.
    pe : int
        The PE.
    at : RemoteAt
        Its elements as operands of atomic operations: ``r[pe].at[i].add(1)``.
    """

    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[_T_co]: ...
    @property
    def ndim(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def itemsize(self) -> int: ...
    @property
    def pe(self) -> int: ...
    @property
    def at(self) -> RemoteAt[_T_co]: ...
    @overload
    def __getitem__(self, index: str | list[str], /) -> _Array: ...
    @overload
    def __getitem__(self, index: _Several, /) -> NDArray[_T_co]: ...
    @overload
    def __getitem__(self, index: SupportsIndex | tuple[SupportsIndex, ...], /) -> Any: ...
    @overload
    def __getitem__(self, index: tuple[_Part, ...], /) -> NDArray[_T_co]: ...
    def __setitem__(self, index: _Part | tuple[_Part, ...] | str | list[str], value: ArrayLike, /) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> NoReturn: ...
    def __contains__(self, item: object, /) -> NoReturn: ...
    def __bool__(self) -> NoReturn: ...
    def __array__(self, dtype: Any = None, copy: Any = None, /) -> NoReturn: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class RemoteAt(Generic[_T_co]):
    """The elements of one PE's array as operands of atomic operations: ``r[pe].at``.

    ``r[pe].at[index]`` is a `RemoteReference`. ``r[pe].at[index] += v`` is an atomic add, and ``-=``, ``&=``, ``|=``
    and ``^=`` are atomic, too.
    """

    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...
    def __getitem__(self, index: _Part | tuple[_Part, ...], /) -> RemoteReference[_T_co]: ...
    def __setitem__(self, index: _Part | tuple[_Part, ...], reference: RemoteReference[Any], /) -> None: ...

@final
class RemoteReference(Generic[_T_co]):
    """Elements of one PE's array, which atomic operations work on: ``r[pe].at[index]``.

    If the index selects several elements, `set`, `inc`, `add`, `and_`, `or_`, `xor_`, `min` and `max` update each of
    them by an atomic operation of its own, in the order of the index; an element that is named twice is updated twice.
    Values may then be an array. Operations that return a value want one element.
    """

    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...
    def set(self, value: _Operand) -> None:
        """Write a value.

        {AT_VALUE}
        """
    def inc(self: RemoteReference[_Integer | _Real]) -> None:
        """Add one."""
    def add(self: RemoteReference[_Integer | _Real], value: _Operand) -> None:
        """Add a value.

        {AT_VALUE}
        """
    def and_(self: RemoteReference[_Integer], value: _Operand) -> None:
        """Bitwise and with a value.

        {AT_VALUE}
        """
    def or_(self: RemoteReference[_Integer], value: _Operand) -> None:
        """Bitwise or with a value.

        {AT_VALUE}
        """
    def xor_(self: RemoteReference[_Integer], value: _Operand) -> None:
        """Bitwise exclusive or with a value.

        {AT_VALUE}
        """
    def min(self: RemoteReference[_Integer | _Real], value: _Operand) -> None:
        """Write the value if it is less than the element's, or a NaN.

        {AT_VALUE}
        """
    def max(self: RemoteReference[_Integer | _Real], value: _Operand) -> None:
        """Write the value if it is greater than the element's, or a NaN.

        {AT_VALUE}
        """
    @overload
    def fetch(self: RemoteReference[_Integer]) -> int:
        """Read the element.

        Returns
        -------
        int or float
        """
    @overload
    def fetch(self: RemoteReference[_Real]) -> float: ...
    @overload
    def swap(self: RemoteReference[_Integer], value: _Value) -> int:
        """Write a value.

        {AT_FETCHING}
        """
    @overload
    def swap(self: RemoteReference[_Real], value: _Value) -> float: ...
    @overload
    def compare_swap(self: RemoteReference[_Integer], cond: _Value, value: _Value) -> int:
        """Write a value if the element is equal to `cond`. Of real numbers the bits are compared.

        Parameters
        ----------
        {COND}
        value : number
            The new value.

        Returns
        -------
        {OLD_VALUE}
        """
    @overload
    def compare_swap(self: RemoteReference[_Real], cond: _Value, value: _Value) -> float: ...
    @overload
    def fetch_inc(self: RemoteReference[_Integer]) -> int:
        """Add one.

        Returns
        -------
        {OLD_VALUE}
        """
    @overload
    def fetch_inc(self: RemoteReference[_Real]) -> float: ...
    @overload
    def fetch_add(self: RemoteReference[_Integer], value: _Value) -> int:
        """Add a value.

        {AT_FETCHING}
        """
    @overload
    def fetch_add(self: RemoteReference[_Real], value: _Value) -> float: ...
    def fetch_and(self: RemoteReference[_Integer], value: _Value) -> int:
        """Bitwise and with a value.

        {AT_FETCHING}
        """
    def fetch_or(self: RemoteReference[_Integer], value: _Value) -> int:
        """Bitwise or with a value.

        {AT_FETCHING}
        """
    def fetch_xor(self: RemoteReference[_Integer], value: _Value) -> int:
        """Bitwise exclusive or with a value.

        {AT_FETCHING}
        """
    @overload
    def fetch_min(self: RemoteReference[_Integer], value: _Value) -> int:
        """Write the value if it is less than the element's, or a NaN.

        {AT_FETCHING}
        """
    @overload
    def fetch_min(self: RemoteReference[_Real], value: _Value) -> float: ...
    @overload
    def fetch_max(self: RemoteReference[_Integer], value: _Value) -> int:
        """Write the value if it is greater than the element's, or a NaN.

        {AT_FETCHING}
        """
    @overload
    def fetch_max(self: RemoteReference[_Real], value: _Value) -> float: ...
    def __iadd__(self, value: _Operand, /) -> Self: ...
    def __isub__(self, value: _Operand, /) -> Self: ...
    def __iand__(self, value: _Operand, /) -> Self: ...
    def __ior__(self, value: _Operand, /) -> Self: ...
    def __ixor__(self, value: _Operand, /) -> Self: ...

def remote(a: NDArray[_T], team: Team | None = None, ctx: Ctx | None = None) -> Remote[_T]:
    """Return the array on all PEs, to be indexed by PE and then as an array.

    ``r[pe]`` is the same array on PE `pe`. ``x = r[pe][index]`` gets a copy, and ``r[pe][index] = x`` puts, with any
    index of NumPy: integers, slices, index arrays, masks, tuples of them, and names of fields.

    Parameters
    ----------
    a : numpy.ndarray
        Symmetric array, or view of one.
    team : Team, optional
        Team that PE numbers refer to; that of `ctx` if left out.
    ctx : Ctx, optional
        Context of the operations; the default context if left out.

    Returns
    -------
    Remote
        It keeps the memory of `a`. Changes of the attributes of `a` itself do not show.

    Raises
    ------
    TypeError
        `a` is not an array, or its elements refer to Python objects.
    ValueError
        It is not symmetric, or a PE of `team` is not in the team of `ctx`.
    FreedError
        The memory of the array has been freed; an index raises it, too.
    IndexError
        There is no such PE, or NumPy would raise it for the index.

    See Also
    --------
    put, get : the calls for arrays that exist already.

    Notes
    -----
    Index, value and errors are NumPy's: what ``a[index]`` and ``a[index] = x`` do with an array of the same values. A
    value that cannot be stored raises before anything is written. On return of ``r[pe][index] = x`` the data need not
    have arrived, as with `put`: it arrives at the latest with `quiet` or a barrier.

    What an index returns is a copy. So ``r[pe]['x'][0] = 1`` changes nothing on that PE. ``r[pe][0] += 1`` is a get and
    a put, and what others write in between is lost: ``r[pe].at[0] += 1`` is an atomic add.

    Nothing is communicated in silence: NumPy's functions, iteration and comparison of ``r[pe]`` raise TypeError.
    ``r[pe][...]`` is a copy of the whole array.

    OpenSHMEM routines: ``shmem_put``, ``shmem_get``, ``shmem_p``, ``shmem_g`` and their strided forms.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> me, n = shmem.my_pe(), shmem.n_pes()
    >>> a = shmem.zeros((2, 3), int)
    >>> r = shmem.remote(a)
    >>> r[me][1, ::2] = [5, 6]
    >>> r[me].at[0, 1] += 3
    >>> shmem.barrier_all()
    >>> print(r[(me + 1) % n][...])
    [[0 3 0]
     [5 0 6]]
    """

# --- library and PEs ---

def info_get_version() -> tuple[int, int]:
    """Version of the OpenSHMEM standard that the library implements.

    Returns
    -------
    tuple of int
        Major and minor version.

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.info_get_version() >= (1, 0)
    True
    """

def info_get_name() -> str:
    """Name of the library, as its vendor has it.

    Returns
    -------
    str

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> len(shmem.info_get_name()) > 0
    True
    """

def query_initialized() -> bool:
    """Whether the library is initialised and not yet finalised.

    Returns
    -------
    bool
        False in a process forked from a PE.

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.query_initialized()
    True
    """

def global_exit(status: int = 0) -> NoReturn:
    """End the whole job at once; any PE may call it. Does not return.

    ``sys.stdout`` and ``sys.stderr`` are flushed first. Functions of `atexit` are not called.

    Parameters
    ----------
    status : int, optional
        Exit status of the job.

    Notes
    -----
    {ROUTINE}
    """

def pcontrol(level: int = 1) -> None:
    """Tell a profiling tool how much to record.

    Parameters
    ----------
    level : int, optional
        0: nothing, 1: as usual, 2: more; others as the tool has it.

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.pcontrol(0)
    """

def my_pe() -> int:
    """Number of this PE, from 0 to ``n_pes() - 1``.

    Returns
    -------
    int

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> 0 <= shmem.my_pe() < shmem.n_pes()
    True
    """

def n_pes() -> int:
    """Number of PEs.

    Returns
    -------
    int

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.n_pes() >= 1
    True
    """

def pe_accessible(pe: int) -> bool:
    """Whether a PE can be communicated with.

    Parameters
    ----------
    pe : int
        Any number; False where there is no such PE.

    Returns
    -------
    bool

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.pe_accessible(0), shmem.pe_accessible(shmem.n_pes())
    (True, False)
    """

def addr_accessible(addr: _Array, pe: int) -> bool:
    """Whether an array is in memory that can be accessed on another PE.

    Parameters
    ----------
    addr : numpy.ndarray
        Any array.
    {PE}

    Returns
    -------
    bool

    Raises
    ------
    TypeError
        `addr` is not an array.
    IndexError
        There is no such PE.
    FreedError
        The memory of the array has been freed.

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.addr_accessible(shmem.zeros(1), 0)
    True
    """

def ptr(target: NDArray[_T], pe: int) -> NDArray[_T] | None:
    """View of another PE's array, for plain loads and stores.

    Parameters
    ----------
    target : numpy.ndarray
        Symmetric array, or view of one.
    {PE}

    Returns
    -------
    numpy.ndarray or None
        Array with the shape, strides and writeability of `target` over the memory of PE `pe`; None where
        that memory cannot be mapped here.

    Raises
    ------
    TypeError
        `target` is not an array.
    ValueError
        It is not symmetric.
    FreedError
        It has been freed.
    IndexError
        There is no such PE.

    Notes
    -----
    The view is no symmetric array: it can be the local side of put and get, not the remote one.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> a = shmem.full(2, 1.5)
    >>> view = shmem.ptr(a, shmem.n_pes() - 1)
    >>> view is None or view.tolist() == [1.5, 1.5]
    True
    """

# --- symmetric memory ---

def alloc(
    count: int, size: int = 1, align: int | None = None, hints: int | None = None, clear: bool = True
) -> memoryview:
    """Symmetric memory as bytes.

    Parameters
    ----------
    count : int
        Number of elements.
    size : int, optional
        Bytes of each.
    {PLACEMENT}
    clear : bool, optional
        Whether the memory is zero at first.

    Returns
    -------
    memoryview
        ``count * size`` bytes.

    Raises
    ------
    {ALLOC_ERRORS}

    Notes
    -----
    {ALLOC_NOTES}

    OpenSHMEM routines: ``shmem_malloc``, ``shmem_calloc``, ``shmem_align``, ``shmem_malloc_with_hints``.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> mem = shmem.alloc(4, 8)
    >>> mem.nbytes
    32
    >>> shmem.free(mem)
    """

def free(mem: memoryview | _Array) -> None:
    """Free symmetric memory now; collective.

    Afterwards every call that is given the memory, or a view of it, raises `FreedError`.

    Parameters
    ----------
    mem : numpy.ndarray or memoryview
        What a constructor, `alloc` or `fromalloc` returned; not a view of it.

    Raises
    ------
    FreedError
        It has been freed before.
    {FREE_MISMATCH}
    TypeError
        It is neither an array nor a memoryview.

    Notes
    -----
    Need not be called: memory whose last reference is gone on all PEs is used again.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> a = shmem.zeros(3)
    >>> shmem.free(a)
    """

@overload
def fromalloc(
    mem: memoryview, shape: _Shape | None = None, dtype: type[np.float64] | None = None, order: _Order = "C"
) -> NDArray[np.float64]:
    """Array over memory of `alloc`.

    Parameters
    ----------
    mem : memoryview
        Memory of `alloc`, or a contiguous part of it.
    shape : int or sequence of int, optional
        Left out: one dimension, as long as fits.
    dtype : dtype_like, optional
        Left out: float64.
    {ORDER}

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    ValueError
        The array does not fit, or `mem` is other memory.
    TypeError
        `mem` is no memoryview.
    FreedError
        `mem` has been freed.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> mem = shmem.alloc(6, 8)
    >>> shmem.fromalloc(mem, (2, 3)).shape
    (2, 3)
    """

@overload
def fromalloc(mem: memoryview, shape: _Shape | None, dtype: _DType[_T], order: _Order = "C") -> NDArray[_T]: ...
@overload
def fromalloc(
    mem: memoryview, shape: _Shape | None = None, *, dtype: _DType[_T], order: _Order = "C"
) -> NDArray[_T]: ...
@overload
def fromalloc(
    mem: memoryview, shape: _Shape | None = None, dtype: DTypeLike | None = None, order: _Order = "C"
) -> _Array: ...
@overload
def new_array(
    shape: _Shape,
    dtype: _Float64 = "float64",
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
    clear: bool = True,
) -> NDArray[np.float64]:
    """New symmetric array.

    Parameters
    ----------
    {SHAPE}
    {DTYPE}
    {ORDER}
    {PLACEMENT}
    clear : bool, optional
        Whether the array is zero at first.

    {ALLOCATION}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> int(shmem.new_array((2, 3), 'i4').sum())
    0
    """

@overload
def new_array(  # type: ignore[overload-overlap]
    shape: _Shape,
    dtype: type[bool],
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
    clear: bool = True,
) -> NDArray[np.bool_]: ...
@overload
def new_array(
    shape: _Shape,
    dtype: type[int],
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
    clear: bool = True,
) -> NDArray[np.int_]: ...
@overload
def new_array(
    shape: _Shape,
    dtype: type[float],
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
    clear: bool = True,
) -> NDArray[np.float64]: ...
@overload
def new_array(
    shape: _Shape,
    dtype: _DType[_T],
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
    clear: bool = True,
) -> NDArray[_T]: ...
@overload
def new_array(
    shape: _Shape,
    dtype: DTypeLike | None = "float64",
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
    clear: bool = True,
) -> _Array: ...
def del_array(a: _Array) -> None:
    """Free a symmetric array now; collective. The same as `free`.

    Parameters
    ----------
    a : numpy.ndarray
        What a constructor returned; not a view of it.

    Raises
    ------
    FreedError
        It has been freed before.
    {FREE_MISMATCH}
    TypeError
        It is not an array.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> a = shmem.zeros(3)
    >>> shmem.del_array(a)
    """

@overload
def array(
    obj: NDArray[_T],
    dtype: None = None,
    *,
    order: Literal["K", "A", "C", "F"] = "K",
    align: int | None = None,
    hints: int | None = None,
) -> NDArray[_T]:
    """New symmetric array with the contents of `obj`.

    Parameters
    ----------
    obj : array_like
        Contents; shape and dtype must be the same on all PEs, values need not.
    dtype : dtype_like, optional
        Left out: that of `obj`.
    order : {'K', 'A', 'C', 'F'}, optional
        Layout, as in `numpy.array`.
    {PLACEMENT}

    {ALLOCATION}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> print(shmem.array([1, 2, 3]))
    [1 2 3]
    """

@overload
def array(
    obj: ArrayLike,
    dtype: _DType[_T],
    *,
    order: Literal["K", "A", "C", "F"] = "K",
    align: int | None = None,
    hints: int | None = None,
) -> NDArray[_T]: ...
@overload
def array(
    obj: ArrayLike,
    dtype: DTypeLike | None = None,
    *,
    order: Literal["K", "A", "C", "F"] = "K",
    align: int | None = None,
    hints: int | None = None,
) -> _Array: ...
@overload
def empty(
    shape: _Shape,
    dtype: _Float64 = "float64",
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
) -> NDArray[np.float64]:
    """New symmetric array with arbitrary contents.

    {CONSTRUCTOR}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.empty((2, 3)).shape
    (2, 3)
    """

@overload
def empty(  # type: ignore[overload-overlap]
    shape: _Shape, dtype: type[bool], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[np.bool_]: ...
@overload
def empty(
    shape: _Shape, dtype: type[int], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[np.int_]: ...
@overload
def empty(
    shape: _Shape, dtype: type[float], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[np.float64]: ...
@overload
def empty(
    shape: _Shape, dtype: _DType[_T], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[_T]: ...
@overload
def empty(
    shape: _Shape,
    dtype: DTypeLike | None = "float64",
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
) -> _Array: ...
@overload
def zeros(
    shape: _Shape,
    dtype: _Float64 = "float64",
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
) -> NDArray[np.float64]:
    """New symmetric array of zeros.

    {CONSTRUCTOR}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> print(shmem.zeros(3, int))
    [0 0 0]
    """

@overload
def zeros(  # type: ignore[overload-overlap]
    shape: _Shape, dtype: type[bool], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[np.bool_]: ...
@overload
def zeros(
    shape: _Shape, dtype: type[int], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[np.int_]: ...
@overload
def zeros(
    shape: _Shape, dtype: type[float], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[np.float64]: ...
@overload
def zeros(
    shape: _Shape, dtype: _DType[_T], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[_T]: ...
@overload
def zeros(
    shape: _Shape,
    dtype: DTypeLike | None = "float64",
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
) -> _Array: ...
@overload
def ones(
    shape: _Shape,
    dtype: _Float64 = "float64",
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
) -> NDArray[np.float64]:
    """New symmetric array of ones, on every PE when it returns on any.

    {CONSTRUCTOR}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> print(shmem.ones(3, int))
    [1 1 1]
    """

@overload
def ones(  # type: ignore[overload-overlap]
    shape: _Shape, dtype: type[bool], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[np.bool_]: ...
@overload
def ones(
    shape: _Shape, dtype: type[int], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[np.int_]: ...
@overload
def ones(
    shape: _Shape, dtype: type[float], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[np.float64]: ...
@overload
def ones(
    shape: _Shape, dtype: _DType[_T], order: _Order = "C", *, align: int | None = None, hints: int | None = None
) -> NDArray[_T]: ...
@overload
def ones(
    shape: _Shape,
    dtype: DTypeLike | None = "float64",
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
) -> _Array: ...
@overload
def full(
    shape: _Shape,
    fill_value: _T | NDArray[_T],
    dtype: None = None,
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
) -> NDArray[_T]:
    """New symmetric array filled with a value, on every PE when it returns on any.

    Parameters
    ----------
    {SHAPE}
    fill_value : scalar or array_like
        Value, or values that broadcast to `shape`; cast to `dtype` as C does.
    dtype : dtype_like, optional
        Left out: that of `fill_value`.
    {ORDER}
    {PLACEMENT}

    {ALLOCATION}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> print(shmem.full(3, 7))
    [7 7 7]
    """

@overload
def full(
    shape: _Shape,
    fill_value: ArrayLike,
    dtype: _DType[_T],
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
) -> NDArray[_T]: ...
@overload
def full(
    shape: _Shape,
    fill_value: ArrayLike,
    dtype: DTypeLike | None = None,
    order: _Order = "C",
    *,
    align: int | None = None,
    hints: int | None = None,
) -> _Array: ...

# --- put and get ---

def put(
    target: NDArray[_T], source: NDArray[_T] | _Number, pe: int, size: int | None = None, ctx: Ctx | None = None
) -> None:
    """Copy local data to another PE's symmetric array.

    On return `source` may be reused. The data arrives at the latest with `quiet` or a barrier.

    {PUT}

    See Also
    --------
    get : the other direction.
    put_nbi : return before `source` may be reused.
    put_signal : tell the other PE when the data is there.

    Notes
    -----
    {LAYOUT}

    OpenSHMEM routine: ``shmem_{NAME}``, for strided data ``shmem_ibput``.

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> right = (shmem.my_pe() + 1) % shmem.n_pes()
    >>> t = shmem.zeros(4)
    >>> shmem.put(t, np.arange(4.0), right)
    >>> shmem.barrier_all()
    >>> print(t)
    [0. 1. 2. 3.]
    """

def get(target: NDArray[_T], source: NDArray[_T], pe: int, size: int | None = None, ctx: Ctx | None = None) -> None:
    """Copy another PE's symmetric array to local memory.

    On return the data is in `target`.

    {GET}

    See Also
    --------
    put : the other direction.
    get_nbi : return before the data is there.

    Notes
    -----
    {LAYOUT}

    OpenSHMEM routine: ``shmem_{NAME}``, for strided data ``shmem_ibget``.

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> s = shmem.full(3, shmem.my_pe())
    >>> t = np.empty(3, s.dtype)
    >>> shmem.get(t, s, 0)
    >>> print(t)
    [0 0 0]
    """

def put_nbi(
    target: NDArray[_T], source: NDArray[_T] | _Number, pe: int, size: int | None = None, ctx: Ctx | None = None
) -> None:
    """Start to copy local data to another PE's symmetric array.

    `source` must not be changed before `quiet` or a barrier; it need not be kept: a temporary will do.

    {PUT}

    Notes
    -----
    {LAYOUT}

    {ROUTINE} Strided data is complete on return.

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.zeros(9, int)
    >>> shmem.put_nbi(t, np.arange(9), shmem.my_pe())
    >>> shmem.quiet()
    >>> int(t[8])
    8
    """

def get_nbi(target: NDArray[_T], source: NDArray[_T], pe: int, size: int | None = None, ctx: Ctx | None = None) -> None:
    """Start to copy another PE's symmetric array to local memory.

    `target` holds the data after `quiet` or a barrier.

    {GET}

    Notes
    -----
    {LAYOUT}

    {ROUTINE} Strided data is complete on return.

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> s = shmem.ones(2)
    >>> t = np.empty(2)
    >>> shmem.get_nbi(t, s, shmem.my_pe())
    >>> shmem.quiet()
    >>> print(t)
    [1. 1.]
    """

def p(target: _Element[_T], value: _Value, pe: int, ctx: Ctx | None = None) -> None:
    """Write one element of another PE's symmetric array.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        {ONE_VALUE}
    {PE}
    {CTX}

    Raises
    ------
    {REMOTE_ERRORS}
    OverflowError
        `value` does not fit the dtype.

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.zeros(4, int)
    >>> shmem.p(t[3:4], 42, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(t[3])
    42
    """

@overload
def g(source: _Element[np.bool_], pe: int, ctx: Ctx | None = None) -> bool:  # pyright: ignore[reportOverlappingOverload]
    """Read one element of another PE's symmetric array.

    Parameters
    ----------
    {ONE_SOURCE}
    {PE}
    {CTX}

    Returns
    -------
    bool, int, float, complex or numpy scalar
        A Python number where there is one for the dtype.

    Raises
    ------
    {REMOTE_ERRORS}

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s = shmem.full(1, 1.5)
    >>> shmem.g(s, shmem.n_pes() - 1)
    1.5
    """

@overload
def g(source: _Element[np.timedelta64], pe: int, ctx: Ctx | None = None) -> np.timedelta64: ...
@overload
def g(source: _Element[_Integer], pe: int, ctx: Ctx | None = None) -> int: ...
@overload
def g(source: _Element[_Real], pe: int, ctx: Ctx | None = None) -> float: ...
@overload
def g(source: _Element[np.complex64 | np.complex128], pe: int, ctx: Ctx | None = None) -> complex: ...
@overload
def g(source: _Element[_T], pe: int, ctx: Ctx | None = None) -> _T: ...
def iput(
    target: NDArray[_T],
    source: NDArray[_T],
    pe: int,
    tst: int = 1,
    sst: int = 1,
    size: int | None = None,
    ctx: Ctx | None = None,
) -> None:
    """Copy every `sst`-th local element to every `tst`-th of another PE's symmetric array.

    Parameters
    ----------
    {IPUT_OPERANDS}
    {PE}
    {STRIDES}
    {IPUT}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.zeros(6, int)
    >>> shmem.iput(t, np.array([1, 2, 3]), shmem.my_pe(), tst=2)
    >>> print(t)
    [1 0 2 0 3 0]
    """

def iget(
    target: NDArray[_T],
    source: NDArray[_T],
    pe: int,
    tst: int = 1,
    sst: int = 1,
    size: int | None = None,
    ctx: Ctx | None = None,
) -> None:
    """Copy every `sst`-th element of another PE's symmetric array to every `tst`-th local one.

    Parameters
    ----------
    {IGET_OPERANDS}
    {PE}
    {STRIDES}
    {IGET}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> s = shmem.array([1, 2, 3, 4, 5])
    >>> t = np.zeros(3, s.dtype)
    >>> shmem.iget(t, s, shmem.my_pe(), sst=2)
    >>> print(t)
    [1 3 5]
    """

def ibput(
    target: NDArray[_T],
    source: NDArray[_T],
    pe: int,
    tst: int,
    sst: int,
    bsize: int,
    nblocks: int | None = None,
    ctx: Ctx | None = None,
) -> None:
    """Copy blocks of local elements to another PE's symmetric array.

    Parameters
    ----------
    {IPUT_OPERANDS}
    {PE}
    {BLOCKS}
    {IPUT}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.zeros(6, int)
    >>> shmem.ibput(t, np.array([1, 2, 3, 4]), shmem.my_pe(), tst=3, sst=2, bsize=2)
    >>> print(t)
    [1 2 0 3 4 0]
    """

def ibget(
    target: NDArray[_T],
    source: NDArray[_T],
    pe: int,
    tst: int,
    sst: int,
    bsize: int,
    nblocks: int | None = None,
    ctx: Ctx | None = None,
) -> None:
    """Copy blocks of elements of another PE's symmetric array to local memory.

    Parameters
    ----------
    {IGET_OPERANDS}
    {PE}
    {BLOCKS}
    {IGET}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> s = shmem.array([1, 2, 3, 4, 5, 6])
    >>> t = np.zeros(4, s.dtype)
    >>> shmem.ibget(t, s, shmem.my_pe(), tst=2, sst=3, bsize=2)
    >>> print(t)
    [1 2 4 5]
    """

# --- order and completion ---

def fence(ctx: Ctx | None = None) -> None:
    """Order puts, atomic operations and signals to each PE: those before arrive before those after.

    Parameters
    ----------
    {COMPLETED_CTX}

    Raises
    ------
    {CTX_ERRORS}

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> data, flag = shmem.zeros(1), shmem.zeros(1, int)
    >>> shmem.p(data, 2.5, shmem.my_pe())
    >>> shmem.fence()
    >>> shmem.p(flag, 1, shmem.my_pe())
    >>> shmem.wait_until(flag, '==', 1)
    >>> float(data[0])
    2.5
    """

def quiet(ctx: Ctx | None = None) -> None:
    """Wait until all operations of this PE on the context are complete.

    What was put is then in the memory of the other PEs, and what non-blocking gets fetch is here.

    Parameters
    ----------
    {COMPLETED_CTX}

    Raises
    ------
    {CTX_ERRORS}

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.zeros(1)
    >>> shmem.put_nbi(t, 2.5, shmem.my_pe())
    >>> shmem.quiet()
    >>> float(t[0])
    2.5
    """

def pe_quiet(pes: SupportsIndex | Sequence[int] | NDArray[_Integer], ctx: Ctx | None = None) -> None:
    """Wait until all operations of this PE on some other PEs are complete.

    Parameters
    ----------
    pes : int or sequence of int
        The PEs, numbered as in the context's team.
    {COMPLETED_CTX}

    Raises
    ------
    TypeError
        `ctx` is not a context, or `pes` are not integers.
    IndexError
        There is no such PE.
    RuntimeError
        The context is invalid.

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.zeros(1)
    >>> shmem.put_nbi(t, 2.5, shmem.my_pe())
    >>> shmem.pe_quiet([shmem.my_pe()])
    >>> float(t[0])
    2.5
    """

# --- atomics ---

def atomic_set(target: _Element[_AtomicT], value: _Value, pe: int, ctx: Ctx | None = None) -> None:
    """Write a value to another PE, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        The new value. {ONE_VALUE}
    {PE}
    {CTX}

    Raises
    ------
    {REMOTE_ERRORS}
    {OVERFLOW}

    Notes
    -----
    {ALONE} dtypes: {ATOMIC_TYPES}.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> shmem.atomic_set(t, 7, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(t[0])
    7
    """

def atomic_inc(target: _Element[_AtomicT], pe: int, ctx: Ctx | None = None) -> None:
    """Add one to a value of another PE, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    {ATOMIC}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> shmem.atomic_inc(t, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(t[0])
    6
    """

def atomic_add(target: _Element[_AtomicT], value: _Value, pe: int, ctx: Ctx | None = None) -> None:
    """Add to a value of another PE, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        What to add. {ONE_VALUE}
    {ATOMIC}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> shmem.atomic_add(t, 2, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(t[0])
    7
    """

def atomic_and(target: _Element[_Integer], value: _Value, pe: int, ctx: Ctx | None = None) -> None:
    """Bitwise and with a value of another PE, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        The other operand. {ONE_VALUE}
    {ATOMIC_BITWISE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 6)
    >>> shmem.atomic_and(t, 3, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(t[0])
    2
    """

def atomic_or(target: _Element[_Integer], value: _Value, pe: int, ctx: Ctx | None = None) -> None:
    """Bitwise or with a value of another PE, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        The other operand. {ONE_VALUE}
    {ATOMIC_BITWISE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 6)
    >>> shmem.atomic_or(t, 3, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(t[0])
    7
    """

def atomic_xor(target: _Element[_Integer], value: _Value, pe: int, ctx: Ctx | None = None) -> None:
    """Bitwise exclusive or with a value of another PE, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        The other operand. {ONE_VALUE}
    {ATOMIC_BITWISE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 6)
    >>> shmem.atomic_xor(t, 3, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(t[0])
    5
    """

@overload
def atomic_fetch(source: _Element[_Integer], pe: int, ctx: Ctx | None = None) -> int:
    """Read a value of another PE, atomically.

    Parameters
    ----------
    {ONE_SOURCE}
    {PE}
    {CTX}

    Returns
    -------
    int or float
        The value.

    Raises
    ------
    {REMOTE_ERRORS}
    {OVERFLOW}

    Notes
    -----
    {ALONE} dtypes: {ATOMIC_TYPES}.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s = shmem.full(1, 5)
    >>> shmem.atomic_fetch(s, shmem.n_pes() - 1)
    5
    """

@overload
def atomic_fetch(source: _Element[_Real], pe: int, ctx: Ctx | None = None) -> float: ...
@overload
def atomic_swap(target: _Element[_Integer], value: _Value, pe: int, ctx: Ctx | None = None) -> int:
    """Write a value to another PE and return the old one, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        The new value. {ONE_VALUE}
    {PE}
    {CTX}

    Returns
    -------
    {OLD_VALUE}

    Raises
    ------
    {REMOTE_ERRORS}
    {OVERFLOW}

    Notes
    -----
    {ALONE} dtypes: {ATOMIC_TYPES}.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> shmem.atomic_swap(t, 7, shmem.my_pe())
    5
    >>> int(t[0])
    7
    """

@overload
def atomic_swap(target: _Element[_Real], value: _Value, pe: int, ctx: Ctx | None = None) -> float: ...
@overload
def atomic_compare_swap(
    target: _Element[_Integer], cond: _Value, value: _Value, pe: int, ctx: Ctx | None = None
) -> int:
    """Write a value to another PE if the old one equals `cond`, and return the old one, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    {COND}
    value : number
        The new value. {ONE_VALUE}
    {ATOMIC_FETCHING}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> shmem.atomic_compare_swap(t, 5, 7, shmem.my_pe())
    5
    >>> int(t[0])
    7
    """

@overload
def atomic_compare_swap(
    target: _Element[_Real], cond: _Value, value: _Value, pe: int, ctx: Ctx | None = None
) -> float: ...
@overload
def atomic_fetch_inc(target: _Element[_Integer], pe: int, ctx: Ctx | None = None) -> int:
    """Add one to a value of another PE and return the old one, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    {ATOMIC_FETCHING}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> shmem.atomic_fetch_inc(t, shmem.my_pe())
    5
    >>> int(t[0])
    6
    """

@overload
def atomic_fetch_inc(target: _Element[_Real], pe: int, ctx: Ctx | None = None) -> float: ...
@overload
def atomic_fetch_add(target: _Element[_Integer], value: _Value, pe: int, ctx: Ctx | None = None) -> int:
    """Add to a value of another PE and return the old one, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        What to add. {ONE_VALUE}
    {ATOMIC_FETCHING}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> shmem.atomic_fetch_add(t, 2, shmem.my_pe())
    5
    >>> int(t[0])
    7
    """

@overload
def atomic_fetch_add(target: _Element[_Real], value: _Value, pe: int, ctx: Ctx | None = None) -> float: ...
def atomic_fetch_and(target: _Element[_Integer], value: _Value, pe: int, ctx: Ctx | None = None) -> int:
    """Bitwise and with a value of another PE, returning the old one, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        The other operand. {ONE_VALUE}
    {ATOMIC_FETCHING_BITWISE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 6)
    >>> shmem.atomic_fetch_and(t, 3, shmem.my_pe())
    6
    >>> int(t[0])
    2
    """

def atomic_fetch_or(target: _Element[_Integer], value: _Value, pe: int, ctx: Ctx | None = None) -> int:
    """Bitwise or with a value of another PE, returning the old one, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        The other operand. {ONE_VALUE}
    {ATOMIC_FETCHING_BITWISE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 6)
    >>> shmem.atomic_fetch_or(t, 3, shmem.my_pe())
    6
    >>> int(t[0])
    7
    """

def atomic_fetch_xor(target: _Element[_Integer], value: _Value, pe: int, ctx: Ctx | None = None) -> int:
    """Bitwise exclusive or with a value of another PE, returning the old one, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        The other operand. {ONE_VALUE}
    {ATOMIC_FETCHING_BITWISE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 6)
    >>> shmem.atomic_fetch_xor(t, 3, shmem.my_pe())
    6
    >>> int(t[0])
    5
    """

def atomic_fetch_nbi(fetch: _Element[_AtomicT], source: _Element[_AtomicT], pe: int, ctx: Ctx | None = None) -> None:
    """Start to read a value of another PE, atomically.

    Parameters
    ----------
    {FETCH}
    {ONE_SOURCE}
    {PE}
    {CTX}

    Raises
    ------
    {REMOTE_ERRORS}
    {OVERFLOW}

    Notes
    -----
    {ALONE} dtypes: {ATOMIC_TYPES}.

    {ROUTINE}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> old = np.zeros(1, t.dtype)
    >>> shmem.atomic_fetch_nbi(old, t, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(old[0]), int(t[0])
    (5, 5)
    """

def atomic_swap_nbi(
    fetch: _Element[_AtomicT], target: _Element[_AtomicT], value: _Value, pe: int, ctx: Ctx | None = None
) -> None:
    """Start to write a value to another PE and fetch the old one, atomically.

    Parameters
    ----------
    {FETCH}
    {ONE_TARGET}
    value : number
        The new value. {ONE_VALUE}
    {PE}
    {CTX}

    Raises
    ------
    {REMOTE_ERRORS}
    {OVERFLOW}

    Notes
    -----
    {ALONE} dtypes: {ATOMIC_TYPES}.

    {ROUTINE}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> old = np.zeros(1, t.dtype)
    >>> shmem.atomic_swap_nbi(old, t, 7, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(old[0]), int(t[0])
    (5, 7)
    """

def atomic_compare_swap_nbi(
    fetch: _Element[_AtomicT],
    target: _Element[_AtomicT],
    cond: _Value,
    value: _Value,
    pe: int,
    ctx: Ctx | None = None,
) -> None:
    """Start to write a value to another PE if the old one equals `cond`, and fetch the old one, atomically.

    Parameters
    ----------
    {FETCH}
    {ONE_TARGET}
    {COND}
    value : number
        The new value. {ONE_VALUE}
    {ATOMIC}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> old = np.zeros(1, t.dtype)
    >>> shmem.atomic_compare_swap_nbi(old, t, 5, 7, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(old[0]), int(t[0])
    (5, 7)
    """

def atomic_fetch_inc_nbi(
    fetch: _Element[_AtomicT], target: _Element[_AtomicT], pe: int, ctx: Ctx | None = None
) -> None:
    """Start to add one to a value of another PE and fetch the old one, atomically.

    Parameters
    ----------
    {FETCH}
    {ONE_TARGET}
    {ATOMIC}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> old = np.zeros(1, t.dtype)
    >>> shmem.atomic_fetch_inc_nbi(old, t, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(old[0]), int(t[0])
    (5, 6)
    """

def atomic_fetch_add_nbi(
    fetch: _Element[_AtomicT], target: _Element[_AtomicT], value: _Value, pe: int, ctx: Ctx | None = None
) -> None:
    """Start to add to a value of another PE and fetch the old one, atomically.

    Parameters
    ----------
    {FETCH}
    {ONE_TARGET}
    value : number
        What to add. {ONE_VALUE}
    {ATOMIC}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> old = np.zeros(1, t.dtype)
    >>> shmem.atomic_fetch_add_nbi(old, t, 2, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(old[0]), int(t[0])
    (5, 7)
    """

def atomic_fetch_and_nbi(
    fetch: _Element[_IntegerT], target: _Element[_IntegerT], value: _Value, pe: int, ctx: Ctx | None = None
) -> None:
    """Start a bitwise and with a value of another PE and fetch the old one, atomically.

    Parameters
    ----------
    {FETCH}
    {ONE_TARGET}
    value : number
        The other operand. {ONE_VALUE}
    {ATOMIC_BITWISE}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 6)
    >>> old = np.zeros(1, t.dtype)
    >>> shmem.atomic_fetch_and_nbi(old, t, 3, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(old[0]), int(t[0])
    (6, 2)
    """

def atomic_fetch_or_nbi(
    fetch: _Element[_IntegerT], target: _Element[_IntegerT], value: _Value, pe: int, ctx: Ctx | None = None
) -> None:
    """Start a bitwise or with a value of another PE and fetch the old one, atomically.

    Parameters
    ----------
    {FETCH}
    {ONE_TARGET}
    value : number
        The other operand. {ONE_VALUE}
    {ATOMIC_BITWISE}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 6)
    >>> old = np.zeros(1, t.dtype)
    >>> shmem.atomic_fetch_or_nbi(old, t, 3, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(old[0]), int(t[0])
    (6, 7)
    """

def atomic_fetch_xor_nbi(
    fetch: _Element[_IntegerT], target: _Element[_IntegerT], value: _Value, pe: int, ctx: Ctx | None = None
) -> None:
    """Start a bitwise exclusive or with a value of another PE and fetch the old one, atomically.

    Parameters
    ----------
    {FETCH}
    {ONE_TARGET}
    value : number
        The other operand. {ONE_VALUE}
    {ATOMIC_BITWISE}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 6)
    >>> old = np.zeros(1, t.dtype)
    >>> shmem.atomic_fetch_xor_nbi(old, t, 3, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(old[0]), int(t[0])
    (6, 5)
    """

def atomic_op(target: _Element[_AtomicT], value: _Value | None, op: _Amo, pe: int, ctx: Ctx | None = None) -> None:
    """Apply an operation to a value of another PE, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        The operand. {ONE_VALUE}
    {AMO}
    {PE}
    {CTX}

    Raises
    ------
    {REMOTE_ERRORS}
    {OVERFLOW}

    Notes
    -----
    {ALONE} dtypes: {ATOMIC_TYPES}; for and, or, xor only the integers.

    OpenSHMEM routine: ``shmem_atomic_<op>``.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> shmem.atomic_op(t, 2, shmem.AMO_ADD, shmem.my_pe())
    >>> shmem.quiet()
    >>> int(t[0])
    7
    """

@overload
def atomic_fetch_op(target: _Element[_Integer], value: _Value | None, op: _Amo, pe: int, ctx: Ctx | None = None) -> int:
    """Apply an operation to a value of another PE and return the old one, atomically.

    Parameters
    ----------
    {ONE_TARGET}
    value : number
        The operand. {ONE_VALUE}
    {AMO}
    {PE}
    {CTX}

    Returns
    -------
    {OLD_VALUE}

    Raises
    ------
    {REMOTE_ERRORS}
    {OVERFLOW}

    Notes
    -----
    {ALONE} dtypes: {ATOMIC_TYPES}; for and, or, xor only the integers.

    OpenSHMEM routine: ``shmem_atomic_fetch_<op>``, for set ``shmem_atomic_swap``.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> shmem.atomic_fetch_op(t, 2, 'add', shmem.my_pe())
    5
    >>> int(t[0])
    7
    """

@overload
def atomic_fetch_op(
    target: _Element[_Real], value: _Value | None, op: _RealAmo, pe: int, ctx: Ctx | None = None
) -> float: ...
def atomic_fetch_op_nbi(
    fetch: _Element[_AtomicT],
    target: _Element[_AtomicT],
    value: _Value | None,
    op: _Amo,
    pe: int,
    ctx: Ctx | None = None,
) -> None:
    """Start to apply an operation to a value of another PE and fetch the old one, atomically.

    Parameters
    ----------
    {FETCH}
    {ONE_TARGET}
    value : number
        The operand. {ONE_VALUE}
    {AMO}
    {PE}
    {CTX}

    Raises
    ------
    {REMOTE_ERRORS}
    {OVERFLOW}

    Notes
    -----
    {ALONE} dtypes: {ATOMIC_TYPES}; for and, or, xor only the integers.

    OpenSHMEM routine: ``shmem_atomic_fetch_<op>_nbi``, for set ``shmem_atomic_swap_nbi``.

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> t = shmem.full(1, 5)
    >>> old = np.zeros(1, t.dtype)
    >>> shmem.atomic_fetch_op_nbi(old, t, 2, 'add', shmem.my_pe())
    >>> shmem.quiet()
    >>> int(old[0]), int(t[0])
    (5, 7)
    """

# --- signals ---

def new_signal() -> NDArray[np.uint64]:
    """New signal; collective.

    Returns
    -------
    numpy.ndarray
        Symmetric uint64 array of one element, 0 at first. Read and set it by index.

    Raises
    ------
    {ALLOC_ERRORS}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> signal = shmem.new_signal()
    >>> signal[0] = 1
    >>> shmem.signal_fetch(signal)
    1
    """

def del_signal(signal: NDArray[np.uint64]) -> None:
    """Free a signal now; collective.

    Parameters
    ----------
    signal : numpy.ndarray
        What `new_signal` returned.

    Raises
    ------
    FreedError
        It has been freed before.
    TypeError
        It is no signal.
    {FREE_MISMATCH}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.del_signal(shmem.new_signal())
    """

def put_signal(
    target: NDArray[_T],
    source: NDArray[_T] | _Number,
    pe: int,
    signal: _Element[np.uint64],
    value: _Value,
    sigop: _Signal,
    size: int | None = None,
    ctx: Ctx | None = None,
) -> None:
    """Copy local data to another PE and then update a signal there.

    A PE that sees the updated signal also sees the data. On return `source` may be reused.

    Parameters
    ----------
    {PUT_OPERANDS}
    {PE}
    {SIGNAL}
    value : int
        What the signal of PE `pe` is set to, or what is added to it.
    sigop : SIGNAL or str
        ``SIGNAL_SET`` or ``SIGNAL_ADD``, or the name in any case.
    {SIZE}
    {CTX}

    Raises
    ------
    {REMOTE_ERRORS}
    {SIGNAL_OVERFLOW}

    Notes
    -----
    {LAYOUT}

    {ROUTINE}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> right = (shmem.my_pe() + 1) % shmem.n_pes()
    >>> t, arrived = shmem.zeros(3), shmem.new_signal()
    >>> shmem.put_signal(t, np.ones(3), right, arrived, 1, shmem.SIGNAL_SET)
    >>> shmem.signal_wait_until(arrived, '==', 1)
    1
    >>> print(t)
    [1. 1. 1.]
    """

def put_signal_nbi(
    target: NDArray[_T],
    source: NDArray[_T] | _Number,
    pe: int,
    signal: _Element[np.uint64],
    value: _Value,
    sigop: _Signal,
    size: int | None = None,
    ctx: Ctx | None = None,
) -> None:
    """Start to copy local data to another PE and then to update a signal there.

    A PE that sees the updated signal also sees the data. `source` must not be changed before `quiet` or a barrier.

    Parameters
    ----------
    {PUT_OPERANDS}
    {PE}
    {SIGNAL}
    value : int
        What the signal of PE `pe` is set to, or what is added to it.
    sigop : SIGNAL or str
        ``SIGNAL_SET`` or ``SIGNAL_ADD``, or the name in any case.
    {SIZE}
    {CTX}

    Raises
    ------
    {REMOTE_ERRORS}
    {SIGNAL_OVERFLOW}

    Notes
    -----
    {LAYOUT}

    {ROUTINE}

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> right = (shmem.my_pe() + 1) % shmem.n_pes()
    >>> t, arrived = shmem.zeros(3), shmem.new_signal()
    >>> shmem.put_signal_nbi(t, np.ones(3), right, arrived, 1, shmem.SIGNAL_SET)
    >>> shmem.signal_wait_until(arrived, '==', 1)
    1
    >>> print(t)
    [1. 1. 1.]
    """

def signal_fetch(signal: _Element[np.uint64]) -> int:
    """Read a signal of this PE, atomically.

    Parameters
    ----------
    {SIGNAL}

    Returns
    -------
    int

    Raises
    ------
    {SIGNAL_ERRORS}

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> signal = shmem.new_signal()
    >>> signal[0] = 3
    >>> shmem.signal_fetch(signal)
    3
    """

def signal_set(signal: _Element[np.uint64], value: _Value, pe: int, ctx: Ctx | None = None) -> None:
    """Set a signal of another PE.

    {SET_SIGNAL}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> signal = shmem.new_signal()
    >>> shmem.signal_set(signal, 7, shmem.my_pe())
    >>> shmem.signal_wait_until(signal, 'ne', 0)
    7
    """

def signal_add(signal: _Element[np.uint64], value: _Value, pe: int, ctx: Ctx | None = None) -> None:
    """Add to a signal of another PE.

    {SET_SIGNAL}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> signal = shmem.new_signal()
    >>> shmem.signal_add(signal, 2, shmem.my_pe())
    >>> shmem.signal_wait_until(signal, 'ne', 0)
    2
    """

def signal_wait_until(signal: _Element[np.uint64], cmp: _Cmp, value: _Value, *, timeout: float | None = None) -> int:
    """Wait until a signal of this PE compares true.

    Parameters
    ----------
    {SIGNAL}
    {CMP}
    value : int
        What the signal is compared with.
    {TIMEOUT}

    Returns
    -------
    int
        Value of the signal that compared true.

    Raises
    ------
    {SIGNAL_ERRORS}
    {SIGNAL_OVERFLOW}
    {TIMEOUT_ERROR}
    {CTRL_C}

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> signal = shmem.new_signal()
    >>> shmem.signal_add(signal, 1, (shmem.my_pe() + 1) % shmem.n_pes())
    >>> shmem.signal_wait_until(signal, '>=', 1)
    1
    """

# --- waiting ---

def wait_until(ivar: _Element[_Integer], cmp: _Cmp, value: _Value, *, timeout: float | None = None) -> None:
    """Wait until a symmetric variable of this PE compares true.

    Parameters
    ----------
    {IVAR}
    {CMP}
    value : number
        What the element is compared with.
    {TIMEOUT}

    Raises
    ------
    {WAIT_ERRORS}
    {TIMEOUT_ERROR}
    {CTRL_C}

    Notes
    -----
    dtypes: int16, int32, int64, uint16, uint32, uint64.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flag = shmem.zeros(1, int)
    >>> shmem.p(flag, 1, (shmem.my_pe() + 1) % shmem.n_pes())
    >>> shmem.wait_until(flag, '==', 1)
    """

def wait_until_all(
    ivars: NDArray[_Integer],
    cmp: _Cmp,
    value: _Value,
    status: _Status = None,
    *,
    timeout: float | None = None,
) -> None:
    """Wait until all elements of a symmetric array of this PE compare true.

    {WAIT_MANY}

    {WAIT}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> shmem.wait_until_all(flags, '>=', 0)
    """

def wait_until_any(
    ivars: NDArray[_Integer],
    cmp: _Cmp,
    value: _Value,
    status: _Status = None,
    *,
    timeout: float | None = None,
) -> int | None:
    """Wait until an element of a symmetric array of this PE compares true.

    {WAIT_MANY}

    Returns
    -------
    int or None
        Index of an element that compares true; None if no element counts.

    {WAIT}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> shmem.wait_until_any(flags, '==', 0)
    0
    """

def wait_until_some(
    ivars: NDArray[_Integer],
    cmp: _Cmp,
    value: _Value,
    status: _Status = None,
    *,
    timeout: float | None = None,
) -> list[int]:
    """Wait until at least one element of a symmetric array of this PE compares true.

    {WAIT_MANY}

    Returns
    -------
    list of int
        Indices of the elements that compare true; empty if no element counts.

    {WAIT}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> sorted(shmem.wait_until_some(flags, '==', 1))
    [1, 2]
    """

def wait_until_all_vector(
    ivars: NDArray[_Integer],
    cmp: _Cmp,
    values: ArrayLike,
    status: _Status = None,
    *,
    timeout: float | None = None,
) -> None:
    """Wait until all elements of a symmetric array of this PE compare true, each with a value of its own.

    {WAIT_MANY_VALUES}

    {WAIT}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> shmem.wait_until_all_vector(flags, '==', [0, 1, 1])
    """

def wait_until_any_vector(
    ivars: NDArray[_Integer],
    cmp: _Cmp,
    values: ArrayLike,
    status: _Status = None,
    *,
    timeout: float | None = None,
) -> int | None:
    """Wait until an element of a symmetric array of this PE compares true, each with a value of its own.

    {WAIT_MANY_VALUES}

    Returns
    -------
    int or None
        Index of an element that compares true; None if no element counts.

    {WAIT}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> shmem.wait_until_any_vector(flags, '==', [5, 5, 1])
    2
    """

def wait_until_some_vector(
    ivars: NDArray[_Integer],
    cmp: _Cmp,
    values: ArrayLike,
    status: _Status = None,
    *,
    timeout: float | None = None,
) -> list[int]:
    """Wait until at least one element of a symmetric array of this PE compares true, each with a value of its own.

    {WAIT_MANY_VALUES}

    Returns
    -------
    list of int
        Indices of the elements that compare true; empty if no element counts.

    {WAIT}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> sorted(shmem.wait_until_some_vector(flags, '==', [0, 5, 1]))
    [0, 2]
    """

def test(ivar: _Element[_Integer], cmp: _Cmp, value: _Value) -> bool:
    """Whether a symmetric variable of this PE compares true.

    Parameters
    ----------
    {IVAR}
    {CMP}
    value : number
        What the element is compared with.

    Returns
    -------
    bool

    Raises
    ------
    {WAIT_ERRORS}

    Notes
    -----
    dtypes: int16, int32, int64, uint16, uint32, uint64. Where it is true, data that was put
    before the variable was set can be read.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flag = shmem.ones(1, int)
    >>> shmem.test(flag, '>=', 1)
    True
    """

def test_all(ivars: NDArray[_Integer], cmp: _Cmp, value: _Value, status: _Status = None) -> bool:
    """Whether all elements of a symmetric array of this PE compare true.

    {MANY}

    Returns
    -------
    bool
        True also if no element counts.

    {TEST}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> shmem.test_all(flags, '==', 1)
    False
    """

def test_any(ivars: NDArray[_Integer], cmp: _Cmp, value: _Value, status: _Status = None) -> int | None:
    """Index of an element of a symmetric array of this PE that compares true.

    {MANY}

    Returns
    -------
    int or None
        Index of an element that compares true; None if no element counts or compares true.

    {TEST}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> shmem.test_any(flags, '==', 0)
    0
    """

def test_some(ivars: NDArray[_Integer], cmp: _Cmp, value: _Value, status: _Status = None) -> list[int]:
    """Indices of the elements of a symmetric array of this PE that compare true.

    {MANY}

    Returns
    -------
    list of int
        Indices of the elements that compare true; empty if no element counts or compares true.

    {TEST}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> sorted(shmem.test_some(flags, '==', 1))
    [1, 2]
    """

def test_all_vector(ivars: NDArray[_Integer], cmp: _Cmp, values: ArrayLike, status: _Status = None) -> bool:
    """Whether all elements of a symmetric array of this PE compare true, each with a value of its own.

    {MANY_VALUES}

    Returns
    -------
    bool
        True also if no element counts.

    {TEST}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> shmem.test_all_vector(flags, '==', [0, 1, 1])
    True
    """

def test_any_vector(ivars: NDArray[_Integer], cmp: _Cmp, values: ArrayLike, status: _Status = None) -> int | None:
    """Index of an element of a symmetric array of this PE that compares true, each with a value of its own.

    {MANY_VALUES}

    Returns
    -------
    int or None
        Index of an element that compares true; None if no element counts or compares true.

    {TEST}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> shmem.test_any_vector(flags, '==', [5, 5, 1])
    2
    """

def test_some_vector(ivars: NDArray[_Integer], cmp: _Cmp, values: ArrayLike, status: _Status = None) -> list[int]:
    """Indices of the elements of a symmetric array of this PE that compare true, each with a value of its own.

    {MANY_VALUES}

    Returns
    -------
    list of int
        Indices of the elements that compare true; empty if no element counts or compares true.

    {TEST}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> flags = shmem.array([0, 1, 1])
    >>> sorted(shmem.test_some_vector(flags, '==', [0, 5, 1]))
    [0, 2]
    """

# --- collectives ---

def barrier_all() -> None:
    """Wait until all PEs are here and all their operations on the default context are complete.

    {SYNC}

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> t = shmem.zeros(1, int)
    >>> shmem.p(t, 1, (shmem.my_pe() + 1) % shmem.n_pes())
    >>> shmem.barrier_all()
    >>> int(t[0])
    1
    """

def sync_all() -> None:
    """Wait until all PEs are here. What they put need not have arrived.

    {SYNC}

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.sync_all()
    """

def sync(team: Team | None = None) -> None:
    """Wait until all PEs of a team are here. What they put need not have arrived.

    Parameters
    ----------
    {TEAM}

    {SYNC}

    Notes
    -----
    OpenSHMEM routine: ``shmem_team_sync``.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.sync(shmem.TEAM_WORLD)
    """

def broadcast(
    target: NDArray[_T], source: NDArray[_T] | _Numbers, root: int, size: int | None = None, team: Team | None = None
) -> None:
    """Copy the root's `source` to `target` on all PEs, the root too.

    Parameters
    ----------
    {COLLECTIVE_TARGET} may be the same as `source`.
    {COLLECTIVE_SOURCE} only the root's counts.
    root : int
        Number of the root in the team.
    {SIZE}
    {TEAM}

    Raises
    ------
    {COLLECTIVE_ERRORS}
    IndexError
        There is no such root.

    Notes
    -----
    {MOVES_ANY}

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.full(2, shmem.my_pe()), shmem.full(2, -1)
    >>> shmem.broadcast(t, s, 0)
    >>> print(t)
    [0 0]
    """

def collect(
    target: NDArray[_T], source: NDArray[_T] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Put the PEs' sources one after the other, on all PEs. Sizes may differ.

    Parameters
    ----------
    {COLLECTIVE_TARGET} holds all sources together.
    {COLLECTIVE_SOURCE} this PE's part.
    size : int, optional
        Number of elements of this PE. Left out: all of `source`.
    {TEAM}

    Raises
    ------
    {COLLECTIVE_ERRORS}

    Notes
    -----
    {MOVES_ANY}
    If a target does not hold exactly what all bring together, all PEs raise. With `size`, it may hold more.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.full(1, shmem.my_pe()), shmem.full(shmem.n_pes(), -1)
    >>> shmem.collect(t, s)
    >>> t.tolist() == list(range(shmem.n_pes()))
    True
    """

def fcollect(
    target: NDArray[_T], source: NDArray[_T] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Put the PEs' sources, all of one size, one after the other, on all PEs.

    Parameters
    ----------
    {COLLECTIVE_TARGET} holds `size` elements of each PE.
    {COLLECTIVE_SOURCE} this PE's part.
    size : int, optional
        Number of elements of each PE. Left out: all of `source`.
    {MOVES}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.full(1, shmem.my_pe()), shmem.full(shmem.n_pes(), -1)
    >>> shmem.fcollect(t, s)
    >>> t.tolist() == list(range(shmem.n_pes()))
    True
    """

def alltoall(
    target: NDArray[_T], source: NDArray[_T] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Give each PE its part of this PE's `source`.

    The i-th part of PE j's source becomes the j-th part of PE i's target.

    Parameters
    ----------
    {COLLECTIVE_TARGET} a part for each PE.
    {COLLECTIVE_SOURCE} a part for each PE.
    size : int, optional
        Elements of a part. Left out: all elements, which the number of PEs divides.
    {MOVES}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> n = shmem.n_pes()
    >>> s, t = shmem.array([shmem.my_pe()] * n), shmem.full(n, -1)
    >>> shmem.alltoall(t, s)
    >>> t.tolist() == list(range(n))
    True
    """

def alltoalls(
    target: NDArray[_T],
    source: NDArray[_T] | _Numbers,
    tst: int = 1,
    sst: int = 1,
    size: int | None = None,
    team: Team | None = None,
) -> None:
    """Give each PE its part of this PE's `source`, elements being `tst` and `sst` apart.

    Parameters
    ----------
    {COLLECTIVE_TARGET} a part for each PE.
    {COLLECTIVE_SOURCE} a part for each PE.
    tst, sst : int, optional
        Distance, in elements, from one element to the next in target and in source.
    size : int, optional
        Elements of a part. Left out: what the arrays hold, which the number of PEs divides; n
        elements with stride s hold ceil(n / s).
    {MOVES}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> n = shmem.n_pes()
    >>> s, t = shmem.full(n, shmem.my_pe()), shmem.full(2 * n, -1)
    >>> shmem.alltoalls(t, s, tst=2)
    >>> t[::2].tolist() == list(range(n))
    True
    """

def reduce(
    target: NDArray[_NumberT],
    source: NDArray[_NumberT] | _Numbers,
    op: _Op = "sum",
    size: int | None = None,
    team: Team | None = None,
) -> None:
    """Combine the PEs' sources element by element; every PE gets the result.

    Parameters
    ----------
    {COLLECTIVE_TARGET} may be the same as `source`.
    {COLLECTIVE_SOURCE} this PE's operands.
    op : OP or str, optional
        and, or, xor, max, min, sum, prod.
    {SIZE}
    {TEAM}

    Raises
    ------
    {COLLECTIVE_ERRORS}

    Notes
    -----
    dtypes: for and, or, xor {BITWISE_TYPES}; for max, min also float32, float64, longdouble; for sum,
    prod also complex64, complex128. Integers wrap around. {ANY_ARRAY}

    OpenSHMEM routine: ``shmem_<op>_reduce``.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.ones(2, int), shmem.zeros(2, int)
    >>> shmem.reduce(t, s, shmem.OP_SUM)
    >>> t.tolist() == [shmem.n_pes()] * 2
    True
    """

def and_reduce(
    target: NDArray[_IntegerT], source: NDArray[_IntegerT] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Bitwise and of the PEs' sources, element by element; every PE gets the result.

    {REDUCE}

    Notes
    -----
    dtypes: {BITWISE_TYPES}.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.full(1, 3), shmem.zeros(1, int)
    >>> shmem.and_reduce(t, s)
    >>> int(t[0]) == 3
    True
    """

def or_reduce(
    target: NDArray[_IntegerT], source: NDArray[_IntegerT] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Bitwise or of the PEs' sources, element by element; every PE gets the result.

    {REDUCE}

    Notes
    -----
    dtypes: {BITWISE_TYPES}.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.full(1, 3), shmem.zeros(1, int)
    >>> shmem.or_reduce(t, s)
    >>> int(t[0]) == 3
    True
    """

def xor_reduce(
    target: NDArray[_IntegerT], source: NDArray[_IntegerT] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Bitwise exclusive or of the PEs' sources, element by element; every PE gets the result.

    {REDUCE}

    Notes
    -----
    dtypes: {BITWISE_TYPES}.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.full(1, 0), shmem.zeros(1, int)
    >>> shmem.xor_reduce(t, s)
    >>> int(t[0]) == 0
    True
    """

def max_reduce(
    target: NDArray[_OrderedT], source: NDArray[_OrderedT] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Greatest of the PEs' sources, element by element; every PE gets the result.

    {REDUCE}

    Notes
    -----
    dtypes: {BITWISE_TYPES}, float32, float64, longdouble.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.full(1, shmem.my_pe()), shmem.zeros(1, int)
    >>> shmem.max_reduce(t, s)
    >>> int(t[0]) == shmem.n_pes() - 1
    True
    """

def min_reduce(
    target: NDArray[_OrderedT], source: NDArray[_OrderedT] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Least of the PEs' sources, element by element; every PE gets the result.

    {REDUCE}

    Notes
    -----
    dtypes: {BITWISE_TYPES}, float32, float64, longdouble.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.full(1, shmem.my_pe()), shmem.zeros(1, int)
    >>> shmem.min_reduce(t, s)
    >>> int(t[0]) == 0
    True
    """

def sum_reduce(
    target: NDArray[_NumberT], source: NDArray[_NumberT] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Sum of the PEs' sources, element by element; every PE gets the result.

    {REDUCE}

    Notes
    -----
    dtypes: {BITWISE_TYPES}, float32, float64, longdouble, complex64, complex128.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.full(1, 1), shmem.zeros(1, int)
    >>> shmem.sum_reduce(t, s)
    >>> int(t[0]) == shmem.n_pes()
    True
    """

def prod_reduce(
    target: NDArray[_NumberT], source: NDArray[_NumberT] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Product of the PEs' sources, element by element; every PE gets the result.

    {REDUCE}

    Notes
    -----
    dtypes: {BITWISE_TYPES}, float32, float64, longdouble, complex64, complex128.

    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.full(1, 2), shmem.zeros(1, int)
    >>> shmem.prod_reduce(t, s)
    >>> int(t[0]) == 2 ** shmem.n_pes()
    True
    """

def inscan(
    target: NDArray[_NumberT], source: NDArray[_NumberT] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Sum of the sources of all PEs up to and with this one, element by element.

    {REDUCE}

    Notes
    -----
    dtypes: {BITWISE_TYPES}, float32, float64, longdouble, complex64, complex128.

    OpenSHMEM routine: ``shmem_sum_inscan``.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.ones(1, int), shmem.zeros(1, int)
    >>> shmem.inscan(t, s)
    >>> int(t[0]) == shmem.my_pe() + 1
    True
    """

def exscan(
    target: NDArray[_NumberT], source: NDArray[_NumberT] | _Numbers, size: int | None = None, team: Team | None = None
) -> None:
    """Sum of the sources of all PEs before this one, element by element; 0 on the first.

    {REDUCE}

    Notes
    -----
    dtypes: {BITWISE_TYPES}, float32, float64, longdouble, complex64, complex128.

    OpenSHMEM routine: ``shmem_sum_exscan``.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> s, t = shmem.ones(1, int), shmem.zeros(1, int)
    >>> shmem.exscan(t, s)
    >>> int(t[0]) == shmem.my_pe()
    True
    """

# --- collectives that return values ---

@overload
def sum(x: NDArray[_KeptT], root: None = None, team: Team | None = None) -> NDArray[_KeptT]:
    """Add what all PEs bring, element by element.

    It is ``numpy.sum(numpy.stack([x of PE 0, x of PE 1, ...]), axis=0)``: never the sum over an array's own axes.

    {FOLD}

    Notes
    -----
    Added in the order of the PEs, so all PEs get the same bits. bool and integers of less than 64 bits are summed as
    int64 or uint64, as NumPy does. The fields of a structured dtype are summed one by one.

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> n = shmem.n_pes()
    >>> bool(shmem.sum(1) == n)
    True
    >>> total = shmem.sum(np.array([0.5, shmem.my_pe()]))
    >>> total.tolist() == [0.5 * n, n * (n - 1) / 2]
    True
    """

@overload
def sum(x: NDArray[_KeptT], root: int, team: Team | None = None) -> NDArray[_KeptT] | None: ...
@overload
def sum(x: ArrayLike, root: int | None = None, team: Team | None = None) -> Any: ...
@overload
def prod(x: NDArray[_KeptT], root: None = None, team: Team | None = None) -> NDArray[_KeptT]:
    """Multiply what all PEs bring, element by element.

    It is ``numpy.prod(numpy.stack([x of PE 0, x of PE 1, ...]), axis=0)``: never the product over an array's own axes.

    {FOLD}

    Notes
    -----
    bool and integers of less than 64 bits are multiplied as int64 or uint64, as NumPy does.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.prod([1, 2]).tolist() == [1, 2 ** shmem.n_pes()]
    True
    """

@overload
def prod(x: NDArray[_KeptT], root: int, team: Team | None = None) -> NDArray[_KeptT] | None: ...
@overload
def prod(x: ArrayLike, root: int | None = None, team: Team | None = None) -> Any: ...
@overload
def max(x: NDArray[_T], root: None = None, team: Team | None = None) -> NDArray[_T]:
    """Find the greatest of what all PEs bring, element by element.

    It is ``numpy.max(numpy.stack([x of PE 0, x of PE 1, ...]), axis=0)``: never the greatest over an array's own axes.

    {FOLD}

    Notes
    -----
    Where any PE brings NaN (or NaT), the result is NaN, as with NumPy.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> me = shmem.my_pe()
    >>> shmem.max([me, -me]).tolist() == [shmem.n_pes() - 1, 0]
    True
    """

@overload
def max(x: NDArray[_T], root: int, team: Team | None = None) -> NDArray[_T] | None: ...
@overload
def max(x: ArrayLike, root: int | None = None, team: Team | None = None) -> Any: ...
@overload
def min(x: NDArray[_T], root: None = None, team: Team | None = None) -> NDArray[_T]:
    """Find the least of what all PEs bring, element by element.

    It is ``numpy.min(numpy.stack([x of PE 0, x of PE 1, ...]), axis=0)``: never the least over an array's own axes.

    {FOLD}

    Notes
    -----
    Where any PE brings NaN (or NaT), the result is NaN, as with NumPy.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> me = shmem.my_pe()
    >>> shmem.min([me, -me]).tolist() == [0, 1 - shmem.n_pes()]
    True
    """

@overload
def min(x: NDArray[_T], root: int, team: Team | None = None) -> NDArray[_T] | None: ...
@overload
def min(x: ArrayLike, root: int | None = None, team: Team | None = None) -> Any: ...
@overload
def any(x: _Array, root: None = None, team: Team | None = None) -> NDArray[np.bool_]:
    """Tell whether any PE brings a true element, element by element.

    It is ``numpy.any(numpy.stack([x of PE 0, x of PE 1, ...]), axis=0)``: never over an array's own axes.

    {FOLD}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> bool(shmem.any(shmem.my_pe() == 0))
    True
    """

@overload
def any(x: _Array, root: int, team: Team | None = None) -> NDArray[np.bool_] | None: ...
@overload
def any(x: ArrayLike, root: int | None = None, team: Team | None = None) -> Any: ...
@overload
def all(x: _Array, root: None = None, team: Team | None = None) -> NDArray[np.bool_]:
    """Tell whether every PE brings a true element, element by element.

    It is ``numpy.all(numpy.stack([x of PE 0, x of PE 1, ...]), axis=0)``: never over an array's own axes.

    {FOLD}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> bool(shmem.all([shmem.my_pe() >= 0]).tolist() == [True])
    True
    """

@overload
def all(x: _Array, root: int, team: Team | None = None) -> NDArray[np.bool_] | None: ...
@overload
def all(x: ArrayLike, root: int | None = None, team: Team | None = None) -> Any: ...
@overload
def argmax(x: NDArray[_T], root: None = None, team: Team | None = None) -> tuple[NDArray[_T], NDArray[np.intp]]:
    """Find the greatest of what all PEs bring, and the PE that brings it, element by element.

    The second result is ``numpy.argmax(numpy.stack([x of PE 0, x of PE 1, ...]), axis=0)``. If several PEs bring the
    greatest, it is the first of them.

    Parameters
    ----------
    {BRINGS}
    {ROOT_OR_ALL}
    {TEAM}

    Returns
    -------
    value : numpy.ndarray or NumPy scalar
        What ``max`` gives.
    pe : numpy.ndarray of int or int scalar
        Number in the team of the PE that brings it.

    Raises
    ------
    {VALUES_ERRORS}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> value, pe = shmem.argmax(shmem.my_pe() * 1.5)
    >>> int(pe) == shmem.n_pes() - 1 and bool(value == 1.5 * pe)
    True
    """

@overload
def argmax(x: NDArray[_T], root: int, team: Team | None = None) -> tuple[NDArray[_T], NDArray[np.intp]] | None: ...
@overload
def argmax(x: ArrayLike, root: int | None = None, team: Team | None = None) -> Any: ...
@overload
def argmin(x: NDArray[_T], root: None = None, team: Team | None = None) -> tuple[NDArray[_T], NDArray[np.intp]]:
    """Find the least of what all PEs bring, and the PE that brings it, element by element.

    The second result is ``numpy.argmin(numpy.stack([x of PE 0, x of PE 1, ...]), axis=0)``. If several PEs bring the
    least, it is the first of them.

    Parameters
    ----------
    {BRINGS}
    {ROOT_OR_ALL}
    {TEAM}

    Returns
    -------
    value : numpy.ndarray or NumPy scalar
        What ``min`` gives.
    pe : numpy.ndarray of int or int scalar
        Number in the team of the PE that brings it.

    Raises
    ------
    {VALUES_ERRORS}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> value, pe = shmem.argmin(shmem.my_pe() * 1.5)
    >>> int(pe) == 0 and bool(value == 1.5 * pe)
    True
    """

@overload
def argmin(x: NDArray[_T], root: int, team: Team | None = None) -> tuple[NDArray[_T], NDArray[np.intp]] | None: ...
@overload
def argmin(x: ArrayLike, root: int | None = None, team: Team | None = None) -> Any: ...
@overload
def cumsum(x: NDArray[_KeptT], team: Team | None = None) -> NDArray[_KeptT]:
    """Add what the PEs up to this one bring, element by element: an inclusive scan.

    It is this PE's row of ``numpy.cumsum(numpy.stack([x of PE 0, x of PE 1, ...]), axis=0)``.

    Parameters
    ----------
    {BRINGS}
    {TEAM}

    Returns
    -------
    numpy.ndarray or NumPy scalar
        A new array of the shape of `x`, of the dtype that ``numpy.cumsum`` gives.

    Raises
    ------
    {VALUES_ERRORS}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> bool(shmem.cumsum(10) == 10 * (shmem.my_pe() + 1))
    True
    """

@overload
def cumsum(x: ArrayLike, team: Team | None = None) -> Any: ...
def reduce_with(f: Callable[[Any, Any], Any], x: ArrayLike, root: int | None = None, team: Team | None = None) -> Any:
    """Combine what all PEs bring with a function of your own.

    It is ``f(f(x of PE 0, x of PE 1), x of PE 2)`` and so on, in the order of the PEs. Each PE that gets the result
    calls `f` itself, on the same values, so a function without chance gives the same bits on all of them.

    Parameters
    ----------
    f : callable
        Takes two arrays, or NumPy scalars if `x` is one, and returns their combination. It is given new arrays, and
        may change them.
    {BRINGS}
    {ROOT_OR_ALL}
    {TEAM}

    Returns
    -------
    object
        What the last call of `f` returns; with one PE, a copy of `x`.

    Raises
    ------
    {VALUES_ERRORS}

    Notes
    -----
    All that the PEs bring is gathered first: a PE that gets the result needs memory for it.

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> turn = np.array([[0, 1], [-1, 0]])
    >>> np.array_equal(shmem.reduce_with(np.matmul, turn), np.linalg.matrix_power(turn, shmem.n_pes()))
    True
    """

@overload
def gather(
    x: NDArray[_T], root: int = 0, ragged: Literal[False] = False, team: Team | None = None
) -> NDArray[_T] | None:
    """Gather what all PEs bring on one PE.

    It is ``numpy.stack([x of PE 0, x of PE 1, ...])`` on the root.

    Parameters
    ----------
    x : array_like
        What this PE brings: any array, list or number. All PEs bring the same shape and dtype, but for `ragged`.
    root : int, optional
        Number in the team of the PE that gets the result; the others get None. With ``root=None`` all PEs get it.
    ragged : bool, optional
        Shapes and dtypes may differ. The result is a list.
    {TEAM}

    Returns
    -------
    numpy.ndarray or list of numpy.ndarray
        A new array of shape ``(n, *x.shape)``, where n is the number of PEs; with `ragged`, a list of n arrays.

    Raises
    ------
    {VALUES_ERRORS}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> rows = shmem.gather([shmem.my_pe(), 7])
    >>> if shmem.my_pe() == 0:
    ...     print(rows.shape == (shmem.n_pes(), 2), rows[:, 1].min())
    ... else:
    ...     print(rows is None, 7)
    True 7
    >>> parts = shmem.gather(range(shmem.my_pe()), root=None, ragged=True)
    >>> [len(part) for part in parts] == list(range(shmem.n_pes()))
    True
    """

@overload
def gather(x: NDArray[_T], root: None, ragged: Literal[False] = False, team: Team | None = None) -> NDArray[_T]: ...
@overload
def gather(x: ArrayLike, root: int | None, ragged: Literal[True], team: Team | None = None) -> list[Any] | None: ...
@overload
def gather(x: ArrayLike, root: int | None = 0, ragged: bool = False, team: Team | None = None) -> Any: ...
@overload
def allgather(x: NDArray[_T], ragged: Literal[False] = False, team: Team | None = None) -> NDArray[_T]:
    """Gather what all PEs bring on all PEs.

    It is ``numpy.stack([x of PE 0, x of PE 1, ...])``.

    Parameters
    ----------
    x : array_like
        What this PE brings: any array, list or number. All PEs bring the same shape and dtype, but for `ragged`.
    ragged : bool, optional
        Shapes and dtypes may differ. The result is a list.
    {TEAM}

    Returns
    -------
    numpy.ndarray or list of numpy.ndarray
        A new array of shape ``(n, *x.shape)``, where n is the number of PEs; with `ragged`, a list of n arrays.

    Raises
    ------
    {VALUES_ERRORS}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.allgather(shmem.my_pe()).tolist() == list(range(shmem.n_pes()))
    True
    >>> parts = shmem.allgather([0.5] * shmem.my_pe(), ragged=True)
    >>> [len(part) for part in parts] == list(range(shmem.n_pes()))
    True
    """

@overload
def allgather(x: ArrayLike, ragged: Literal[True], team: Team | None = None) -> list[Any]: ...
@overload
def allgather(x: ArrayLike, ragged: bool = False, team: Team | None = None) -> Any: ...
@overload
def scatter(x: NDArray[_T] | None, root: int = 0, team: Team | None = None) -> NDArray[_T]:
    """Give each PE its row of the root's array.

    Parameters
    ----------
    x : array_like
        On the root, an array whose first axis has one row for each PE. On other PEs it is not looked at, and may be
        None.
    root : int, optional
        Number of the root in the team.
    {TEAM}

    Returns
    -------
    numpy.ndarray or NumPy scalar
        ``x[i]`` of the root's `x`, where i is this PE's number in the team; a new array.

    Raises
    ------
    ValueError
        The root's array has not one row for each PE; raised on all of them.
    TypeError
        Its elements refer to Python objects; raised on all PEs.
    IndexError
        There is no such root.
    RuntimeError
        An earlier collective on this team was interrupted, or the team is invalid.
    KeyboardInterrupt
        Ctrl-C while waiting; no collective works on this team afterwards.

    Examples
    --------
    >>> import numpy as np
    >>> from shmem4py import shmem
    >>> table = np.arange(2 * shmem.n_pes()).reshape(-1, 2) if shmem.my_pe() == 0 else None
    >>> row = shmem.scatter(table)
    >>> row.tolist() == [2 * shmem.my_pe(), 2 * shmem.my_pe() + 1]
    True
    """

@overload
def scatter(x: ArrayLike | None, root: int = 0, team: Team | None = None) -> Any: ...
def alltoallv(pieces: Sequence[ArrayLike], team: Team | None = None) -> list[Any]:
    """Give each PE a piece, and get one of each PE. Shapes and dtypes may differ.

    Parameters
    ----------
    pieces : sequence of array_like
        One for each PE, in their order.
    {TEAM}

    Returns
    -------
    list of numpy.ndarray
        The pieces that the PEs have for this one, in their order; new arrays.

    Raises
    ------
    ValueError
        There is not one piece for each PE.
    TypeError
        Elements of a piece refer to Python objects.
    RuntimeError
        An earlier collective on this team was interrupted, or the team is invalid.
    KeyboardInterrupt
        Ctrl-C while waiting; no collective works on this team afterwards.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> me, n = shmem.my_pe(), shmem.n_pes()
    >>> pieces = shmem.alltoallv([[me] * pe for pe in range(n)])
    >>> [piece.tolist() for piece in pieces] == [[pe] * me for pe in range(n)]
    True
    """

@overload
def bcast(x: NDArray[_T] | None, root: int = 0, team: Team | None = None) -> NDArray[_T]:
    """Give all PEs the root's array.

    Parameters
    ----------
    x : array_like
        On the root, any array, list or number. On other PEs it is not looked at, and may be None.
    root : int, optional
        Number of the root in the team.
    {TEAM}

    Returns
    -------
    numpy.ndarray or NumPy scalar
        A new array with the root's values, of its shape and dtype; on the root, too.

    Raises
    ------
    TypeError
        Elements of the root's array refer to Python objects; raised on all PEs.
    IndexError
        There is no such root.
    RuntimeError
        An earlier collective on this team was interrupted, or the team is invalid.
    KeyboardInterrupt
        Ctrl-C while waiting; no collective works on this team afterwards.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.bcast([3.0, 4.0] if shmem.my_pe() == 0 else None).tolist()
    [3.0, 4.0]
    """

@overload
def bcast(x: ArrayLike | None, root: int = 0, team: Team | None = None) -> Any: ...

# --- locks ---

def new_lock() -> NDArray[np.int_]:
    """New lock, which is free; collective.

    Returns
    -------
    numpy.ndarray
        Symmetric array of one C long.

    Raises
    ------
    {ALLOC_ERRORS}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> lock = shmem.new_lock()
    >>> shmem.set_lock(lock)
    >>> shmem.clear_lock(lock)
    """

def del_lock(lock: NDArray[_Integer]) -> None:
    """Free the memory of a lock now; collective.

    Parameters
    ----------
    lock : numpy.ndarray
        What `new_lock` returned.

    Raises
    ------
    FreedError
        It has been freed before.
    TypeError
        It is no lock.
    {FREE_MISMATCH}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.del_lock(shmem.new_lock())
    """

def set_lock(lock: _Element[_Integer]) -> None:
    """Wait for a lock and take it.

    Parameters
    ----------
    {LOCK}

    Raises
    ------
    TypeError
        `lock` is not an array of C long.
    ValueError
        It is not symmetric or has not one element; or this PE holds the lock already and has no other thread
        that could release it.
    FreedError
        It has been freed.
    {CTRL_C}

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> lock, total = shmem.new_lock(), shmem.zeros(1, int)
    >>> shmem.set_lock(lock)
    >>> shmem.p(total, shmem.g(total, 0) + 1, 0)
    >>> shmem.clear_lock(lock)
    >>> shmem.barrier_all()
    >>> shmem.g(total, 0) == shmem.n_pes()
    True
    """

def test_lock(lock: _Element[_Integer]) -> bool:
    """Take a lock if it is free.

    Parameters
    ----------
    {LOCK}

    Returns
    -------
    bool
        True where the lock was **not** obtained, as in C.

    Raises
    ------
    {LOCK_ERRORS}

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> lock = shmem.new_lock()
    >>> while shmem.test_lock(lock):
    ...     pass
    >>> shmem.clear_lock(lock)
    """

def clear_lock(lock: _Element[_Integer]) -> None:
    """Release a lock that this PE holds.

    What this PE has written before is complete when another PE takes the lock.

    Parameters
    ----------
    {LOCK}

    Raises
    ------
    {LOCK_ERRORS}

    Notes
    -----
    {ROUTINE}

    Examples
    --------
    >>> from shmem4py import shmem
    >>> lock, total = shmem.new_lock(), shmem.zeros(1, int)
    >>> shmem.set_lock(lock)
    >>> shmem.p(total, shmem.g(total, 0) + 1, 0)
    >>> shmem.clear_lock(lock)
    >>> shmem.barrier_all()
    >>> shmem.g(total, 0) == shmem.n_pes()
    True
    """

# --- used by the package, and not re-exported ---

@final
class Block:
    """Owner of a block of symmetric memory.

    It ends the ``.base`` chain of every symmetric array. Its buffer is the block's bytes.
    """

@final
class PeerMemory:
    """Owner of a view of another PE's memory.

    It ends the ``.base`` chain of the arrays that `ptr` returns for other PEs.
    """

def load_engine(path: str) -> None:
    """Open an engine plug-in; once per process. The same path again does nothing.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    RuntimeError
        The file is no engine that fits, which the loader explains, or another engine is loaded.
    """

def engine_info() -> dict[str, Any]:
    """What the loaded engine is and can do.

    Returns
    -------
    dict
        name, library, notes, path (str); version of the engine table (int); capabilities, supplied, missing (lists
        of lower-case names such as ``cheap_small`` and ``teams``).

    Raises
    ------
    RuntimeError
        No engine is loaded.
    """

def init() -> int:
    """Call `init_thread` with the lowest level; errors name this call.

    Returns
    -------
    int
        The level that the library provides.
    """

def init_thread(requested: int = 3) -> int:
    """Initialise the library; collective. Each call needs one of `finalize`.

    The first call installs the interrupt check and allocates the workspace of collective allocation.

    Parameters
    ----------
    requested : THREAD
        Thread level.

    Returns
    -------
    int
        Thread level provided.

    Raises
    ------
    RuntimeError
        No engine is loaded, the library cannot start, or has been finalised.
    """

def set_sizes(smaller: bool) -> None:
    """Say what calls do with arrays of different sizes where `size` is left out; before `init_thread`.

    Parameters
    ----------
    smaller : bool
        Move as many elements as the smaller array has, as shmem4py 1.0 does. Otherwise the shapes must match.
    """

def finalize() -> None:
    """End the use of the library; collective. Arrays stay valid memory, calls raise.

    Raises
    ------
    RuntimeError
        The library is not initialised.
    """

def query_thread() -> int:
    """Thread level that the library provides.

    Returns
    -------
    int
    """

def operation(pe: int) -> str:
    """Describe what a PE is doing, for dumps of jobs that are stuck. Any thread may call it.

    Parameters
    ----------
    pe : int

    Returns
    -------
    str

    Raises
    ------
    NotImplementedError
        The engine cannot tell.
    IndexError
        There is no such PE.
    """

def heap_info() -> tuple[int, int, int]:
    """Size of the symmetric heap of this PE, what is used of it, and the largest free block, in bytes.

    Returns
    -------
    tuple of int

    Raises
    ------
    NotImplementedError
        The engine cannot tell.
    """

def blocks() -> list[tuple[int, int, int, bool]]:
    """Live blocks of symmetric memory on this PE; for tests.

    Returns
    -------
    list of tuple
        (sequence number, address, size in bytes, released here).
    """

def stack_values(name: str, text: str, x: _Array, root: int | None = None, team: Team | None = None) -> _Array | None:
    """Gather rows of a part of what function `name` is given, and compare `text`, which says all of it.

    Returns
    -------
    numpy.ndarray or None
        The rows; None on a PE that is not the root.

    Raises
    ------
    ValueError
        The PEs call different functions or say different texts.
    """

def share_bytes(data: bytes | bytearray | memoryview, team: Team | None = None) -> list[bytearray]:
    """Gather strings of any lengths on all PEs.

    Returns
    -------
    list of bytearray
        The strings in the order of the PEs.
    """

def broadcast_bytes(data: bytes | bytearray | memoryview | None, root: int, team: Team | None = None) -> bytearray:
    """Give all PEs the root's string.

    Returns
    -------
    bytearray
        The string, on the root too.
    """

def exchange_bytes(parts: Sequence[bytes | bytearray | memoryview], team: Team | None = None) -> list[bytearray]:
    """Give each PE a string, and get one of each.

    Returns
    -------
    list of bytearray
        What the PEs have for this one, in their order.
    """

def at_exit(finalize: bool, end_job: bool) -> None:
    """Say what happens when the process exits while the library is initialised.

    A later call replaces an earlier one. Without a call nothing happens, and in a forked child nothing ever does.

    Parameters
    ----------
    finalize : bool
        Finalise the library. The interpreter has ended by then, and the interrupt check is taken out first.
    end_job : bool
        Where the exit status is not 0, be it that of a `SystemExit`, end the whole job with it instead.

    Notes
    -----
    Registered once with glibc's ``on_exit``: its functions run after the interpreter has ended and are told the status.
    """

def pe_of_job() -> tuple[int, int] | None:
    """Return this PE's number and the number of PEs.

    Returns
    -------
    tuple of int, or None
        Both are also known after `finalize`. None before `init_thread` and in a forked child.
    """

def tell_error(fd: int, title: str, text: bytes) -> bool:
    """Hand an error that ends this PE to the launcher, which shows equal ones of several PEs once.

    Parameters
    ----------
    fd : int
        The descriptor that the error would be written to.
    title : str
        Name of the error.
    text : bytes
        The text to show.

    Returns
    -------
    bool
        False, and nothing is written, if no launcher of ours reads `fd`.
    """

def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Call `shmem4py._hooks.excepthook`; in a PE, with SIGINT ignored.

    A second Ctrl-C would end a hook of Python before its first line.

    Parameters
    ----------
    kind, error, trace
        As of `sys.excepthook`.
    """

def dump_on_signal(signum: int, fd: int, stacks_fd: int) -> None:
    """Let a signal tell the launcher, or write to a file descriptor, where this PE is.

    That is a line such as ``in shmem_barrier_all``, none before `init_thread`, and what the handler that was there
    before writes to `stacks_fd`, such as that of `faulthandler`, without the numbers of threads. Where no launcher of
    ours reads `fd`, each line has ``PE 2: `` in front.

    Parameters
    ----------
    signum : int
        Number of the signal.
    fd : int
        The descriptor, which is written to with ``write(2)``.
    stacks_fd : int
        An anonymous file; -1 if the handler has another place to write to.

    Notes
    -----
    The handler is async-signal-safe and leaves ``errno`` alone.
    """

def handle(a: _Array) -> tuple[int, int] | None:
    """What names a symmetric array, or view of one, on all PEs.

    Parameters
    ----------
    a : numpy.ndarray
        Any array.

    Returns
    -------
    tuple of int, or None
        The number of its block, and the distance in bytes of its first element from the begin of the block. None
        if `a` is not symmetric.

    Raises
    ------
    FreedError
        The memory has been freed.
    """

def block(sequence: int) -> Block:
    """Return this PE's live block of a number that `handle` gave on any PE.

    Parameters
    ----------
    sequence : int
        The number.

    Raises
    ------
    FreedError
        The block has been freed, or its last reference on this PE has been dropped.
    """

def claim_region(team: Team | None = None) -> NDArray[np.uint8]:
    """Claim this PE's part of the workspace for a collective of the team: symmetric memory, alike on all members.

    Parameters
    ----------
    {TEAM}

    Raises
    ------
    RuntimeError
        Another thread is in a collective of this team, an earlier one was interrupted, or the team has no region.
    """

def return_region(team: Team | None = None, well: bool = True) -> None:
    """End the use of the region that `claim_region` gave.

    Parameters
    ----------
    {TEAM}
    well : bool
        Whether no other member reads or writes it any more. If not, it is never used again.
    """

def ring_put(ring: NDArray[np.uint8], nslots: int, pe: int, data: bytes) -> int:
    """Put an item into the ring of a queue if there is room, without waiting.

    Parameters
    ----------
    ring : numpy.ndarray
        Symmetric memory of the queue.
    nslots : int
        The number of its slots.
    pe : int
        The owner.
    data : bytes
        The item.

    Returns
    -------
    int
        0: the ring is full. 1: done. 2: done, and somebody waits for an item. 3: the queue is closed.

    Raises
    ------
    ValueError
        The item is larger than the ring.
    """

def ring_get(ring: NDArray[np.uint8], nslots: int, pe: int) -> tuple[bytes, bool] | None:
    """Take the next item out of the ring of a queue, without waiting.

    Parameters
    ----------
    ring : numpy.ndarray
        Symmetric memory of the queue.
    nslots : int
        The number of its slots.
    pe : int
        The owner.

    Returns
    -------
    tuple of bytes and bool, or None
        The item, and whether somebody waits for room. None if the ring is empty.
    """

# The values of the enumerations.
THREAD_SINGLE: Final = 0
THREAD_FUNNELED: Final = 1
THREAD_SERIALIZED: Final = 2
THREAD_MULTIPLE: Final = 3
CTX_PRIVATE: Final = 1
CTX_SERIALIZED: Final = 2
CTX_NOSTORE: Final = 4
MALLOC_ATOMICS_REMOTE: Final = 1
MALLOC_SIGNAL_REMOTE: Final = 2
SIGNAL_SET: Final = 0
SIGNAL_ADD: Final = 1
CMP_EQ: Final = 0
CMP_NE: Final = 1
CMP_GT: Final = 2
CMP_LE: Final = 3
CMP_LT: Final = 4
CMP_GE: Final = 5
