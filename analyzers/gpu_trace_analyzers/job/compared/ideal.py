"""What would the job take if all ranks were alike? As ByteDance's what-if of stragglers has it (OSDI '25).

Every rank computes, and takes on its host, as long as the mean of those that do the same; transfers take the median of
those that move as much among as many ranks; and no rank waits longer for data than most do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .replay import Less

if TYPE_CHECKING:
    from .compared_job import ComparedJob


def ideal_ns(of: ComparedJob) -> int:
    """Its time; that which it took, where this is less."""
    rows, sets = of.job.kept.collectives, of.alike.sets
    less = Less(
        compute_ns=rows.compute_ns - sets.mean(rows.compute_ns),
        host_ns=rows.host_ns - sets.mean(rows.host_ns) + rows.data_ns - sets.median(rows.data_ns),
        transfer_ns=of.alike.transfer_ns - of.alike.transfers.median(of.alike.transfer_ns),
        delay_ns=np.zeros(len(rows), np.int64),
    )
    return min(of.replay.job_ns(less), of.replay.recorded_ns)
