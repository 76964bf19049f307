"""Does a trace keep within limits? The answer of ``gpu-trace check``, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING

from .errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .questions.overlap import DeviceFigures
    from .questions.ranges import RangeFigures
    from .summary import Summary


class Outcome(Enum):
    """What a limit came to."""

    OK = "ok"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    """the figure does not exist in this trace, or is in doubt"""


@dataclass(frozen=True, slots=True)
class UpperLimit:
    """At most this long, or this share of what the figure is a part of; exactly one of the two is given."""

    ns: int | None = None
    share: float | None = None

    def holds(self, value_ns: int, whole_ns: int) -> bool:
        """Whether the value is within."""
        return value_ns <= self.ns if self.ns is not None else value_ns <= (self.share or 0.0) * whole_ns


@dataclass(frozen=True, slots=True)
class Limits:
    """What must hold for every device with activity, or for the range ``name`` wherever it ran; None asks nothing."""

    min_overlap: float | None = None
    """overlap ratio; of a range, the share of its copies that was hidden"""
    max_exposed_copy: UpperLimit | None = None
    """a share is one of the copy time"""
    max_idle: UpperLimit | None = None
    """a share is one of the span"""
    range_name: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """One limit on one device."""

    subject: str
    figure: str
    outcome: Outcome
    value: float | None
    """a ratio, or ns; None where it is inconclusive"""
    limit: float | UpperLimit
    reason: str = ""
    """why it is inconclusive"""


def check(summary: Summary, limits: Limits) -> list[Checked]:
    """Every limit on every subject. Raises `UsageError` for limits that ask nothing, or nothing a range has."""
    if limits.min_overlap is None and limits.max_exposed_copy is None and limits.max_idle is None:
        raise UsageError("nothing to check; give --min-overlap, --max-exposed-copy or --max-idle")
    if limits.range_name is None:
        each = (_certain(_device(figures, limits), summary, figures.position) for figures in summary.devices)
        return [*chain.from_iterable(each), *_vanished(summary)] or [_no_device(summary)]
    if limits.max_idle is not None:
        raise UsageError("--max-idle does not apply to a range; idle time belongs to a device")
    rows = [row for row in summary.ranges if row.name == limits.range_name and row.device is not None]
    devices = {figures.position: figures for figures in summary.devices}
    places = [(row, devices[row.device or 0]) for row in rows]
    each = (_certain(_range(row, figures, limits), summary, figures.position) for row, figures in places)
    return [*chain.from_iterable(each)] or [_no_range(limits.range_name)]


def _certain(rows: Iterator[Checked], summary: Summary, device: int) -> Iterator[Checked]:
    """The same, but inconclusive where the figures of the device are in doubt."""
    if not (why := summary.doubts_of(device)):
        return rows
    reason = f"times that cannot be true ({why})"
    return (replace(row, outcome=Outcome.INCONCLUSIVE, value=None, reason=reason) for row in rows)


def _vanished(summary: Summary) -> list[Checked]:
    """Of devices of which nothing is left, since all their work was set aside."""
    active = {figures.position for figures in summary.devices}
    gone = {doubt.device for doubt in summary.source.doubts if doubt.device not in active}
    why = [f"all operations of a device were set aside ({summary.doubts_of(device)})" for device in sorted(gone)]
    return [Checked("trace", "device activity", Outcome.INCONCLUSIVE, None, 0.0, reason) for reason in why]


def _device(figures: DeviceFigures, limits: Limits) -> Iterator[Checked]:
    label, doubt = figures.device.label, _doubt(figures)
    if limits.min_overlap is not None:
        reason = doubt or ("nothing was copied" if not figures.copy_ns else "nothing was computed")
        ratio = None if doubt else figures.overlap_ratio
        yield _at_least(label, "overlap ratio", ratio, limits.min_overlap, reason)
    if limits.max_exposed_copy is not None:
        exposed_ns = None if doubt else figures.exposed_copy_ns
        yield _at_most(label, "exposed copy", exposed_ns, figures.copy_ns, limits.max_exposed_copy, doubt)
    if limits.max_idle is not None:
        yield _at_most(label, "idle", figures.idle_ns, figures.span_ns, limits.max_idle)


def _range(row: RangeFigures, figures: DeviceFigures, limits: Limits) -> Iterator[Checked]:
    subject, doubt = f"{row.name} on {figures.device.label}", _doubt(figures)
    if limits.min_overlap is not None:
        hidden = None if doubt or not row.copy_ns else row.hidden_copy_ns / row.copy_ns
        reason = doubt or "the range has no copies"
        yield _at_least(subject, "hidden share of copies", hidden, limits.min_overlap, reason)
    if limits.max_exposed_copy is not None:
        exposed_ns = None if doubt else row.exposed_copy_ns
        yield _at_most(subject, "exposed copy", exposed_ns, row.copy_ns, limits.max_exposed_copy, doubt)


def _doubt(figures: DeviceFigures) -> str:
    """Why copying and its overlap are in doubt; empty where they are not."""
    if figures.undirected:
        return f"the direction of copies is unknown ({figures.undirected:,} on this device)"
    return f"operations of unknown kind may be copies ({figures.unknown:,} on this device)" if figures.unknown else ""


def _at_least(subject: str, figure: str, value: float | None, limit: float, reason: str) -> Checked:
    if value is None:
        return Checked(subject, figure, Outcome.INCONCLUSIVE, None, limit, reason)
    return Checked(subject, figure, Outcome.OK if value >= limit else Outcome.FAILED, value, limit)


def _at_most(
    subject: str, figure: str, value_ns: int | None, whole_ns: int, limit: UpperLimit, reason: str = ""
) -> Checked:
    if value_ns is None:
        return Checked(subject, figure, Outcome.INCONCLUSIVE, None, limit, reason)
    outcome = Outcome.OK if limit.holds(value_ns, whole_ns) else Outcome.FAILED
    return Checked(subject, figure, outcome, value_ns, limit)


def _no_device(summary: Summary) -> Checked:
    not_used = sum(summary.source.losses.values())
    reason = f"no device had activity; {not_used:,} rows were not used" if not_used else "no device had activity"
    return Checked("trace", "device activity", Outcome.INCONCLUSIVE, None, 0.0, reason)


def _no_range(name: str) -> Checked:
    return Checked(name, "range", Outcome.INCONCLUSIVE, None, 0.0, "no range of this name launched device work")
