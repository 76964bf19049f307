"""Sets of time, as sorted disjoint half-open intervals of integer nanoseconds.

Everything here is exact: int64 in, int64 out, never a float.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_NOTHING: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """A set of time: ``[start_ns[i], end_ns[i])`` in order, none empty, none touching the next.

    Build one with `Intervals.of`, which accepts intervals in any order that overlap as they like.
    ``a | b``, ``a & b`` and ``a - b`` are union, intersection and difference, each in O(n log n).
    """

    start_ns: NDArray[np.int64] = field(default_factory=lambda: _NOTHING)
    end_ns: NDArray[np.int64] = field(default_factory=lambda: _NOTHING)

    @classmethod
    def of(cls, start_ns: NDArray[np.int64], end_ns: NDArray[np.int64]) -> Intervals:
        """The union of any intervals: (n,) int64 starts and ends, in any order; empty ones vanish."""
        some = end_ns > start_ns
        if not some.all():
            start_ns, end_ns = start_ns[some], end_ns[some]
        if not len(start_ns):
            return cls()
        if not (start_ns[1:] >= start_ns[:-1]).all():  # rows of a trace are in order
            order = np.argsort(start_ns, kind="stable")
            start_ns, end_ns = start_ns[order], end_ns[order]
        reach = np.maximum.accumulate(end_ns)
        opens = np.concatenate(([True], start_ns[1:] > reach[:-1]))
        closes = np.concatenate((opens[1:], [True]))
        return cls(start_ns[opens], reach[closes])

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[int, int]]) -> Intervals:
        """The union of ``(start_ns, end_ns)`` pairs."""
        table = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
        return cls.of(table[:, 0], table[:, 1])

    @property
    def total_ns(self) -> int:
        """Length of the set."""
        return int((self.end_ns - self.start_ns).sum())

    def clip(self, start_ns: int, end_ns: int) -> Intervals:
        """The part inside ``[start_ns, end_ns)``."""
        first = np.searchsorted(self.end_ns, start_ns, side="right")
        last = np.searchsorted(self.start_ns, end_ns, side="left")
        if first >= last or start_ns >= end_ns:
            return Intervals()
        starts, ends = self.start_ns[first:last].copy(), self.end_ns[first:last].copy()
        starts[0], ends[-1] = max(starts[0], start_ns), min(ends[-1], end_ns)
        return Intervals(starts, ends)

    def gaps(self, start_ns: int, end_ns: int) -> Intervals:
        """The part of ``[start_ns, end_ns)`` outside this set."""
        inside = self.clip(start_ns, end_ns)
        starts, ends = np.append([start_ns], inside.end_ns), np.append(inside.start_ns, [end_ns])
        some = ends > starts
        return Intervals(starts[some], ends[some])

    def covers(self, at_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For each instant of an (m,) int64 array, whether it is in the set."""
        if not len(self):
            return np.zeros(len(at_ns), dtype=np.bool_)
        before = np.searchsorted(self.start_ns, at_ns, side="right") - 1
        return np.asarray((before >= 0) & (at_ns < self.end_ns[before]), dtype=np.bool_)

    def covered_ns(self, start_ns: NDArray[np.int64], end_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each ``[start_ns[i], end_ns[i])``, which may overlap one another, how much of it is in the set."""
        if not len(self):
            return np.zeros(len(start_ns), dtype=np.int64)
        until = np.concatenate(([0], np.cumsum(self.end_ns - self.start_ns)))
        return self._total_before(end_ns, until) - self._total_before(np.minimum(start_ns, end_ns), until)

    def _total_before(self, at_ns: NDArray[np.int64], until: NDArray[np.int64]) -> NDArray[np.int64]:
        """Length of the set before each instant; ``until`` is that before each interval, and of all."""
        begun = np.searchsorted(self.start_ns, at_ns, side="right")
        last = np.maximum(begun - 1, 0)
        still_open = np.where(begun > 0, np.maximum(self.end_ns[last] - at_ns, 0), 0)
        return np.asarray(until[begun] - still_open, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.start_ns)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.start_ns.tolist(), self.end_ns.tolist(), strict=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Intervals):
            return NotImplemented
        return np.array_equal(self.start_ns, other.start_ns) and np.array_equal(self.end_ns, other.end_ns)

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash

    def __or__(self, other: Intervals) -> Intervals:
        return Intervals.of(
            np.concatenate((self.start_ns, other.start_ns)), np.concatenate((self.end_ns, other.end_ns))
        )

    def __and__(self, other: Intervals) -> Intervals:
        few, many = (self, other) if len(self) <= len(other) else (other, self)
        if len(few) <= 1:  # such as a window
            return many.clip(*next(iter(few))) if len(few) else few
        # Each of the few meets those of the many from the first that ends in it or later to the last that begins in it.
        first = np.searchsorted(many.end_ns, few.start_ns, side="right")
        met = np.searchsorted(many.start_ns, few.end_ns, side="left") - first
        one = np.repeat(np.arange(len(few)), met)
        another = np.repeat(first - (np.cumsum(met) - met), met) + np.arange(len(one))
        return Intervals(
            np.maximum(few.start_ns[one], many.start_ns[another]), np.minimum(few.end_ns[one], many.end_ns[another])
        )

    def __sub__(self, other: Intervals) -> Intervals:
        if not len(self) or not len(other):
            return self
        return self & other.gaps(int(self.start_ns[0]), int(self.end_ns[-1]))


def instants(*columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """The distinct times of all columns, in order: (n,) int64."""
    every = np.concatenate(columns)
    every.sort()
    return without_repetition(every)


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The distinct values, in order: (n,) int64. Where most are, sorting is many times as fast as `np.unique`."""
    return without_repetition(np.sort(values))


def without_repetition(ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    """The distinct ones of values that are in order: (n,) int64; the same array where they are distinct already."""
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered if new.all() else ordered[new]


def combine(layers: Iterable[Intervals]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of several sets hold, between each boundary of any of them and the next.

    Returns ``(edge_ns, state)``: (n,) sorted distinct instants, and (n,) int64 bit masks, where bit ``i`` of
    ``state[k]`` says that set ``i`` holds on ``[edge_ns[k], edge_ns[k + 1])``. The last state is 0. At most 62 sets.
    """
    edges, steps = [_NOTHING], [_NOTHING]
    for bit, layer in enumerate(layers):
        edges += [layer.start_ns, layer.end_ns]
        steps += [np.full(len(layer), 1 << bit), np.full(len(layer), -(1 << bit))]
    edge_ns = np.concatenate(edges)
    order = np.argsort(edge_ns, kind="stable")
    edge_ns, state = edge_ns[order], np.cumsum(np.concatenate(steps)[order])
    last = np.concatenate((edge_ns[1:] != edge_ns[:-1], np.ones(min(1, len(edge_ns)), dtype=np.bool_)))
    return edge_ns[last], state[last]
