"""What changed between two recordings: the same figures side by side, matched by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .questions.overlap import DeviceFigures
    from .questions.ranges import RangeFigures
    from .summary import Summary

DEVICE_FIGURES = (
    *("span_ns", "compute_ns", "copy_ns", "overlap_ns", "overlap_ratio", "exposed_copy_ns"),
    *("headroom_ns", "gain", "collective_ns", "exposed_collective_ns", "idle_ns"),
)
RANGE_FIGURES = ("count", "window_ns", "compute_ns", "copy_ns", "hidden_copy_ns", "exposed_copy_ns")


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after; None where it does not exist, or what it belongs to does not."""

    figure: str
    before: float | None
    after: float | None


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
    """Two summaries side by side. ``exposed`` and ``idle`` have a row per device, and a change per cause."""

    before: Summary
    after: Summary
    devices: tuple[Compared, ...]
    ranges: tuple[Compared, ...]
    exposed: tuple[Compared, ...]
    idle: tuple[Compared, ...]


def compare(before: Summary, after: Summary) -> Comparison:
    """Match devices by kind, index and rank; ranges by domain and name on the same device, or of the same rank.

    Devices that only their processes tell apart are matched in their order.
    """
    devices, ranges = _both(_devices(before), _devices(after)), _both(_ranges(before), _ranges(after))
    labels = _labels(before) | _labels(after)
    return Comparison(
        before,
        after,
        tuple(_compared("", labels[key], DEVICE_FIGURES, *pair) for key, pair in devices.items()),
        tuple(
            _compared(
                f"{domain}: {name}" if domain else name,
                labels.get(device, f"rank {rank}" if rank >= 0 else ""),
                RANGE_FIGURES,
                *pair,
            )
            for (domain, name, rank, device), pair in ranges.items()
        ),
        tuple(_causes(labels[key], _exposed(before, key), _exposed(after, key)) for key in devices),
        tuple(_causes(labels[key], _idle(before, key), _idle(after, key)) for key in devices),
    )


_Key = tuple[str, int, int, int]
"""kind, index and rank of a device, and its place among those of its trace that have the same"""
_RangeKey = tuple[str, str, int, _Key | None]
"""domain, name and rank of a range, and its device"""
_K = TypeVar("_K")
_V = TypeVar("_V")


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


def _both(before: Mapping[_K, _V], after: Mapping[_K, _V]) -> dict[_K, tuple[_V | None, _V | None]]:
    """All keys, those of ``before`` first, each with what it has on either side."""
    return {key: (before.get(key), after.get(key)) for key in [*before, *(k for k in after if k not in before)]}


def _causes(label: str, before: Mapping[str, int], after: Mapping[str, int]) -> Compared:
    titles = [*before, *(title for title in after if title not in before)]
    changes = tuple(Change(title, before.get(title, 0), after.get(title, 0)) for title in titles)
    return Compared("", label, changes, bool(before), bool(after))


def _exposed(summary: Summary, key: _Key) -> dict[str, int]:
    figures = _devices(summary).get(key)
    return {row.title: row.ns for row in summary.exposed_on(figures.position)} if figures else {}


def _idle(summary: Summary, key: _Key) -> dict[str, int]:
    figures = _devices(summary).get(key)
    return {row.title: row.ns for row in summary.idle_on(figures.position)} if figures else {}


def _compared(name: str, label: str, figures: Iterable[str], before: object | None, after: object | None) -> Compared:
    changes = tuple(Change(figure, getattr(before, figure, None), getattr(after, figure, None)) for figure in figures)
    return Compared(name, label, changes, before is not None, after is not None)
