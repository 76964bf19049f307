"""Counters as tracks of their own. Those that follow from other rows say so, and a reader leaves them out."""

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

    from numpy.typing import NDArray

    from ..timeline.counters import Counter
    from ..timeline.recorded import RecordedCounter
    from .bulk import Parts
    from .packets import OwnClock
    from .tracks import Tracks

_BATCH = 1 << 13
_RECORDED_RANK = 60


class CounterTracks:
    """Makes them, and the values on them: a track is there at once, before its values are asked for."""

    def __init__(self, tracks: Tracks, clock: OwnClock) -> None:
        self._tracks = tracks
        self._clock = clock

    def derived(self, counter: Counter, group: int, title: str) -> Iterator[bytes]:
        """A counter that follows from other rows."""
        track = self._tracks.counter(title, counter.unit, group, counter.rank, derived=True)
        return self._derived(counter, _of_counter(track))

    def _derived(self, counter: Counter, of_counter: bytes) -> Iterator[bytes]:
        at_ns, value = counter.steps()
        for rows in pieces(len(at_ns), _BATCH):
            event = [constant(of_counter), *_value(value[rows])]
            yield join(rows.stop - rows.start, track_event(self._clock, at_ns[rows], event, names=False))

    def recorded(self, counter: RecordedCounter, parent: int, title: str, pid: int | None) -> Iterator[bytes]:
        """A counter that was recorded; ``pid`` is the process whose it is, where its parent does not say."""
        of_counter = _of_counter(self._tracks.counter(title, counter.unit, parent, _RECORDED_RANK))
        thread = Annotation(annotation(Argument.THREAD), counter.thread)
        process = Annotation(annotation(Argument.PROCESS), np.full(len(counter.at_ns), MISSING if pid is None else pid))
        notes = [note for note in (process, thread) if (note.values[:] != MISSING).any()]
        for rows in pieces(len(counter.at_ns), _BATCH):
            event = [constant(of_counter), *_value(counter.value[rows])]
            event += [part for note in notes for part in annotated(note, rows)]
            yield join(rows.stop - rows.start, track_event(self._clock, counter.at_ns[rows], event))


def _value(values: NDArray[np.int64] | NDArray[np.float64]) -> Parts:
    """Small integers take a byte, where each double takes eight."""
    if values.dtype == np.float64:
        return fixed64(TrackEvent.DOUBLE_COUNTER_VALUE, values)
    return number(TrackEvent.COUNTER_VALUE, values.astype(np.int64, copy=False))


def _of_counter(track: int) -> bytes:
    return fields((TrackEvent.TYPE, TrackEventType.TYPE_COUNTER), (TrackEvent.TRACK_UUID, track))
