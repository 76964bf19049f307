"""Which operators of the framework took the host's time, by themselves and with those that they call?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, Process
from ...readers.finishing.cpu_devices import own_times
from ..grouped import GroupedIntervals, summed
from ..once import once
from .lengths import Lengths

if TYPE_CHECKING:
    from ...model import Int64
    from ..scope import Scope
    from ..steady.host import HostWindow


@dataclass(frozen=True, slots=True)
class OperatorFigures:
    """All calls of one operator in one process, that the host's window has; each of them counts whole."""

    name: str
    process: int
    """position in ``Trace.processes``"""
    pid: int
    rank: int
    count: int
    own_ns: int
    """without the operators that it calls on its thread: PyTorch's "self CPU time" """
    total_ns: int
    """with them; a call inside another of the same operator counts once"""
    median_ns: int
    """of the calls with those that they call; of an even number the lower of the two in the middle"""
    max_ns: int
    all_own_ns: int
    """own time of all operators of the process"""

    @property
    def share(self) -> float | None:
        """Of the own time of all operators of its process."""
        return self.own_ns / self.all_own_ns if self.all_own_ns else None


@once
def operator_figures(scope: Scope, host: HostWindow) -> tuple[OperatorFigures, ...]:
    """A row per process and operator; of each process the one with most own time first.

    Empty where operators were not recorded, or not read.
    """
    trace, operators = scope.trace, scope.trace.operators
    if not len(operators):
        return ()
    names, inside = len(trace.strings) + 1, host.has(operators.start_ns, operators.end_ns, operators.process)
    key = (operators.process.astype(np.int64) + 1) * names + operators.name + 1
    rows = np.flatnonzero(inside)
    keys, place = np.unique(key[rows], return_inverse=True)
    group = np.full(len(operators), MISSING)
    group[rows] = place.reshape(-1)
    own = own_times(operators)
    counts = inside[own.row]
    own_ns = summed(group[own.row[counts]], (own.end_ns - own.start_ns)[counts], len(keys))
    ns = operators.end_ns[rows] - operators.start_ns[rows]
    found = Lengths.of(group[rows], ns)
    total_ns = _with_called(scope, rows, group[rows], len(keys))
    process = keys // names - 1
    all_own_ns = {each: int(own_ns[process == each].sum()) for each in np.unique(process).tolist()}
    each = []
    for g in np.lexsort((keys, -total_ns, -own_ns, process)).tolist():
        of = trace.processes[int(process[g])] if process[g] >= 0 else Process(MISSING)
        each.append(
            OperatorFigures(
                name=trace.text(int(keys[g]) % names - 1),
                process=int(process[g]),
                pid=of.pid,
                rank=of.rank,
                count=int(found.count[g]),
                own_ns=int(own_ns[g]),
                total_ns=int(total_ns[g]),
                median_ns=int(found.median_ns[g]),
                max_ns=int(found.max_ns[g]),
                all_own_ns=all_own_ns[int(process[g])],
            )
        )
    return tuple(each)


def _with_called(scope: Scope, rows: Int64, group: Int64, groups: int) -> Int64:
    """(groups,) the time in which a call of each ran on some thread; threads add up."""
    operators = scope.trace.operators
    threads, thread = np.unique(operators.thread[rows], return_inverse=True)
    on_thread = (group * len(threads) + thread.reshape(-1)).astype(np.int64)
    pairs, pair = np.unique(on_thread, return_inverse=True)
    busy = GroupedIntervals.of(pair.reshape(-1).astype(np.int32), operators.start_ns[rows], operators.end_ns[rows])
    return summed(pairs // max(len(threads), 1), busy.total_ns(len(pairs)), groups)
