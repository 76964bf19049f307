"""Which GPUs compute longer than those of other ranks between the same collectives?

If they launch the same kernels with the same grids, the GPU is slow. Otherwise it may be slow, or have more work, such
as an embedding; that is not said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import duration
from ..compared.same_kernels import launched
from .replayed import names, replayed
from .whose import alone_or_together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..answer import Finding
    from ..compared.compared_job import ComparedJob
    from ..compared.matched_job import Mask
    from ..compared.same_kernels import Launched

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
    work = launched(of.alike, mine)
    return replayed(
        of,
        mine,
        cost_ns,
        own.by_chance_ns,
        kind="slow_gpu",
        sentence=f"{names(of, mine)} {'compute' if count > 1 else 'computes'} {duration(own_ns)} {of.costs.each_step} "
        f"between collectives, where other ranks compute {duration(usual_ns)}{_beside(work)}",
        remedy=_remedy(work, several=count > 1),
    )


def _beside(work: Launched | None) -> str:
    """What its kernels are beside those of others."""
    if work is None:
        return ""
    if work.same:
        return ", with the same kernels"
    if work.kernels > work.usual:
        return f", with {work.kernels:,} kernels in place of {work.usual:,}"
    return ", with kernels of other names or grids"


def _remedy(work: Launched | None, *, several: bool) -> str:
    gpus = "those GPUs" if several else "that GPU"
    check = f"check the clocks, power and temperature of {gpus} (nvidia-smi -q -d PERFORMANCE)"
    if work is None:
        return f"if {'they have' if several else 'it has'} no more work than others, {check}"
    return check if work.same else f"balance the work of the ranks (batches, layers); if that is as meant, {check}"
