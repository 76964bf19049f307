"""Why were collectives exposed, now that it is known when others came to them?

Each rank is read alone, and says of its exposed collectives what can be seen there. Of those that other ranks are known
to have, the time until the last one came is waiting for a rank, and the rest, where all came, is the transfer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .alike import Alike

WAITING, TRANSFER = "waiting_for_rank", "transfer"


def told_by_others(alike: Alike) -> Mapping[str, int]:
    """By cause how many ns more, over all ranks, it has than the ranks say; they add up to 0."""
    job, of = alike.job, alike.job.kept.collectives
    found = {WAITING: 0, TRANSFER: 0}
    several = (job.meetings.size > 1)[job.meetings.of_row] if len(of) else np.zeros(0, np.bool_)
    rows = np.flatnonzero(several & (of.exposed_ns > 0) & (of.exposed_cause != MISSING))
    meeting = job.meetings.of_row[rows]
    last_ns, began_ns = job.meetings.most(job.start_ns)[meeting], job.end_ns[rows] - of.exposed_ns[rows]
    waited = job.end_ns[rows] > last_ns  # a sender may leave before the last one comes
    wait_ns = np.where(waited, np.clip(last_ns - began_ns, 0, of.exposed_ns[rows]), 0)
    transfer_ns = np.where(waited & alike.complete[meeting], of.exposed_ns[rows] - wait_ns, 0)
    for code in np.unique(of.exposed_cause[rows]).tolist():
        mine = of.exposed_cause[rows] == code
        cause = job.kept.text(code)
        found[cause] = found.get(cause, 0) - int((wait_ns + transfer_ns)[mine].sum())
    found[WAITING] += int(wait_ns.sum())
    found[TRANSFER] += int(transfer_ns.sum())
    return found
