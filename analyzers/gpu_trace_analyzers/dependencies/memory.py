"""What memory holds while operators run: which of them wrote each byte last, and which have read it since."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from ..model import MISSING
from .edges import Because, Contents
from .tensors import EVERYWHERE
from .waits import add_wait

if TYPE_CHECKING:
    from .origin import Origin
    from .tensors import Extent
    from .waits import Waits

_READS, _OVERWRITES_READ, _OVERWRITES = int(Because.READS), int(Because.OVERWRITES_READ), int(Because.OVERWRITES)


class Content:
    """What a storage holds from when it is made until it is made anew.

    Parts with one history each: part ``i`` goes from byte ``begins[i]`` to the next; the last one is untouched.
    """

    __slots__ = ("begins", "device", "first", "last", "made_ns", "origins", "readers", "writers")

    def __init__(self, device: str, made_ns: int) -> None:
        self.device, self.made_ns = device, made_ns
        self.begins, self.writers = [0], [MISSING]
        self.readers: list[list[int]] = [[]]
        self.origins: list[Origin | None] = [None]
        """of what the host has made of results of a device, and wrote there last"""
        self.first = self.last = MISSING

    def read(self, part: Extent, row: int, waits: Waits) -> None:
        """An operation reads it; what it has to wait for is added to ``waits``."""
        self.first, self.last = row if self.first == MISSING else self.first, row
        begin, end = self._parts(part)
        for i in range(begin, end):
            writer, readers = self.writers[i], self.readers[i]
            if writer != MISSING:
                waits[writer] = _READS  # of all reasons the strongest
            if not readers or readers[-1] != row:
                readers.append(row)

    def write(self, part: Extent, row: int, waits: Waits) -> None:
        """An operation writes it; as for `read`, what it waits for goes to ``waits``."""
        self.first, self.last = row if self.first == MISSING else self.first, row
        begin, end = self._parts(part)
        for i in range(begin, end):
            for reader in self.readers[i]:
                if reader != row:
                    add_wait(waits, reader, _OVERWRITES_READ)
            writer = self.writers[i]
            if writer != MISSING and writer != row:
                add_wait(waits, writer, _OVERWRITES)
        self._replace(begin, end, row)

    def host_reads(self, part: Extent) -> set[int]:
        """The operations that wrote what the host reads now."""
        return {self.writers[i] for i in range(*self._parts(part))} - {MISSING}

    def host_writes(self, part: Extent, origin: Origin | None = None) -> set[int]:
        """The operations that read what the host overwrites now; what is launched afterwards finds it written."""
        readers = self.readers_of(part)
        self._replace(*self._parts(part), MISSING, origin)
        return readers

    def origins_of(self, part: Extent) -> list[Origin]:
        """Of what the host wrote into it, if it made that of results of a device."""
        found = {id(origin): origin for origin in self.origins[slice(*self._parts(part))] if origin is not None}
        return list(found.values())

    def readers_of(self, part: Extent) -> set[int]:
        """The operations that have read any of it since it was written last."""
        return {row for i in range(*self._parts(part)) for row in self.readers[i]}

    def last_readers(self, part: Extent) -> set[int]:
        """Of each part the last one of those."""
        return {readers[-1] for readers in self.readers[slice(*self._parts(part))] if readers}

    def _replace(self, begin: int, end: int, row: int, origin: Origin | None = None) -> None:
        """All of these parts have one history now, which begins with what wrote them."""
        self.begins[begin:end] = [self.begins[begin]]
        self.writers[begin:end] = [row]
        self.readers[begin:end] = [[]]
        self.origins[begin:end] = [origin]

    def _parts(self, extent: Extent) -> tuple[int, int]:
        """From which part to which an extent goes; parts are cut at its ends."""
        begins = self.begins
        if extent.begin == 0 and len(begins) > 1 and begins[1] == extent.end:  # nearly always: all of it
            return 0, 1
        begin = self._part_at(extent.begin)
        return begin, self._part_at(extent.end)

    def _part_at(self, byte: int) -> int:
        at = bisect_left(self.begins, byte)
        if at == len(self.begins) or self.begins[at] != byte:
            self.begins.insert(at, byte)
            self.writers.insert(at, self.writers[at - 1])
            self.readers.insert(at, self.readers[at - 1].copy())
            self.origins.insert(at, self.origins[at - 1])
        return at


class Memory:
    """All storages, by their ids: each has the content that it holds now."""

    def __init__(self) -> None:
        self._now: dict[int, Content] = {}
        self._all: list[Content] = []

    def holds(self, part: Extent) -> Content:
        """The content of its storage; one that was not seen being made was there before."""
        return self._now.get(part.storage) or self._new(part.storage, part.device, MISSING)

    def holds_number(self, part: Extent) -> Content:
        """The same for a number that a kernel takes from memory of the host.

        PyTorch wraps the numbers of a script in tensors, and no operator shows that memory was given out for one. If it
        is longer than all that is known of the storage, it is other memory at the same address.
        """
        content = self.holds(part)
        if part.begin == 0 and 0 < content.begins[-1] < part.end:
            content = self._new(part.storage, part.device, MISSING)
        return content

    def make(self, part: Extent, at_ns: int) -> None:
        """Its storage is memory that was just given out: what was there before is gone."""
        self._new(part.storage, part.device, at_ns)

    def made_ns(self, storage: int) -> int:
        """When its content was made; `MISSING` if that was not seen."""
        content = self._now.get(storage)
        return MISSING if content is None else content.made_ns

    def contents(self) -> Contents:
        """Those that any operation used, in the order in which they were made or first seen."""
        used = [content for content in self._all if content.first != MISSING]
        columns = {
            "size": [c.begins[-1] if c.begins[-1] < EVERYWHERE else MISSING for c in used],
            "device": [_index(c.device) for c in used],
            "first": [c.first for c in used],
            "last": [c.last for c in used],
            "made": [c.made_ns != MISSING for c in used],
        }
        return Contents.of(columns)

    def _new(self, storage: int, device: str, made_ns: int) -> Content:
        content = self._now[storage] = Content(device, made_ns)
        self._all.append(content)
        return content


def _index(device: str) -> int:
    """Of the GPU in ``cuda:1``; `MISSING` for memory of the host."""
    index = device.rpartition(":")[2]
    return int(index) if index.isdigit() else MISSING
