"""What a question is asked of, where its answer depends on more than the trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from numpy.typing import NDArray

    from ..model import Engine, Int64, Trace


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time a figure speaks of, ``[start_ns, end_ns)``, on the trace's clock."""

    start_ns: int
    end_ns: int

    @property
    def span_ns(self) -> int:
        """Its length."""
        return self.end_ns - self.start_ns

    def meets(self, start_ns: Int64, end_ns: Int64) -> NDArray[np.bool_]:
        """Which of ``[start_ns[i], end_ns[i])`` have a part inside it, or stand inside it: (n,) bool."""
        return np.asarray((start_ns < self.end_ns) & (end_ns > self.start_ns))


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """A trace, what counts as copying in it, and the window of time that counts."""

    trace: Trace
    copies: Collection[Engine] | None = None
    """the engines that count as copying; None: by kind of device"""
    window: Window | None = None
    """None: of each device its own span"""
    answers: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)
    """what was asked before, see ``once.py``; what depends on the trace alone is kept there"""

    def copies_on(self, position: int) -> tuple[Engine, ...]:
        """The engines of one device that count as copying."""
        return tuple(self.trace.devices[position].default_copies if self.copies is None else self.copies)
