"""Slices of our own ``.pftrace`` as rows of a trace."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, cast

from ...model import (
    MISSING,
    Device,
    DeviceWork,
    Engine,
    HostCalls,
    HostOperators,
    Memory,
    Overheads,
    RangeKind,
    Ranges,
    SyncKind,
    Syncs,
    Windows,
)
from ..base.building import NOT_ASKED
from ..base.stamps import LIMIT_NS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...model import Table
    from ..base.building import TraceBuilder
    from ..base.identity import DeviceKind
    from .slices import Slice, Slices, Track

LANES = {
    "Compute": Engine.COMPUTE,
    "Collectives": Engine.COLLECTIVE,
    "Copy host to device": Engine.COPY_H2D,
    "Copy device to host": Engine.COPY_D2H,
    "Copy to peer": Engine.COPY_P2P,
    "Copy inside device": Engine.COPY_D2D,
    "Memset": Engine.MEMSET,
    "Unknown": Engine.UNKNOWN,
}
"""Titles of the lanes that hold work: those of ``gpu_trace.exporting.timeline.titles``."""

_LABEL = re.compile(r"(?:rank (\d{1,9}) · )?(?:(.+) · )?(GPU|CPU) (\d{1,4})(?: \((.*)\))?")
"""``Device.label``: rank, owner, kind, number, name"""
_RANK = re.compile(r"rank (\d{1,9}) · ")
_SYNCS = {f"{kind.name.lower().replace('_', ' ')} sync": kind for kind in SyncKind}
_MEMORIES = {memory.name.lower(): memory for memory in Memory}
_DOUBTS = "In doubt"
"""Title of the lane that says why the figures of a device are in doubt."""
_DERIVED = "findings and exposed copies, which follow from the rest"
EXPECTED = (_DERIVED, NOT_ASKED)
"""Reasons for which nothing is missing."""
_BEYOND = 1 << 20
"""more than any number of a device"""
_BIGGEST = (1 << 63) - 1


class Rows:
    """Sorts slices into the tables of a builder for each rank."""

    def __init__(self, slices: Slices, builder_of: Callable[[int], TraceBuilder], operators: bool) -> None:
        self.builder_of = builder_of
        self.dropped: Counter[str] = Counter()
        self._slices = slices
        self._operators = operators
        self._rows: defaultdict[tuple[int, type[Table]], list[dict[str, Any]]] = defaultdict(list)
        self._numbers: dict[tuple[int, str, DeviceKind, int], int] = {}
        """by which number the builder of a rank knows each device, where two owners have one of the same number"""
        self._main: dict[int, int] = {}
        self._ranks: dict[int, int] = {}

    def add_all(self) -> None:
        """Everything."""
        for track in self._slices.tracks.values():
            self._name(track)
        for found in self._slices.all():
            self._sort(found)
        for (rank, table), rows in self._rows.items():
            names = sorted({name for row in rows for name in row})
            columns = {name: [row.get(name, MISSING) for row in rows] for name in names}
            self.builder_of(rank).add(table, **columns)

    def _name(self, track: Track) -> None:
        """Processes, threads and devices are known by their tracks."""
        if track.pid is None:
            if label := _LABEL.fullmatch(track.name):
                self._device(label)
            return
        if track.tid is None:
            ranked = _RANK.match(track.name)
            rank = self._ranks[track.pid] = int(ranked[1]) if ranked else MISSING
            self._main.setdefault(rank, track.pid)
            self.builder_of(rank).name_process(track.pid, track.name[ranked.end() if ranked else 0 :])
        else:
            self.builder_of(self._ranks.get(track.pid, MISSING)).name_thread(track.pid, track.tid, track.name)

    def _sort(self, found: Slice) -> None:
        track = self._slices.tracks.get(found.track)
        if track is None or not 0 <= found.start_ns <= found.end_ns < LIMIT_NS:
            self.dropped["slices of no track or time"] += 1
        elif found.category in ("call", "operator", "annotation", "nvtx", "overhead", "recording"):
            self._host_row(found, self._owner(found.track))
        elif label := self._label(track):
            self._device_row(found, track, label)
        else:
            self.dropped[_DERIVED] += 1

    def _label(self, track: Track) -> re.Match[str] | None:
        group = self._slices.tracks.get(track.parent)
        return _LABEL.fullmatch(group.name) if group else None

    def _owner(self, uuid: int) -> Track | None:
        """The thread or process that a track belongs to."""
        for _ in range(8):  # groups are not nested as deep; a damaged file may have a circle
            track = self._slices.tracks.get(uuid)
            if track is None or track.pid is not None:
                return track
            uuid = track.parent
        return None

    def _device_row(self, found: Slice, track: Track, label: re.Match[str]) -> None:
        rank, device = self._device(label)
        builder = self.builder_of(rank)
        title = track.name.rpartition(" · ")[2]  # in a trace of several devices, each lane says whose it is
        if title == _DOUBTS:
            kind, number = _kind(label[3]), self._numbers[_key(label)]
            builder.stated_doubts.append((kind, number, found.name, _number(found, "operations")))
            return
        process = _number(found, "process")
        row = {
            **self._times(found),
            "device": device,
            "process": builder.process(self._main.get(rank, 0) if process == MISSING else process),
            "stream": _signed(found, "stream"),
            "correlation": _number(found, "correlation"),
        }
        if found.name in _SYNCS and title == "Synchronization":
            row |= {"kind": _SYNCS[found.name], "awaited_stream": _number(found, "waits for stream")}
            row["awaited_correlation"] = _number(found, "waits for correlation")
            self._rows[rank, Syncs].append(row)
        elif title in LANES:
            peer = _number(found, "peer device")
            row |= {
                "name": builder.strings[found.name],
                "engine": LANES[title],
                "context": _number(found, "context"),
                "size": _number(found, "bytes"),
                "peer": builder.device("gpu", peer) if peer >= 0 else MISSING,
                "source": _MEMORIES.get(str(found.notes.get("from")), MISSING),
                "target": _MEMORIES.get(str(found.notes.get("to")), MISSING),
                "grid": self._text(builder, found, "grid"),
                "block": self._text(builder, found, "block"),
                "group": self._text(builder, found, "process group"),
                "sequence": _number(found, "sequence"),
                "graph": _number(found, "graph"),
                "graph_node": _number(found, "graph node"),
            }
            self._rows[rank, DeviceWork].append(row)
        else:
            self.dropped[_DERIVED] += 1

    def _device(self, label: re.Match[str]) -> tuple[int, int]:
        """The rank that a device belongs to, and its position among those of that rank."""
        rank, _, kind, number = key = _key(label)
        builder = self.builder_of(rank)
        if key not in self._numbers:
            taken = (kind, number) in builder.stated_devices
            own = self._numbers[key] = len(builder.stated_devices) + _BEYOND if taken else number
            builder.stated_devices[kind, own] = Device(kind, number, label[5] or "", rank, label[2] or "")
        return rank, builder.device(kind, self._numbers[key])

    def _host_row(self, found: Slice, owner: Track | None) -> None:
        if owner is None or owner.pid is None:
            self.dropped["slices of no track or time"] += 1
            return
        rank = self._ranks.get(owner.pid, MISSING)
        builder = self.builder_of(rank)
        row = {
            **self._times(found),
            "name": builder.strings[found.name],
            "process": builder.process(owner.pid),
            "thread": owner.tid if owner.tid is not None else MISSING,
        }
        if found.category == "call":
            self._rows[rank, HostCalls].append(row | {"correlation": _number(found, "correlation")})
        elif found.category == "recording":
            self._rows[rank, Windows].append({"process": row["process"], **self._times(found)})
        elif found.category == "overhead":
            del row["thread"]
            self._rows[rank, Overheads].append(row)
        elif found.category == "operator" and self._operators:
            self._rows[rank, HostOperators].append(row)
        elif found.category == "operator":
            self.dropped[NOT_ASKED] += 1
        else:
            self._rows[rank, Ranges].append(row | self._range(builder, found))

    def _range(self, builder: TraceBuilder, found: Slice) -> dict[str, int]:
        color = str(found.notes.get("color", ""))
        return {
            "kind": RangeKind.NVTX if found.category == "nvtx" else RangeKind.ANNOTATION,
            **{name: self._text(builder, found, name) for name in ("domain", "category", "payload")},
            "color": 0xFF000000 | int(color[1:], 16) if re.fullmatch("#[0-9a-f]{6}", color) else MISSING,
        }

    def _times(self, found: Slice) -> dict[str, int]:
        return {"start_ns": found.start_ns, "end_ns": found.end_ns}

    def _text(self, builder: TraceBuilder, found: Slice, note: str) -> int:
        text = found.notes.get(note)
        return builder.strings[text] if isinstance(text, str) else MISSING


def _key(label: re.Match[str]) -> tuple[int, str, DeviceKind, int]:
    """What tells a device from others: rank, owner, kind and number."""
    return int(label[1]) if label[1] else MISSING, label[2] or "", _kind(label[3]), int(label[4])


def _kind(text: str) -> DeviceKind:
    return cast("DeviceKind", text.lower())


def _signed(found: Slice, note: str) -> int:
    """An id that may be negative, as that of a thread."""
    value = found.notes.get(note)
    return (value + (1 << 63)) % (1 << 64) - (1 << 63) if isinstance(value, int) else MISSING


def _number(found: Slice, note: str) -> int:
    value = found.notes.get(note)
    return value if isinstance(value, int) and 0 <= value <= _BIGGEST else MISSING
