"""Chrome's JSON trace format, in which Kineto, XLA and MXNet write: one event is one object of a long list."""

from .document import Document
from .events import Args, Event
from .stream import EventStream
from .times import note_clock, timed

__all__ = ["Args", "Document", "Event", "EventStream", "note_clock", "timed"]
