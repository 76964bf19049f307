"""How long would each operation have taken with nothing beside it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...model import Engine
from .beside import beside_ns

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ...model import Int64, Trace
    from .origins import Factors

    Float64 = NDArray[np.float64]


class Range(NamedTuple):
    """Of each operation a time in ns, between the shortest and the longest that it may be: (n,) int64 each."""

    low: Int64
    expected: Int64
    high: Int64


def alone_ns(trace: Trace, position: int, rows: Int64, slowdown: Callable[[Engine], Factors]) -> Range:
    """The recorded time of each row, less what it lost to the engines beside it; ``slowdown`` gives their factors.

    In a time ``c`` beside an engine that makes it ``f`` times slower it did what takes ``c / f`` alone. Beside several
    at once it lost no more than all their factors multiplied say.
    """
    ns = (trace.work.end_ns[rows] - trace.work.start_ns[rows]).astype(np.float64)
    with_ns = beside_ns(trace, position)[rows]
    shortest, expected, longest = (_Remaining(ns) for _ in range(3))
    for engine in Engine:
        if with_ns[:, engine].any():
            factors = slowdown(engine)
            shortest.lose(with_ns[:, engine], factors.high)
            expected.lose(with_ns[:, engine], factors.expected)
            longest.lose(with_ns[:, engine], factors.low)
    return Range(shortest.ns, expected.ns, longest.ns)


class _Remaining:
    """What is left of times, engine by engine."""

    def __init__(self, ns: Float64) -> None:
        self._ns = ns
        self._lost = np.zeros(len(ns))
        self._most = np.ones(len(ns))

    def lose(self, with_ns: Int64, factor: Float64) -> None:
        """Take out what an engine cost."""
        self._lost += with_ns * (1 - 1 / factor)
        self._most *= np.where(with_ns > 0, factor, 1.0)

    @property
    def ns(self) -> Int64:
        return np.rint(np.maximum(self._ns - self._lost, self._ns / self._most)).astype(np.int64)
