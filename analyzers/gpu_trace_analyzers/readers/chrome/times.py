"""Times of Chrome events: microseconds as text, to int64 nanoseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ..base.stamps import NO_TIME

if TYPE_CHECKING:
    from ...model import Int64
    from ..base.building import TraceBuilder
    from .spans import Spans

_Spans = TypeVar("_Spans", bound="Spans")


def timed(spans: _Spans, builder: TraceBuilder) -> tuple[_Spans, Int64, Int64]:
    """The spans that have times, with (n,) starts and ends in ns; the others are counted as dropped.

    The builder learns whether the clock has steps of a nanosecond, and where it may count from.
    """
    (start_ns, have_decimals), (duration_ns, _) = spans.start, spans.duration
    has = (start_ns != NO_TIME) & (duration_ns != NO_TIME)
    if not has.all():
        builder.dropped["no readable ts or dur"] += int((~has).sum())
        spans, start_ns, duration_ns = spans[has], start_ns[has], duration_ns[has]
    note_clock(builder, have_decimals, start_ns)
    return spans, start_ns, start_ns + duration_ns


def stamped(spans: _Spans, builder: TraceBuilder) -> tuple[_Spans, Int64]:
    """The events without a length that have a time, with (n,) times in ns; the others are counted as dropped."""
    at_ns, have_decimals = spans.start
    has = at_ns != NO_TIME
    if not has.all():
        builder.dropped["no readable ts"] += int((~has).sum())
        spans, at_ns = spans[has], at_ns[has]
    note_clock(builder, have_decimals, at_ns)
    return spans, at_ns


def note_clock(builder: TraceBuilder, have_decimals: bool, start_ns: Int64) -> None:
    """Tell the builder what the stamps say of their clock."""
    if have_decimals:
        builder.resolution_ns = 1
    builder.note_stamps(start_ns)
