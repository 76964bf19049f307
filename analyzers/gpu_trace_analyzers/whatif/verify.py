"""How far was a prediction from what was measured after the change? The prediction is read, never made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import TraceInconclusive, UsageError
from ..units import count
from .document import Verified
from .entry import spent_entry
from .spent import spent
from .window import part

if TYPE_CHECKING:
    from ..model import Trace
    from .answer import WhatIfWindow
    from .document import Entry, Spent


def by_trace(entry: Entry, after: Trace) -> Verified:
    """A prediction beside the same window of a recording after the change, measured as the one before was.

    Raises `UsageError` where that recording has no such range or another number of steps, and `TraceInconclusive` for
    an entry without a prediction, or a window without GPU work.
    """
    found = part(after, entry.range)
    _check_steps(entry, found.window, after.source.path)
    work = after.work[found.rows]
    start_ns, end_ns = found.ns(work.start_ns), found.ns(work.end_ns)
    parts = spent_entry(spent(start_ns, end_ns, work.engine, found.window.ns))
    return _verified(entry, after.source.path, found.window.ns, found.window.operations, parts)


def by_clock(entry: Entry, measured_ns: int) -> Verified:
    """The same beside a time that a clock measured. Raises `TraceInconclusive` for an entry without a prediction."""
    return _verified(entry, "", measured_ns)


def check_is_of(entry: Entry, before: Trace) -> None:
    """Raise `UsageError` where a trace is not the one that was predicted: its window has other times.

    And what `part` raises, where it has no such window at all.
    """
    found, predicted = part(before, entry.range).window, entry.window
    now = found.start_ns, found.end_ns, found.operations
    if now != (predicted.start_ns, predicted.end_ns, predicted.operations):
        raise UsageError(
            f"{before.source.path}: is another recording than the one that was predicted: "
            f"{found.name} has other times; predict it again, without --verify"
        )


def _check_steps(entry: Entry, after: WhatIfWindow, path: str) -> None:
    steps = entry.window.steps
    if entry.range is None and after.steps != steps:
        found = count(after.steps, "steady step") if after.steps else "no steady steps"
        predicted = f"{steps} steps" if steps else "the whole recording"
        raise UsageError(f"{path}: has {found}, and {predicted} were predicted; name a range of both with --range")


def _verified(
    entry: Entry, after: str, measured_ns: int, operations: int | None = None, parts: Spent | None = None
) -> Verified:
    expected = entry.expected
    if expected is None:
        raise TraceInconclusive(f"there is no prediction to verify: {entry.reason}")
    gain_ns = entry.before_ns - measured_ns
    return Verified(
        after=after,
        measured_by="clock" if parts is None else "trace",
        measured_ns=measured_ns,
        predicted_ns=expected.predicted_ns,
        error_ns=expected.predicted_ns - measured_ns,
        within=expected.low_ns <= measured_ns <= expected.high_ns,
        gain_ns=gain_ns,
        predicted_gain_ns=entry.before_ns - expected.predicted_ns,
        gain_error=_gain_error(expected.predicted_ns - measured_ns, gain_ns),
        naive_error_ns=entry.naive_ns - measured_ns,
        naive_gain_error=_gain_error(entry.naive_ns - measured_ns, gain_ns),
        operations=operations,
        spent=parts,
    )


def _gain_error(error_ns: int, gain_ns: int) -> float | None:
    """An error of the time is one of the gain as large; its share of the gain, None where there was none."""
    return abs(error_ns) / abs(gain_ns) if gain_ns else None
