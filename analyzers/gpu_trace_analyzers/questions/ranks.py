"""Which rank do the others wait for? By who comes last to each collective of a process group."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import Engine
from .matched import in_doubt, matched, ranks_of
from .once import once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import Int64, Trace


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
    ranks = ranks_of(trace)
    if len(ranks) < 2:
        return ()
    devices = {rank: tuple(i for i, device in enumerate(trace.devices) if device.rank == rank) for rank in ranks}
    late_ns: dict[int, list[Int64]] = {rank: [np.zeros(0, np.int64)] for rank in ranks}
    by_order: Counter[int] = Counter()
    for group in matched(trace):
        for rank, its_late_ns in zip(group.ranks, group.late_ns, strict=True):
            late_ns[rank].append(its_late_ns)
            by_order[rank] += 0 if group.numbered else len(its_late_ns)
    late = {rank: np.concatenate(of_groups) for rank, of_groups in late_ns.items()}
    return tuple(_figures(trace, rank, devices[rank], late[rank], in_doubt(trace), by_order[rank]) for rank in ranks)


def _figures(
    trace: Trace, rank: int, devices: tuple[int, ...], late_ns: Int64, doubtful: bool, by_order: int
) -> RankFigures:
    return RankFigures(
        rank=rank,
        devices=devices,
        busy_ns=_busy_ns(trace, devices),
        collectives=len(late_ns),
        came_last=int((late_ns > 0).sum()),
        awaited_ns=int(late_ns[late_ns > 0].sum()),
        in_doubt=doubtful,
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


def _busy_ns(trace: Trace, devices: tuple[int, ...]) -> int:
    own = trace.work[np.isin(trace.work.device, devices) & (trace.work.engine != Engine.COLLECTIVE)]
    return Intervals.of(own.start_ns, own.end_ns).total_ns
