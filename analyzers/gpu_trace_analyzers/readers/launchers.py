"""Which process launched work whose row names none?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING

if TYPE_CHECKING:
    from ..model import DeviceWork, HostCalls


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
