"""Which rank do the others wait for most, if nothing else is known to be wrong with it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...units import count, duration
from ..compared.late import lateness
from .replayed import names, replayed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..answer import Finding
    from ..compared.compared_job import ComparedJob
    from ..compared.matched_job import Mask

LEAST_SHARE = 0.02
"""of the job: ranks of a sound job are late by turns, and ending what one of them does later than others saves less"""
MOSTLY = 0.5
"""of all waiting: so much of it is for that rank"""


def late_rank(of: ComparedJob, told: Mask) -> Iterator[Finding]:
    """At most one finding. ``told``: (ranks,) bool, those of which the reason is known."""
    late = lateness(of.job)
    if not len(late.awaited_ns) or told[place := int(late.awaited_ns.argmax())]:
        return
    mine = np.arange(len(told)) == place
    host_ns = of.own.excess_ns("host_ns", mine) + of.own.excess_ns("data_ns", mine)
    cost_ns = of.costs.saved_ns(host_ns=host_ns, compute_ns=of.own.excess_ns("compute_ns", mine))
    if late.awaited_ns[place] < MOSTLY * late.awaited_ns.sum() or cost_ns < LEAST_SHARE * of.replay.recorded_ns:
        return
    yield replayed(
        of,
        mine,
        cost_ns,
        sum(own.by_chance_ns for own in (of.own.host, of.own.data, of.own.compute)),
        kind="late_rank",
        sentence=f"{names(of, mine)} comes last to {int(late.came_last[place]):,} of "
        f"{count(int(late.compared[place]), 'collective')}, by {duration(int(late.awaited_ns[place]))} in all",
        remedy=f"read its own summary (--rank {int(of.job.ranks[place])}): its losses say what it does",
    )
