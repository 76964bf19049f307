"""How much of a schedule does the host hold up by what it must compute there: of results, for operations that follow?

It cannot do that at another time. What else it does itself it may do in another order after a change, as it may what
only operations need that it launches later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import MISSING
from .computing import computing
from .critical import critical_path
from .expected import as_expected

if TYPE_CHECKING:
    from ..model import Int64
    from .modeled import Modeled


def held_by_needed_ns(model: Modeled) -> int:
    """Of the time in which no operation of the critical path runs, what such operators take at most."""
    times, path = as_expected(model), critical_path(as_expected(model))
    waited_ns, issued_ns = _waited_ns(model), model.part.ns(model.part.issued_ns)[path[1:]]
    since_ns = [waited_ns.get(k, at_ns) for k, at_ns in zip(path[:-1].tolist(), issued_ns.tolist(), strict=True)]
    gaps_ns = times.start_ns[path[1:]] - times.end_ns[path[:-1]]
    needed_ns = _needed(model, path).covered_ns(np.array(since_ns, np.int64), issued_ns)
    return int(np.minimum(gaps_ns, needed_ns).sum())


def _waited_ns(model: Modeled) -> dict[int, int]:
    """When, in the recording, the host came to where it has to wait for an operation, by that operation."""
    host = model.host_by_data
    both = zip(host.at_ns.tolist(), host.awaited, strict=True)
    return {k: at_ns for at_ns, awaited in reversed([*both]) for k in awaited}


def _needed(model: Modeled, path: Int64) -> Intervals:
    """When, in the recording, the host computed what it needed for its next launch on a path, or for one before that.

    In ns since the window's begin.
    """
    part, carrying = model.part, model.known.carrying
    following = np.append(path, MISSING)[np.searchsorted(part.issued_ns[path], carrying.at_ns)]
    begun_ns = carrying.at_ns[carrying.operation <= following]
    operators = part.trace.operators[computing(part)]
    first, last = (np.searchsorted(begun_ns, ns) for ns in (operators.start_ns, operators.end_ns))
    needed = operators[last > first]
    return Intervals.of(part.ns(needed.start_ns), part.ns(needed.end_ns))
