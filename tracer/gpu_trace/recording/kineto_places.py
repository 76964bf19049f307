"""Kineto's own text, with its rows where every viewer shows them: only ids of processes and threads are rewritten.

Kineto puts the profiler's overhead on process -1 and its own span on processes and threads that are strings, repeats
annotations on the rows of GPU streams, where they half overlap kernels, calls GPUs by the name of the process, and on
one stream kernels may overlap. A range begins inside one Python function and ends inside another, and half overlaps
both. Perfetto counts a negative id as 0, which is GPU 0, and drops what half overlaps. All arguments, shapes and stacks
stay as they are, byte by byte; so do the threads of ranges, by which a reader knows what was launched inside them.
"""

from __future__ import annotations

import re
from itertools import compress, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpu_trace_analyzers.readers.base.stamps import NO_TIME, nanoseconds_of
from gpu_trace_analyzers.vocabulary.kineto import Category

from ..exporting.timeline.identities import Identities, keys
from ..lanes import lanes_where_some_yield

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int32, Int64

    from ..cupti_recording.slices import Slices

_ON_DEVICE = (Category.KERNEL.encode(), Category.MEMCPY.encode(), Category.MEMSET.encode())
_REPEATED, _OVERHEAD = Category.GPU_ANNOTATION.encode(), Category.OVERHEAD.encode()
_PYTHON = Category.PYTHON.encode()
_DECISIVE = (*_ON_DEVICE, _REPEATED, _OVERHEAD, _PYTHON)
"""categories that decide where a row goes"""
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_ID = rb"(" + _STRING + rb"|-?\d+)"
_PLACE = re.compile(
    # A category that decides stands in front of the place of its event, and in front of no other.
    rb'"cat": "('
    + b"|".join(_DECISIVE)
    + rb')"'
    + rb'|"pid": '
    + _ID
    + rb',\s*"tid": '
    + _ID
    # An event's time stands behind its place; in rows of metadata nothing does, their time stands in front.
    + rb'(?:,\s*"ts": (-?[\d.]+)(?:,\s*"dur": ([\d.]+))?)?'
)
_PROCESS_NAME = re.compile(
    rb'"process_name",\s*(?:"ph": "M",\s*)?"ts": [\d.]+,\s*"pid": (\d+),\s*"tid": \d+,\s*"args": \{\s*"name": ('
    + _STRING
    + rb")"
)
_LARGEST = 2**31 - 1
_FEW = 1 << 16
_PIECE = 1 << 22
"""bytes of text"""

Edit = tuple[int, int, bytes]
Key = tuple[bytes, bytes, bytes]
"""Process and thread as the text has them, and the category where that decides."""


class _Rows:
    """The places of one session, in order: a row for each event and each row of metadata of its text, then its slices.

    ``slices`` are rows that are no text yet, of several kinds.
    """

    def __init__(self, text: bytes, slices: Sequence[Slices]) -> None:
        self._text = text
        self.keys: dict[Key, int] = {}
        """the distinct ones, numbered"""
        self._pieces = list(_pieces(text))
        columns, category = [], b""
        for piece in self._pieces:  # what Python makes of all rows at once takes several times the room of the text
            found, category = self._columns(piece, category)
            columns.append(found)
        self._is_place: list[NDArray[np.bool_]] = [is_place for is_place, *_ in columns]
        of_slices = [(self._keys_of(kind), *_times(kind)) for kind in slices]
        every = [*(times for _, *times in columns), *of_slices]
        self.key, self.start_ns, self.duration_ns = map(np.concatenate, zip(*every, strict=True))
        lengths = [0, *map(len, slices)]
        self.of_slices = [slice(*ends) for ends in pairwise(len(self.key) - sum(lengths) + np.cumsum(lengths))]
        """where the rows of each kind are among all"""

    def _keys_of(self, slices: Slices) -> Int64:
        """The numbers of the keys of rows that are no text: (n,) int64."""
        distinct, place = keys(slices.pid, slices.tid)
        category = slices.category.encode()
        known = category if category in _DECISIVE else b""
        numbers = [self.keys.setdefault((b"%d" % pid, b"%d" % tid, known), len(self.keys)) for pid, tid in distinct]
        return np.array(numbers, dtype=np.int64)[place]

    def _columns(self, piece: tuple[int, int], before: bytes) -> tuple[list[NDArray[Any]], bytes]:
        """Of what is found in a piece of the text: which are places; of those key, start and duration.

        And the category that is the last in it; ``before`` is that of the piece before.
        """
        # Columns of everything found, and no loop over it: there are millions.
        category, pid, tid, start, duration = list(zip(*_PLACE.findall(self._text, *piece), strict=True)) or [()] * 5
        is_place = [not name for name in category]
        found = list(compress(zip(pid, tid, (before, *category), strict=False), is_place))
        for key in dict.fromkeys(found):
            self.keys.setdefault(key, len(self.keys))
        times = (b"".join(each + b"\0" for each in compress(column, is_place)) for column in (start, duration))
        numbers = np.fromiter(map(self.keys.__getitem__, found), np.int64, len(found))
        return [np.array(is_place, dtype=bool), numbers, *map(nanoseconds_of, times)], (before, *category)[-1]

    def found(self, wanted: NDArray[np.bool_]) -> Iterator[tuple[int, re.Match[bytes]]]:
        """The wanted rows, each with its number, where they stand in the text."""
        first = 0
        for piece, is_place in zip(self._pieces, self._is_place, strict=True):
            count = int(is_place.sum())
            here = np.flatnonzero(wanted[first : first + count])
            if len(here):
                chosen = np.zeros(len(is_place), dtype=bool)
                chosen[np.flatnonzero(is_place)[here]] = True
                matches = compress(_PLACE.finditer(self._text, *piece), chosen.tolist())
                yield from zip((first + here).tolist(), matches, strict=True)
            first += count


def _times(slices: Slices) -> tuple[Int64, Int64]:
    """Starts and durations."""
    start_ns = slices.start_ns
    return start_ns, slices.end_ns - start_ns


def _pieces(text: bytes) -> Iterator[tuple[int, int]]:
    """Begins and ends of pieces that cut no place in two: no place has a phase in it."""
    begin = 0
    while begin >= 0:
        end = text.find(b'"ph": ', begin + _PIECE)
        yield begin, end if end >= 0 else len(text)
        begin = end


class Placed(NamedTuple):
    """The rows of one session in new places."""

    text: list[memoryview]
    """that of its events, in pieces"""
    slices: list[tuple[Int32, Int32]]
    """process and thread of each of the other rows, a kind at a time"""


def placed(sessions: Sequence[tuple[bytes, Sequence[Slices]]]) -> tuple[list[Placed], list[dict[str, Any]]]:
    """The sessions of a process with new places, and rows of metadata that name them.

    Each is the text of events, and rows that are no text yet. Texts of any other layout stay as they are.
    """
    every = [_Rows(text, slices) for text, slices in sessions]
    places = _Places({key for rows in every for key in rows.keys})
    found = []
    for (text, _), rows in zip(sessions, every, strict=True):
        lane = _lanes(rows, places)
        edits = sorted([*_edits(rows, places, lane), *_names(text, places)])
        found.append(Placed(list(_spliced(text, edits)), [_moved(rows, places, lane, kind) for kind in rows.of_slices]))
    return found, places.metadata


class _Places:
    """New ids for the places that need them, and what those are called."""

    def __init__(self, keys: set[Key]) -> None:
        self.metadata: list[dict[str, Any]] = []
        numbers = [_number(token) for pid, tid, _ in keys for token in (pid, tid)]
        self._pids, self._tids = Identities(), Identities()
        for number in sorted({number for number in numbers if number}):
            self._pids.claim(number)
            self._tids.claim(number)
        self.devices = {pid for pid, _, category in keys if category in _ON_DEVICE}
        hosts = sorted(pid for pid, tid, _ in keys if pid == tid and _number(pid) > 0)
        self._host = next((pid for pid in hosts if pid not in self.devices), b"")
        self._pid: dict[bytes, bytes] = {}
        self._tid: dict[tuple[Key, int], bytes] = {}

    def pid(self, key: Key) -> bytes:
        """The process of a row."""
        pid = key[0]
        if key[2] == _OVERHEAD and self._host:
            return self._host
        if 0 <= _number(pid) <= _LARGEST:
            return pid
        if pid not in self._pid:
            new = self._pids.new()
            self._pid[pid] = b"%d" % new
            self._name("process_name", new, 0, _text(pid))
        return self._pid[pid]

    def tid(self, key: Key, lane: int) -> bytes:
        """The thread of a row on one of its lanes."""
        special = key[2] in (_REPEATED, _OVERHEAD)
        if lane == 0 and not special and 0 <= _number(key[1]) <= _LARGEST:
            return key[1]
        plain = key if special else (*key[:2], b"")
        if (plain, lane) not in self._tid:
            new = self._tids.new()
            self._tid[plain, lane] = b"%d" % new
            self._name(
                "thread_name", int(self.pid(key)), new, self._title(key) + f" · overlapping {lane + 1}" * (lane > 0)
            )
        return self._tid[plain, lane]

    def _title(self, key: Key) -> str:
        if key[2] == _OVERHEAD:
            return "Profiler overhead"
        title = _text(key[1]) if key[1].startswith(b'"') else f"thread {_text(key[1])}"
        if key[0] in self.devices:
            title = f"stream {_text(key[1])}"
        return f"{title} ranges" if key[2] == _REPEATED else title

    def _name(self, kind: str, pid: int, tid: int, name: str) -> None:
        self.metadata.append({"ph": "M", "name": kind, "pid": pid, "tid": tid, "ts": 0, "args": {"name": name}})


def _edits(rows: _Rows, places: _Places, lane: Int64) -> Iterator[Edit]:
    distinct = list(rows.keys)
    stays = np.array([(places.pid(key), places.tid(key, 0)) == key[:2] for key in distinct] or [True])
    for i, row in rows.found(~stays[rows.key] | (lane > 0)):
        key = distinct[rows.key[i]]
        yield (*row.span(2), places.pid(key))
        yield (*row.span(3), places.tid(key, int(lane[i])))


def _moved(rows: _Rows, places: _Places, lane: Int64, which: slice) -> tuple[Int32, Int32]:
    """The processes and threads of some rows."""
    distinct, key, lane = list(rows.keys), rows.key[which], lane[which]
    pid, tid = (
        np.array([(int(places.pid(key)), int(places.tid(key, 0))) for key in distinct], np.int32).reshape(-1, 2).T
    )
    found = tid[key]
    for row in np.flatnonzero(lane).tolist():
        found[row] = int(places.tid(distinct[key[row]], int(lane[row])))
    return pid[key], found


def _lanes(rows: _Rows, places: _Places) -> Int64:
    """The lane of each row: of a slice among those of its place, of an arrow's end that of the slice it is bound to."""
    numbers: dict[tuple[bytes, bytes], int] = {}
    by_key = [numbers.setdefault((places.pid(key), places.tid(key, 0)), len(numbers)) for key in rows.keys]
    place = np.array(by_key, dtype=np.int64)[rows.key]
    lane = np.zeros(len(place), dtype=np.int64)
    yields = np.array([key[2] == _PYTHON for key in rows.keys] or [False])[rows.key]
    timed, lasting = rows.start_ns != NO_TIME, rows.duration_ns != NO_TIME
    for own in _in_each(place, np.flatnonzero(timed & lasting)):
        order = _by_start(own, rows)
        start_ns, end_ns = rows.start_ns[order], rows.start_ns[order] + rows.duration_ns[order]
        lane[order] = lanes_where_some_yield(start_ns, end_ns, yields[order])
    moved = {(int(place[i]), int(rows.start_ns[i])): int(lane[i]) for i in np.flatnonzero(lane * ~yields)}
    for i in np.flatnonzero(timed & ~lasting).tolist() if moved else []:
        lane[i] = moved.get((int(place[i]), int(rows.start_ns[i])), 0)
    return lane


def _in_each(place: Int64, rows: Int64) -> list[Int64]:
    """The rows of each place, in the order that they have."""
    places = place[rows]
    if len(places) and places.max() < _FEW:
        places = places.astype(np.uint16)  # which NumPy sorts by counting
    order = np.argsort(places, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(places[order])) + 1) if len(rows) else []


def _by_start(own: Int64, rows: _Rows) -> Int64:
    """Rows sorted by start, of equal starts the longest first; most are in order already, a kind at a time."""
    order = own[np.argsort(rows.start_ns[own], kind="stable")]
    if (np.diff(rows.start_ns[order]) > 0).all():
        return order
    return own[np.lexsort((-rows.duration_ns[own], rows.start_ns[own]))]


def _names(text: bytes, places: _Places) -> Iterator[Edit]:
    """The processes that are GPUs called so."""
    for found in _PROCESS_NAME.finditer(text):
        if found[1] in places.devices:
            yield (*found.span(2), b'"GPU %s"' % found[1])


def _spliced(text: bytes, edits: list[Edit]) -> Iterator[memoryview]:
    """No copy of the text is made: it can be most of what memory there is."""
    last, whole = 0, memoryview(text)
    for start, end, new in edits:
        yield whole[last:start]
        yield memoryview(new)
        last = end
    yield whole[last:]


def _number(token: bytes) -> int:
    """The number of a token; -1 for a string."""
    return -1 if token.startswith(b'"') else int(token)


def _text(token: bytes) -> str:
    # Of "Record Window End" both are empty, and a name that is empty is an error to Perfetto.
    return token.strip(b'"').decode("utf-8", "replace") or "profiler"
