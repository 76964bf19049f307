"""How much slower did the same operation run beside each engine than alone, in this trace?

*The same*: one name, grid, block and size; of products and attention the same shapes too, because one grid serves many
lengths of the inner dimension. *Alone*: no other operation of its device ran meanwhile. *Beside* an engine: that one
was busy with another operation for at least a quarter of the time, and no further one at all.

An operation that loses time ``d - a`` in the time ``c`` beside an engine went ``c / (c - (d - a))`` times slower there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model import MISSING, Engine
from ...questions.compute.operators import multiplying
from ...questions.once import once
from .beside import beside_ns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64, Trace
    from ...questions.scope import Window

    Float64 = NDArray[np.float64]
    Mask = NDArray[np.bool_]

LEAST_ROWS = 6
"""of each: the lowest and the highest of six hold the true median between them with 97 % (1 - 2 / 2 ** 6)"""
_LEAST_PART = 4
"""how often the time beside an engine goes into an operation's at most: a shorter time loses less than timing varies"""
_TWO_SIGMA = 0.98
"""ranks from the median, per root of the number: between those lies the true median with 95 %"""
MOST = 20.0
"""A factor above that is time in which the operation did not run: it waited for the other one."""


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """Factors of the operations of one device beside each engine, by kind of operation; nan where not observed."""

    kind_of: Int64
    """for each row of ``Trace.work`` its kind; `MISSING` for those of other devices"""
    low: Float64
    """(kinds, engines): between this and ``high`` the median lies with 95 %"""
    expected: Float64
    """(kinds, engines): the median"""
    high: Float64
    alone: Int64
    """(kinds,): how many rows ran alone"""
    beside: Int64
    """(kinds, engines): how many ran beside that engine alone"""


@once
def observed(trace: Trace, position: int, window: Window | None = None) -> Observed:
    """That of one device. Rows that lie in the window count; None: all."""
    kind_of = same_operation(trace, position)
    kinds, shape = int(kind_of.max(initial=MISSING)) + 1, len(Engine)
    low, expected, high = (np.full((kinds, shape), np.nan) for _ in range(3))
    alone, beside = np.zeros(kinds, np.int64), np.zeros((kinds, shape), np.int64)
    for kind, rows in _rows_of_each(trace, kind_of, window):
        ns, with_ns = trace.work.end_ns[rows] - trace.work.start_ns[rows], beside_ns(trace, position)[rows]
        on_its_own = (with_ns == 0).all(axis=1)
        alone[kind] = on_its_own.sum()
        for engine in np.flatnonzero(with_ns.any(axis=0)).tolist():
            chosen = _beside_alone(ns, with_ns, engine)
            beside[kind, engine] = chosen.sum()
            if min(alone[kind], beside[kind, engine]) >= LEAST_ROWS:
                found = _factor(ns[on_its_own], ns[chosen], with_ns[chosen, engine])
                low[kind, engine], expected[kind, engine], high[kind, engine] = found
    return Observed(kind_of, low, expected, high, alone, beside)


@once
def same_operation(trace: Trace, position: int) -> Int64:
    """A number for each operation of a device that is the same: (work,) int64; `MISSING` on other devices."""
    work, found = trace.work, multiplying(trace)
    own = np.flatnonzero(work.device == position)
    call = found.call_of[own]
    shapes = np.full(len(own), MISSING)
    shapes[call != MISSING] = found.which[call[call != MISSING]]
    kinds = np.full(len(work), MISSING)
    kinds[own] = 0
    for column in (work.name[own], work.engine[own], work.grid[own], work.block[own], work.size[own], shapes):
        kinds[own] = _finer(kinds[own], column)
    return kinds


def _finer(kinds: Int64, column: NDArray[np.signedinteger[Any]]) -> Int64:
    """Kinds whose rows agree in a further column: numbered without gaps, so that their product fits in int64."""
    distinct, place = np.unique(column, return_inverse=True)
    return np.unique(kinds * len(distinct) + place.reshape(-1), return_inverse=True)[1].reshape(-1)


def _rows_of_each(trace: Trace, kind_of: Int64, window: Window | None) -> list[tuple[int, Int64]]:
    """The rows of each kind that has enough for a factor."""
    inside = kind_of != MISSING
    if window is not None:
        inside &= (trace.work.start_ns >= window.start_ns) & (trace.work.end_ns <= window.end_ns)
    rows = np.flatnonzero(inside)
    rows = rows[np.argsort(kind_of[rows], kind="stable")]
    kinds, first = np.unique(kind_of[rows], return_index=True)
    each = zip(kinds.tolist(), np.split(rows, first[1:]), strict=False)
    return [(kind, own) for kind, own in each if len(own) >= 2 * LEAST_ROWS]


def _beside_alone(ns: Int64, with_ns: Int64, engine: int) -> Mask:
    """Which rows ran beside this engine for long enough, and beside no other."""
    only = np.delete(with_ns, engine, axis=1) == 0
    return np.asarray(only.all(axis=1) & (with_ns[:, engine] > 0) & (_LEAST_PART * with_ns[:, engine] >= ns))


def _factor(alone_ns: Int64, ns: Int64, beside_ns: Int64) -> tuple[float, float, float]:
    """Lowest, expected and highest, from the part of the time beside the engine that was lost."""
    least, most = _around_median(alone_ns.astype(np.float64))
    lost = (ns - np.median(alone_ns)) / beside_ns
    unsure = (most - least) / 2 / float(np.median(beside_ns))
    low, high = _around_median(lost)
    return _of_lost(low - unsure), _of_lost(float(np.median(lost))), _of_lost(high + unsure)


def _of_lost(lost: float) -> float:
    """The factor of an operation that loses this part of the time; at least 1, since none gets faster beside others."""
    return min(MOST, max(1.0, 1 / max(1 - lost, 1 / MOST)))


def _around_median(values: Float64) -> tuple[float, float]:
    """Between which two of the values the true median lies with 95 %: by their ranks, whatever their distribution."""
    ordered, count = np.sort(values), len(values)
    rank = max(0, int(count / 2 - _TWO_SIGMA * count**0.5))
    return float(ordered[rank]), float(ordered[count - 1 - rank])
