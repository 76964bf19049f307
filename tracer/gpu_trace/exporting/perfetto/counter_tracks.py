"""Counters as tracks of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.vocabulary.perfetto_fields import TrackEvent, TrackEventType

from .bulk import constant, fixed64, join, pieces
from .slices import track_event
from .wire import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..timeline.counters import Counter
    from .tracks import Tracks

_BATCH = 1 << 16


def counter_packets(counter: Counter, tracks: Tracks, group: int, title: str) -> Iterator[bytes]:
    """The counter's values on a track of its own."""
    uuid = tracks.counter(title, counter.unit, group, counter.rank)
    of_counter = fields((TrackEvent.TYPE, TrackEventType.TYPE_COUNTER), (TrackEvent.TRACK_UUID, uuid))
    for rows in pieces(len(counter.at_ns), _BATCH):
        at_ns, value = counter.at_ns[rows], counter.value[rows]
        event = [constant(of_counter), *fixed64(TrackEvent.DOUBLE_COUNTER_VALUE, value)]
        yield join(len(at_ns), track_event(at_ns, event))
