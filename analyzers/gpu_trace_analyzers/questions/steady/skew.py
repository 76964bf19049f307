"""Until when did ranks wait only because the profiler of one started later than those of the others?

A profiler takes seconds to start, and not as long on every rank. Then the first collective of a group in the recording
waits for the rank whose recording began last, and that is the profiler's doing, not the job's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ..matched import matched
from ..once import once

if TYPE_CHECKING:
    from ...model import Int64, Trace

_TIMES_MEDIAN = 10
"""how much longer than the median of its group the first collective is"""
_TOGETHER_NS = 100_000
"""within which all ranks leave a collective: clocks of one host differ by up to 70 us"""
_ALIKE_NS = 1_000_000
"""within which arrivals differ as the starts of recording do"""


@once
def skew_end_ns(trace: Trace) -> int | None:
    """When the last of such collectives ended, on the rank that left it last; None where there is none."""
    if len(trace.windows) < 2 or np.ptp(trace.windows.start_ns) <= _ALIKE_NS:
        return None
    ends = [
        int(end_ns[:, 0].max())
        for group, start_ns, end_ns in ((group, group.arrived_ns, group.ended_ns) for group in matched(trace))
        if start_ns.shape[1] >= 3 and _waits_for_a_profiler(trace, group.ranks, start_ns, end_ns)
    ]
    return max(ends, default=None)


def _waits_for_a_profiler(trace: Trace, ranks: tuple[int, ...], start_ns: Int64, end_ns: Int64) -> bool:
    """Whether the first collective of a group does: times are (ranks, collectives), in order."""
    began_ns = _recording_began_ns(trace, ranks)
    if began_ns is None or np.ptp(began_ns) <= _ALIKE_NS:
        return False
    longest = (end_ns - start_ns).max(axis=0)
    usual = int(np.sort(longest)[(len(longest) - 1) // 2])
    late = longest > _TIMES_MEDIAN * usual
    apart = (start_ns[:, 0] - start_ns[:, 0].min()) - (began_ns - began_ns.min())
    return bool(late[0] and not late[1] and np.ptp(end_ns[:, 0]) <= _TOGETHER_NS and (np.abs(apart) <= _ALIKE_NS).all())


def _recording_began_ns(trace: Trace, ranks: tuple[int, ...]) -> Int64 | None:
    """(ranks,) when the recording of each began; None where the trace does not say of all."""
    windows = trace.windows
    rank = np.array([*(process.rank for process in trace.processes), MISSING], dtype=np.int64)[windows.process]
    began = [windows.start_ns[rank == each] for each in ranks]
    return np.array([each.min() for each in began], dtype=np.int64) if all(map(len, began)) else None
