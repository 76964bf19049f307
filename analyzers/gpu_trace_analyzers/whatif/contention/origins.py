"""Factors of many operations, each between a lowest and a highest, and from where they are known."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .measured import Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ...model import Index, Int8, Int64

    Float64 = NDArray[np.float64]


NOTHING_KNOWN = Spread(1.0, 2.0, 4.0)
"""Two that share one resource get half of it each; the highest leaves room for two more."""


class Origin(IntEnum):
    """From where a factor is known; the surest first."""

    TRACE = 0
    """this trace has the operation alone and beside that engine"""
    MEASURED = 1
    """measured on this model of GPU"""
    OTHER_MODELS = 2
    """unknown: an interval from 1 to the highest that was measured on other models"""
    UNKNOWN = 3
    """unknown: an interval by reasoning alone"""


class Factors(NamedTuple):
    """Of each operation how many times as long it takes, at least 1: (n,) each; float64 and, of `Origin`, int8."""

    low: Float64
    expected: Float64
    high: Float64
    origin: Int8

    @classmethod
    def alike(cls, spread: Spread, origin: Origin, count: int) -> Factors:
        """The same for all."""
        low, expected, high = (np.full(count, value) for value in spread)
        return cls(low, expected, high, np.full(count, origin, np.int8))

    def of(self, rows: Int64) -> Factors:
        """Those of some operations."""
        return Factors(self.low[rows], self.expected[rows], self.high[rows], self.origin[rows])

    def put(self, rows: Index | Int64, spread: Sequence[Float64 | float], origin: Origin) -> None:
        """Write some operations anew, none below 1: nothing gets faster beside others, so less is chance."""
        for values, value in zip((self.low, self.expected, self.high), spread, strict=True):
            values[rows] = np.maximum(value, 1.0)
        self.origin[rows] = origin
