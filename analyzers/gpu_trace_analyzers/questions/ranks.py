"""Which rank do the others wait for? By who comes last to each collective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import DeviceWork, Int64, Trace


@dataclass(frozen=True, slots=True)
class RankFigures:
    """One rank of a distributed job.

    A collective ends on all ranks when the last has come, so the rank that comes last costs the others time:
    ``awaited_ns`` is how much earlier they could have begun if this rank had come with the last but one, added up.
    ``collectives`` counts those that all ranks have, and that were compared.
    """

    rank: int
    devices: tuple[int, ...]
    """positions in ``Trace.devices``"""
    busy_ns: int
    """any of its devices did anything but wait in a collective"""
    collectives: int = 0
    came_last: int = 0
    awaited_ns: int = 0


def rank_figures(trace: Trace) -> list[RankFigures]:
    """A row per rank, in order; none where there are not two ranks or more. Clocks of ranks must be aligned."""
    ranks = sorted({device.rank for device in trace.devices if device.rank >= 0})
    if len(ranks) < 2:
        return []
    devices = {rank: tuple(i for i, device in enumerate(trace.devices) if device.rank == rank) for rank in ranks}
    arrivals = _arrivals(trace, list(devices.values()))
    rows = []
    for number, (rank, own) in enumerate(devices.items()):
        came_last, awaited_ns = _lateness(arrivals, number)
        rows.append(RankFigures(rank, own, _busy_ns(trace, own), arrivals.shape[1], came_last, awaited_ns))
    return rows


def slowest(rows: Sequence[RankFigures]) -> RankFigures | None:
    """The rank that the others waited for longest; without collectives to compare, the one that worked longest.

    None for a draw: nobody waited, or all worked as long.
    """
    key = "awaited_ns" if any(row.collectives for row in rows) else "busy_ns"
    values = sorted(getattr(row, key) for row in rows)
    if len(values) < 2 or values[-1] == values[-2]:
        return None
    return max(rows, key=lambda row: getattr(row, key))


def _arrivals(trace: Trace, devices: list[tuple[int, ...]]) -> Int64:
    """(ranks, collectives) int64: when each rank began each collective that all of them have."""
    first, *others = [_collectives(trace, own) for own in devices]
    matches = [_matched(first, other) for other in others]
    common = [row for row in range(len(first)) if all(row in match for match in matches)]
    rows = [first.start_ns[common]]
    rows += [other.start_ns[[match[row] for row in common]] for other, match in zip(others, matches, strict=True)]
    return np.stack(rows).astype(np.int64)


def _collectives(trace: Trace, devices: tuple[int, ...]) -> DeviceWork:
    """Those of a rank, in the order of their ends."""
    own = trace.work[np.isin(trace.work.device, devices) & (trace.work.engine == Engine.COLLECTIVE)]
    return own[np.lexsort((own.start_ns, own.end_ns))]


def _matched(first: DeviceWork, other: DeviceWork) -> dict[int, int]:
    """For rows of one rank the row of the other that is the same collective.

    It has the same name, and both were in it at once for most of the time that the later of the two was. So what only
    one rank recorded, because its recording began earlier, has no match.
    """
    found: dict[int, int] = {}
    ours, theirs = _spans(first), _spans(other)
    i = j = 0
    while i < len(ours) and j < len(theirs):
        (a, a_end, a_name), (b, b_end, b_name) = ours[i], theirs[j]
        if a_name == b_name and 2 * (min(a_end, b_end) - max(a, b)) > min(a_end - a, b_end - b):
            found[i] = j
            i, j = i + 1, j + 1
        elif a_end <= b_end:
            i += 1
        else:
            j += 1
    return found


def _spans(work: DeviceWork) -> list[tuple[int, int, int]]:
    return list(zip(work.start_ns.tolist(), work.end_ns.tolist(), work.name.tolist(), strict=True))


def _lateness(arrivals: Int64, rank: int) -> tuple[int, int]:
    """How often this rank came later than all others, and by how much, added up."""
    late_ns = arrivals[rank] - np.delete(arrivals, rank, axis=0).max(axis=0)
    late_ns = late_ns[late_ns > 0]
    return len(late_ns), int(late_ns.sum())


def _busy_ns(trace: Trace, devices: tuple[int, ...]) -> int:
    own = trace.work[np.isin(trace.work.device, devices) & (trace.work.engine != Engine.COLLECTIVE)]
    return Intervals.of(own.start_ns, own.end_ns).total_ns
