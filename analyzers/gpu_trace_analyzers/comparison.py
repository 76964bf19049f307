"""What changed between two sides of recordings: the same figures side by side, matched by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .errors import UsageError
from .loss_changes import Run, account_change
from .operation_changes import OperationRun, operation_changes
from .spread import Change, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .loss_changes import AccountChange
    from .operation_changes import OperationChanges
    from .questions.overlap import DeviceFigures
    from .questions.ranges import RangeFigures
    from .summary import Summary

DEVICE_FIGURES = (
    *("span_ns", "compute_ns", "copy_ns", "overlap_ns", "overlap_ratio", "exposed_copy_ns"),
    *("headroom_ns", "gain", "collective_ns", "exposed_collective_ns", "idle_ns"),
)
RANGE_FIGURES = ("count", "window_ns", "compute_ns", "copy_ns", "hidden_copy_ns", "exposed_copy_ns")


@dataclass(frozen=True, slots=True)
class Compared:
    """The changes of one device, or of one range on one device."""

    name: str
    device: str
    changes: tuple[Change, ...]
    in_before: bool
    in_after: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides, of one run or of several. ``exposed`` and ``idle`` have a row per device, and a change per cause."""

    before: tuple[Summary, ...]
    after: tuple[Summary, ...]
    devices: tuple[Compared, ...]
    ranges: tuple[Compared, ...]
    exposed: tuple[Compared, ...]
    idle: tuple[Compared, ...]
    accounts: tuple[AccountChange, ...]
    """of the devices that have one"""
    operations: tuple[OperationChanges, ...] = ()
    """of the devices that every run has, if the summaries have their operations"""

    @property
    def several(self) -> bool:
        """Whether a side has more than one run."""
        return len(self.before) > 1 or len(self.after) > 1

    @property
    def first(self) -> AccountChange | None:
        """The device whose first loss changed most."""
        return max(self.accounts, key=lambda account: account.changed, default=None)


def compare(before: Sequence[Summary], after: Sequence[Summary]) -> Comparison:
    """Match devices by kind, index and rank; ranges by domain and name on the same device, or of the same rank.

    Devices that only their processes tell apart are matched in their order. Raises `UsageError` for a side without
    runs, and where the runs of one side do not have the same devices: their figures have no median.
    """
    for side in (before, after):
        _must_be_alike(side)
    sides = _Sides(tuple(before), tuple(after))
    labels: dict[_Key | None, str] = {}
    for summary in sides.all:
        labels |= _labels(summary)
    devices, ranges = sides.matched(_devices), sides.matched(_ranges)
    accounts = (account_change(labels[key], *sides.of_device(_run, key)) for key in devices)
    operations = (operation_changes(labels[key], *sides.of_device(_operations, key)) for key in devices)
    return Comparison(
        sides.before,
        sides.after,
        tuple(_compared("", labels[key], DEVICE_FIGURES, *each) for key, each in devices.items()),
        tuple(
            _compared(
                f"{domain}: {name}" if domain else name,
                labels.get(device, f"rank {rank}" if rank >= 0 else ""),
                RANGE_FIGURES,
                *each,
            )
            for (domain, name, rank, device), each in ranges.items()
        ),
        tuple(_causes(labels[key], *sides.of_device(_exposed, key)) for key in devices),
        tuple(_causes(labels[key], *sides.of_device(_idle, key)) for key in devices),
        tuple(filter(None, accounts)),
        tuple(each for each in operations if each and each.rows),
    )


_Key = tuple[str, int, int, int]
"""kind, index and rank of a device, and its place among those of its trace that have the same"""
_RangeKey = tuple[str, str, int, _Key | None]
"""domain, name and rank of a range, and its device"""
_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class _Sides:
    """The runs of both sides."""

    before: tuple[Summary, ...]
    after: tuple[Summary, ...]

    @property
    def all(self) -> tuple[Summary, ...]:
        """Those before, then those after."""
        return (*self.before, *self.after)

    def of(self, ask: Callable[[Summary], _V]) -> tuple[tuple[_V, ...], tuple[_V, ...]]:
        """An answer of each run."""
        return tuple(map(ask, self.before)), tuple(map(ask, self.after))

    def of_device(self, ask: Callable[[Summary, _Key], _V], key: _Key) -> tuple[tuple[_V, ...], tuple[_V, ...]]:
        """An answer of each run on one device."""
        return self.of(lambda summary: ask(summary, key))

    def matched(
        self, ask: Callable[[Summary], Mapping[_K, _V]]
    ) -> dict[_K, tuple[tuple[_V | None, ...], tuple[_V | None, ...]]]:
        """All keys, those that came first first, each with what it has in every run."""
        before, after = self.of(ask)
        keys = dict.fromkeys(key for found in (*before, *after) for key in found)
        return {key: (tuple(a.get(key) for a in before), tuple(b.get(key) for b in after)) for key in keys}


def _must_be_alike(side: Sequence[Summary]) -> None:
    if not side:
        raise UsageError("a side without runs cannot be compared")
    first, known = side[0], _labels(side[0])
    for run in side[1:]:
        labels = _labels(run)
        if labels.keys() != known.keys():
            has = f"{first.source.path} has {_listed(known)}, {run.source.path} has {_listed(labels)}"
            raise UsageError(f"the runs of one side must have the same devices; {has}")


def _listed(labels: Mapping[_Key | None, str]) -> str:
    return ", ".join(labels.values()) or "none"


def _keys(summary: Summary) -> dict[int, _Key]:
    """By position of the device. The owners of devices are named by process ids, which no two runs share."""
    met: Counter[tuple[str, int, int]] = Counter()
    keys: dict[int, _Key] = {}
    for figures in summary.devices:
        device = figures.device
        same = (device.kind, device.index, device.rank)
        keys[figures.position] = (*same, met[same])
        met[same] += 1
    return keys


def _labels(summary: Summary) -> dict[_Key | None, str]:
    keys = _keys(summary)
    return {keys[figures.position]: figures.device.label for figures in summary.devices}


def _devices(summary: Summary) -> dict[_Key, DeviceFigures]:
    keys = _keys(summary)
    return {keys[figures.position]: figures for figures in summary.devices}


def _ranges(summary: Summary) -> dict[_RangeKey, RangeFigures]:
    keys = _keys(summary)
    return {
        (row.domain, row.name, row.rank, None if row.device is None else keys[row.device]): row
        for row in summary.ranges
    }


def _run(summary: Summary, key: _Key) -> Run | None:
    """The account of one device; None where the run has none of it."""
    figures, account = _devices(summary).get(key), summary.account
    of_device = account.of(figures.position) if figures and account else None
    return Run(of_device, account.steady) if account and of_device else None


def _operations(summary: Summary, key: _Key) -> OperationRun | None:
    """The operations of one device, and the account of the window that they are of."""
    figures, run = _devices(summary).get(key), _run(summary, key)
    if figures is None or run is None:
        return None
    own = [row for row in summary.by_range if row.device == figures.position]
    return OperationRun(run, {(row.name, row.engine, row.range): row for row in own})


def _causes(label: str, before: Sequence[Mapping[str, int]], after: Sequence[Mapping[str, int]]) -> Compared:
    titles = dict.fromkeys(title for found in (*before, *after) for title in found)
    changes = tuple(
        Change(title, *(Values(tuple(run.get(title, 0) for run in side)) for side in (before, after)))
        for title in titles
    )
    return Compared("", label, changes, any(before), any(after))


def _exposed(summary: Summary, key: _Key) -> dict[str, int]:
    figures = _devices(summary).get(key)
    return {row.title: row.ns for row in summary.exposed_on(figures.position)} if figures else {}


def _idle(summary: Summary, key: _Key) -> dict[str, int]:
    figures = _devices(summary).get(key)
    return {row.title: row.ns for row in summary.idle_on(figures.position)} if figures else {}


def _compared(
    name: str, label: str, figures: Iterable[str], before: Sequence[object | None], after: Sequence[object | None]
) -> Compared:
    changes = tuple(Change(figure, _values(figure, before), _values(figure, after)) for figure in figures)
    in_before, in_after = (any(row is not None for row in side) for side in (before, after))
    return Compared(name, label, changes, in_before, in_after)


def _values(figure: str, rows: Sequence[object | None]) -> Values:
    return Values(tuple(getattr(row, figure, None) for row in rows))
