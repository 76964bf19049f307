"""Which GPUs compute longer than those of other ranks between the same collectives?

A trace does not tell whether a GPU is slow or has more work, such as an embedding, so that is not said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import duration
from .replayed import names, replayed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..answer import Finding
    from ..compared.own_time import Compared, Mask

LEAST = 0.06
"""of the usual time: GPUs of one model differ by a few percent"""
SURE = 0.15
"""from here on it is not the kernels of others beside them that slow them down, even if it costs nothing now"""


def slow_gpu(of: Compared) -> Iterator[Finding]:
    """A finding for each, or for those of a machine."""
    for mine in of.alone_or_together(of.compute.stands_out(LEAST) & of.recurs("compute_ns")):
        found = _finding(of, mine)
        if found.conclusive or of.compute.ratio[mine].min() >= 1 + SURE:
            yield found


def _finding(of: Compared, mine: Mask) -> Finding:
    cost_ns = of.saved_ns(compute_ns=of.excess_ns("compute_ns", mine))
    count = int(mine.sum())
    own_ns, usual_ns = (int(ns[mine].sum()) // (of.steps * count) for ns in (of.compute.ns, of.compute.usual_ns))
    return replayed(
        of,
        mine,
        cost_ns,
        of.compute.by_chance_ns,
        kind="slow_gpu",
        sentence=f"{names(of, mine)} {'compute' if count > 1 else 'computes'} {duration(own_ns)} {of.each_step} "
        f"between collectives, where other ranks compute {duration(usual_ns)}",
        remedy=f"if {'they have' if count > 1 else 'it has'} no more work than others, check the clocks, power and "
        f"temperature of {'those GPUs' if count > 1 else 'that GPU'} (nvidia-smi -q -d PERFORMANCE)",
    )
