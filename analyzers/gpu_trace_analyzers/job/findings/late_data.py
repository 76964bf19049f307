"""Which ranks wait for their next batch while others have theirs?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...units import count, duration
from ..answer import Finding
from ..rank_ranges import ranges_of, ranks_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .compared import Compared

LEAST = 1.0
"""of the usual waiting: twice as long as others"""
LEAST_SHARE = 0.01
"""of the job: less is not worth a finding, even if all of it is lost"""
_LATE_NS = 1_000_000
"""A batch that comes so much later than those of others is late."""


def late_data(of: Compared) -> Iterator[Finding]:
    """A finding for each."""
    candidates = of.data.excess_ns > LEAST_SHARE * of.replay.recorded_ns
    own = of.data
    candidates &= own.stands_out(LEAST) | (own.usual_ns == 0)
    for place in np.flatnonzero(candidates).tolist():
        mine = np.arange(len(of.job.ranks)) == place
        excess_ns = of.excess_ns("data_ns", mine)
        late = np.flatnonzero(excess_ns >= _LATE_NS)
        if not len(late):
            continue
        cost_ns = of.saved_ns(host_ns=excess_ns)
        error_ns = of.clock_error_ns + own.by_chance_ns
        ranges = ranges_of([int(of.job.ranks[place])])
        yield Finding(
            kind="late_data",
            ranks=ranges,
            host=of.host_name(mine),
            cost_ns=cost_ns,
            error_ns=error_ns,
            sentence=f"{ranks_text(ranges)} waits for {count(len(late), 'batch', 'batches')} by "
            f"{duration(int(excess_ns[late].sum()) // len(late))} longer than other ranks",
            remedy="give its loader more workers, and check the storage that it reads from",
            conclusive=cost_ns > error_ns,
        )
