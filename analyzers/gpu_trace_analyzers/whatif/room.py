"""Is there room in memory for what an operation makes?

Memory is given out in the order of the launches, as an allocator does that the host asks. What is launched later gets
none before, and what an operation still needs that is launched later is not given back yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from ..model import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Piece(NamedTuple):
    """The content of a part of a device's memory."""

    device: int
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """How much there is, and what needs it."""

    limit: Mapping[int, int]
    """bytes of each device"""
    made_by: Mapping[int, Sequence[Piece]]
    """by the operation that uses it first"""
    last_used_by: Mapping[int, Sequence[Piece]]


class Held:
    """What is held while a schedule is made, operation by operation in the order of their launches."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._bytes = dict.fromkeys(room.limit, 0)
        self._ends: dict[int, list[tuple[int, int, int]]] = {device: [] for device in room.limit}
        """(end, size, operation) of what was used last, a heap for each device"""
        self._from_ns, self._by = 0, MISSING

    def room_for(self, k: int, at_ns: int, by: int) -> tuple[int, int]:
        """When there is room for an operation that may start at a time, and what it waited for.

        One for which there is never enough waits for all that can end.
        """
        for device, size in self._room.made_by.get(k, ()):
            self._bytes[device] += size
            ends = self._ends[device]
            while ends and self._bytes[device] > self._room.limit[device]:
                end_ns, freed, operation = heappop(ends)
                self._bytes[device] -= freed
                if end_ns > self._from_ns:
                    self._from_ns, self._by = end_ns, operation
        if k in self._room.made_by and self._from_ns > at_ns:
            return self._from_ns, self._by
        return at_ns, by

    def ended(self, k: int, end_ns: int) -> None:
        """An operation ends at a time; what it used last is free then."""
        for device, size in self._room.last_used_by.get(k, ()):
            heappush(self._ends[device], (end_ns, size, k))
