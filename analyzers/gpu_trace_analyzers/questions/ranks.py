"""Which rank do the others wait for? By who comes last to each collective of a process group."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import MISSING, Engine
from .once import once

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..model import DeviceWork, Int64, Trace

    Collectives = Mapping[int, DeviceWork]
    """those of each rank, in the order of their ends"""

_ALL_RANKS = re.compile(r"\[[\d, ]*\]$")
_MOST_WITHOUT_DOUBT = 2
"""ranks: any process group of more than one of them is the same two"""


@dataclass(frozen=True, slots=True)
class RankFigures:
    """One rank of a distributed job.

    A collective ends on all ranks of its process group when the last has come, so the rank that comes last costs the
    others time: ``awaited_ns`` is how much earlier they could have begun if this rank had come with the last but one,
    added up. ``collectives`` counts those that all recorded ranks of their group have, and that were compared. Where
    the trace names no process groups, all ranks are taken for one; ``in_doubt`` is then whether there may be others.
    ``by_order`` counts those of the ``collectives`` that no number in their group matches, but names, order and times.
    """

    rank: int
    devices: tuple[int, ...]
    """positions in ``Trace.devices``"""
    busy_ns: int
    """any of its devices did anything but wait in a collective"""
    collectives: int
    came_last: int
    awaited_ns: int
    in_doubt: bool
    by_order: int


@once
def rank_figures(trace: Trace) -> tuple[RankFigures, ...]:
    """A row per rank, in order; none where there are not two ranks or more. Clocks of ranks must be aligned."""
    ranks = sorted({device.rank for device in trace.devices if device.rank >= 0})
    if len(ranks) < 2:
        return ()
    devices = {rank: tuple(i for i, device in enumerate(trace.devices) if device.rank == rank) for rank in ranks}
    collectives = {rank: _collectives(trace, own) for rank, own in devices.items()}
    late_ns: dict[int, list[Int64]] = {rank: [np.zeros(0, np.int64)] for rank in ranks}
    by_order: Counter[int] = Counter()
    for of_group in _by_group(trace, collectives):
        numbered = all(_numbered(work) for work in of_group.values())
        for rank, its_late_ns in zip(of_group, _lateness(_arrivals(list(of_group.values()))), strict=True):
            late_ns[rank].append(its_late_ns)
            by_order[rank] += 0 if numbered else len(its_late_ns)
    in_doubt = _may_mix_groups(collectives)
    late = {rank: np.concatenate(of_groups) for rank, of_groups in late_ns.items()}
    return tuple(_figures(trace, rank, devices[rank], late[rank], in_doubt, by_order[rank]) for rank in ranks)


def collectives_of_groups(trace: Trace) -> Iterator[tuple[list[int], Int64, Int64]]:
    """Of each process group of two or more recorded ranks these, and when each began and left each common collective.

    Times are (ranks, collectives) int64, in the order in which the first rank left them.
    """
    ranks = sorted({device.rank for device in trace.devices if device.rank >= 0})
    devices = {rank: tuple(i for i, device in enumerate(trace.devices) if device.rank == rank) for rank in ranks}
    for of_group in _by_group(trace, {rank: _collectives(trace, own) for rank, own in devices.items()}):
        if len(of_group) > 1:
            rows = _common(list(of_group.values()))
            columns = [[getattr(w, c)[r] for w, r in rows] for c in ("start_ns", "end_ns")]
            yield list(of_group), np.stack(columns[0]), np.stack(columns[1])


def _figures(
    trace: Trace, rank: int, devices: tuple[int, ...], late_ns: Int64, in_doubt: bool, by_order: int
) -> RankFigures:
    return RankFigures(
        rank=rank,
        devices=devices,
        busy_ns=_busy_ns(trace, devices),
        collectives=len(late_ns),
        came_last=int((late_ns > 0).sum()),
        awaited_ns=int(late_ns[late_ns > 0].sum()),
        in_doubt=in_doubt,
        by_order=by_order,
    )


def slowest(rows: Sequence[RankFigures]) -> RankFigures | None:
    """The rank that the others waited for longest; without collectives to compare, the one that worked longest.

    None for a draw: no rank waited, or all worked as long.
    """
    key = "awaited_ns" if any(row.collectives for row in rows) else "busy_ns"
    values = sorted(getattr(row, key) for row in rows)
    if len(values) < 2 or values[-1] == values[-2]:
        return None
    return max(rows, key=lambda row: getattr(row, key))


def _by_group(trace: Trace, collectives: Collectives) -> Iterator[Collectives]:
    """Of each process group the collectives of those of its ranks that were recorded.

    Where some collectives name their group, the others are left out: they were launched before that was recorded.
    """
    groups = {int(code) for work in collectives.values() for code in np.unique(work.group)}
    for group in sorted(groups - {MISSING}) or groups:
        listed = _listed(trace.text(group))
        found = {rank: work[work.group == group] for rank, work in collectives.items()}
        yield {rank: work for rank, work in found.items() if len(work) or group == MISSING or rank in listed}


def _listed(group: str) -> set[int]:
    """The ranks that belong to it: of ``"1 [0, 2]"`` 0 and 2; none where the text does not list them all."""
    found = _ALL_RANKS.search(group)
    return {int(rank) for rank in re.findall(r"\d+", found[0])} if found else set()


def _may_mix_groups(collectives: Collectives) -> bool:
    """Whether collectives of groups that have no names are on several streams: mostly, each group has its own."""
    unnamed = all((work.group == MISSING).all() for work in collectives.values())
    several = any(len(np.unique(work.stream)) > 1 for work in collectives.values())
    return unnamed and several and len(collectives) > _MOST_WITHOUT_DOUBT


def _arrivals(collectives: Sequence[DeviceWork]) -> Int64:
    """(ranks, collectives) int64: when each rank of a group began each collective that all of them have."""
    return np.stack([work.start_ns[rows] for work, rows in _common(collectives)]).astype(np.int64)


def _common(collectives: Sequence[DeviceWork]) -> list[tuple[DeviceWork, Int64]]:
    """For each rank of a group its collectives, and which of them are those that all have: (collectives,) int64."""
    first, *others = collectives
    matches = [_matched(first, other) for other in others]
    common = [row for row in range(len(first)) if all(row in match for match in matches)]
    rows = [np.array(common, dtype=np.int64)]
    rows += [np.array([match[row] for row in common], dtype=np.int64) for match in matches]
    return list(zip(collectives, rows, strict=True))


def _collectives(trace: Trace, devices: tuple[int, ...]) -> DeviceWork:
    own = trace.work[np.isin(trace.work.device, devices) & (trace.work.engine == Engine.COLLECTIVE)]
    return own[np.lexsort((own.start_ns, own.end_ns))]


def _matched(first: DeviceWork, other: DeviceWork) -> dict[int, int]:
    """For rows of one rank the row of the other that is the same collective.

    It has the same number. Where one of the ranks does not number them, it has the same name, and both were in it at
    once for most of the time that the later of the two was. So what only one rank recorded, because its recording began
    earlier, has no match.
    """
    ours, theirs = _numbered(first), _numbered(other)
    if ours and theirs:
        return {row: theirs[number] for number, row in ours.items() if number in theirs}
    return _matched_by_time(first, other)


def _numbered(work: DeviceWork) -> dict[int, int]:
    """The row of each collective, by its number in the group; none where a number is there twice."""
    rows = np.flatnonzero(work.sequence != MISSING).tolist()
    found = dict(zip(work.sequence[rows].tolist(), rows, strict=True))
    return found if len(found) == len(rows) else {}


def _matched_by_time(first: DeviceWork, other: DeviceWork) -> dict[int, int]:
    # Walk both in order of their ends. Of two that do not match, the one that ends first has no match.
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


def _lateness(arrivals: Int64) -> Int64:
    """(ranks, collectives) int64: how much later each rank came than the last of the others; negative: earlier."""
    if len(arrivals) < 2:  # of a group of which one rank alone was recorded, nothing is known
        return np.zeros((len(arrivals), 0), np.int64)
    *_, last_but_one, last = np.sort(arrivals, axis=0)
    late_ns: Int64 = arrivals - np.where(arrivals == last, last_but_one, last)
    return late_ns


def _busy_ns(trace: Trace, devices: tuple[int, ...]) -> int:
    own = trace.work[np.isin(trace.work.device, devices) & (trace.work.engine != Engine.COLLECTIVE)]
    return Intervals.of(own.start_ns, own.end_ns).total_ns
