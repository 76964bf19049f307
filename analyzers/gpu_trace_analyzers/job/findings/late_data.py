"""Which ranks wait for their next batch while others have theirs?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...units import count, duration
from .replayed import names, replayed
from .whose import alone_or_together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Int64
    from ..answer import Finding
    from ..compared.compared_job import ComparedJob
    from ..compared.matched_job import Mask

LEAST = 1.0
"""of the usual waiting: twice as long as others"""
LEAST_SHARE = 0.01
"""of the job: less is not worth a finding, even if all of it is lost"""
_LATE_NS = 1_000_000
"""A batch that comes so much later than those of others is late."""


def late_data(of: ComparedJob) -> Iterator[Finding]:
    """A finding for each, or for those of a machine."""
    own = of.own.data
    late = (own.excess_ns > LEAST_SHARE * of.replay.recorded_ns) & (own.stands_out(LEAST) | (own.usual_ns == 0))
    for mine in alone_or_together(of.job, late):
        excess_ns = of.own.excess_ns("data_ns", mine)
        rows = np.flatnonzero(excess_ns >= _LATE_NS)
        if len(rows):
            yield _finding(of, mine, excess_ns, rows)


def _finding(of: ComparedJob, mine: Mask, excess_ns: Int64, rows: Int64) -> Finding:
    cost_ns = of.costs.saved_ns(host_ns=excess_ns)
    return replayed(
        of,
        mine,
        cost_ns,
        of.own.data.by_chance_ns,
        kind="late_data",
        sentence=f"{names(of, mine)} {'wait' if mine.sum() > 1 else 'waits'} for "
        f"{count(len(rows), 'batch', 'batches')} by {duration(int(excess_ns[rows].sum()) // len(rows))} longer than "
        "other ranks",
        remedy="give the loader more workers, and check the storage that it reads from",
    )
