"""Which replays of a CUDA graph lack nodes that another replay of it has?

Each replay of a graph runs all of its nodes, unless it has conditional ones (or a program disabled some in between). A
loop shows, for a node of it may run more than once in a replay; and so do branches, for each has nodes that the other
lacks. Of such graphs nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from .once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import Int64, Trace
    from .stretches import Stretches


@dataclass(frozen=True, slots=True, eq=False)
class PartialReplays:
    """The replays that lack nodes, in order of process, graph and correlation. All columns are (n,) int64."""

    first: Int64
    """the row of ``Trace.work`` that is the first of it to begin"""
    last: Int64
    """the row that is the last of it to end"""
    lacking: Int64
    """how many nodes the fullest replay of the same graph has more"""

    def __len__(self) -> int:
        return len(self.last)


@once
def partial_replays(trace: Trace) -> PartialReplays:
    """All of a trace; a replay is told by its process, graph and correlation."""
    work = trace.work
    rows = np.flatnonzero((work.graph != MISSING) & (work.graph_node != MISSING) & (work.correlation != MISSING))
    graph = _numbered(work.process[rows], work.graph[rows])
    replay, node = _numbered(graph, work.correlation[rows]), _numbered(graph, work.graph_node[rows])
    if not len(rows) or replay.max() == graph.max():  # no graph was replayed twice
        nothing = np.empty(0, np.int64)
        return PartialReplays(nothing, nothing, nothing)
    # A pair is a node that ran in a replay, once or more often. A replay's size is the number of its pairs.
    pair = _numbered(replay, node)
    graph_of = _of_each(replay, graph)
    sizes = np.bincount(_of_each(pair, replay))
    order = np.lexsort((-sizes, graph_of))
    fullest = order[np.searchsorted(graph_of[order], np.arange(graph.max() + 1))]
    # A graph is conditional if its fullest replay lacks a node (branches), or a node ran twice in a replay (loops).
    known = np.isin(node, node[np.isin(replay, fullest)])
    conditional = np.zeros(len(fullest), dtype=bool)
    conditional[graph[~known]] = True
    conditional[_of_each(pair, graph)[np.bincount(pair) > 1]] = True
    lacking = np.where(conditional[graph_of], 0, sizes[fullest][graph_of] - sizes)
    first, last = np.empty_like(sizes), np.empty_like(sizes)
    first[replay[::-1]] = rows[::-1]  # work is in the order of its starts
    by_end = np.argsort(work.end_ns[rows], kind="stable")
    last[replay[by_end]] = rows[by_end]
    partial = lacking > 0
    return PartialReplays(first[partial], last[partial], lacking[partial])


def _numbered(first: NDArray[np.integer], second: NDArray[np.integer]) -> Int64:
    """A number for each pair, from 0 on, in the order of the pairs."""
    seconds, which = np.unique(second, return_inverse=True)
    of = np.unique(first, return_inverse=True)[1]
    return np.asarray(np.unique(of * len(seconds) + which, return_inverse=True)[1], dtype=np.int64)


def _of_each(number: Int64, column: Int64) -> Int64:
    """The value of a column for each number, which is the same in all rows of it."""
    return column[np.unique(number, return_index=True)[1]]


def lacking_around(stretches: Stretches) -> Int64:
    """How many nodes those replays lack that may have run in each stretch; `MISSING` for none.

    They were launched with the nodes that are there, and had ended when their stream began what follows.
    """
    trace, found = stretches.trace, partial_replays(stretches.trace)
    own = trace.work.device[found.last] == stretches.device
    if not own.any():
        return np.full(len(stretches), MISSING)
    first, lacking = found.first[own], found.lacking[own]
    launch_ns = stretches.launch_ns(first)
    begin_ns = np.where(launch_ns == MISSING, trace.work.start_ns[first], launch_ns)
    end_ns = _next_on_stream_ns(trace, found.last[own])
    # Sums over all that had begun by a stretch's end, less those that had ended by its start.
    begun, ended = np.argsort(begin_ns, kind="stable"), np.argsort(end_ns, kind="stable")
    in_all = np.concatenate(([0], np.cumsum(lacking[begun])))[
        np.searchsorted(begin_ns[begun], stretches.end_ns, side="left")
    ]
    over = np.concatenate(([0], np.cumsum(lacking[ended])))[
        np.searchsorted(end_ns[ended], stretches.start_ns, side="right")
    ]
    return np.where(in_all > over, in_all - over, MISSING)


def _next_on_stream_ns(trace: Trace, rows: Int64) -> Int64:
    """When the stream of each row began its next operation; the end of time where it began none."""
    work = trace.work
    stream = _numbered(_numbered(work.process, work.context), _numbered(work.device, work.stream))
    order = np.lexsort((work.start_ns, stream))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    following = order[np.minimum(place[rows] + 1, len(order) - 1)]
    is_there = (stream[following] == stream[rows]) & (following != rows)
    return np.where(is_there, work.start_ns[following], np.iinfo(np.int64).max)
