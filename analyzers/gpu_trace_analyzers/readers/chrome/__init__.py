"""Chrome's JSON trace format, in which Kineto, XLA and MXNet write: one event is one object of a long list."""

from .document import Document
from .events import Args, Event, texts
from .scan import Named
from .spans import DecodedSpans, JoinedSpans, Spans
from .stream import Batch, EventStream
from .times import note_clock, timed
from .values import Distinct, Lookup, Values

__all__ = [
    "Args",
    "Batch",
    "DecodedSpans",
    "Distinct",
    "Document",
    "Event",
    "EventStream",
    "JoinedSpans",
    "Lookup",
    "Named",
    "Spans",
    "Values",
    "note_clock",
    "texts",
    "timed",
]
