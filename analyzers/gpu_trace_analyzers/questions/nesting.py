"""How deep does each range lie in others of its thread, or, of a whole process, in others of that?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..model import Int64, Ranges


def nesting_depths(ranges: Ranges) -> Int64:
    """For each range, how many of its thread it lies in from its start to its end; of equal ones, in those before it.

    One that begins inside another and ends behind it lies beside it. Every range must have a length.
    """
    depth = np.zeros(len(ranges), dtype=np.int64)
    order = np.lexsort((-ranges.end_ns, ranges.start_ns, ranges.thread, ranges.process))
    process, thread = ranges.process[order], ranges.thread[order]
    begins = np.flatnonzero((np.diff(process) != 0) | (np.diff(thread) != 0)) + 1
    for mine in np.split(order, begins):
        depth[mine] = _depths(ranges.start_ns[mine], ranges.end_ns[mine])
    return depth


def _depths(start_ns: Int64, end_ns: Int64) -> Int64:
    """The same for one thread, in order of starts, of equal starts the longest first."""
    ended = np.searchsorted(np.sort(end_ns), start_ns, side="right")
    running = np.arange(len(start_ns)) - ended
    return running if _nest(running, end_ns) else _earlier_and_as_large(end_ns)


def _nest(running: Int64, end_ns: Int64) -> bool:
    """Whether no range ends behind one that runs when it begins; ``running`` counts those.

    While all before a range nest, the innermost of those that run is the last one before it with one less to run in.
    """
    # Keys are in order of how many ranges run, then of time: the one before `key - count` is the last with one less.
    count = len(running)
    inside = np.flatnonzero(running > 0)
    keys = running * count + np.arange(count)
    in_order = np.argsort(keys, kind="stable")
    before = np.searchsorted(keys[in_order], keys[inside] - count) - 1
    return bool((end_ns[in_order[before]] >= end_ns[inside]).all())


def _earlier_and_as_large(values: Int64) -> Int64:
    """For each value, how many before it are at least as large: (n,) int64.

    Positions are sorted by one bit of their rank after another, from the highest on: of two that part at a bit, the
    one without it has the lower rank.
    """
    rank = np.empty(len(values), dtype=np.int64)
    rank[np.argsort(-values, kind="stable")] = np.arange(len(values))
    found, at = np.zeros(len(values), dtype=np.int64), np.arange(len(values))
    for bit in reversed(range(len(values).bit_length())):
        has_bit, group = (rank[at] >> bit) & 1, rank[at] >> (bit + 1)
        without = np.concatenate(([0], np.cumsum(1 - has_bit)))
        earlier = without[:-1] - without[np.searchsorted(group, group)]
        found[at] += has_bit * earlier
        at = at[np.argsort(rank[at] >> bit, kind="stable")]
    return found
