"""How long did anything wait for an exposed operation? Where the host was late, nothing did.

The next compute could not have begun before its launch call returned. A host that was blocked in a call until the
operation ended is not late: it waited for the operation itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...model import MISSING
from ..host_waits import ALLOCATING, launched_by
from ..once import once
from ..stretches import pick
from ..unmatched import calls_named
from .idle.waits import waiting_calls

if TYPE_CHECKING:
    from ...model import Int64, Trace
    from ..stretches import Stretches


def waited_ns(stretches: Stretches) -> Int64:
    """How much of each stretch the next compute waited for, (n,) int64: rule 7 of the account.

    All of it where no compute follows, or the trace does not say when that was launched.
    """
    call = pick(stretches.launched.call, stretches.after)
    returned = pick(stretches.trace.calls.end_ns, call)
    ready = np.where(call == MISSING, stretches.start_ns, np.maximum(stretches.start_ns, returned))
    after_launch = np.maximum(0, stretches.end_ns - ready)
    return np.minimum(stretches.ns, after_launch + _blocked_ns(stretches, returned))


def _blocked_ns(stretches: Stretches, returned: Int64) -> Int64:
    """How long the thread that launched the next compute was blocked in each stretch, before that launch returned."""
    trace, found = stretches.trace, np.zeros(len(stretches), dtype=np.int64)
    blocking, calls = blocking_calls(trace), trace.calls
    until = np.minimum(stretches.end_ns, returned)
    for (process, thread), which in launched_by(stretches, "after"):
        rows = blocking[(calls.process[blocking] == process) & (calls.thread[blocking] == thread)]
        late = which[until[which] > stretches.start_ns[which]]
        blocked = Intervals.of(calls.start_ns[rows], calls.end_ns[rows])
        found[late] = blocked.covered_ns(stretches.start_ns[late], until[late])
    return found


@once
def blocking_calls(trace: Trace) -> Int64:
    """Rows of ``Trace.calls`` that wait for a device, or may, since they allocate: (n,) int64, in order."""
    blocking = calls_named(trace, ALLOCATING).copy()
    blocking[waiting_calls(trace).row] = True
    return np.flatnonzero(blocking)
