"""Packets of a Perfetto trace: those written one by one, and tables of interned names.

Numbers of fields are those of https://github.com/google/perfetto/tree/main/protos/perfetto/trace; the tests read what
is written here with the protos of the `perfetto` package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.vocabulary.perfetto_fields import Own, Trace

from .bulk import constant, message, number
from .wire import BYTES, Value, fields, key, varint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gpu_trace_analyzers.model import Int64

    from .bulk import Parts

SEQUENCE = 1
"""One writer wrote everything."""

# Fields of TracePacket
CLOCK_SNAPSHOT, TIMESTAMP, SEQUENCE_ID, TRACK_EVENT, INTERNED_DATA, SEQUENCE_FLAGS = 6, 8, 10, 11, 12, 13
RENDER_STAGE, TRACK_DESCRIPTOR, GPU_INFO = 53, 60, 128

STATE_CLEARED, NEEDS_STATE = 1, 2

# Fields of InternedData, all of them tables of (iid, name)
CATEGORIES, EVENT_NAMES, ANNOTATION_NAMES, GPU_CONTEXTS, GPU_SPECIFICATIONS, ANNOTATION_TEXTS = 1, 2, 3, 23, 24, 29

_BOOT_CLOCK, _REAL_TIME_CLOCK = 6, 1
_NAMES_PER_PACKET = 4096
_IN_SEQUENCE = constant(fields((SEQUENCE_ID, SEQUENCE), (SEQUENCE_FLAGS, NEEDS_STATE)))


def packet(*pairs: tuple[int, Value]) -> bytes:
    """One packet, framed as ``Trace.packet``."""
    body = fields(*pairs)
    return key(1, BYTES) + varint(len(body)) + body


def timed(at_ns: Int64, body: Parts) -> Parts:
    """Packets of rows, at these times, with what else their bodies hold, framed as ``Trace.packet``."""
    return message(Trace.PACKET, [*number(TIMESTAMP, at_ns), _IN_SEQUENCE, *body])


def first_packet() -> bytes:
    """From here on, names are looked up in what this sequence interned; and the trace says how much is to come."""
    return packet((SEQUENCE_ID, SEQUENCE), (SEQUENCE_FLAGS, STATE_CLEARED), (Own.COUNTED, 1))


def slices_to_come(counts: Mapping[int, int]) -> bytes:
    """How many slices each track will have."""
    rows = fields(*((1, fields((1, track), (2, count))) for track, count in counts.items()))
    return packet((SEQUENCE_ID, SEQUENCE), (Own.SLICES_TO_COME, rows))


def last_packet(size: int) -> bytes:
    """What shows that nothing is missing: how many bytes of the trace are in front of it."""
    return packet((SEQUENCE_ID, SEQUENCE), (Own.BYTES_BEFORE, size))


def interned(table: int, rows: Iterable[bytes]) -> Iterator[bytes]:
    """Rows of one table of names, a few thousand in a packet."""
    pairs: list[tuple[int, Value]] = [(table, row) for row in rows]
    for first in range(0, len(pairs), _NAMES_PER_PACKET):
        names = fields(*pairs[first : first + _NAMES_PER_PACKET])
        yield packet((SEQUENCE_ID, SEQUENCE), (SEQUENCE_FLAGS, NEEDS_STATE), (INTERNED_DATA, names))


def names(table: int, texts: Iterable[str]) -> Iterator[bytes]:
    """A table of plain names; the ids count from 1."""
    return interned(table, (fields((1, iid), (2, text)) for iid, text in enumerate(texts, 1)))


def clocks(trace_ns: int, epoch_ns: int) -> bytes:
    """The instant ``trace_ns`` of the trace is ``epoch_ns`` since 1970: viewers can then show the time of day."""
    boot = fields((1, _BOOT_CLOCK), (2, trace_ns))
    real = fields((1, _REAL_TIME_CLOCK), (2, epoch_ns))
    return packet((TIMESTAMP, trace_ns), (CLOCK_SNAPSHOT, fields((1, boot), (1, real))))


def gpu_info(labels: Iterable[str]) -> bytes:
    """The GPUs by name, in the order of their ``gpu_id``."""
    return packet((GPU_INFO, fields(*((1, fields((1, label))) for label in labels))))
