"""Which GPUs take longer for the same kernels than those of other ranks?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...units import duration
from ..answer import Finding
from ..rank_ranges import ranges_of, ranks_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .compared import Compared

LEAST = 0.06
"""of the usual time: GPUs of one model differ by a few percent"""
SURE = 0.15
"""from here on it is not the kernels of others beside them that slow them down, even if it costs nothing now"""


def slow_gpu(of: Compared) -> Iterator[Finding]:
    """A finding for each."""
    ratio = of.compute.ratio
    for place in np.flatnonzero(of.compute.stands_out(LEAST)).tolist():
        mine = np.arange(len(ratio)) == place
        cost_ns = of.saved_ns(compute_ns=of.excess_ns("compute_ns", mine))
        error_ns = of.clock_error_ns + of.compute.by_chance_ns
        if cost_ns <= error_ns and ratio[place] < 1 + SURE:
            continue
        ranges = ranges_of([int(of.job.ranks[place])])
        own_ns, usual_ns = (int(ns[place]) // of.steps for ns in (of.compute.ns, of.compute.usual_ns))
        yield Finding(
            kind="slow_gpu",
            ranks=ranges,
            host=of.host_name(mine),
            cost_ns=cost_ns,
            error_ns=error_ns,
            sentence=f"{ranks_text(ranges)} computes {duration(own_ns)} per step for what takes other ranks "
            f"{duration(usual_ns)}",
            remedy="check the clocks, power and temperature of that GPU (nvidia-smi -q -d PERFORMANCE), and what else "
            "runs on it",
            conclusive=cost_ns > error_ns,
        )
