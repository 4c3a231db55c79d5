# SPDX-License-Identifier: BSD-3-Clause
"""`Event`, `Semaphore` and `Barrier`: the names and semantics of `threading`, for the PEs of a team."""

from __future__ import annotations

import operator
from collections.abc import Callable
from threading import BrokenBarrierError
from types import TracebackType

from . import _core
from ._core import Team
from ._shared_words import Deadline, SharedWords


class Event(SharedWords):
    """A flag that PEs wait for, as `threading.Event`.

    Creating and destroying an event is collective over all PEs. A PE that is not in `team` passes its invalid team and
    takes part in that alone.

    Parameters
    ----------
    team : Team, optional
        Team whose PEs use the event; all PEs if left out.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> ready = shmem.Event()
    >>> if shmem.my_pe() == 0:
    ...     ready.set()
    >>> ready.wait(timeout=60)
    True
    >>> ready.destroy()
    """

    def __init__(self, team: Team | None = None) -> None:
        super().__init__(["set", "sets"], team)

    def __repr__(self) -> str:
        state = "destroyed" if self._memory is None else "set" if self._members and self.is_set() else "unset"
        return f"<shmem4py.shmem.Event, {state}>"

    def is_set(self) -> bool:
        """Whether the flag is set now."""
        self._check("is_set")
        return self._load("set") != 0

    def set(self) -> None:
        """Set the flag, and wake all threads of all PEs that wait for it.

        What this PE stored before is visible to a thread that has waited, as after a signal.
        """
        self._check("set")
        _core.quiet()
        if not _core.atomic_swap(self._at["set"], 1, self._owner):
            _core.atomic_inc(self._at["sets"], self._owner)  # ends waits that look after a `clear`
            self._ring()

    def clear(self) -> None:
        """Take the flag back; later waits wait for the next `set`."""
        self._check("clear")
        _core.atomic_set(self._at["set"], 0, self._owner)
        _core.quiet()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is set.

        Parameters
        ----------
        timeout : float, optional
            Longest time to wait, in seconds; for ever if left out.

        Returns
        -------
        bool
            True; False if the time was over before.

        Raises
        ------
        ValueError
            `timeout` is negative.
        FreedError
            The event has been destroyed.
        RuntimeError
            This PE is not in the team, or all others have left while it waits.
        KeyboardInterrupt
            Ctrl-C while waiting.
        """
        self._check("wait")
        deadline = Deadline("Event.wait", timeout)
        before = self._load("sets")
        return self._wait(lambda: self._load("set") or self._load("sets") != before or None, deadline) is not None


class Semaphore(SharedWords):
    """A counter that `acquire` counts down and `release` up, never below zero, as `threading.Semaphore`.

    Creating and destroying a semaphore is collective over all PEs. A PE that is not in `team` passes its invalid team
    and takes part in that alone.

    Parameters
    ----------
    value : int
        The counter at first, the same on all PEs.
    team : Team, optional
        Team whose PEs use the semaphore; all PEs if left out.

    Raises
    ------
    ValueError
        `value` is negative.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> licences = shmem.Semaphore(2)
    >>> with licences:
    ...     print("at most two PEs at a time")
    at most two PEs at a time
    >>> licences.destroy()
    """

    def __init__(self, value: int = 1, team: Team | None = None) -> None:
        value = operator.index(value)
        if not 0 <= value < 1 << 63:
            raise ValueError(f"Semaphore: value is {value}, must be from 0 to 2**63 - 1")
        super().__init__(["value", "waiters"], team)
        self._at["value"][0] = value
        _core.barrier_all()

    def __repr__(self) -> str:
        return f"<shmem4py.shmem.Semaphore{', destroyed' if self._memory is None else ''}>"

    def _try_acquire(self) -> bool | None:
        while (value := self._load("value")) > 0:
            if self._swap_if("value", value, value - 1):
                return True
        return None

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Count down by one, if need be as soon as the counter is above zero.

        Parameters
        ----------
        blocking : bool
            Wait while the counter is zero.
        timeout : float, optional
            Longest time to wait, in seconds; for ever if left out.

        Returns
        -------
        bool
            Whether the counter was counted down.

        Raises
        ------
        ValueError
            `timeout` is negative, or given although `blocking` is False.
        FreedError
            The semaphore has been destroyed.
        RuntimeError
            This PE is not in the team, or all others have left while it waits.
        KeyboardInterrupt
            Ctrl-C while waiting.
        """
        self._check("acquire")
        if not blocking:
            if timeout is not None:
                raise ValueError("Semaphore.acquire: timeout is for blocking calls only")
            return self._try_acquire() is not None
        deadline = Deadline("Semaphore.acquire", timeout)
        return (self._try_acquire() or self._wait(self._try_acquire, deadline, "waiters")) is not None

    def release(self, n: int = 1) -> None:
        """Count up, and wake those that wait.

        Parameters
        ----------
        n : int
            By how much; at least 1.

        Raises
        ------
        ValueError
            `n` is less than 1.
        FreedError
            The semaphore has been destroyed.
        RuntimeError
            This PE is not in the team.
        """
        self._check("release")
        if n < 1:
            raise ValueError(f"Semaphore.release: n is {n}, must be at least 1")
        _core.quiet()
        _core.atomic_add(self._at["value"], n, self._owner)
        self._ring_if_waited_for("waiters")

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


# The state of a barrier in one word: how many have come to the present round; whether that is broken; how the last
# rounds have ended, the last one in the lowest bit, 1 for well; the number of the round. A thread that looks late finds
# the end of its round among these bits. A round of which all parties have been let go needs all of them again, so only
# `reset` can bring so many new rounds that the bit is gone; then the round counts as broken.
_COUNT = (1 << 20) - 1
_BROKEN = 1 << 20
_ENDS_AT, _ENDS = 21, 11
_ROUND = 1 << 32


def _next_round(state: int, well: bool) -> int:
    ends = (state >> _ENDS_AT << 1 | well) & (1 << _ENDS) - 1
    return (state // _ROUND + 1) % _ROUND * _ROUND | ends << _ENDS_AT


class Barrier(SharedWords):
    """A meeting of a number of threads or PEs, with a timeout, as `threading.Barrier`.

    `barrier_all`, `sync_all` and `sync` are faster. They take no timeout, since a PE that leaves one leaves the others
    in a collective that cannot end any more. This one is broken by a thread that leaves it, which all others hear of,
    and it can be used again after `reset`.

    Creating and destroying a barrier is collective over all PEs. A PE that is not in `team` passes its invalid team and
    takes part in that alone.

    Parameters
    ----------
    parties : int, optional
        How many must come; the number of PEs of the team if left out.
    action : callable, optional
        Called without arguments by the last one that comes, before the others go on.
    timeout : float, optional
        Longest time of each `wait`, in seconds, where that says nothing else; for ever if left out.
    team : Team, optional
        Team whose PEs use the barrier; all PEs if left out.

    Raises
    ------
    ValueError
        `parties` is not positive, or `timeout` is negative.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> meeting = shmem.Barrier()
    >>> meeting.wait(timeout=60) in range(shmem.n_pes())
    True
    >>> meeting.destroy()
    """

    def __init__(
        self,
        parties: int | None = None,
        action: Callable[[], object] | None = None,
        timeout: float | None = None,
        *,
        team: Team | None = None,
    ) -> None:
        if parties is not None and not 0 < parties < _COUNT:
            raise ValueError(f"Barrier: parties is {parties}, must be 1 to {_COUNT - 1}")
        Deadline("Barrier", timeout)
        super().__init__(["state"], team)
        self._parties = parties or max(len(self._members), 1)
        self._action, self._timeout = action, timeout

    def __repr__(self) -> str:
        return f"<shmem4py.shmem.Barrier of {self._parties}{', destroyed' if self._memory is None else ''}>"

    @property
    def parties(self) -> int:
        """How many must come."""
        return self._parties

    @property
    def n_waiting(self) -> int:
        """How many have come to the present round."""
        self._check("n_waiting")
        state = self._load("state")
        return 0 if state & _BROKEN else state & _COUNT

    @property
    def broken(self) -> bool:
        """Whether somebody has left the barrier, or called `abort`."""
        self._check("broken")
        return bool(self._load("state") & _BROKEN)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until all parties have come.

        Parameters
        ----------
        timeout : float, optional
            Longest time to wait, in seconds; that of the barrier if left out.

        Returns
        -------
        int
            A number from 0 to ``parties - 1``, another one for each: the order in which they came.

        Raises
        ------
        BrokenBarrierError
            The time was over, which breaks the barrier for all; or it was broken before or meanwhile, or reset.
            The class is that of `threading`.
        ValueError
            `timeout` is negative.
        FreedError
            The barrier has been destroyed.
        RuntimeError
            This PE is not in the team, or all others have left while it waits.
        KeyboardInterrupt
            Ctrl-C while waiting, which breaks the barrier.

        Notes
        -----
        What all stored before they came is visible to all afterwards.
        """
        self._check("wait")
        deadline = Deadline("Barrier.wait", self._timeout if timeout is None else timeout)
        _core.quiet()
        state = self._come(deadline)
        index, number = state & _COUNT, state // _ROUND
        if index == self._parties - 1:
            self._let_go(state + 1)
            return index
        try:
            well = self._wait(lambda: self._end_of(number), deadline)
        except BaseException:
            self._break(number)
            raise
        if well is None:
            self._break(number)
            well = self._end_of(number)  # the last one may have come in between
        if not well:
            raise BrokenBarrierError
        return index

    def _come(self, deadline: Deadline) -> int:
        """Count this one in; return the state before."""
        while True:
            state = self._load("state")
            if state & _BROKEN:
                raise BrokenBarrierError
            if state & _COUNT < self._parties:
                if self._swap_if("state", state, state + 1):
                    return state
                continue
            # All have come, and the last one is in the action.
            number = state // _ROUND
            if self._wait(lambda number=number: None if self._end_of(number) is None else True, deadline) is None:  # type: ignore[misc]
                self._break(number)
                raise BrokenBarrierError

    def _let_go(self, state: int) -> None:
        """Begin the next round, after the action; all parties of this one have come."""
        if self._action is not None:
            try:
                self._action()
                _core.quiet()
            except BaseException:
                self._break(state // _ROUND)
                raise
        if not self._swap_if("state", state, _next_round(state, True)):
            raise BrokenBarrierError  # a timeout, `abort` or `reset` came first
        self._ring()

    def _end_of(self, number: int) -> bool | None:
        """Whether the round has ended well; None if it has not ended."""
        state = self._load("state")
        distance = (state // _ROUND - number) % _ROUND
        if distance == 0:
            return False if state & _BROKEN else None
        return distance <= _ENDS and bool(state >> _ENDS_AT + distance - 1 & 1)

    def _break(self, number: int | None = None) -> None:
        while True:
            state = self._load("state")
            if state & _BROKEN or (number is not None and state // _ROUND != number):
                return
            if self._swap_if("state", state, state | _BROKEN):
                self._ring()
                return

    def abort(self) -> None:
        """Break the barrier: all that wait, and all that come, get BrokenBarrierError until `reset`."""
        self._check("abort")
        self._break()

    def reset(self) -> None:
        """Begin a new round. Those that wait get BrokenBarrierError."""
        self._check("reset")
        while True:
            state = self._load("state")
            if self._swap_if("state", state, _next_round(state, False)):
                break
        self._ring()
