"""The tracks of a Perfetto trace: what a row of the timeline is called, under which other it lies, in which order."""

from __future__ import annotations

from typing import Any

from gpu_trace_analyzers.vocabulary.perfetto import DERIVED

from .packets import packet, valid
from .protos import protos


class Tracks:
    """Hands out track ids and keeps the descriptors, which go in front of the events."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def process(self, pid: int, name: str, host: str, rank: int) -> int:
        """A process, which holds its threads. Its label, which the UI shows beside its name, is its machine."""
        process = {"pid": pid, "process_name": valid(name), "legacy_sort_index": rank}
        return self._add(process=process | ({"process_labels": [valid(host)]} if host else {}))

    def thread(self, pid: int, tid: int, name: str, rank: int) -> int:
        """A thread; viewers know its process by ``pid``."""
        thread = {"pid": pid, "tid": tid, "thread_name": valid(name), "legacy_sort_index": rank}
        return self._add(thread=thread)

    def group(self, name: str, rank: int, parent: int = 0) -> int:
        """A track that holds others, in the order of their ranks."""
        return self._add(**_row(name, rank, parent), child_ordering=protos.TrackDescriptor.EXPLICIT)

    def slices(self, name: str, parent: int, rank: int = 0) -> int:
        """A row of slices. Those of one name under one parent are drawn as one: that is how lanes are made."""
        return self._add(**_row(name, rank, parent))

    def counter(self, name: str, unit: str, parent: int, rank: int, derived: bool = False) -> int:
        """A row with a value over time; ``derived``: from other rows."""
        counter = {"unit_name": unit} | ({"categories": [DERIVED]} if derived else {})
        return self._add(**_row(name, rank, parent), counter=counter)

    def _add(self, **fields: Any) -> int:
        uuid = len(self.packets) + 1
        self.packets.append(packet(track_descriptor={"uuid": uuid, **fields}))
        return uuid


def _row(name: str, rank: int, parent: int) -> dict[str, Any]:
    row = {"name": valid(name), "sibling_order_rank": rank}
    return row | {"parent_uuid": parent} if parent else row
