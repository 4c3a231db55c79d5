# SPDX-License-Identifier: BSD-3-Clause
"""What the queue and the synchronisation of `_synchronisation` stand on: words of one PE, and a bell of each.

The state is in words of symmetric memory of the owner, by default the first member, and changes by atomic operations
alone.
Every PE has a bell, a word of its own that others count up. A thread that waits
    1. reads its PE's bell,
    2. looks at the state, which is far,
    3. sleeps until the bell differs from what it has read.
A thread that changes the state completes the change with quiet before it rings. So if the look misses the change, the
ring comes after the bell was read, and ends the sleep. The bell counts for all threads and all states of the object,
so a wait is a loop.

Where rings are to cost nothing while nobody waits, waiting threads count themselves in a word of the state
(`waiters`). Both sides store first, complete that with quiet, and then look: the thread that changes the state looks
at the number of waiters, and the one that waits looks at the state. One of both looks sees the other's store.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._core import TEAM_WORLD, FreedError, Team

_T = TypeVar("_T")

Words = NDArray[np.uint64]

# Words are a cache line apart.
_LINE: Final = 8


class Deadline:
    """The end of a call's time. `timeout` is in seconds, None for ever."""

    def __init__(self, call: str, timeout: float | None) -> None:
        self.timeout = timeout
        if timeout is not None and not timeout >= 0:
            raise ValueError(f"{call}: timeout is {timeout}, must be a number of seconds, not negative")
        self._end = None if timeout is None else time.monotonic() + timeout

    def left(self) -> float | None:
        return None if self._end is None else max(self._end - time.monotonic(), 0.0)


class SharedWords:
    """Symmetric words of an object that PEs share. Making and destroying one is collective over all PEs."""

    def __init__(self, names: list[str], team: Team | None, owner: int = 0) -> None:
        call = type(self).__name__
        self._team = TEAM_WORLD if team is None else team
        self._members: list[int] = []
        if not isinstance(self._team, Team):
            raise TypeError(f"{call}: team must be a Team, not {type(team).__name__}")
        if self._team:
            self._members = [self._team.translate_pe(pe, TEAM_WORLD) for pe in range(self._team.n_pes())]
            if not 0 <= owner < len(self._members):
                raise IndexError(f"{call}: owner is {owner}, but PEs are 0 to {len(self._members) - 1}")
        self._owner = self._members[owner] if self._members else 0
        self._memory: Words | None = _core.zeros((len(names) + 1) * _LINE, np.uint64)
        self._bell = self._memory[:1]
        self._at = {name: self._memory[i * _LINE : i * _LINE + 1] for i, name in enumerate(names, 1)}

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"cannot pickle or copy a {type(self).__name__}: it is memory that the PEs share")

    def _check(self, call: str) -> None:
        if self._memory is None:
            raise FreedError(f"{type(self).__name__}.{call}: the {type(self).__name__.lower()} has been destroyed")
        if not self._members:
            raise RuntimeError(f"{type(self).__name__}.{call}: this PE is not in the team")

    def destroy(self) -> None:
        """Free the memory. Collective over all PEs; a second call does nothing."""
        memory, self._memory = self._memory, None
        if memory is not None:
            self._at = {}
            _core.free(memory)

    def _load(self, name: str) -> int:
        return int(_core.atomic_fetch(self._at[name], self._owner))

    def _swap_if(self, name: str, old: int, new: int) -> bool:
        return int(_core.atomic_compare_swap(self._at[name], old, new, self._owner)) == old

    def _ring(self) -> None:
        """After a change of the state."""
        _core.quiet()
        for pe in self._members:
            _core.atomic_inc(self._bell, pe)

    def _ring_if_waited_for(self, waiters: str) -> None:
        """After a change of the state."""
        _core.quiet()
        if self._load(waiters):
            self._ring()

    def _wait(self, look: Callable[[], _T | None], deadline: Deadline, waiters: str | None = None) -> _T | None:
        """Return what `look` returns as soon as it is not None; None if it is None at the end of the time."""
        if waiters is not None:
            _core.atomic_inc(self._at[waiters], self._owner)
            _core.quiet()
        try:
            while True:
                rung = _core.signal_fetch(self._bell)
                found = look()
                if found is not None:
                    return found
                left = deadline.left()
                if left == 0:
                    return None
                try:
                    _core.signal_wait_until(self._bell, "!=", rung, timeout=left)
                except TimeoutError:
                    return look()
        finally:
            if waiters is not None:
                _core.atomic_add(self._at[waiters], -1 & (1 << 64) - 1, self._owner)
