"""The files of NVTX events, as columns; ``boot/nvtx_layout.py`` says how the events lie in them.

Both files are read as far as they are whole: the process may have been killed at any moment.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..boot import nvtx_layout
from ..boot.contract import EVENTS, TEXTS, nvtx_file
from ..boot.nvtx_layout import CHUNK, MAGIC, VERSION
from .payloads import PIECE, Payloads, Schema, payloads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVENT = np.dtype(
    [
        ("at_ns", "<i8"),
        ("range", "<u8"),
        ("payload", "<u8"),
        ("name", "<u4"),
        ("domain", "<u4"),
        ("category", "<u4"),
        ("color", "<u4"),
        ("thread", "<u4"),
        ("payload_type", "u1"),
        ("has_color", "u1"),
        ("reserved", "u1"),
        ("kind", "u1"),
    ]
)
"""One event, field by field."""
HEADER = struct.Struct(nvtx_layout.HEADER)
_TEXT_HEAD = struct.Struct(nvtx_layout.TEXT)
_PAYLOADS = {1: "<u8", 2: "<i8", 3: "<f8", 4: "<u4", 5: "<i4", 6: "<f4"}
"""nvtxPayloadType_t to the dtype of the payload's first bytes"""

_STACK = ("domain", "range", "thread")
"""what the pushes and pops of one stack have in common: ``range`` is the thread's number"""

Int64 = NDArray[np.int64]


class EventKind(IntEnum):
    """What an event says."""

    PUSH = nvtx_layout.PUSH
    POP = nvtx_layout.POP
    START = nvtx_layout.START
    END = nvtx_layout.END
    MARK = nvtx_layout.MARK
    THREAD_END = nvtx_layout.THREAD_END
    BINARY = nvtx_layout.BINARY


@dataclass(frozen=True, slots=True)
class Texts:
    """The names of one process, by their numbers."""

    strings: dict[int, str] = field(default_factory=dict)
    categories: dict[tuple[int, int], str] = field(default_factory=dict)
    """by number of the domain's name (0: default domain) and of the category"""
    threads: dict[int, str] = field(default_factory=dict)
    parents: list[int] = field(default_factory=list)
    """the id of the process that started this one, or 1 where that had ended already"""
    addresses: dict[int, int] = field(default_factory=dict)
    """by thread, the lower 32 bits of its ``pthread_t``"""
    schemas: dict[tuple[int, int], Schema] = field(default_factory=dict)
    """of binary payloads, by number of the domain's name and of the schema"""


@dataclass(frozen=True, slots=True, eq=False)
class ProcessRanges:
    """The ranges and marks of one process.

    ``opening`` is (n,) `EVENT`: the push, start or mark of each. ``end_ns`` is (n,) int64, since 1970 as all times are
    here; a mark ends when it happens. ``finished`` is (n,) bool: nothing ended the others, which end with their thread
    if they were pushed and it ended, and else with the last event of the process. ``lost`` counts events for which
    there was no room.
    """

    pid: int
    opening: NDArray[np.void]
    end_ns: Int64
    finished: NDArray[np.bool_]
    texts: Texts
    lost: int
    payloads: list[Payloads] = field(default_factory=list)
    """the binary ones, by position in ``opening``; of a range those given at its start, and those given at its end"""

    def __len__(self) -> int:
        return len(self.opening)


def read(folder: Path) -> dict[int, list[ProcessRanges]]:
    """What every process left, by process id: mostly one program's, several where it became others by exec."""
    found: dict[int, list[ProcessRanges]] = {}
    for path in sorted(folder.glob(f"{nvtx_file('*', '*')}{EVENTS}")):
        if (ranges := read_file(path)) is not None:
            found.setdefault(ranges.pid, []).append(ranges)
    return found


def read_file(path: Path) -> ProcessRanges | None:
    """What one program left; None for a file without the `HEADER`, or without a single event."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            magic, version, pid, chunk, event, _, lost = HEADER.unpack_from(data)
            known = (magic, version, chunk, event) == (MAGIC, VERSION, CHUNK, EVENT.itemsize)
            events = _events(data) if known else np.zeros(0, EVENT)
    except (OSError, ValueError, struct.error):
        return None
    pieces = events[events["kind"] == EventKind.BINARY].view(PIECE)
    opening, closing, end_ns, finished = _paired(events)
    order = np.lexsort((-end_ns, events["at_ns"][opening]))
    texts = _texts(path.with_suffix(TEXTS))
    opening, closing = opening[order], closing[order]
    found = _payloads(events, opening, closing, pieces, texts) if len(pieces) else []
    ranges = ProcessRanges(pid, events[opening], end_ns[order], finished[order], texts, lost, found)
    return ranges if len(ranges) or lost else None


def payload_texts(events: NDArray[np.void]) -> list[str]:
    """Each event's payload as text; empty where it has none."""
    texts = np.full(len(events), "", dtype=object)
    raw = np.ascontiguousarray(events["payload"]).view(np.uint8).reshape(-1, 8)
    for kind, dtype in _PAYLOADS.items():
        rows = np.flatnonzero(events["payload_type"] == kind)
        values = np.ascontiguousarray(raw[rows, : np.dtype(dtype).itemsize]).view(dtype)
        texts[rows] = [str(value) for value in values.ravel()]
    return texts.tolist()


def _events(data: mmap.mmap) -> NDArray[np.void]:
    """All finished events, those of one thread in order."""
    per_chunk = CHUNK // EVENT.itemsize
    found = [np.zeros(0, EVENT)]
    for at in range(CHUNK, len(data), CHUNK):
        events = np.frombuffer(data[at : at + CHUNK], np.uint8)
        whole = min(per_chunk, len(events) // EVENT.itemsize)
        chunk = events[: whole * EVENT.itemsize].view(EVENT)
        found.append(chunk[(chunk["kind"] > 0) & (chunk["kind"] <= max(EventKind))])
    return np.concatenate(found)


def _texts(path: Path) -> Texts:
    texts = Texts()
    for kind, number, scope, text in _text_records(path):
        if kind == nvtx_layout.STRING:
            texts.strings[number] = text
        elif kind == nvtx_layout.CATEGORY:
            texts.categories[scope, number] = text
        elif kind == nvtx_layout.THREAD:
            texts.threads[number] = text
        elif kind == nvtx_layout.ADDRESS:
            texts.addresses[number] = scope
        elif kind == nvtx_layout.PARENT:
            texts.parents.append(number)
        elif kind == nvtx_layout.SCHEMA:
            texts.schemas[scope, number] = Schema.parsed(text)
    return texts


def _text_records(path: Path) -> Iterator[tuple[int, int, int, str]]:
    try:
        data = path.read_bytes()
    except OSError:
        return
    at = 0
    while at + _TEXT_HEAD.size <= len(data):
        kind, number, scope, length = _TEXT_HEAD.unpack_from(data, at)
        at += _TEXT_HEAD.size
        if at + length > len(data):
            return
        yield kind, number, scope, data[at : at + length].decode("utf-8", "replace")
        at += length


def _payloads(
    events: NDArray[np.void], opening: Int64, closing: Int64, pieces: NDArray[np.void], texts: Texts
) -> list[Payloads]:
    """Those of opening events, and those of the pops and ends that close them."""
    ended = np.flatnonzero(closing >= 0)
    ended = ended[closing[ended] != opening[ended]]  # a mark closes itself
    at_end = payloads(events[closing[ended]], pieces, texts.schemas)
    return [
        *payloads(events[opening], pieces, texts.schemas),
        *(Payloads(ended[found.events], found.values) for found in at_end),
    ]


def _paired(events: NDArray[np.void]) -> tuple[Int64, Int64, Int64, NDArray[np.bool_]]:
    """Position of each opening event, and of what closes it (-1: nothing); when its range ends, and whether by that."""
    pushes, pops = _pushed(events)
    starts, marks = (np.flatnonzero(events["kind"] == kind) for kind in (EventKind.START, EventKind.MARK))
    ends = _numbered_alike(events, starts, EventKind.END)
    opening = np.concatenate((pushes, starts, marks))
    closing = np.concatenate((pops, ends, marks))
    pops = np.where(pops >= 0, pops, _numbered_alike(events, pushes, EventKind.THREAD_END))
    closed = np.concatenate((pops, ends, marks))
    last_ns = int(events["at_ns"].max()) if len(events) else 0
    end_ns = np.where(closed >= 0, events["at_ns"][closed], last_ns) if len(opening) else np.zeros(0, np.int64)
    # The clock of the day can be set back while a range is open.
    return opening, closing, np.maximum(end_ns, events["at_ns"][opening]), closing >= 0


def _pushed(events: NDArray[np.void]) -> tuple[Int64, Int64]:
    """Each push and the pop that ends it (-1: none), by nesting in its thread and domain. Other pops are left out."""
    rows = np.flatnonzero((events["kind"] == EventKind.PUSH) | (events["kind"] == EventKind.POP))
    rows = rows[np.lexsort((rows, *(events[key][rows] for key in _STACK)))]
    step = np.where(events["kind"][rows] == EventKind.PUSH, 1, -1)
    stack = _group(*(events[key][rows] for key in _STACK))
    depth, paired = _depth(step, stack)
    rows, depth, step, stack = rows[paired], depth[paired], step[paired], stack[paired]
    # Of one stack and one depth, pushes and pops take turns: each push is followed by its pop, or by nothing.
    order = np.lexsort((np.arange(len(rows)), depth, stack))
    rows, depth, step, stack = rows[order], depth[order], step[order], stack[order]
    push = np.flatnonzero(step == 1)
    following = np.minimum(push + 1, max(len(rows) - 1, 0))
    ended = (step[following] == -1) & (stack[following] == stack[push]) & (depth[following] == depth[push])
    return rows[push], np.where(ended, rows[following], -1)


def _group(*keys: NDArray[np.unsignedinteger[Any]]) -> Int64:
    """Numbers for runs of equal keys in sorted columns."""
    change = np.zeros(len(keys[0]), bool)
    for key in keys:
        change[1:] |= key[1:] != key[:-1]
    return np.cumsum(change)


def _depth(step: Int64, stack: Int64) -> tuple[Int64, NDArray[np.bool_]]:
    """Depth at which each push goes down, and each pop comes up, in its stack; and which pops have a push.

    A stack's depth is the running sum of its steps, less the lowest that the sum has ever been, if that is below zero.
    """
    depth, paired = np.zeros(len(step), np.int64), np.ones(len(step), bool)
    for rows in np.split(np.arange(len(step)), np.flatnonzero(np.diff(stack)) + 1):
        total = np.cumsum(step[rows])
        lowest = np.minimum(np.minimum.accumulate(total), 0) if len(rows) else total
        below = np.concatenate(([0], lowest[:-1]))[: len(rows)]
        paired[rows] = ~((step[rows] == -1) & (lowest < below))
        depth[rows] = total - lowest - (step[rows] == 1)
    return depth, paired


def _numbered_alike(events: NDArray[np.void], rows: Int64, kind: EventKind) -> Int64:
    """For each row the first event of a kind with the same number in ``range``; -1: there is none."""
    others = np.flatnonzero(events["kind"] == kind)
    if not len(others):
        return np.full(len(rows), -1)
    others = others[np.argsort(events["range"][others], kind="stable")]
    place = np.minimum(np.searchsorted(events["range"][others], events["range"][rows]), len(others) - 1)
    return np.where(events["range"][others[place]] == events["range"][rows], others[place], -1)
