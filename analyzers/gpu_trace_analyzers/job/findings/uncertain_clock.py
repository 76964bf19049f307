"""Which machines' clocks are known too badly to tell which of their ranks came late?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...units import count, duration
from ..answer import Finding
from ..compared.rank_ranges import ranges_of, ranks_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..compared.compared_job import ComparedJob

MOST_NS = 50_000
"""Lateness that costs anything is more than that."""


def uncertain_clock(of: ComparedJob) -> Iterator[Finding]:
    """One finding for all of them. Costs do not depend on clocks of machines that meet in no collective."""
    clocks = of.job.clocks
    uncertain = clocks.uncertainty_ns > MOST_NS
    if not uncertain.any():
        return
    ranges = ranges_of(of.job.ranks[uncertain[of.job.host_of]].tolist())
    yield Finding(
        kind="clock_uncertain",
        ranks=ranges,
        host=of.job.hosts[int(np.flatnonzero(uncertain)[0])] if uncertain.sum() == 1 else "",
        cost_ns=0,
        error_ns=int(clocks.uncertainty_ns.max()),
        sentence=f"{ranks_text(ranges)}: the clocks of {count(int(uncertain.sum()), 'host')} fit the ends of "
        f"collectives only to {duration(int(clocks.uncertainty_ns.max()))}",
        remedy="synchronize the clocks (chrony, PTP), or record more steps",
        conclusive=False,
    )
