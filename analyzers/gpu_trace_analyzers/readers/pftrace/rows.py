"""Slices of our own ``.pftrace`` as rows of a trace."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, cast

from ...model import (
    MISSING,
    Counters,
    Device,
    DeviceWork,
    HostCalls,
    HostOperators,
    Overheads,
    RangeKind,
    Ranges,
    Role,
    Syncs,
    Windows,
)
from ...vocabulary.operators import MULTIPLYING
from ...vocabulary.perfetto import (
    COLUMNS,
    DOUBTS,
    LANES,
    MEMORIES,
    MEMORY_COLUMNS,
    SIGNED_COLUMNS,
    SYNCHRONIZATION,
    SYNCS,
    Argument,
    Category,
    title_of,
)
from ..base.building import NOT_ASKED
from ..base.stamps import LIMIT_NS
from .slices import signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...model import Table
    from ..base.building import TraceBuilder
    from ..base.identity import DeviceKind
    from .slices import Note, Slice, Slices, Track, Value

_ENGINES = {title: engine for engine, title in LANES.items()}
"""By the titles of the lanes that hold work."""
_LABEL = re.compile(r"(?:rank (\d{1,9}) · )?(?:(.+) · )?(GPU|CPU) (\d{1,4})(?: \((.*)\))?")
"""``Device.label``: rank, owner, kind, number, name"""
_RANK = re.compile(r"rank (\d{1,9}) · ")
_SYNC_KINDS = {name: kind for kind, name in SYNCS.items()}
_MEMORIES = {word: memory for memory, word in MEMORIES.items()}
_ON_HOST = frozenset(
    {
        Category.CALL,
        Category.OPERATOR,
        Category.ANNOTATION,
        Category.NVTX,
        Category.OVERHEAD,
        Category.RECORDING,
    }
)
_ADDED = frozenset({Category.ACCOUNT, Category.FINDING, Category.PREDICTION})
_DERIVED = "accounts, findings, exposed copies and predictions, which gpu-trace added"
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
        self._slices.stacks.add(lambda pid: self.builder_of(self._ranks.get(pid, MISSING)), self.dropped)
        for value in self._slices.recorded_values():
            self._value(value)
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
            self.builder_of(rank).stated_hosts[track.pid] = track.host
        else:
            self.builder_of(self._ranks.get(track.pid, MISSING)).name_thread(track.pid, track.tid, track.name)

    def _sort(self, found: Slice) -> None:
        track = self._slices.tracks.get(found.track)
        if track is None or not 0 <= found.start_ns <= found.end_ns < LIMIT_NS:
            self.dropped["slices of no track or time"] += 1
        elif found.category in _ADDED:
            self.dropped[_DERIVED] += 1
        elif found.category in _ON_HOST:
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
        title = title_of(track.name)  # in a trace of several devices, each lane says whose it is
        if title == DOUBTS:
            kind, number = _kind(label[3]), self._numbers[_key(label)]
            builder.stated_doubts.append((kind, number, found.name, _number(found, Argument.OPERATIONS)))
            return
        process = _number(found, Argument.PROCESS)
        row = {
            **self._times(found),
            "device": device,
            "process": builder.process(self._main.get(rank, 0) if process == MISSING else process),
        }
        if found.name in _SYNC_KINDS and title == SYNCHRONIZATION:
            row |= {"kind": _SYNC_KINDS[found.name], **_arguments(builder, found, Syncs)}
            self._rows[rank, Syncs].append(row)
        elif title in _ENGINES:
            row |= {"name": builder.strings[found.name], "engine": _ENGINES[title]}
            self._rows[rank, DeviceWork].append(row | _arguments(builder, found, DeviceWork))
        else:
            self.dropped[_DERIVED] += 1

    def _value(self, found: Value) -> None:
        track, owner = self._slices.tracks.get(found.track), self._owner(found.track)
        label = self._label(track) if track else None
        if track is None or not 0 <= found.at_ns < LIMIT_NS:
            self.dropped["values of no track or time"] += 1
        elif label:
            rank, device = self._device(label)
            pid = found.notes.get(Argument.PROCESS, self._main.get(rank, 0))
            self._counter_row(found, title_of(track.name), track.unit, rank, device, pid)
        elif owner and owner.pid is not None:
            rank = self._ranks.get(owner.pid, MISSING)
            self._counter_row(found, track.name, track.unit, rank, MISSING, owner.pid)
        else:
            self.dropped["values of no track or time"] += 1

    def _counter_row(self, found: Value, name: str, unit: str, rank: int, device: int, pid: Note) -> None:
        builder = self.builder_of(rank)
        row = {"start_ns": found.at_ns, "end_ns": found.at_ns, "value": found.value, "device": device}
        row |= {"name": builder.strings[name], "unit": builder.strings[unit]}
        row |= {"process": builder.process(pid if isinstance(pid, int) else 0)}
        self._rows[rank, Counters].append(row | {"thread": _as_signed(builder, found.notes.get(Argument.THREAD))})

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
        if found.category == Category.CALL:
            self._rows[rank, HostCalls].append(row | _arguments(builder, found, HostCalls))
        elif found.category == Category.RECORDING:
            self._rows[rank, Windows].append({"process": row["process"], **self._times(found)})
        elif found.category == Category.OVERHEAD:
            del row["thread"]
            self._rows[rank, Overheads].append(row)
        elif found.category == Category.OPERATOR and (self._operators or _multiplies(found)):
            self._rows[rank, HostOperators].append(row | _arguments(builder, found, HostOperators))
        elif found.category == Category.OPERATOR:
            self.dropped[NOT_ASKED] += 1
        else:
            self._rows[rank, Ranges].append(row | self._range(builder, found))

    def _range(self, builder: TraceBuilder, found: Slice) -> dict[str, int]:
        color = str(found.notes.get(Argument.COLOR, ""))
        return {
            "kind": RangeKind.NVTX if found.category == Category.NVTX else RangeKind.ANNOTATION,
            **_arguments(builder, found, Ranges),
            "color": 0xFF000000 | int(color[1:], 16) if re.fullmatch("#[0-9a-f]{6}", color) else MISSING,
        }

    def _times(self, found: Slice) -> dict[str, int]:
        return {"start_ns": found.start_ns, "end_ns": found.end_ns}


def _multiplies(operator: Slice) -> bool:
    """Whether its arithmetic is known, and its shapes were recorded: such are read without being asked for."""
    return operator.name in MULTIPLYING and Argument.SHAPES in operator.notes


def _key(label: re.Match[str]) -> tuple[int, str, DeviceKind, int]:
    """What tells a device from others: rank, owner, kind and number."""
    return int(label[1]) if label[1] else MISSING, label[2] or "", _kind(label[3]), int(label[4])


def _kind(text: str) -> DeviceKind:
    return cast("DeviceKind", text.lower())


def _arguments(builder: TraceBuilder, found: Slice, table: type[Table]) -> dict[str, int]:
    """The columns of a row of that table that are arguments of its slice; `MISSING` where it lacks one."""
    notes = found.notes
    return {column: read(builder, notes.get(argument)) for column, argument, read in _READ[table]}


def _number(found: Slice, argument: str) -> int:
    return _as_number(None, found.notes.get(argument))


def _as_number(_: TraceBuilder | None, value: Note) -> int:
    return value if isinstance(value, int) and 0 <= value <= _BIGGEST else MISSING


def _as_signed(_: TraceBuilder, value: Note) -> int:
    return signed(value) if isinstance(value, int) else MISSING


def _as_text(builder: TraceBuilder, value: Note) -> int:
    return builder.strings[value] if isinstance(value, str) else MISSING


def _as_device(builder: TraceBuilder, value: Note) -> int:
    number = _as_number(builder, value)
    return builder.device("gpu", number) if number >= 0 else MISSING


def _as_memory(_: TraceBuilder, value: Note) -> int:
    return _MEMORIES.get(str(value), MISSING)


def _reader(table: type[Table], column: str) -> Callable[[TraceBuilder, Note], int]:
    """What makes a cell of that column of an argument's value."""
    if column in table.columns_of(Role.TEXT):
        return _as_text
    if column in table.columns_of(Role.DEVICE):
        return _as_device
    if column in MEMORY_COLUMNS:
        return _as_memory
    return _as_signed if column in SIGNED_COLUMNS else _as_number


_READ = {
    table: [(column, argument, _reader(table, column)) for column, argument in arguments.items()]
    for table, arguments in COLUMNS.items()
}
"""Of each table its columns that are arguments, what those are called, and what reads them."""
