"""Does a trace keep within limits? The answer of ``gpu-trace check``, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING

from .errors import UsageError
from .units import duration
from .vocabulary.losses import CAUSES, UNEXPLAINED, Owner, owners_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .questions.account.account import Account
    from .questions.account.losses import DeviceAccount
    from .questions.overlap import DeviceFigures
    from .questions.ranges import RangeFigures
    from .questions.steady.window import Steady
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
class LossLimit:
    """At most this much of the losses of one name. Raises `UsageError` for a name that no loss can have."""

    name: str
    """an owner of the account (``idle``), or a cause (``waiting_for_data``)"""
    at_most: UpperLimit
    """a share is one of the ``window_ns`` of the account"""

    def __post_init__(self) -> None:
        if not owners_of(self.name):
            raise UsageError(f"{self.name!r} is not the name of a loss; {_loss_names(self.name)}")


def _loss_names(near: str) -> str:
    """All names that a loss can have, in words, after the one that is much like ``near``."""
    owners, causes = [owner.value for owner in CAUSES], sorted({cause for each in CAUSES.values() for cause in each})
    likely = "".join(f"did you mean {name}? " for name in get_close_matches(near, [*owners, *causes], 1))
    return f"{likely}owners are {', '.join(owners)}; causes are {', '.join(causes)}"


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
    max_exposed_collective: UpperLimit | None = None
    """a share is one of the time of collectives"""
    max_losses: tuple[LossLimit, ...] = ()
    """of the account, in its own window; the other limits are of the whole span"""

    @property
    def of_devices_alone(self) -> str:
        """The option of a limit that does not apply to a range, and why; empty if all do."""
        if self.max_idle is not None:
            return "--max-idle does not apply to a range; idle time belongs to a device"
        if self.max_exposed_collective is not None:
            return "--max-exposed-collective does not apply to a range; give --max-exposed-copy or --min-overlap"
        return "--max-loss does not apply to a range; the account is of a device" if self.max_losses else ""

    @property
    def ask_nothing(self) -> bool:
        """Whether no limit is given."""
        asked = (self.min_overlap, self.max_exposed_copy, self.max_idle, self.max_exposed_collective)
        return not self.max_losses and all(limit is None for limit in asked)


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
    whole_ns: int | None = None
    """of a loss: how long the window of the account is, which it is a part of"""
    steady: Steady | None = None
    """of a loss: that window"""


def check(summary: Summary, limits: Limits) -> list[Checked]:
    """Every limit on every subject. Raises `UsageError` for limits that ask nothing, or nothing a range has."""
    if limits.ask_nothing:
        raise UsageError(
            "nothing to check; give --min-overlap, --max-exposed-copy, --max-exposed-collective, "
            "--max-idle or --max-loss"
        )
    if limits.range_name is None:
        each = (_certain(_device(figures, limits, summary), summary, figures.position) for figures in summary.devices)
        return [*chain.from_iterable(each), *_vanished(summary)] or [_no_device(summary)]
    if limits.of_devices_alone:
        raise UsageError(limits.of_devices_alone)
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


def _device(figures: DeviceFigures, limits: Limits, summary: Summary) -> Iterator[Checked]:
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
    if limits.max_exposed_collective is not None:
        doubt, whole_ns = _doubtful_collectives(figures), figures.collective_ns
        exposed_ns = None if doubt else figures.exposed_collective_ns
        yield _at_most(label, "exposed collectives", exposed_ns, whole_ns, limits.max_exposed_collective, doubt)
    for limit in limits.max_losses:
        yield _loss(figures, summary.account, limit)


def _loss(figures: DeviceFigures, account: Account | None, limit: LossLimit) -> Checked:
    """Of one device. What has no known cause may have the asked one: a limit that it could break is inconclusive."""
    label, figure = figures.device.label, f"{limit.name} loss"
    of_device = account.of(figures.position) if account else None
    if account is None or of_device is None or not of_device.window_ns:
        reason = "no time of this device was recorded in the window of the account"
        return Checked(label, figure, Outcome.INCONCLUSIVE, None, limit.at_most, reason)
    known_ns = sum(loss.ns for loss in of_device.losses if limit.name in (loss.owner.value, loss.cause))
    row = _at_most(label, figure, known_ns, of_device.window_ns, limit.at_most)
    row = replace(row, whole_ns=of_device.window_ns, steady=account.steady)
    if not (reason := _doubtful_loss(figures, limit.name)) and row.outcome is Outcome.OK:
        reason = _unexplained(of_device, limit, known_ns)
    return replace(row, outcome=Outcome.INCONCLUSIVE, value=None, reason=reason) if reason else row


def _unexplained(account: DeviceAccount, limit: LossLimit, known_ns: int) -> str:
    """Why a loss that is within its limit may be beyond it; empty where it cannot be."""
    owners = owners_of(limit.name) if limit.name not in UNEXPLAINED else frozenset()
    rest = [loss for loss in account.losses if loss.owner in owners and not loss.explained]
    rest_ns = sum(loss.ns for loss in rest if limit.name not in (loss.owner.value, loss.cause))
    if limit.at_most.holds(known_ns + rest_ns, account.window_ns):
        return ""
    return f"{duration(known_ns)}, and {duration(rest_ns)} more has no known cause"


def _doubtful_loss(figures: DeviceFigures, name: str) -> str:
    """Why a loss is in doubt although times are certain; empty where it is not."""
    owners = owners_of(name) if name not in UNEXPLAINED else frozenset()
    if Owner.COPY in owners and (doubt := _doubt(figures)):
        return doubt
    return _doubtful_collectives(figures) if Owner.COLLECTIVE in owners else ""


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


def _doubtful_collectives(figures: DeviceFigures) -> str:
    """Why the time of collectives is in doubt; empty where it is not."""
    unknown = figures.unknown - figures.undirected
    return f"operations of unknown kind may be collectives ({unknown:,} on this device)" if unknown > 0 else ""


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
