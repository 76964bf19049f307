"""The tracks of a Perfetto trace: what a row of the timeline is called, under which other it lies, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .packets import TRACK_DESCRIPTOR, packet
from .wire import fields

if TYPE_CHECKING:
    from .wire import Value

# Fields of TrackDescriptor
_UUID, _NAME, _PROCESS, _THREAD, _PARENT, _COUNTER, _ORDERING, _RANK = 1, 2, 3, 4, 5, 8, 11, 12
_EXPLICIT = 3


class Tracks:
    """Hands out track ids and keeps the descriptors, which go in front of the events."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def process(self, pid: int, name: str, rank: int) -> int:
        """A process, which holds its threads."""
        return self._add((_PROCESS, fields((1, pid), (6, name), (3, rank))))

    def thread(self, pid: int, tid: int, name: str, rank: int) -> int:
        """A thread; viewers know its process by ``pid``."""
        return self._add((_THREAD, fields((1, pid), (2, tid), (5, name), (3, rank))))

    def group(self, name: str, rank: int, parent: int = 0) -> int:
        """A track that holds others, in the order of their ranks."""
        return self._add(*_under(parent), (_NAME, name), (_RANK, rank), (_ORDERING, _EXPLICIT))

    def slices(self, name: str, parent: int, rank: int = 0) -> int:
        """A row of slices. Those of one name under one parent are drawn as one: that is how lanes are made."""
        return self._add(*_under(parent), (_NAME, name), (_RANK, rank))

    def counter(self, name: str, unit: str, parent: int, rank: int) -> int:
        """A row with a value over time."""
        return self._add(*_under(parent), (_NAME, name), (_RANK, rank), (_COUNTER, fields((6, unit))))

    def _add(self, *pairs: tuple[int, Value]) -> int:
        uuid = len(self.packets) + 1
        self.packets.append(packet((TRACK_DESCRIPTOR, fields((_UUID, uuid), *pairs))))
        return uuid


def _under(parent: int) -> list[tuple[int, Value]]:
    return [(_PARENT, parent)] if parent else []
