"""What did the device do for each named range? By launch: the range in which the host issued an operation owns it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .launches import launches
from .overlap import COMPUTE
from .sweep import layers, union

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ..intervals import Intervals
    from ..model import DeviceWork, Engine, Int16, Int64, Ranges, Trace
    from .launches import Launches


@dataclass(frozen=True, slots=True)
class RangeFigures:
    """One range on one device; the same name again (in the same domain) is the same range.

    ``hidden_copy_ns`` is the part of the range's own copies during which the device computed anything at all, for
    this range or for another.
    """

    name: str
    domain: str
    count: int
    host_ns: int
    """time between its beginnings and its ends on the host, added up"""
    device: int | None = None
    """position in ``Trace.devices``; None for a range that gave no device anything to do"""
    operations: int = 0
    window_ns: int = 0
    """from the start of the first of its operations to the end of the last"""
    compute_ns: int = 0
    copy_ns: int = 0
    hidden_copy_ns: int = 0

    @property
    def exposed_copy_ns(self) -> int:
        """Its copying while the device computed nothing."""
        return self.copy_ns - self.hidden_copy_ns


def range_figures(trace: Trace, copies: Collection[Engine] | None = None) -> list[RangeFigures]:
    """A row per range and device, in the order in which ranges first began. Marks have no length and are left out."""
    ranges = trace.ranges[trace.ranges.end_ns > trace.ranges.start_ns]
    issued = _LaunchOrder(launches(trace), trace.work.process)
    computing = {int(d): union(layers(trace.work_of(int(d))), COMPUTE) for d in np.unique(trace.work.device)}
    rows: list[RangeFigures] = []
    for same in _by_name(ranges):
        own = trace.work[issued.inside(ranges[same])]
        rows += _rows_of_one_name(trace, ranges[same], own, computing, copies)
    return rows


class _LaunchOrder:
    """The operations of each host thread in the order of their launch, so that a range is a slice of them."""

    def __init__(self, launched: Launches, process: Int16) -> None:
        known = np.flatnonzero(launched.known)
        thread, at_ns = launched.thread[known], launched.at_ns[known]
        order = np.lexsort((at_ns, thread, process[known]))
        self._rows = known[order]
        self._at_ns = at_ns[order]
        owner = list(zip(process[known][order].tolist(), thread[order].tolist(), strict=True))
        firsts = [i for i in range(len(owner)) if i == 0 or owner[i] != owner[i - 1]]
        ends = [*firsts[1:], len(owner)][: len(firsts)]
        self._slices = {owner[first]: (first, end) for first, end in zip(firsts, ends, strict=True)}

    def inside(self, ranges: Ranges) -> Int64:
        """Rows of ``Trace.work`` launched inside any of these ranges, on their own threads; each once, in order."""
        found = [self._inside_one(*row) for row in _rows(ranges)]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)

    def _inside_one(self, process: int, thread: int, start_ns: int, end_ns: int) -> Int64:
        first, last = self._slices.get((process, thread), (0, 0))
        low, high = first + np.searchsorted(self._at_ns[first:last], [start_ns, end_ns])
        return self._rows[low:high]


def _rows(ranges: Ranges) -> Iterator[tuple[int, int, int, int]]:
    columns = (ranges.process, ranges.thread, ranges.start_ns, ranges.end_ns)
    return zip(*(column.tolist() for column in columns), strict=True)


def _by_name(ranges: Ranges) -> Iterator[Int64]:
    """Positions of the ranges of each (domain, name, kind), in the order in which they first began."""
    key = np.stack((ranges.domain, ranges.name, ranges.kind.astype(np.int32)), axis=1)
    _, first, group = np.unique(key, axis=0, return_index=True, return_inverse=True)
    members = np.argsort(group.reshape(-1), kind="stable")
    borders = np.searchsorted(group.reshape(-1)[members], np.arange(len(first) + 1))
    for g in np.argsort(first):
        yield members[borders[g] : borders[g + 1]]


def _rows_of_one_name(
    trace: Trace,
    ranges: Ranges,
    own: DeviceWork,
    computing: Mapping[int, Intervals],
    copies: Collection[Engine] | None,
) -> list[RangeFigures]:
    row = RangeFigures(
        name=trace.text(int(ranges.name[0])),
        domain=trace.text(int(ranges.domain[0])),
        count=len(ranges),
        host_ns=int((ranges.end_ns - ranges.start_ns).sum()),
    )
    devices = [int(device) for device in np.unique(own.device)]
    chosen = {device: trace.devices[device].default_copies if copies is None else copies for device in devices}
    return [_on_device(row, device, own, computing[device], chosen[device]) for device in devices] or [row]


def _on_device(
    row: RangeFigures, device: int, own: DeviceWork, computing: Intervals, copies: Collection[Engine]
) -> RangeFigures:
    own = own[own.device == device]
    busy = layers(own)
    copying = union(busy, copies)
    return replace(
        row,
        device=device,
        operations=len(own),
        window_ns=int(own.end_ns.max() - own.start_ns.min()),
        compute_ns=union(busy, COMPUTE).total_ns,
        copy_ns=copying.total_ns,
        hidden_copy_ns=(copying & computing).total_ns,
    )
