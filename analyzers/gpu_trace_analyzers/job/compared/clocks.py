"""How do the clocks of machines run? Fitted to the ends of collectives, which are simultaneous.

A rank leaves a collective when all have come and the data are there, so ends differ by the skew of the transfer alone,
some microseconds. Of two machines that have many of them in common, each difference of ends is one measurement of how
far their clocks are apart. A line through them is an offset and a drift. It is the line of Theil and Sen, which up to
29 % of wrong measurements do not move. Machines that have none in common are compared by way of others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64
    from ..kept.partial import Partial
    from .meetings import Meetings

MOST_COMPARED = 192
"""measurements that one line is fitted to"""
MUTUAL = re.compile("all_?reduce|all_?gather|reduce_?scatter|all_?to_?all|barrier", re.IGNORECASE)
"""Collectives that no rank leaves before all have come, because each rank needs the data of all."""


@dataclass(frozen=True, slots=True, eq=False)
class Clocks:
    """Of each machine, (machines,) int64: shown = true + offset + drift * (true - origin); the first one is true."""

    origin_ns: int
    offset_ns: Int64
    drift_ppb: Int64
    residual_ns: Int64
    """the median distance of a measurement from the line"""
    uncertainty_ns: Int64
    """nine of ten measurements are as near, added up over the machines by way of which it was compared; `MISSING`
    where nothing was compared"""
    compared: Int64
    """measurements of the line"""

    def corrected(self, shown_ns: Int64, host: Int64) -> Int64:
        """True times: (n,) int64, of times that clocks show. ``host``: (n,) int64, the machine of each."""
        since_ns = shown_ns - self.offset_ns[host] - self.origin_ns
        # ppb of a microsecond is within int64 for any recording, and exact to a nanosecond in the second
        return np.asarray(shown_ns - self.offset_ns[host] - since_ns // 1000 * self.drift_ppb[host] // 1_000_000)


@dataclass(frozen=True, slots=True)
class _Line:
    offset_ns: int
    drift_ppb: int
    residual_ns: int
    high_ns: int
    compared: int


def fitted(kept: Partial, meetings: Meetings, host_of: Int64, hosts: int) -> Clocks:
    """The clocks of ``hosts`` machines; ``host_of``: (ranks,) int64, that of each rank in order."""
    ends = _ends(kept, meetings, host_of, hosts)
    known = ends != MISSING
    origin_ns = int(ends[known].min()) if known.any() else 0
    lines = [_Line(0, 0, 0, 0, len(ends))][:hosts] + [_Line(0, 0, 0, MISSING, 0)] * (hosts - 1)
    true_ns = ends - origin_ns
    shared = known.T.astype(np.float32) @ known.astype(np.float32)
    for child, parent in _by_way_of(shared):
        both = known[:, child] & known[:, parent]
        line = _line(true_ns[both, parent], true_ns[both, child])
        high_ns = line.high_ns + lines[parent].high_ns
        lines[child] = _Line(line.offset_ns, line.drift_ppb, line.residual_ns, high_ns, line.compared)
        mine = known[:, child]
        since_ns = true_ns[mine, child] - line.offset_ns
        true_ns[mine, child] = since_ns - since_ns // 1000 * line.drift_ppb // 1_000_000
    columns = np.array(
        [(line.offset_ns, line.drift_ppb, line.residual_ns, line.high_ns, line.compared) for line in lines], np.int64
    ).reshape(hosts, 5)
    return Clocks(origin_ns, *columns.T)


def _ends(kept: Partial, meetings: Meetings, host_of: Int64, hosts: int) -> Int64:
    """(collectives, machines) int64: the median end of each on each machine, `MISSING` without.

    Of those that several machines have, and if there are such, that no rank leaves before all have come.
    """
    of = kept.collectives
    host = host_of[np.searchsorted(kept.ranks.rank, of.rank)]
    several = meetings.least(host) != meetings.most(host)
    mutual = np.array([bool(MUTUAL.search(text)) for text in kept.strings], np.bool_)
    all_leave = mutual[of.name[meetings.rows[meetings.first]]] if len(mutual) else several
    chosen = np.flatnonzero(several & all_leave) if (several & all_leave).any() else np.flatnonzero(several)
    place = np.full(len(meetings), MISSING)
    place[chosen] = np.arange(len(chosen))
    rows = np.flatnonzero(place[meetings.of_row] != MISSING)
    cell = place[meetings.of_row[rows]] * hosts + host[rows]
    order = np.lexsort((of.end_ns[rows], cell))
    cells, first, count = np.unique(cell[order], return_index=True, return_counts=True)
    found = np.full(len(chosen) * hosts, MISSING)
    found[cells] = of.end_ns[rows[order]][first + (count - 1) // 2]
    return found.reshape(len(chosen), hosts)


def _by_way_of(shared: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Each machine that can be compared, behind that by way of which it is: the one that it has most in common with.

    ``shared``: (machines, machines), how many collectives they have in common. The first machine is compared to none.
    """
    found: list[tuple[int, int]] = []
    best, parent = (shared[0].copy(), np.zeros(len(shared), np.int64)) if len(shared) else (shared[:0], None)
    done = np.zeros(len(shared), np.bool_)
    done[:1] = True
    while parent is not None and not done.all():
        child = int(np.where(done, -1, best).argmax())
        if done[child] or best[child] < 1:
            break
        found.append((child, int(parent[child])))
        done[child] = True
        nearer = shared[child] > best
        best[nearer], parent[nearer] = shared[child][nearer], child
    return found


def _line(true_ns: Int64, shown_ns: Int64) -> _Line:
    """The line of Theil and Sen through shown - true, over true; a drift that the distances do not show is none."""
    every = np.unique(np.linspace(0, len(true_ns) - 1, min(len(true_ns), MOST_COMPARED)).astype(np.int64))
    order = np.argsort(true_ns, kind="stable")[every]
    at_ns, apart_ns = true_ns[order], (shown_ns - true_ns)[order]
    flat = _with_drift(at_ns, apart_ns, 0)
    later, earlier = np.triu_indices(len(at_ns), 1)
    run_ns = at_ns[earlier] - at_ns[later]
    if not (run_ns > 0).any():
        return flat
    slopes = (apart_ns[earlier] - apart_ns[later])[run_ns > 0] / run_ns[run_ns > 0]
    steep = _with_drift(at_ns, apart_ns, round(float(np.median(slopes)) * 1_000_000_000))
    return steep if abs(steep.drift_ppb) * int(np.ptp(at_ns)) > 2_000_000_000 * steep.residual_ns else flat


def _with_drift(at_ns: Int64, apart_ns: Int64, drift_ppb: int) -> _Line:
    level_ns = apart_ns - at_ns // 1000 * drift_ppb // 1_000_000
    offset_ns = int(np.sort(level_ns)[(len(level_ns) - 1) // 2])
    away_ns = np.sort(np.abs(level_ns - offset_ns))
    return _Line(offset_ns, drift_ppb, int(away_ns[(len(away_ns) - 1) // 2]), _high(away_ns), len(at_ns))


def _high(ordered: Int64) -> int:
    """Nine of ten are not above it."""
    return int(ordered[-(-9 * len(ordered) // 10) - 1])
