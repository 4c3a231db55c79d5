# SPDX-License-Identifier: BSD-3-Clause
"""Collectives of Python objects.

Each member makes of what it has to say one stream of bytes: a pickle, the sizes of its buffers, the buffers. First all
hear, in one collective of small records, how long the streams are, and get what fits into the record itself. The rest
goes through the team's region of the workspace, which every member can read: by rounds, each member writes the next
piece of its stream into one half of its own region, all members meet, and then those who want it copy it out. In
the next round the other half is written, while slower members still read this one.

Invariant: a half is written again only after a meeting that every reader of it has come to after it has read. After
the last round all meet once more, so nobody reads a region when its owner's call has returned.

A failure that one member alone sees (it cannot pickle its object, it has no memory for what comes) does not keep it
from the rounds, since the others would wait for it; it raises at the end. What cannot be pickled is said to all.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from . import _core, _pickling
from ._core import TEAM_WORLD, Team
from ._pickling import Bytes

_T = TypeVar("_T")

# A piece of a stream. Smaller ones stay in caches between the two copies, but need more meetings.
_PIECE = 1 << 21
# The most that a record has room for, and what it needs for itself.
_LARGEST_RECORD = 512
_HEADER = np.dtype(
    [("status", "i8"), ("pickle", "i8"), ("buffers", "i8"), ("nbytes", "i8"), ("at", "i8"), ("all", "i8")]
)
_PICKLED, _FAILED = 0, 1


class _Message:
    """What one member says to one or all others, as parts of bytes."""

    def __init__(self, call: str, *objs: Any) -> None:
        self.status = _PICKLED
        self.error: Exception | None = None
        buffers: list[Bytes] = []
        pickled = b""
        for obj in objs:  # one, or none where this PE has nothing to say
            try:
                pickled, buffers = _pickling.to_parts(call, obj)
            except Exception as error:  # whatever __reduce__ raises
                self.error, self.status = error, _FAILED
                pickled, buffers = f"{type(error).__name__}: {error}".encode(errors="replace"), []
        sizes = np.array([buffer.size for buffer in buffers], np.uint64)
        self.pickle, self.buffers = len(pickled), len(buffers)
        self.parts: list[Bytes] = [np.frombuffer(pickled, np.uint8), sizes.view(np.uint8), *buffers]
        self.nbytes = sum(part.size for part in self.parts)


class _Stream:
    """The messages of one member that do not fit into records, one behind the other."""

    def __init__(self) -> None:
        self.parts: list[Bytes] = []
        self.nbytes = 0

    def append(self, message: _Message) -> int:
        at = self.nbytes
        self.parts += message.parts
        self.nbytes += message.nbytes
        return at

    def pieces(self, size: int) -> Iterator[list[Bytes]]:
        """Yield what to write, `size` bytes each time, as parts."""
        piece: list[Bytes] = []
        room = size
        for part in self.parts:
            while part.size:
                piece.append(part[:room])
                part = part[room:]
                room -= piece[-1].size
                if room == 0:
                    yield piece
                    piece, room = [], size
        if piece:
            yield piece


class _Incoming:
    """A message on its way in: takes bytes in order, into fresh memory of its own."""

    def __init__(self, call: str, pe: int, header: Any) -> None:
        self.call, self.pe = call, pe
        self.status, self._pickle = int(header["status"]), int(header["pickle"])
        self._buffers, self.nbytes = int(header["buffers"]), int(header["nbytes"])
        self.at = int(header["at"])
        self._error: MemoryError | None = None
        self._parts: list[Bytes | None] = []
        self._filled = 0  # of the last part
        self._left: list[int] = [self._pickle + 8 * self._buffers]
        self._next()

    def _next(self) -> None:
        size = self._left.pop(0)
        self._size, self._filled = size, 0
        try:
            self._parts.append(np.empty(size, np.uint8))
        except MemoryError as error:  # what comes is passed over
            self._error = error
            self._parts.append(None)

    def take(self, nbytes: int, copy: Callable[[Bytes, int], None]) -> None:
        """Take the next bytes; `copy(target, k)` copies those from the k-th on."""
        taken = 0
        while taken < nbytes:
            n = min(nbytes - taken, self._size - self._filled)
            part = self._parts[-1]
            if part is not None and n:
                copy(part[self._filled : self._filled + n], taken)
            taken += n
            self._filled += n
            self._forward()

    def _forward(self) -> None:
        if self._filled < self._size:
            return
        if len(self._parts) == 1 and self._buffers:
            head = self._parts[0]
            if head is None:  # without their sizes, all the rest is passed over as one
                self._left, self._buffers = [], 0
                self._size = self.nbytes
                return
            self._left = np.frombuffer(head[self._pickle :].tobytes(), np.uint64).astype(int).tolist()
        if self._left:
            self._next()

    def result(self) -> Any:
        """Return the object."""
        if self.status == _FAILED:
            head = self._parts[0]
            text = "" if head is None else head.tobytes().decode(errors="replace")
            raise RuntimeError(f"{self.call}: PE {self.pe} cannot pickle its object: {text}")
        if self._error is not None:
            raise MemoryError(f"{self.call}: no memory for the object of PE {self.pe}") from self._error
        head = self._parts[0]
        assert head is not None
        return _pickling.load(self.call, head[: self._pickle].data, self._parts[1:])


class _Call:
    """One collective call: the team, its region, and this PE's number in it."""

    def __init__(self, name: str, team: Team | None) -> None:
        self.name = name
        self.team = TEAM_WORLD if team is None else team
        if not isinstance(self.team, Team):
            raise TypeError(f"{name}: team must be a Team, not {type(team).__name__}")
        self.me, self.n_pes = self.team.my_pe(), self.team.n_pes()

    @contextmanager
    def region(self) -> Iterator[None]:
        """Hold the team's region. An error while others may read it means that nobody uses it any more."""
        try:
            self._region = _core.claim_region(self.team)
        except RuntimeError as error:
            raise RuntimeError(f"{self.name}: {str(error).partition(': ')[2]}") from None
        self._well = True
        try:
            yield
            self._well = True
        finally:
            del self._region
            _core.return_region(self.team, self._well)

    def record_room(self, records: int) -> int:
        """Bytes of a record, of which the region holds so many. From here on others may read the region."""
        room = min(self._region.size // records // 16 * 16, _LARGEST_RECORD)
        if room < _HEADER.itemsize:
            raise RuntimeError(
                f"{self.name}: the workspace of this team has {self._region.size} bytes, too few for {self.n_pes} PEs; "
                "SHMEM_SYMMETRIC_SIZE gives the symmetric heap more"
            )
        self._well = False
        return room

    def header(self, message: _Message, at: int = 0, stream: int = 0) -> bytes:
        row = (message.status, message.pickle, message.buffers, message.nbytes, at, stream)
        return np.array([row], _HEADER).tobytes()

    def write_record(self, record: Bytes, message: _Message, at: int, stream: int) -> None:
        room = record.size - _HEADER.itemsize
        record[: _HEADER.itemsize] = np.frombuffer(self.header(message, at, stream), np.uint8)
        if message.nbytes <= room and message.nbytes:
            record[_HEADER.itemsize :][: message.nbytes] = np.concatenate(message.parts)

    def read_record(self, record: Bytes, pe: int) -> tuple[_Incoming, int]:
        """Return what comes, with what the record has of it, and the length of that member's stream."""
        header = np.frombuffer(record[: _HEADER.itemsize].tobytes(), _HEADER)[0]
        incoming = _Incoming(self.name, pe, header)
        data = record[_HEADER.itemsize :]
        if incoming.nbytes <= data.size:
            _copy_of(incoming, data)
        return incoming, int(header["all"])

    def rounds(self, mine: _Stream, longest: int, incoming: Sequence[tuple[int, _Incoming]]) -> None:
        """Write my stream, and take what comes out of the streams of others."""
        if longest == 0:
            return
        size = min(self._region.size // 2 // 64 * 64, _PIECE)
        pieces = mine.pieces(size)
        views = [self.team.ptr(self._region, pe) for pe, _ in incoming]
        for number, begin in enumerate(range(0, longest, size)):
            half = self._region[number % 2 * size :]
            at = 0
            for part in next(pieces, []):
                half[at : at + part.size] = part
                at += part.size
            self.meet()
            for view, (pe, message) in zip(views, incoming, strict=True):
                low, high = max(begin, message.at), min(begin + size, message.at + message.nbytes)
                if low < high:
                    offset = number % 2 * size + low - begin
                    self._take(message, pe, view, offset, high - low)
        self.meet()

    def _take(self, message: _Incoming, pe: int, view: Bytes | None, offset: int, nbytes: int) -> None:
        if view is not None:
            _copy_of(message, view[offset : offset + nbytes], nbytes)
            return
        world = self.team.translate_pe(pe, TEAM_WORLD)

        def get(target: Bytes, k: int) -> None:
            _core.get(target, self._region[offset + k : offset + k + target.size], world)

        message.take(nbytes, get)

    def meet(self) -> None:
        _core.sync(self.team)


def _copy_of(message: _Incoming, data: Bytes, nbytes: int | None = None) -> None:
    def copy(target: Bytes, k: int) -> None:
        target[...] = data[k : k + target.size]

    message.take(message.nbytes if nbytes is None else nbytes, copy)


def _root(call: _Call, root: int) -> int:
    root = operator.index(root)
    if not 0 <= root < call.n_pes:
        raise IndexError(f"{call.name}: root is {root}, but PEs are 0 to {call.n_pes - 1}")
    return root


def _raise_own(message: _Message) -> None:
    if message.error is not None:
        raise message.error


def bcast_object(obj: _T, root: int = 0, team: Team | None = None) -> _T:
    """Return the root's object on all PEs. Collective.

    Parameters
    ----------
    obj : object
        On the root, what to send; anything that can be pickled. Ignored on the other PEs.
    root : int
        The PE that sends; its number in the team.
    team : Team, optional
        Team whose PEs take part; all PEs if left out.

    Returns
    -------
    object
        On the root, `obj` itself; on the others a copy of it in memory of their own.

    Raises
    ------
    IndexError
        There is no such root.
    RuntimeError
        The root cannot pickle its object. It raises the error itself, the other PEs one that names it. Or the team is
        invalid, an earlier collective on it was interrupted, or another thread is in one.
    FreedError
        The object has a symmetric array that has been freed, on this PE too if it was sent.
    MemoryError
        This PE has no memory for the object. The others have received it.

    Notes
    -----
    A symmetric array, or a view of one, arrives as the receiving PE's own array of the same allocation, with its own
    data. The data of other arrays are copied into fresh memory once. There is no limit of 2 GB.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.bcast_object({'step': 3} if shmem.my_pe() == 0 else None)
    {'step': 3}
    """
    call = _Call("bcast_object", team)
    root = _root(call, root)
    mine = _Message(call.name, *([obj] if call.me == root else []))
    with call.region():
        room = call.record_room(1)
        record = call._region[:room]
        stream = _Stream()
        if call.me == root:
            large = mine.nbytes > room - _HEADER.itemsize
            if large:
                stream.append(mine)
            call.write_record(record, mine, 0, stream.nbytes)
        _core.broadcast(record, record, root, team=call.team)
        incoming = None
        if call.me == root:
            call.rounds(stream, stream.nbytes, [])
        else:
            incoming, longest = call.read_record(record, root)
            call.rounds(stream, longest, [(root, incoming)])
    _raise_own(mine)
    result: _T = obj if incoming is None else incoming.result()
    return result


def _gather(name: str, obj: _T, root: int | None, team: Team | None) -> list[_T] | None:
    call = _Call(name, team)
    if root is not None:
        root = _root(call, root)
    mine = _Message(call.name, obj)
    received: list[_Incoming] = []
    with call.region():
        room = call.record_room(call.n_pes + 1)
        records = call._region[: (call.n_pes + 1) * room].reshape(-1, room)
        stream = _Stream()
        if mine.nbytes > room - _HEADER.itemsize:
            stream.append(mine)
        call.write_record(records[-1], mine, 0, stream.nbytes)
        _core.fcollect(records[:-1], records[-1], team=call.team)
        longest = 0
        wanted: list[tuple[int, _Incoming]] = []
        for pe in range(call.n_pes):
            incoming, nbytes = call.read_record(records[pe], pe)
            received.append(incoming)
            longest = max(longest, nbytes)
            # Why a member fails is of interest to all.
            if nbytes and pe != call.me and (root in (None, call.me) or incoming.status == _FAILED):
                wanted.append((pe, incoming))
        call.rounds(stream, longest, wanted)
    _raise_own(mine)
    for incoming in received:
        if incoming.status == _FAILED:
            incoming.result()
    if root not in (None, call.me):
        return None
    return [obj if pe == call.me else incoming.result() for pe, incoming in enumerate(received)]


def gather_objects(obj: _T, root: int = 0, team: Team | None = None) -> list[_T] | None:
    """Return all PEs' objects on the root. Collective.

    Parameters
    ----------
    obj : object
        What this PE sends; anything that can be pickled.
    root : int
        The PE that receives; its number in the team.
    team : Team, optional
        Team whose PEs take part; all PEs if left out.

    Returns
    -------
    list of object, or None
        On the root, the objects in the order of the PEs; its own is `obj` itself. None on the others.

    Raises
    ------
    IndexError
        There is no such root.
    RuntimeError
        A PE cannot pickle its object. That PE raises the error itself, all others one that names the PE. Or the team is
        invalid, an earlier collective on it was interrupted, or another thread is in one.
    FreedError
        An object has a symmetric array that has been freed.
    MemoryError
        This PE has no memory for the objects.

    See Also
    --------
    bcast_object : says how objects travel.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> names = shmem.gather_objects(f'PE {shmem.my_pe()}')
    >>> names[0] if shmem.my_pe() == 0 else 'PE 0'
    'PE 0'
    """
    return _gather("gather_objects", obj, root, team)


def allgather_objects(obj: _T, team: Team | None = None) -> list[_T]:
    """Return all PEs' objects on all PEs. Collective.

    Parameters
    ----------
    obj : object
        What this PE sends; anything that can be pickled.
    team : Team, optional
        Team whose PEs take part; all PEs if left out.

    Returns
    -------
    list of object
        The objects in the order of the PEs; this PE's own is `obj` itself.

    Raises
    ------
    RuntimeError
        A PE cannot pickle its object. That PE raises the error itself, all others one that names the PE. Or the team is
        invalid, an earlier collective on it was interrupted, or another thread is in one.
    FreedError
        An object has a symmetric array that has been freed.
    MemoryError
        This PE has no memory for the objects.

    See Also
    --------
    bcast_object : says how objects travel.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> shmem.allgather_objects(shmem.my_pe()) == list(range(shmem.n_pes()))
    True
    """
    result = _gather("allgather_objects", obj, None, team)
    assert result is not None
    return result


def alltoall_objects(objs: Sequence[_T], team: Team | None = None) -> list[_T]:
    """Send an object from each PE to each. Collective.

    Parameters
    ----------
    objs : sequence of object
        One for each PE of the team, in their order; anything that can be pickled.
    team : Team, optional
        Team whose PEs take part; all PEs if left out.

    Returns
    -------
    list of object
        What each PE has sent to this one, in the order of the PEs; this PE's own is the object itself.

    Raises
    ------
    ValueError
        `objs` has not one object for each PE.
    RuntimeError
        A PE cannot pickle an object. That PE raises the error itself, the PE that the object was for one that names it.
        Or the team is invalid, an earlier collective on it was interrupted, or another thread is in one.
    FreedError
        An object has a symmetric array that has been freed.
    MemoryError
        This PE has no memory for the objects.

    See Also
    --------
    bcast_object : says how objects travel.

    Examples
    --------
    >>> from shmem4py import shmem
    >>> me, n = shmem.my_pe(), shmem.n_pes()
    >>> shmem.alltoall_objects([(me, pe) for pe in range(n)]) == [(pe, me) for pe in range(n)]
    True
    """
    call = _Call("alltoall_objects", team)
    objs = list(objs)
    if len(objs) != call.n_pes:
        raise ValueError(f"alltoall_objects: objs has {len(objs)} objects, must have one for each of {call.n_pes} PEs")
    messages = [_Message(call.name, *([] if pe == call.me else [obj])) for pe, obj in enumerate(objs)]
    received: list[_Incoming] = []
    with call.region():
        room = call.record_room(2 * call.n_pes)
        records = call._region[: 2 * call.n_pes * room].reshape(2, -1, room)
        stream = _Stream()
        large = [message.nbytes > room - _HEADER.itemsize for message in messages]
        places = [stream.append(message) if it else 0 for message, it in zip(messages, large, strict=True)]
        for record, message, at in zip(records[0], messages, places, strict=True):
            call.write_record(record, message, at, stream.nbytes)
        _core.alltoall(records[1], records[0], team=call.team)
        longest = stream.nbytes
        wanted: list[tuple[int, _Incoming]] = []
        for pe in range(call.n_pes):
            incoming, nbytes = call.read_record(records[1][pe], pe)
            received.append(incoming)
            longest = max(longest, nbytes)
            if incoming.nbytes > room - _HEADER.itemsize:
                wanted.append((pe, incoming))
        call.rounds(stream, longest, wanted)
    for message in messages:
        _raise_own(message)
    return [objs[pe] if pe == call.me else incoming.result() for pe, incoming in enumerate(received)]
