"""A prediction beside what was measured after the change: how far off it was, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..units import NONE, count, duration, percent, share
from .parts import Column, Kind, Note, Section, Table, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..whatif.document import Entry, Spent, Verified

LARGEST = 10.0
"""the error of a gain, as a share of it, above which its figure is not told"""
_COLUMNS = (Column("part", kind=Kind.WORD), Column("predicted"), Column("measured"), Column("difference"))


def verified_section(entry: Entry, found: Verified, names: Mapping[str, str]) -> Section:
    """Time and gain, those of the estimate without dependencies, and where the difference is. ``names``: of engines."""
    where = [_where(entry.spent, found.spent, names)] if entry.spent and found.spent else []
    return Section("Verified", (*_notes(entry, found), Verdict(_first(found), tuple(_below(entry, found))), *where))


def _first(found: Verified) -> str:
    measured = duration(found.measured_ns)
    took = (
        f"measured {measured} by the clock"
        if found.measured_by == "clock"
        else f"{found.after} took {measured} recorded"
    )
    return f"predicted {duration(found.predicted_ns)}; {took}: {_off(found.error_ns, found.measured_ns)}"


def _below(entry: Entry, found: Verified) -> Iterator[str]:
    gains = f"gain: predicted {_signed(found.predicted_gain_ns)}, measured {_signed(found.gain_ns)}"
    yield f"{gains} of {duration(entry.before_ns)}: error {_error(found.gain_error)}"
    if entry.expected:
        low, high = duration(entry.expected.low_ns), duration(entry.expected.high_ns)
        yield f"{'inside' if found.within else 'outside'} the predicted interval ({low} to {high})"
    naive = f"the busiest engine alone, {duration(entry.naive_ns)}: {_off(found.naive_error_ns, found.measured_ns)}"
    yield f"{naive}, error of the gain {_error(found.naive_gain_error)}"


def _notes(entry: Entry, found: Verified) -> Iterator[Note]:
    if found.operations is not None and found.operations != entry.window.operations:
        before, after = count(entry.window.operations, "device operation"), f"{found.operations:,}"
        yield Note(f"the run after the change launched {after}, the one before {before}: its work may be another one")


def _where(predicted: Spent, measured: Spent, names: Mapping[str, str]) -> Table:
    """The parts of both windows, which add up to them: so their differences add up to the error."""
    engines = [key for key in names if key in predicted.busy or key in measured.busy]
    pairs = [(f"{names[key]} busy", predicted.busy.get(key, 0), measured.busy.get(key, 0)) for key in engines]
    pairs += [
        ("several engines at once", -predicted.overlapped_ns, -measured.overlapped_ns),
        ("gaps without device work", predicted.idle_ns, measured.idle_ns),
        ("host, before the first operation", predicted.before_first_ns, measured.before_first_ns),
        ("host, after the last", predicted.after_last_ns, measured.after_last_ns),
    ]
    pairs.append(("all", sum(ns for _, ns, _ in pairs), sum(ns for _, _, ns in pairs)))
    return Table(_COLUMNS, tuple(_row(*pair) for pair in pairs if any(pair[1:])))


def _row(part: str, predicted_ns: int, measured_ns: int) -> tuple[str, ...]:
    by_ns = measured_ns - predicted_ns
    difference = f"{'+' if by_ns > 0 else ''}{_signed(by_ns)}" if by_ns else "="
    return (part, _signed(predicted_ns), _signed(measured_ns), difference)


def _off(error_ns: int, measured_ns: int) -> str:
    """``0.1 % too short``."""
    if not error_ns:
        return "exact"
    return f"{share(abs(error_ns), measured_ns)} too {'long' if error_ns > 0 else 'short'}"


def _error(gain_error: float | None) -> str:
    """Its share of the gain; where next to nothing was gained, that says nothing."""
    if gain_error is None:
        return NONE
    return percent(gain_error) if gain_error <= LARGEST else f"more than {percent(LARGEST)}"


def _signed(ns: int) -> str:
    return f"−{duration(-ns)}" if ns < 0 else duration(ns)
