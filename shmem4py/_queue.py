# SPDX-License-Identifier: BSD-3-Clause
"""`Queue`: objects through a ring in one PE's symmetric memory. The ring itself is in src/binding/ring.cpp."""

from __future__ import annotations

import queue
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import _core, _pickling
from ._core import Team
from ._shared_words import Deadline, SharedWords

_T = TypeVar("_T")

# As in ring.cpp: words of the header, a cache line each, and what a slot has besides data.
_LINE = 64
_HEADER_LINES = 8
_SLOT_HEADER = 16
_FULL, _DONE, _DONE_AND_WAITED_FOR, _IS_CLOSED = range(4)
# How often `get` looks before it announces that it waits.
_LOOKS = 40
_WORDS = {"tail": 0, "head": 1, "items": 2, "put_waiters": 3, "get_waiters": 4, "closed": 5}


class Queue(SharedWords, Generic[_T]):
    """A first-in first-out queue of objects that all PEs share.

    Any PE puts and any PE gets, in any number of threads; each object is got once. The queue is a ring of `maxsize`
    slots in the memory of the owner. An object takes as many slots as its pickle needs, so large objects fill the
    queue sooner. No thread of the owner takes part in what others do, so the owner may compute, or have ended its
    program.

    Creating and destroying a queue is collective over all PEs, as all symmetric allocation is. A PE that is not in
    `team` passes its invalid team and takes part in that alone.

    Parameters
    ----------
    maxsize : int
        Largest number of objects in the queue; at least 1.
    nbytes : int, optional
        Room for pickles, in bytes, which the slots share; 1 KiB for each slot if left out. An object whose pickle is
        larger than the whole room cannot be put.
    owner : int
        The PE whose memory holds the objects, its number in the team. The queue is fastest there.
    team : Team, optional
        Team whose PEs use the queue; all PEs if left out.

    Raises
    ------
    ValueError
        `maxsize` is not positive, or `nbytes` is negative.
    IndexError
        There is no such owner.
    MemoryError
        The symmetric heap is exhausted, on all PEs alike.

    Notes
    -----
    A symmetric array, or a view of one, arrives as the receiving PE's own array of the same allocation, with its own
    data. Other arrays are copied.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> queue = shmem.Queue(maxsize=16)
    >>> queue.put(('from', shmem.my_pe()))
    >>> if shmem.my_pe() == 0:
    ...     print(sorted(queue.get() for _ in range(shmem.n_pes()))[0])
    ... else:
    ...     print(('from', 0))
    ('from', 0)
    >>> queue.destroy()
    """

    def __init__(
        self, maxsize: int = 128, nbytes: int | None = None, *, owner: int = 0, team: Team | None = None
    ) -> None:
        if maxsize < 1:
            raise ValueError(f"Queue: maxsize is {maxsize}, must be at least 1")
        if nbytes is not None and nbytes < 0:
            raise ValueError(f"Queue: nbytes is {nbytes}, must not be negative")
        room = 1024 if nbytes is None else -(-nbytes // maxsize)
        slot = -(-(_SLOT_HEADER + max(room, 1)) // _LINE) * _LINE
        super().__init__([], team, owner)
        self._nslots = maxsize
        ring = _core.zeros(_HEADER_LINES * _LINE + maxsize * slot, np.uint8)
        self._ring_memory: NDArray[np.uint8] = ring
        for name, line in _WORDS.items():
            self._at[name] = ring[line * _LINE : line * _LINE + 8].view(np.uint64)
        # Slot i is free for ticket i.
        sequences = ring[_HEADER_LINES * _LINE :].view(np.uint64)[:: slot // 8]
        sequences[:] = 2 * np.arange(maxsize, dtype=np.uint64)
        self._maxsize = maxsize
        _core.barrier_all()

    def __repr__(self) -> str:
        state = ", destroyed" if self._memory is None else ""
        return f"<shmem4py.shmem.Queue of {self._maxsize} on PE {self._owner}{state}>"

    @property
    def maxsize(self) -> int:
        """Largest number of objects in the queue."""
        return self._maxsize

    def _try_put(self, data: bytes) -> bool | None:
        try:
            result = _core.ring_put(self._ring_memory, self._nslots, self._owner, data)
        except ValueError as error:  # larger than the queue
            raise type(error)(f"Queue.put: {str(error).partition(': ')[2]}") from None
        if result == _FULL:
            return None
        if result == _IS_CLOSED:
            raise ValueError("Queue.put: the queue is closed")
        if result == _DONE_AND_WAITED_FOR:
            self._ring()
        return True

    def put(self, obj: _T, block: bool = True, timeout: float | None = None) -> None:
        """Put an object into the queue.

        Parameters
        ----------
        obj : object
            Anything that can be pickled. Later changes of it do not matter.
        block : bool
            Wait while the queue is full.
        timeout : float, optional
            Longest time to wait, in seconds; for ever if left out.

        Raises
        ------
        queue.Full
            The queue is full, or was until the time was over. Nothing was put.
        ValueError
            The queue is closed, the pickle is larger than the queue's room, or `timeout` is negative.
        FreedError
            The queue has been destroyed, or the object has a symmetric array that has been freed.
        RuntimeError
            This PE is not in the team, or all others have left while it waits.
        KeyboardInterrupt
            Ctrl-C while waiting. Nothing was put.

        Notes
        -----
        Objects that one thread puts are got in this order. What the object's PE stored before the put is visible to
        the one who gets it, as after a signal.
        """
        self._check("put")
        deadline = Deadline("Queue.put", timeout) if block else None
        data = _pickling.to_bytes("Queue.put", obj)
        if self._try_put(data):
            return
        if deadline is None or not self._wait(lambda: self._try_put(data), deadline, "put_waiters"):
            raise queue.Full

    def put_nowait(self, obj: _T) -> None:
        """Put an object without waiting: ``put(obj, block=False)``."""
        self.put(obj, False)

    def _try_get(self) -> tuple[bytes, bool] | None:
        result = _core.ring_get(self._ring_memory, self._nslots, self._owner)
        if result is None:
            # Closed is read before the second look: what was put before the close is found by it.
            if not self._load("closed"):
                return None
            result = _core.ring_get(self._ring_memory, self._nslots, self._owner)
            if result is None:
                # A slot may be claimed and not published yet; its PE rings. Tail is read before head, which follows it.
                if self._load("tail") != self._load("head"):
                    return None
                raise EOFError("Queue.get: the queue is closed and empty")
        if result[1]:
            self._ring()
        return result

    def _look_again(self) -> tuple[bytes, bool] | None:
        """Look for some microseconds: less than a sleep and a wake cost."""
        for _ in range(_LOOKS):
            found = _core.ring_get(self._ring_memory, self._nslots, self._owner)
            if found is not None:
                if found[1]:
                    self._ring()
                return found
        return None

    def get(self, block: bool = True, timeout: float | None = None) -> _T:
        """Take the next object out of the queue.

        Parameters
        ----------
        block : bool
            Wait while the queue is empty.
        timeout : float, optional
            Longest time to wait, in seconds; for ever if left out.

        Returns
        -------
        object
            A copy of what was put, also on the PE that has put it.

        Raises
        ------
        queue.Empty
            The queue is empty, or was until the time was over.
        EOFError
            The queue is closed and empty.
        ValueError
            `timeout` is negative.
        FreedError
            The queue has been destroyed, or this PE has freed or dropped a symmetric array of the object.
        RuntimeError
            This PE is not in the team, or all others have left while it waits.
        KeyboardInterrupt
            Ctrl-C while waiting.
        """
        self._check("get")
        deadline = Deadline("Queue.get", timeout) if block else None
        found = self._try_get()
        if found is None and deadline is not None:
            found = self._look_again() or self._wait(self._try_get, deadline, "get_waiters")
        if found is None:
            raise queue.Empty
        obj: _T = _pickling.load("Queue.get", found[0])
        return obj

    def get_nowait(self) -> _T:
        """Take the next object without waiting: ``get(block=False)``."""
        return self.get(False)

    def qsize(self) -> int:
        """Return the number of objects in the queue now; others may change it at any time."""
        self._check("qsize")
        # A PE that takes an item may count it before the PE that puts it has.
        items = self._load("items")
        return items if items < 1 << 63 else 0

    def empty(self) -> bool:
        """Whether the queue is empty now; others may change that at any time."""
        return self.qsize() == 0

    def full(self) -> bool:
        """Whether `maxsize` objects are in the queue now; others may change that at any time.

        Large objects take several slots, so `put` may have to wait before.
        """
        return self.qsize() >= self._maxsize

    def close(self) -> None:
        """End the putting, for all PEs.

        From now on `put` raises ValueError. Objects in the queue can still be got; after the last one `get` raises
        EOFError, also in threads that already wait. A put that has begun on another PE may still succeed.

        Raises
        ------
        FreedError
            The queue has been destroyed.
        RuntimeError
            This PE is not in the team.
        """
        self._check("close")
        _core.atomic_set(self._at["closed"], 1, self._owner)
        self._ring()

    def destroy(self) -> None:
        """Free the queue's memory, with what is in it. Collective over all PEs; a second call does nothing."""
        if self._memory is not None:
            ring: Any = self._ring_memory
            super().destroy()
            _core.free(ring)
