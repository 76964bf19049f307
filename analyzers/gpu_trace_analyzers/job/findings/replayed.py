"""A finding whose cost the replay gives: what it may be off by, and whether that leaves it certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..answer import Finding
from ..compared.rank_ranges import ranges_of, ranks_text

if TYPE_CHECKING:
    from ..compared.compared_job import ComparedJob
    from ..compared.matched_job import Mask


def names(of: ComparedJob, mine: Mask) -> str:
    """``ranks 8-15``. ``mine``: (ranks,) bool, those that a finding is of."""
    return ranks_text(ranges_of(of.job.ranks[mine].tolist()))


def replayed(
    of: ComparedJob, mine: Mask, cost_ns: int, by_chance_ns: int = 0, *, kind: str, sentence: str, remedy: str
) -> Finding:
    """A finding of these ranks; ``by_chance_ns``: what a rank may cost by chance. It is certain if it costs more."""
    error_ns = of.costs.error_ns(cost_ns, by_chance_ns)
    return Finding(
        kind=kind,
        ranks=ranges_of(of.job.ranks[mine].tolist()),
        host=of.job.host_name(mine),
        cost_ns=cost_ns,
        error_ns=error_ns,
        sentence=sentence,
        remedy=remedy,
        conclusive=cost_ns > error_ns,
    )
