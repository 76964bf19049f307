"""Counters as tracks of their own. Those that were recorded have integers, by which a reader knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.vocabulary.perfetto import Argument
from gpu_trace_analyzers.vocabulary.perfetto_fields import TrackEvent, TrackEventType

from .bulk import constant, fixed64, join, number, pieces
from .names import annotation
from .slices import Annotation, annotated, track_event
from .wire import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..timeline.counters import Counter
    from ..timeline.recorded import RecordedCounter
    from .tracks import Tracks

_BATCH = 1 << 13
_RECORDED_RANK = 60


def counter_packets(counter: Counter, tracks: Tracks, group: int, title: str) -> Iterator[bytes]:
    """The counter's values on a track of its own, which is there at once."""
    return _values(counter, _of_counter(tracks.counter(title, counter.unit, group, counter.rank)))


def _values(counter: Counter, of_counter: bytes) -> Iterator[bytes]:
    at_ns, value = counter.steps()
    for rows in pieces(len(at_ns), _BATCH):
        event = [constant(of_counter), *fixed64(TrackEvent.DOUBLE_COUNTER_VALUE, value[rows])]
        yield join(rows.stop - rows.start, track_event(at_ns[rows], event))


def recorded_packets(
    counter: RecordedCounter, tracks: Tracks, parent: int, title: str, pid: int | None
) -> Iterator[bytes]:
    """The same of a counter that was recorded; ``pid`` is the process whose it is, where its parent does not say."""
    of_counter = _of_counter(tracks.counter(title, counter.unit, parent, _RECORDED_RANK))
    thread = Annotation(annotation(Argument.THREAD), counter.thread)
    process = Annotation(annotation(Argument.PROCESS), np.full(len(counter.at_ns), MISSING if pid is None else pid))
    notes = [note for note in (process, thread) if (note.values != MISSING).any()]
    for rows in pieces(len(counter.at_ns), _BATCH):
        event = [constant(of_counter), *number(TrackEvent.COUNTER_VALUE, counter.value[rows])]
        event += [part for note in notes for part in annotated(note, rows)]
        yield join(rows.stop - rows.start, track_event(counter.at_ns[rows], event))


def _of_counter(track: int) -> bytes:
    return fields((TrackEvent.TYPE, TrackEventType.TYPE_COUNTER), (TrackEvent.TRACK_UUID, track))
