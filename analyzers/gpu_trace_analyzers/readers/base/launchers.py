"""Which call of which process launched each operation?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...ids import Ids, first_rows
from ...model import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import DeviceWork, HostCalls, Int64

CLOCKS_NS = 100_000
"""By how much work may seem to begin before its launch: the clocks of host and GPU are aligned to microseconds."""


def assign_launchers(work: DeviceWork, calls: HostCalls) -> None:
    """Give work without a process, in place, to the one whose call launched it; ``calls`` are in any order.

    In files of several processes only. A correlation id that one process alone uses says it at once. Where several use
    the same ids, all work of a device is of the one process that has all its launches, each before its work; what that
    process launched there, it launched nowhere else. Work for which several remain keeps `MISSING`.
    """
    if len(np.unique(calls.process)) < 2:
        return
    _by_own_ids(work, calls)
    undecided = {device: rows for device in np.unique(work.device).tolist() if len(rows := _undecided(work, device))}
    taken = np.zeros(len(calls), dtype=np.bool_)
    while undecided:
        candidates = {device: _candidates(work, rows, calls, taken) for device, rows in undecided.items()}
        sole = [device for device, found in candidates.items() if len(found) == 1]
        if not sole:
            return
        rows, (process,) = undecided.pop(sole[0]), candidates[sole[0]]
        work.process[rows] = process
        taken |= (calls.process == process) & np.isin(calls.correlation, work.correlation[rows])


def _by_own_ids(work: DeviceWork, calls: HostCalls) -> None:
    """Work whose correlation id one process alone uses is of that process."""
    known = calls.correlation != MISSING
    pairs = np.unique(np.stack((calls.correlation[known], calls.process[known].astype(np.int64)), axis=1), axis=0)
    ids, first, users = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    if not len(ids):
        return
    place = np.minimum(np.searchsorted(ids, work.correlation), len(ids) - 1)
    mine = (work.process == MISSING) & (ids[place] == work.correlation) & (users[place] == 1)
    work.process[mine] = pairs[first[place[mine]], 1]


def _undecided(work: DeviceWork, device: int) -> Int64:
    return np.flatnonzero((work.device == device) & (work.process == MISSING) & (work.correlation != MISSING))


def _candidates(work: DeviceWork, rows: Int64, calls: HostCalls, taken: NDArray[np.bool_]) -> list[int]:
    """The processes whose calls not yet ``taken`` have the ids of all these rows that any call has, each in time."""
    launched = rows[np.isin(work.correlation[rows], calls.correlation)]
    if not len(launched):
        return []
    free = np.flatnonzero(~taken & (calls.correlation != MISSING))
    return [
        process
        for process in np.unique(calls.process[free]).tolist()
        if _launched_all(work, launched, calls, free[calls.process[free] == process])
    ]


def _launched_all(work: DeviceWork, rows: Int64, calls: HostCalls, own: Int64) -> bool:
    """Whether these calls launched all these rows, none of them after it began."""
    own = own[np.lexsort((calls.start_ns[own], calls.correlation[own]))]
    ids = calls.correlation[own]
    place = np.minimum(np.searchsorted(ids, work.correlation[rows]), len(ids) - 1)
    in_time = calls.start_ns[own[place]] <= work.start_ns[rows] + CLOCKS_NS
    return bool(((ids[place] == work.correlation[rows]) & in_time).all())


def launching_call(work: DeviceWork, calls: HostCalls) -> Int64:
    """Position of the call with the (process, correlation) of each operation; `MISSING` where there is none.

    ``calls`` are sorted by start. Of several the first: a runtime call and the driver call inside it can carry one id,
    and the outer one starts first.
    """
    return first_rows(Ids(calls.process, calls.correlation), Ids(work.process, work.correlation))
