"""When did the host compute itself, in operators on its own tensors, and not to launch something?

What recording adds to such an operator is next to nothing of its time, and a faster host does not launch sooner by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..dependencies.joined import callers
from ..intervals import Intervals
from ..model import MISSING
from ..questions.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import Int64
    from .window import Part

_LEAST_NS = 100_000
"""An operator that takes less may be one that makes a view, or looks at a shape."""


@once
def computing(part: Part) -> Int64:
    """The outermost operators that took so long, while the process made no call of CUDA: (n,) rows of its table."""
    operators = part.trace.operators
    own = (operators.process == part.process) & (callers(part.trace) == MISSING)
    rows = np.flatnonzero(own & (operators.end_ns - operators.start_ns >= _LEAST_NS))
    return rows[~_calls(part, rows)]


@once
def computing_time(part: Part) -> Intervals:
    """When any of them ran."""
    operators = part.trace.operators[computing(part)]
    return Intervals.of(operators.start_ns, operators.end_ns)


def _calls(part: Part, rows: Int64) -> NDArray[np.bool_]:
    """Whether any thread of the process made a call while each of these operators ran: (n,) bool.

    What one thread computes while another one launches is not what the host does: a faster host launches sooner.
    """
    operators, calls = part.trace.operators[rows], part.trace.calls
    at_ns = np.sort(calls.start_ns[calls.process == part.process])
    return np.searchsorted(at_ns, operators.end_ns) > np.searchsorted(at_ns, operators.start_ns)
