"""On which lane does each row of a track go, so that what shares a lane nests or follows, and never half overlaps?

Trace viewers draw one lane as a stack of calls: a slice that begins inside another and ends after it is dropped by
Perfetto v51 to v56, and drawn wrongly by Catapult.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64


def lanes(start_ns: Int64, end_ns: Int64, track: NDArray[np.integer]) -> Int64:
    """(n,) lane of each row, from 0, such that rows of one (track, lane) nest. Rows come sorted by (start, -end)."""
    lane = np.zeros(len(start_ns), dtype=np.int64)
    order = np.argsort(track, kind="stable")
    borders = np.flatnonzero(np.diff(track[order], prepend=track[order][:1] - 1))
    for rows in np.split(order, borders[1:]) if len(order) else []:
        lane[rows] = lanes_of_track(start_ns[rows], end_ns[rows])
    return lane


def lanes_of_track(start_ns: Int64, end_ns: Int64) -> Int64:
    """The same of one track: (n,) lanes."""
    if nests(start_ns, end_ns):
        return np.zeros(len(start_ns), dtype=np.int64)
    return np.array(_first_fit(start_ns.tolist(), end_ns.tolist()), dtype=np.int64)


def lanes_where_some_yield(start_ns: Int64, end_ns: Int64, yields: NDArray[np.bool_]) -> Int64:
    """The same, where some rows leave the first lane to the others: those have the lanes that they would have alone."""
    if not yields.any() or nests(start_ns, end_ns):
        return lanes_of_track(start_ns, end_ns)
    lane = np.zeros(len(start_ns), dtype=np.int64)
    lane[~yields] = lanes_of_track(start_ns[~yields], end_ns[~yields])
    first = ~yields & (lane == 0)
    aside = yields.copy()
    aside[yields] = _half_overlaps(start_ns[yields], end_ns[yields], start_ns[first], end_ns[first])
    beside = first | (yields & ~aside)
    aside[beside] = lanes_of_track(start_ns[beside], end_ns[beside]) > 0  # of those that yield, two may half overlap
    lane[aside] = lane.max() + 1 + lanes_of_track(start_ns[aside], end_ns[aside])
    return lane


def _half_overlaps(start_ns: Int64, end_ns: Int64, other_start_ns: Int64, other_end_ns: Int64) -> NDArray[np.bool_]:
    """Which rows begin inside another one and end after it, or the other way round. The others are sorted by start."""
    by_end = np.argsort(other_end_ns, kind="stable")
    ends, begins = other_end_ns[by_end], other_start_ns[by_end]
    inside = np.searchsorted(other_start_ns, start_ns, "right"), np.searchsorted(other_start_ns, end_ns, "left")
    ending = np.searchsorted(ends, start_ns, "right"), np.searchsorted(ends, end_ns, "left")
    ends_later = _reduced(np.maximum, other_end_ns, *inside) > end_ns
    begins_earlier = _reduced(np.minimum, begins, *ending) < start_ns
    return np.asarray((ends_later & (inside[0] < inside[1])) | (begins_earlier & (ending[0] < ending[1])))


def _reduced(ufunc: np.ufunc, values: Int64, low: NDArray[Any], high: NDArray[Any]) -> Int64:
    """``ufunc.reduce(values[low[i]:high[i]])`` for each i; of an empty slice, any number."""
    places = np.stack((low, np.maximum(low, high)), axis=1).reshape(-1)
    reduced: Int64 = ufunc.reduceat(np.append(values, 0), places)[::2]
    return reduced


def nests(start_ns: Int64, end_ns: Int64) -> bool:
    """Whether of any two rows one holds the other or they are apart. Rows come sorted by (start, -end)."""
    holders = np.flatnonzero(end_ns[:-1] > start_ns[1:])
    if not len(holders):  # as on most streams
        return True
    last = np.searchsorted(start_ns, end_ns[holders], side="left") - 1
    if (end_ns[last] > end_ns[holders]).any():  # the last one that begins inside ends after it
        return False
    # Of the rows that hold nothing, only such a last one could half overlap a holder.
    few = len(holders) < len(start_ns) // 2
    return (nests if few else _nest_by_depth)(start_ns[holders], end_ns[holders])


def _nest_by_depth(start_ns: Int64, end_ns: Int64) -> bool:
    """The same: walks all boundaries in order. Where rows nest, what ends at a depth is what last began at that."""
    some = np.flatnonzero(end_ns > start_ns)
    boundary = np.concatenate((end_ns[some][::-1], start_ns[some]))
    row = np.concatenate((some[::-1], some))
    step = np.repeat([-1, 1], len(some))
    # At one instant the stable sort leaves ends before beginnings, and of ends the inner (later begun) first.
    order = np.argsort(boundary, kind="stable")
    row, step = row[order], step[order]
    depth = np.cumsum(step) + (step < 0)
    by_depth = row[np.argsort(depth, kind="stable")]
    return bool((by_depth[0::2] == by_depth[1::2]).all())


def _first_fit(starts: list[int], ends: list[int]) -> list[int]:
    open_until: list[list[int]] = []
    chosen = []
    for start, end in zip(starts, ends, strict=True):
        for lane, stack in enumerate(open_until):
            while stack and stack[-1] <= start:
                stack.pop()
            if not stack or stack[-1] >= end:
                stack.append(end)
                chosen.append(lane)
                break
        else:
            chosen.append(len(open_until))
            open_until.append([end])
    return chosen
