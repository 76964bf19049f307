"""Chrome's JSON trace format, in which Kineto, XLA and MXNet write: one event is one object of a long list."""

from .document import Document
from .events import Args, Event, texts
from .scan import Named
from .stream import Batch, EventStream
from .times import note_clock, timed

__all__ = ["Args", "Batch", "Document", "Event", "EventStream", "Named", "note_clock", "texts", "timed"]
