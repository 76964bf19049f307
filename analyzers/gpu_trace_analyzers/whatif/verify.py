"""How far was a prediction from what was measured after the change? The prediction is read, never made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .document import Verified

if TYPE_CHECKING:
    from .document import Entry, Expected, Spent


def verified(
    entry: Entry,
    expected: Expected,
    after: str,
    measured_ns: int,
    *,
    operations: int | None = None,
    spent: Spent | None = None,
) -> Verified:
    """``expected`` of an entry beside the measured time of the same window, in the run that ``after`` names.

    ``operations`` and ``spent`` are those of its trace; without them the time is that of a clock.
    """
    by: Literal["trace", "clock"] = "clock" if spent is None else "trace"
    gain_ns = entry.before_ns - measured_ns
    return Verified(
        after=after,
        measured_by=by,
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
        spent=spent,
    )


def _gain_error(error_ns: int, gain_ns: int) -> float | None:
    """An error of the time is one of the gain as large; its share of the gain, None where there was none."""
    return abs(error_ns) / abs(gain_ns) if gain_ns else None
