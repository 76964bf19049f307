"""Stretches of a device's time that need explaining, and what lies around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..model import MISSING
from .launches import launches
from .recorded import in_one_window

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from ..intervals import Intervals
    from ..model import Int64, Trace
    from .launches import Launches

    Side = Literal["during", "after"]
    """an operation of a stretch: the one that ran in it, or the one that followed"""


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Disjoint stretches ``[start_ns, end_ns)`` of one device, in order, none empty, with the rows of work around each.

    All columns are (n,) int64; a row that does not exist is `MISSING`. ``during`` is the operation that ran (the
    exposed copy), `MISSING` in idle time; ``before`` is the last operation that had ended, ``after`` the first that had
    not begun, among those the question is about.
    """

    trace: Trace
    device: int
    start_ns: Int64
    end_ns: Int64
    during: Int64
    before: Int64
    after: Int64
    answers: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)
    """what was asked before, see ``once.py``"""

    @property
    def launched(self) -> Launches:
        """The launches of the trace."""
        return launches(self.trace)

    def __len__(self) -> int:
        return len(self.start_ns)

    @property
    def ns(self) -> Int64:
        """Length of each."""
        return self.end_ns - self.start_ns

    def rows(self, of: Side) -> Int64:
        """The column of that name."""
        return self.during if of == "during" else self.after

    def launch_ns(self, rows: Int64) -> Int64:
        """When a call of the host launched these rows; `MISSING` where the trace does not say, or there is no row."""
        return pick(self.launched.by_call_ns, rows)


def pick(column: NDArray[np.signedinteger[Any]], rows: Int64) -> Int64:
    """``column[rows]`` as int64, `MISSING` where the row is."""
    if not len(column):
        return np.full(len(rows), MISSING)
    picked = column[rows].astype(np.int64, copy=False)  # a copy already
    missing = rows == MISSING
    if missing.any():
        picked[missing] = MISSING
    return picked


def around(trace: Trace, rows: Int64, start_ns: Int64, end_ns: Int64, windows: Intervals) -> tuple[Int64, Int64]:
    """The last of ``rows`` to end by each start, and the first to begin at or after each end; `MISSING` without one.

    Both are of the same window of recording as the stretch, for what lies between two windows is not known. ``rows``
    are in order of their start; none of them runs in the stretches.
    """
    begin, end = trace.work.start_ns[rows], trace.work.end_ns[rows]
    if not len(rows):
        return np.full(len(start_ns), MISSING), np.full(len(start_ns), MISSING)
    # `last_to_end[i]` is the place of the row that ends last among the first i + 1. No row runs on into a stretch.
    reach = np.maximum.accumulate(end)
    last_to_end = np.maximum.accumulate(np.where(end == reach, np.arange(len(rows)), 0))
    begun = np.searchsorted(begin, start_ns, side="right")
    before = np.where(begun > 0, rows[last_to_end[np.maximum(begun - 1, 0)]], MISSING)
    first, begins_inside = begun, np.append(begin, np.iinfo(np.int64).max)[begun] < end_ns  # what takes no time may
    if begins_inside.any():
        first = np.where(begins_inside, np.searchsorted(begin, end_ns, side="left"), begun)
    after = np.where(first < len(rows), rows[np.minimum(first, len(rows) - 1)], MISSING)
    before = witness(in_one_window(pick(trace.work.start_ns, before), start_ns, windows), before)
    return before, witness(in_one_window(pick(trace.work.start_ns, after), start_ns, windows), after)


def witness(holds: np.ndarray[tuple[int], np.dtype[np.bool_]], rows: Int64) -> Int64:
    """``rows`` where something holds, `MISSING` elsewhere."""
    return np.where(holds, rows, MISSING)
