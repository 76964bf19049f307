"""Packets of a Perfetto trace: those written once a trace, by Perfetto's protos, and the frame of all others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from gpu_trace_analyzers.vocabulary.perfetto import OWN_CLOCKS
from gpu_trace_analyzers.vocabulary.perfetto_fields import Own, Trace, TracePacket

from .bulk import constant, message, number
from .protos import protos
from .wire import BYTES, fields, key, varint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gpu_trace_analyzers.model import Int64

    from .bulk import Parts

SEQUENCE = 1
"""One writer wrote everything but samples, of which each thread has a sequence of its own."""
CLEARED = protos.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
NEEDS_STATE = protos.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
_NAMES_PER_PACKET = 4096
_NUMBERS = (1 << 31) - 1
"""of clocks: a prime, so that those of traces that begin whole seconds apart differ"""
_IN_SEQUENCE = fields((TracePacket.TRUSTED_PACKET_SEQUENCE_ID, SEQUENCE))
_LOOKED_UP = fields((TracePacket.SEQUENCE_FLAGS, NEEDS_STATE))


def packet(own: bytes = b"", **content: Any) -> bytes:
    """One packet of this content, and of fields that Perfetto does not have, framed as ``Trace.packet``."""
    return framed(protos.TracePacket(**content).SerializeToString() + own)


def framed(body: bytes) -> bytes:
    """One packet of these fields, as ``Trace.packet``."""
    return key(Trace.PACKET, BYTES) + varint(len(body)) + body


@dataclass(frozen=True, slots=True)
class OwnClock:
    """The clock of timed packets, which shows 0 at ``origin_ns`` of the trace: small numbers take half the bytes."""

    origin_ns: int

    @property
    def number(self) -> int:
        """The same of clocks that show the same: a viewer that is given several traces takes equal numbers for one."""
        return OWN_CLOCKS + self.origin_ns % _NUMBERS

    def packet(self) -> bytes:
        """What says so, in front of all that is timed."""
        own = {"clock_id": self.number, "timestamp": 0}
        boot = {"clock_id": protos.BUILTIN_CLOCK_BOOTTIME, "timestamp": self.origin_ns}
        return packet(
            trusted_packet_sequence_id=SEQUENCE,
            sequence_flags=CLEARED,
            trace_packet_defaults={"timestamp_clock_id": self.number},
            clock_snapshot={"clocks": [own, boot]},
        )

    def timed(self, at_ns: Int64, body: Parts, names: bool = True) -> Parts:
        """Packets of rows, at these times of the trace, with what else their bodies hold, framed as ``Trace.packet``.

        ``names``: whether they speak of names by their ids.
        """
        head = constant(_IN_SEQUENCE + _LOOKED_UP if names else _IN_SEQUENCE)
        return message(Trace.PACKET, [*number(TracePacket.TIMESTAMP, at_ns - self.origin_ns), head, *body])


def first_packet() -> bytes:
    """From here on, names are looked up in what this sequence interned; and the trace says how much is to come."""
    return packet(fields((Own.COUNTED, 1)), trusted_packet_sequence_id=SEQUENCE, sequence_flags=CLEARED)


def slices_to_come(counts: Mapping[int, int]) -> bytes:
    """How many slices each track will have."""
    rows = fields(*((1, fields((1, track), (2, count))) for track, count in counts.items()))
    return packet(fields((Own.SLICES_TO_COME, rows)), trusted_packet_sequence_id=SEQUENCE)


def last_packet(size: int) -> bytes:
    """What shows that nothing is missing: how many bytes of the trace are in front of it."""
    return packet(fields((Own.BYTES_BEFORE, size)), trusted_packet_sequence_id=SEQUENCE)


def interned(table: str, rows: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Rows of one table of ``InternedData``, a few thousand in a packet."""
    rows = iter(rows)
    while batch := list(islice(rows, _NAMES_PER_PACKET)):
        data = protos.InternedData(**{table: batch})
        yield packet(interned_data=data, trusted_packet_sequence_id=SEQUENCE, sequence_flags=NEEDS_STATE)


def names(table: str, texts: Iterable[str]) -> Iterator[bytes]:
    """A table of plain names; the ids count from 1."""
    return interned(table, ({"iid": iid, "name": valid(text)} for iid, text in enumerate(texts, 1)))


def clocks(trace_ns: int, epoch_ns: int) -> bytes:
    """The instant ``trace_ns`` of the trace is ``epoch_ns`` since 1970: viewers can then show the time of day."""
    boot = {"clock_id": protos.BUILTIN_CLOCK_BOOTTIME, "timestamp": trace_ns}
    real = {"clock_id": protos.BUILTIN_CLOCK_REALTIME, "timestamp": epoch_ns}
    return packet(timestamp=trace_ns, clock_snapshot={"clocks": [boot, real]})


def gpu_info(labels: Iterable[str]) -> bytes:
    """The GPUs by name, in the order of their ``gpu_id``."""
    return packet(gpu_info={"gpus": [{"name": valid(label)} for label in labels]})


def valid(text: str) -> str:
    """Text that a packet can hold: names come from files, and one may hold half a character."""
    return text.encode("utf-8", "replace").decode()
