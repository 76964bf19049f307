"""From packets to slices: names looked up, begins and ends paired."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...vocabulary.perfetto import DERIVED, OWN_CLOCKS, Category
from ...vocabulary.perfetto_fields import (
    BuiltinClock,
    Clock,
    ClockSnapshot,
    CounterDescriptor,
    DebugAnnotation,
    InternedData,
    InternedName,
    Own,
    ProcessDescriptor,
    ThreadDescriptor,
    TracePacket,
    TrackDescriptor,
    TrackEvent,
    TrackEventType,
)
from .stacks import TABLES as STACK_TABLES
from .stacks import Stacks
from .wire import Broken, fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .wire import Value as WireValue

# Of what every slice has: a local name is faster, and there are millions.
_ANNOTATION, _TYPE, _TRACK_UUID = TrackEvent.DEBUG_ANNOTATIONS, TrackEvent.TYPE, TrackEvent.TRACK_UUID
_BEGIN, _END = TrackEventType.TYPE_SLICE_BEGIN, TrackEventType.TYPE_SLICE_END
_COUNTER = TrackEventType.TYPE_COUNTER
_CATEGORIES, _EVENT_NAMES = InternedData.EVENT_CATEGORIES, InternedData.EVENT_NAMES
_ARGUMENTS, _TEXTS = InternedData.DEBUG_ANNOTATION_NAMES, InternedData.DEBUG_ANNOTATION_STRING_VALUES
_SEQUENCE = TracePacket.TRUSTED_PACKET_SEQUENCE_ID
_REAL_TIME, _BOOT_TIME = BuiltinClock.BUILTIN_CLOCK_REALTIME, BuiltinClock.BUILTIN_CLOCK_BOOTTIME
_OUR_CATEGORIES = {
    Category.KERNEL,
    Category.COLLECTIVE,
    Category.COPY,
    Category.MEMSET,
    Category.CALL,
    Category.NVTX,
    Category.OVERHEAD,
}

Fields = dict[int, "WireValue"]
Note = int | str | None
"""the value of an argument; None where a slice lacks it"""


@dataclass
class Track:
    """A row of the timeline, or a group of rows."""

    name: str
    parent: int
    pid: int | None = None
    tid: int | None = None
    host: str = ""
    """of a process"""
    unit: str = ""
    """of a counter's values"""
    derived: bool = False
    """whether those follow from other rows"""


@dataclass
class Value:
    """One value of a counter that was recorded; ``notes`` are its arguments."""

    at_ns: int
    track: int
    value: int
    notes: dict[str, int | str] = field(default_factory=dict)


@dataclass
class Slice:
    """One slice; ``notes`` are its arguments."""

    start_ns: int
    track: int
    name: str
    category: str
    notes: dict[str, int | str] = field(default_factory=dict)
    end_ns: int = -1


class Slices:
    """Takes packets; then gives tracks and slices."""

    def __init__(self) -> None:
        self.tracks: dict[int, Track] = {}
        self.stacks = Stacks()
        self.events = 0
        self.epoch_ns: int | None = None
        self._origin_ns = 0
        """when the clock of events shows 0"""
        self._names: dict[tuple[int, int], str] = {}
        self._events: list[tuple[int, Fields, list[Fields]]] = []
        self._values: list[tuple[int, Fields, list[Fields]]] = []
        self._begins_at: int | None = None
        """where the first packet begins, of a trace that counts"""
        self._is_whole = False
        self._to_come: Counter[int] = Counter()
        """slices of each track, as the trace announces them"""

    @property
    def is_ours(self) -> bool:
        """Whether it counts as gpu-trace does, or the categories of slices are those that gpu-trace writes."""
        return (
            self._begins_at is not None
            or {name for (table, _), name in self._names.items() if table == _CATEGORIES} >= _OUR_CATEGORIES
        )

    def took(self, packet: bytes, at: int) -> bool:
        """Take one packet, which begins at that byte of the trace; False for one that is not a message."""
        try:
            self._take(packet, at)
        except Broken:
            return False
        return True

    def _take(self, packet: bytes, at: int) -> None:
        found = dict(fields(packet))
        if isinstance(event := found.get(TracePacket.TRACK_EVENT), bytes):
            pairs = list(fields(event))
            notes = [dict(fields(note)) for key, note in pairs if key == _ANNOTATION and isinstance(note, bytes)]
            of_event = dict(pairs)
            into = self._values if of_event.get(_TYPE) == _COUNTER else self._events
            into.append((self._origin_ns + _int(found.get(TracePacket.TIMESTAMP)), of_event, notes))
        elif isinstance(names := found.get(TracePacket.INTERNED_DATA), bytes):
            self._learn(names)
        elif isinstance(track := found.get(TracePacket.TRACK_DESCRIPTOR), bytes):
            self._add_track(dict(fields(track)))
        elif isinstance(clocks := found.get(TracePacket.CLOCK_SNAPSHOT), bytes):
            self._set_clock(clocks)
        elif isinstance(counts := found.get(Own.SLICES_TO_COME), bytes):
            rows = [dict(fields(row)) for _, row in fields(counts) if isinstance(row, bytes)]
            self._to_come.update({_int(row.get(1)): _int(row.get(2)) for row in rows})
        elif isinstance(samples := found.get(Own.SAMPLES), bytes):
            self.stacks.take_samples(found.get(_SEQUENCE, 0), samples)
        elif isinstance(thread := found.get(TracePacket.THREAD_DESCRIPTOR), bytes):
            self.stacks.take_thread(found.get(_SEQUENCE, 0), thread)
        elif Own.COUNTED in found:
            self._begins_at, self._is_whole = at, False
        elif Own.BYTES_BEFORE in found:
            self._is_whole = self._begins_at is not None and found[Own.BYTES_BEFORE] == at - self._begins_at

    def missing(self) -> list[str]:
        """In a sentence what was written and is not there, once `all` are read; empty where the trace does not say."""
        to_come = self._to_come.total()
        lost = to_come - self.events
        if self._begins_at is None or (self._is_whole and not lost):
            return []
        if lost:
            return [f"the file is cut off or damaged; {lost:,} of {to_come:,} slices are missing"]
        return [f"the file is cut off or damaged {'after its last' if to_come else 'before its first'} slice"]

    def all(self) -> Iterator[Slice]:
        """The slices that end, in that order. As in Perfetto, events of one instant stay in the file's order."""
        known_to = {} if self._is_whole else self._known_to()
        self._events.sort(key=lambda event: event[0])
        open_slices: dict[int, list[Slice]] = {}
        for at_ns, event, notes in self._events:
            if known_to and at_ns > known_to.get(_int(event.get(_TRACK_UUID)), at_ns):
                continue
            waiting = open_slices.setdefault(_int(event.get(_TRACK_UUID)), [])
            if event.get(_TYPE) == _BEGIN:
                waiting.append(self._slice(at_ns, event, notes))
            elif event.get(_TYPE) == _END and waiting:
                ended = waiting.pop()
                ended.end_ns = at_ns
                self.events += 1
                yield ended

    def recorded_values(self) -> Iterator[Value]:
        """The values of recorded counters, in the order of the file; others follow from the slices."""
        for at_ns, event, notes in self._values:
            value, uuid = event.get(TrackEvent.COUNTER_VALUE), _int(event.get(_TRACK_UUID))
            if isinstance(value, int) and not (uuid in self.tracks and self.tracks[uuid].derived):
                yield Value(at_ns, uuid, signed(value), self._notes(notes))

    def _known_to(self) -> dict[int, int]:
        """Until when ends can be paired with begins, on tracks that are not whole.

        Ends come first, then begins by time, then the ends of empty slices. Where all ends are there, the begins that
        are missing lie behind the last one that is not; what ends later may be any of them.
        """
        begins, ends, last_ns = Counter[int](), Counter[int](), dict[int, int]()
        for at_ns, event, _ in self._events:
            track = _int(event.get(_TRACK_UUID))
            if event.get(_TYPE) == _BEGIN:
                begins[track] += 1
                last_ns[track] = max(at_ns, last_ns.get(track, at_ns))
            elif event.get(_TYPE) == _END:
                ends[track] += 1
        cut = {track: count for track, count in self._to_come.items() if not begins[track] == ends[track] == count}
        return {track: last_ns.get(track, -1) if ends[track] == count else -1 for track, count in cut.items()}

    def _slice(self, at_ns: int, event: Fields, notes: list[Fields]) -> Slice:
        name = self._names.get((_EVENT_NAMES, _int(event.get(TrackEvent.NAME_IID))), "")
        category = self._names.get((_CATEGORIES, _int(event.get(TrackEvent.CATEGORY_IIDS))), "")
        return Slice(at_ns, _int(event.get(_TRACK_UUID)), name, category, self._notes(notes))

    def _notes(self, notes: list[Fields]) -> dict[str, int | str]:
        found: dict[str, int | str] = {}
        for parts in notes:
            key = self._names.get((_ARGUMENTS, _int(parts.get(DebugAnnotation.NAME_IID))), "")
            if (text := parts.get(DebugAnnotation.STRING_VALUE_IID)) is not None:
                found[key] = self._names.get((_TEXTS, _int(text)), "")
            elif (number := parts.get(DebugAnnotation.INT_VALUE)) is not None:
                found[key] = _int(number)
        return found

    def _learn(self, names: bytes) -> None:
        for table, row in fields(names):
            if table in (_CATEGORIES, _EVENT_NAMES, _ARGUMENTS, _TEXTS) and isinstance(row, bytes):
                parts = dict(fields(row))
                self._names[table, _int(parts.get(InternedName.IID))] = _text(parts.get(InternedName.NAME))
            elif table in STACK_TABLES and isinstance(row, bytes):
                self.stacks.learn(table, row)

    def _add_track(self, track: Fields) -> None:
        found = Track(_text(track.get(TrackDescriptor.NAME)), _int(track.get(TrackDescriptor.PARENT_UUID)))
        if isinstance(process := track.get(TrackDescriptor.PROCESS), bytes):
            parts = dict(fields(process))
            found.pid = _int(parts.get(ProcessDescriptor.PID))
            found.name = _text(parts.get(ProcessDescriptor.PROCESS_NAME))
            found.host = _text(parts.get(ProcessDescriptor.PROCESS_LABELS))
        if isinstance(thread := track.get(TrackDescriptor.THREAD), bytes):
            parts = dict(fields(thread))
            found.pid, found.tid = _int(parts.get(ThreadDescriptor.PID)), _int(parts.get(ThreadDescriptor.TID))
            found.name = _text(parts.get(ThreadDescriptor.THREAD_NAME))
        if isinstance(counter := track.get(TrackDescriptor.COUNTER), bytes):
            parts = dict(fields(counter))
            found.unit = _text(parts.get(CounterDescriptor.UNIT_NAME))
            found.derived = _text(parts.get(CounterDescriptor.CATEGORIES)) == DERIVED
        self.tracks[_int(track.get(TrackDescriptor.UUID))] = found

    def _set_clock(self, clocks: bytes) -> None:
        rows = [row for number, row in fields(clocks) if number == ClockSnapshot.CLOCKS]
        times = [dict(fields(row)) for row in rows if isinstance(row, bytes)]
        at = {_int(clock.get(Clock.CLOCK_ID)): _int(clock.get(Clock.TIMESTAMP)) for clock in times}
        if _BOOT_TIME in at and _REAL_TIME in at:
            self.epoch_ns = at[_REAL_TIME] - at[_BOOT_TIME]
        own = max(at, default=0)
        if _BOOT_TIME in at and own >= OWN_CLOCKS:
            self._origin_ns = at[_BOOT_TIME] - at[own]


def signed(value: int) -> int:
    """A 64-bit number that is written without its sign."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _int(value: WireValue | None) -> int:
    return value if isinstance(value, int) else 0


def _text(value: WireValue | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
