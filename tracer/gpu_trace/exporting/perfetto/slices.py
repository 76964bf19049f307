"""Slices on tracks, as pairs of TrackEvent packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.vocabulary.perfetto_fields import DebugAnnotation, TracePacket, TrackEvent, TrackEventType

from .bulk import Parts, constant, fixed64, join, message, number, pieces, where
from .names import iids
from .wire import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64

    from .columns import Column
    from .packets import OwnClock

_BATCH = 1 << 13
"""rows: as bytes they stay in the processor's cache"""

_BEGIN = constant(fields((TrackEvent.TYPE, TrackEventType.TYPE_SLICE_BEGIN)))
_END = constant(fields((TrackEvent.TYPE, TrackEventType.TYPE_SLICE_END)))


@dataclass(frozen=True, slots=True)
class Annotation:
    """An argument of slices: its name's iid, and (n,) values; `MISSING` (-1) stands for rows that lack it."""

    name: int
    values: Column
    is_text: bool = False
    """the values are codes of `Names`"""


@dataclass(frozen=True, slots=True)
class Slices:
    """Rows for tracks; per track they nest, and are sorted by (start, -end). All columns are (n,) integers."""

    start_ns: Column
    end_ns: Column
    name: Column
    """code of `Names`"""
    track: Column
    category: Column
    """iid of a category"""
    annotations: tuple[Annotation, ...] = ()
    flow: Column | None = None
    """the call whose arrow goes through the slice; `MISSING` for none"""

    def __len__(self) -> int:
        return len(self.start_ns)


def slice_packets(slices: Slices, clock: OwnClock) -> Iterator[bytes]:
    """The packets, a batch at a time.

    Readers sort packets by time and leave those of one instant in the order of the file. An end closes whatever began
    last on its track, so ends come first (what follows at once is not inside), but the ends of empty slices last.
    """
    batches = [*pieces(len(slices), _BATCH)]
    empty = np.concatenate([slices.end_ns[rows] == slices.start_ns[rows] for rows in batches])
    yield from _ends(slices, np.flatnonzero(~empty), clock)
    for rows in batches:
        yield join(rows.stop - rows.start, _begin(slices, rows, clock))
    yield from _ends(slices, np.flatnonzero(empty), clock)


def _ends(slices: Slices, positions: NDArray[np.intp], clock: OwnClock) -> Iterator[bytes]:
    for batch in pieces(len(positions), _BATCH):
        rows = positions[batch]
        event = [_END, *number(TrackEvent.TRACK_UUID, slices.track[rows])]
        yield join(len(rows), track_event(clock, slices.end_ns[rows], event, names=False))


def _begin(slices: Slices, rows: slice, clock: OwnClock) -> Parts:
    event = [_BEGIN, *number(TrackEvent.TRACK_UUID, slices.track[rows])]
    event += number(TrackEvent.NAME_IID, iids(slices.name[rows]))
    event += number(TrackEvent.CATEGORY_IIDS, slices.category[rows])
    for annotation in slices.annotations:
        event += annotated(annotation, rows)
    if slices.flow is not None:
        flow = slices.flow[rows]
        event += where(flow != MISSING, fixed64(TrackEvent.FLOW_IDS, flow.astype(np.int64) + 1))  # 0 stands for none
    return track_event(clock, slices.start_ns[rows], event)


def annotated(annotation: Annotation, rows: slice) -> Parts:
    """The argument of these rows of events."""
    values = annotation.values[rows]
    present = values != MISSING
    # A thread id may be negative: a hash, or a pointer that was cut off.
    known = np.where(present, values, 0)
    value = (
        number(DebugAnnotation.STRING_VALUE_IID, iids(known))
        if annotation.is_text
        else number(DebugAnnotation.INT_VALUE, known)
    )
    name = constant(fields((DebugAnnotation.NAME_IID, annotation.name)))
    parts = message(TrackEvent.DEBUG_ANNOTATIONS, [name, *value])
    return parts if present.all() else where(present, parts)


def track_event(clock: OwnClock, at_ns: Int64, event: Parts, names: bool = True) -> Parts:
    """A packet with an event, framed as ``Trace.packet``; ``names``: whether it speaks of names by their ids."""
    return clock.timed(at_ns, message(TracePacket.TRACK_EVENT, event), names)
