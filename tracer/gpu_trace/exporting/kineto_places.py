"""Kineto's own text, with its rows where every viewer shows them: only ids of processes and threads are rewritten.

Kineto puts the profiler's overhead on process -1 and its own span on processes and threads that are strings, repeats
annotations on the rows of GPU streams, where they half overlap kernels, calls GPUs by the name of the process, and on
one stream kernels may overlap. Perfetto counts a negative id as 0, which is GPU 0, and drops what half overlaps. All
arguments, shapes and stacks stay as they are, byte by byte.
"""

from __future__ import annotations

import re
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_trace_analyzers.readers.stamps import NO_TIME, nanoseconds_of

from .identities import Identities
from .lanes import lanes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64

_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_ID = rb"(" + _STRING + rb"|-?\d+)"
_PLACE = re.compile(
    # A category that decides stands in front of the place of its event, and in front of no other.
    rb'"cat": "(kernel|gpu_memcpy|gpu_memset|gpu_user_annotation|overhead)"'
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
_ON_DEVICE = (b"kernel", b"gpu_memcpy", b"gpu_memset")
_REPEATED = b"gpu_user_annotation"
_OVERHEAD = b"overhead"
_LARGEST = 2**31 - 1

Edit = tuple[int, int, bytes]
Key = tuple[bytes, bytes, bytes]
"""Process and thread as the text has them, and the category where that decides."""


class _Rows:
    """The places in one text, in order: a row for each event and each row of metadata."""

    def __init__(self, text: bytes) -> None:
        # Columns of everything found, and no loop over it: there are millions.
        category, pid, tid, start, duration = list(zip(*_PLACE.findall(text), strict=True)) or [()] * 5
        self._text, self._is_place = text, [not name for name in category]
        keys = list(compress(zip(pid, tid, (b"", *category), strict=False), self._is_place))
        self.keys = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        """the distinct ones, numbered"""
        self.key = np.fromiter(map(self.keys.__getitem__, keys), np.int64, len(keys))
        self.start_ns, self.duration_ns = (
            nanoseconds_of(b"".join(each + b"\0" for each in compress(column, self._is_place)))
            for column in (start, duration)
        )

    def found(self, wanted: NDArray[np.bool_]) -> Iterator[tuple[int, re.Match[bytes]]]:
        """The wanted rows, each with its number, where they stand in the text."""
        every = np.zeros(len(self._is_place), dtype=bool)
        every[np.flatnonzero(self._is_place)] = wanted
        matches = compress(_PLACE.finditer(self._text), every.tolist())
        return zip(np.flatnonzero(wanted).tolist(), matches, strict=True)


def placed(texts: Sequence[bytes]) -> tuple[list[bytes], list[dict[str, Any]]]:
    """The texts of events with new places, and rows of metadata that name them; texts of any other layout stay."""
    every = [_Rows(text) for text in texts]
    places = _Places({key for rows in every for key in rows.keys})
    cleaned = []
    for text, rows in zip(texts, every, strict=True):
        edits = sorted([*_edits(rows, places), *_names(text, places)])
        cleaned.append(_spliced(text, edits) if edits else text)
    return cleaned, places.metadata


class _Places:
    """New ids for the places that need them, and what those are called."""

    def __init__(self, keys: set[Key]) -> None:
        self.metadata: list[dict[str, Any]] = []
        numbers = [_number(token) for pid, tid, _ in keys for token in (pid, tid)]
        self._pids, self._tids = Identities(), Identities()
        for number in sorted({number for number in numbers if number}):
            self._pids.like(number)
            self._tids.like(number)
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
        return f"{title} annotations" if key[2] == _REPEATED else title

    def _name(self, kind: str, pid: int, tid: int, name: str) -> None:
        self.metadata.append({"ph": "M", "name": kind, "pid": pid, "tid": tid, "ts": 0, "args": {"name": name}})


def _edits(rows: _Rows, places: _Places) -> Iterator[Edit]:
    lane = _lanes(rows, places)
    keys = list(rows.keys)
    stays = np.array([(places.pid(key), places.tid(key, 0)) == key[:2] for key in keys] or [True])
    for i, row in rows.found(~stays[rows.key] | (lane > 0)):
        key = keys[rows.key[i]]
        yield (*row.span(2), places.pid(key))
        yield (*row.span(3), places.tid(key, int(lane[i])))


def _lanes(rows: _Rows, places: _Places) -> Int64:
    """The lane of each row: of a slice among those of its place, of an arrow's end that of the slice it is bound to."""
    numbers: dict[tuple[bytes, bytes], int] = {}
    by_key = [numbers.setdefault((places.pid(key), places.tid(key, 0)), len(numbers)) for key in rows.keys]
    place = np.array(by_key, dtype=np.int64)[rows.key]
    lane = np.zeros(len(place), dtype=np.int64)
    timed, lasting = rows.start_ns != NO_TIME, rows.duration_ns != NO_TIME
    slices = np.flatnonzero(timed & lasting)
    order = slices[np.lexsort((-rows.duration_ns[slices], rows.start_ns[slices]))]
    start_ns = rows.start_ns[order]
    lane[order] = lanes(start_ns, start_ns + rows.duration_ns[order], place[order])
    moved = {(int(place[i]), int(rows.start_ns[i])): int(lane[i]) for i in order[lane[order] > 0]}
    for i in np.flatnonzero(timed & ~lasting).tolist() if moved else []:
        lane[i] = moved.get((int(place[i]), int(rows.start_ns[i])), 0)
    return lane


def _names(text: bytes, places: _Places) -> Iterator[Edit]:
    """The processes that are GPUs called so."""
    for found in _PROCESS_NAME.finditer(text):
        if found[1] in places.devices:
            yield (*found.span(2), b'"GPU %s"' % found[1])


def _spliced(text: bytes, edits: list[Edit]) -> bytes:
    pieces, last = [], 0
    for start, end, new in edits:
        pieces += [text[last:start], new]
        last = end
    return b"".join([*pieces, text[last:]])


def _number(token: bytes) -> int:
    """The number of a token; -1 for a string."""
    return -1 if token.startswith(b'"') else int(token)


def _text(token: bytes) -> str:
    # Of "Record Window End" both are empty, and a name that is empty is an error to Perfetto.
    return token.strip(b'"').decode("utf-8", "replace") or "profiler"
