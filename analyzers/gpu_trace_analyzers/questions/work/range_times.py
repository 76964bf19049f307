"""How long did the host take for each named range?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, Process
from ..once import once
from ..ranges import range_names, with_length
from .lengths import Lengths

if TYPE_CHECKING:
    from ..scope import Scope
    from ..steady.host import HostWindow


@dataclass(frozen=True, slots=True)
class RangeTimes:
    """The instances of one range in one process that the host's window has; each of them counts whole."""

    name: str
    domain: str
    process: int
    """position in ``Trace.processes``"""
    pid: int
    rank: int
    count: int
    host_ns: int
    """between their beginnings and their ends on the host, added up"""
    median_ns: int
    """of an even number the lower of the two in the middle"""
    max_ns: int

    @property
    def mean_ns(self) -> int:
        """Rounded down."""
        return self.host_ns // self.count


@once
def range_times(scope: Scope, host: HostWindow) -> tuple[RangeTimes, ...]:
    """A row per process and range; of each process the one with most time first. Marks have no length."""
    trace, ranges, names = scope.trace, with_length(scope), range_names(scope)
    ranges = ranges[host.has(ranges.start_ns, ranges.end_ns, ranges.process)]
    if not len(ranges):
        return ()
    merged = names.merged(ranges.name)
    key = np.stack((ranges.process, ranges.domain, merged, ranges.kind), axis=1)
    _, first, place = np.unique(key, axis=0, return_index=True, return_inverse=True)
    found = Lengths.of(place.reshape(-1), ranges.end_ns - ranges.start_ns)
    process = ranges.process[first].astype(np.int64)
    each = []
    for g in np.lexsort((first, -found.total_ns, process)).tolist():
        code, of = int(merged[first[g]]), trace.processes[int(process[g])] if process[g] >= 0 else Process(MISSING)
        each.append(
            RangeTimes(
                name=names.shown.get(code) or trace.text(code),
                domain=trace.text(int(ranges.domain[first[g]])),
                process=int(process[g]),
                pid=of.pid,
                rank=of.rank,
                count=int(found.count[g]),
                host_ns=int(found.total_ns[g]),
                median_ns=int(found.median_ns[g]),
                max_ns=int(found.max_ns[g]),
            )
        )
    return tuple(each)
