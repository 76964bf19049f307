"""Which GPUs compute longer than those of other ranks between the same collectives?

A trace does not tell whether a GPU is slow or has more work, such as an embedding, so that is not said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import duration
from .replayed import names, replayed
from .whose import alone_or_together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..answer import Finding
    from ..compared.compared_job import ComparedJob
    from ..compared.matched_job import Mask

LEAST = 0.06
"""of the usual time: GPUs of one model differ by a few percent"""
SURE = 0.15
"""from here on it is not the kernels of others beside them that slow them down, even if it costs nothing now"""


def slow_gpu(of: ComparedJob) -> Iterator[Finding]:
    """A finding for each, or for those of a machine."""
    own = of.own.compute
    for mine in alone_or_together(of.job, own.stands_out(LEAST) & of.own.recurs("compute_ns")):
        found = _finding(of, mine)
        if found.conclusive or own.ratio[mine].min() >= 1 + SURE:
            yield found


def _finding(of: ComparedJob, mine: Mask) -> Finding:
    cost_ns = of.costs.saved_ns(compute_ns=of.own.excess_ns("compute_ns", mine))
    own, count = of.own.compute, int(mine.sum())
    own_ns, usual_ns = (int(ns[mine].sum()) // (of.costs.steps * count) for ns in (own.ns, own.usual_ns))
    return replayed(
        of,
        mine,
        cost_ns,
        own.by_chance_ns,
        kind="slow_gpu",
        sentence=f"{names(of, mine)} {'compute' if count > 1 else 'computes'} {duration(own_ns)} {of.costs.each_step} "
        f"between collectives, where other ranks compute {duration(usual_ns)}",
        remedy=f"if {'they have' if count > 1 else 'it has'} no more work than others, check the clocks, power and "
        f"temperature of {'those GPUs' if count > 1 else 'that GPU'} (nvidia-smi -q -d PERFORMANCE)",
    )
