"""Which operations contradict the others of their stream, which runs one after the other in the order of the launches?

What may overlap on one stream, and is left alone: a kernel's tail and the head of its successor (programmatic dependent
launch, on Hopper and later: up to 4 us on a B200), and the nodes of a graph, which one call launched. In 60 recorded
traces no operation ends after a later launch of its stream has ended, or begins before an earlier one has begun, and no
two overlap by more than 13 us. A stream of ROCm is a hardware queue of several, so none of this is asked there.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, Engine
from ...rows_of_each import rows_of_each_tuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ...model import DeviceWork, Int64

    Mask = NDArray[np.bool_]

ALLOWED_NS = 100_000
"""By how much the order of a stream may be broken: a successor that does not wait for its predecessor (programmatic
dependent launch leaves that to the kernel) may end first, and then what is left of the predecessor is its tail."""

WITHOUT_LAUNCH_NS = 10**9
"""The same for work without a correlation id: nodes of one graph are not known there, and they run side by side."""

NEVER_NS = 1 << 62

_KERNELS = (Engine.COMPUTE, Engine.COLLECTIVE, Engine.UNKNOWN)


def out_of_order(work: DeviceWork, streams: Sequence[Int64], called_ns: Int64, returned_ns: Int64, among: Mask) -> Mask:
    """Operations that began before one that was launched earlier on their stream: of each stream the fewest possible.

    ``streams`` are `streams_of` the work. ``called_ns`` and ``returned_ns`` are the start and the end of the call that
    launched each row; ``among`` are the rows to look at, each of which has one. Calls of several threads that
    overlapped may have queued either way.
    """
    wrong = np.zeros(len(work), dtype=np.bool_)
    for stream in streams:
        rows = stream[among[stream]]
        order = rows[np.lexsort((work.start_ns[rows], called_ns[rows]))]
        columns = work.start_ns[order], called_ns[order], returned_ns[order]
        if _may_be_inverted(*columns) and _inverted(*columns).any():
            left_out = ~_longest_in_order(columns[0])
            kept = ~left_out
            wrong[order] = left_out & _inverted(*columns, among=kept)
    return wrong


def _may_be_inverted(start_ns: Int64, called_ns: Int64, returned_ns: Int64) -> bool:
    """Whether any of these rows, in order of their calls, may be `_inverted`: quick, and mostly not so."""
    fall_ns = np.maximum.accumulate(start_ns) - start_ns
    return bool((fall_ns > ALLOWED_NS).any() or (returned_ns <= called_ns).any())


def _inverted(start_ns: Int64, called_ns: Int64, returned_ns: Int64, among: Mask | None = None) -> Mask:
    """Which rows began before one of ``among`` that was launched before them, or after one launched after them."""
    chosen = np.arange(len(start_ns)) if among is None else np.flatnonzero(among)
    by_return = chosen[np.argsort(returned_ns[chosen], kind="stable")]
    latest = np.concatenate(([-NEVER_NS], np.maximum.accumulate(start_ns[by_return])))
    before = np.searchsorted(returned_ns[by_return], called_ns, side="right")
    by_call = chosen[np.argsort(called_ns[chosen], kind="stable")]
    earliest = np.concatenate((np.minimum.accumulate(start_ns[by_call][::-1])[::-1], [NEVER_NS]))
    after = np.searchsorted(called_ns[by_call], returned_ns, side="left")
    return np.asarray((start_ns < latest[before] - ALLOWED_NS) | (start_ns > earliest[after] + ALLOWED_NS))


def _longest_in_order(values: Int64) -> Mask:
    """The longest subsequence that does not fall, by patience sorting in O(n log n)."""
    tails: list[int] = []
    ends: list[int] = []
    previous = np.full(len(values), MISSING)
    for i, value in enumerate(values.tolist()):
        place = bisect_right(tails, value)
        previous[i] = ends[place - 1] if place else MISSING
        tails[place : place + 1] = [value]
        ends[place : place + 1] = [i]
    chosen = np.zeros(len(values), dtype=np.bool_)
    i = ends[-1] if ends else MISSING
    while i != MISSING:
        chosen[i] = True
        i = int(previous[i])
    return chosen


def outlasted(work: DeviceWork, streams: Sequence[Int64], among: Mask) -> Int64:
    """For each operation that goes on when it cannot, when the next one of its stream begins; `NEVER_NS` for others.

    A kernel cannot when a later operation of its stream has ended, or a copy or memset has begun; those cannot when any
    later operation has begun. ``streams`` are `streams_of` the work, of which only ``among`` is looked at. Rows that
    one call launched are never compared.
    """
    until = np.full(len(work), NEVER_NS)
    is_kernel = work.does(_KERNELS)
    for stream in streams:
        rows = stream[among[stream]]
        order = rows[np.lexsort((work.end_ns[rows], work.start_ns[rows]))]
        columns = work.start_ns[order], work.end_ns[order], is_kernel[order]
        if _may_be_outlasted(*columns):
            until[order] = _outlasted_on_stream(*columns, _launch(work, order))
    return until


def _may_be_outlasted(start_ns: Int64, end_ns: Int64, is_kernel: Mask) -> bool:
    """Whether `outlasted` would find anything if each row were a launch by itself: quick, and mostly not so."""
    limit_ns = np.minimum(end_ns, np.where(is_kernel, NEVER_NS, start_ns))
    later = np.minimum.accumulate(limit_ns[::-1])[::-1][1:]
    later = np.where(is_kernel[:-1], later, np.minimum(later, start_ns[1:]))
    return bool((end_ns[:-1] > later + ALLOWED_NS).any())


def _outlasted_on_stream(start_ns: Int64, end_ns: Int64, is_kernel: Mask, launch: list[tuple[int, int]]) -> Int64:
    """`outlasted` for the rows of one stream, which are in order of start; ``launch`` is equal for rows of one call."""
    until = np.full(len(start_ns), NEVER_NS)
    begins, limits = _OtherLaunch(), _OtherLaunch()
    for i in range(len(start_ns) - 1, -1, -1):
        start, end, of = int(start_ns[i]), int(end_ns[i]), launch[i]
        limit = (limits if is_kernel[i] else begins).least(of)
        if end > limit + (WITHOUT_LAUNCH_NS if of[1] == MISSING else ALLOWED_NS):
            until[i] = begins.least(of)
        begins.add(start, of)
        limits.add(end if is_kernel[i] else start, of)
    return until


class _OtherLaunch:
    """The least of some values, each of which belongs to a launch, leaving out those of any one launch."""

    def __init__(self) -> None:
        self._least = self._least_of_others = (NEVER_NS, (MISSING, MISSING))

    def add(self, value: int, launch: tuple[int, int]) -> None:
        """One more value."""
        if value <= self._least[0]:
            if launch != self._least[1]:
                self._least_of_others = self._least
            self._least = (value, launch)
        elif launch != self._least[1] and value <= self._least_of_others[0]:
            self._least_of_others = (value, launch)

    def least(self, leaving_out: tuple[int, int]) -> int:
        """The least value of other launches."""
        return (self._least_of_others if self._least[1] == leaving_out else self._least)[0]


def _launch(work: DeviceWork, rows: Int64) -> list[tuple[int, int]]:
    """What tells launches of one stream apart: the correlation id; without one, every row is a launch by itself."""
    correlation = work.correlation[rows].tolist()
    return [(row if known == MISSING else MISSING, known) for row, known in enumerate(correlation)]


def streams_of(work: DeviceWork) -> list[Int64]:
    """The rows of each stream: their numbers mean something in one device, process and context."""
    return list(rows_of_each_tuple(work.device, work.process, work.context, work.stream).values())
