"""Times of Chrome events: microseconds as text, to int64 nanoseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.stamps import NO_TIME, nanoseconds_of
from .events import texts

if TYPE_CHECKING:
    from ...model import Int64
    from ..base.building import TraceBuilder
    from .events import Event


def timed(events: list[Event], builder: TraceBuilder) -> tuple[list[Event], Int64, Int64]:
    """The spans that have times, with (n,) starts and ends in ns; the others are counted as dropped.

    The builder learns whether the clock has steps of a nanosecond, and where it may count from.
    """
    starts = texts([event.ts for event in events])
    start_ns = nanoseconds_of(starts)
    duration_ns = nanoseconds_of(texts([event.dur for event in events]))
    has = (start_ns != NO_TIME) & (duration_ns != NO_TIME)
    if not has.all():
        builder.dropped["no readable ts or dur"] += int((~has).sum())
        events = [event for event, kept in zip(events, has.tolist(), strict=True) if kept]
        start_ns, duration_ns = start_ns[has], duration_ns[has]
    note_clock(builder, starts, start_ns)
    return events, start_ns, start_ns + duration_ns


def stamped(events: list[Event], builder: TraceBuilder) -> tuple[list[Event], Int64]:
    """The events without a length that have a time, with (n,) times in ns; the others are counted as dropped."""
    stamps = texts([event.ts for event in events])
    at_ns = nanoseconds_of(stamps)
    has = at_ns != NO_TIME
    if not has.all():
        builder.dropped["no readable ts"] += int((~has).sum())
        events, at_ns = [event for event, kept in zip(events, has.tolist(), strict=True) if kept], at_ns[has]
    note_clock(builder, stamps, at_ns)
    return events, at_ns


def note_clock(builder: TraceBuilder, starts: bytes, start_ns: Int64) -> None:
    """Tell the builder what the stamps say of their clock."""
    if builder.resolution_ns != 1 and b"." in starts:
        builder.resolution_ns = 1
    builder.note_stamps(start_ns)
