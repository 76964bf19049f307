"""How is the time of a window spent: on which engine, on none, or before and after all device work?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import Engine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import Int64


@dataclass(frozen=True, slots=True)
class Spent:
    """The parts of a window, in ns: all added up, with ``overlapped_ns`` taken off, they are the window exactly."""

    before_first_ns: int
    """from the window's begin to the first operation: the host prepares"""
    busy: tuple[tuple[Engine, int], ...]
    """the busy time of each engine, in the order of `Engine`"""
    overlapped_ns: int
    """what the engines' times count more than once, because several were busy"""
    idle_ns: int
    """between the first operation and the last, while none ran"""
    after_last_ns: int
    """from the end of the last operation to the window's end: the host synchronizes"""

    @property
    def window_ns(self) -> int:
        """The window."""
        busy_ns = sum(ns for _, ns in self.busy) - self.overlapped_ns
        return self.before_first_ns + busy_ns + self.idle_ns + self.after_last_ns


def spent(start_ns: Int64, end_ns: Int64, engine: NDArray[np.integer], window_ns: int) -> Spent:
    """How operations ``[start_ns, end_ns)`` fill a window of that length, on a clock that is 0 at its begin.

    Columns are (n,), and in any order. A window may end before its last operation: then ``after_last_ns`` is negative.
    """
    if not len(start_ns):
        return Spent(window_ns, (), 0, 0, 0)
    busy = [
        (Engine(each), Intervals.of(start_ns[engine == each], end_ns[engine == each]).total_ns)
        for each in np.unique(engine).tolist()
    ]
    any_ns = Intervals.of(start_ns, end_ns).total_ns
    first_ns, last_ns = int(start_ns.min()), int(end_ns.max())
    return Spent(
        before_first_ns=first_ns,
        busy=tuple(busy),
        overlapped_ns=sum(ns for _, ns in busy) - any_ns,
        idle_ns=last_ns - first_ns - any_ns,
        after_last_ns=window_ns - last_ns,
    )
