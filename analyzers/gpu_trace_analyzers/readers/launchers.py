"""Which call of which process launched each operation?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING

if TYPE_CHECKING:
    from ..model import DeviceWork, HostCalls, Int64

_ALL_FITS = 1 << 62
"""Keys below this are exact in int64; those of ids that count from the start of a process are."""


def assign_launchers(work: DeviceWork, calls: HostCalls) -> None:
    """Give work without a process, in place, to the one whose call has its correlation id.

    In files of several processes (an export of many ranks) only: ids that more than one of them uses say nothing.
    """
    if len(np.unique(calls.process)) < 2:
        return
    known = calls.correlation != MISSING
    pairs = np.unique(np.stack((calls.correlation[known], calls.process[known].astype(np.int64)), axis=1), axis=0)
    ids, first, users = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    if not len(ids):
        return
    place = np.minimum(np.searchsorted(ids, work.correlation), len(ids) - 1)
    mine = (work.process == MISSING) & (ids[place] == work.correlation) & (users[place] == 1)
    work.process[mine] = pairs[first[place[mine]], 1]


def launching_call(work: DeviceWork, calls: HostCalls) -> Int64:
    """Position of the call with the (process, correlation) of each operation; `MISSING` where there is none.

    ``calls`` are sorted by start. Of several the first: a runtime call and the driver call inside it can carry one id,
    and the outer one starts first.
    """
    process, correlation = work.process.astype(np.int64), work.correlation
    if not len(calls):
        return np.full(len(correlation), MISSING)
    keys, wanted = _joint_keys(calls, process, correlation)
    order = np.argsort(keys, kind="stable")
    place = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    candidate = order[place]
    return np.where((correlation != MISSING) & (keys[candidate] == wanted), candidate, MISSING)


def _joint_keys(calls: HostCalls, process: Int64, correlation: Int64) -> tuple[Int64, Int64]:
    """One number for each (process, correlation) of the calls, and of the work; ids may be any int64."""
    of_calls = calls.process.astype(np.int64)
    low = min(int(column.min(initial=0)) for column in (calls.correlation, correlation))
    span = max(int(column.max(initial=0)) for column in (calls.correlation, correlation)) - low + 1
    if span * (max(int(column.max(initial=0)) for column in (of_calls, process)) + 1) < _ALL_FITS:
        return of_calls * span + (calls.correlation - low), process * span + (correlation - low)
    ids, rank = np.unique(np.concatenate((calls.correlation, correlation)), return_inverse=True)
    keys = np.concatenate((of_calls, process)) * len(ids) + rank
    return keys[: len(calls)], keys[len(calls) :]
