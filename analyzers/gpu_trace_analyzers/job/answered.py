"""From what was kept of all ranks to the answer of the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answer import JobAnswer
from .compared.compared_job import ComparedJob
from .compared.figures import clocks, groups, hosts, quantiles, shares, step_of_ranks
from .compared.ideal import ideal_ns
from .compared.late import heat
from .compared.matched_job import Job
from .compared.stages import stages
from .compared.world import damaged_ranks, missing_ranks, world_size
from .findings.every import every

if TYPE_CHECKING:
    from .kept.partial import Partial

MOST_LISTED = 32
"""findings, and damaged files"""


def answered(kept: Partial, path: str) -> JobAnswer:
    """What is said of the job in ``path``."""
    job = Job(kept)
    of = ComparedJob(job)
    found, broken = every(of), damaged_ranks(kept)
    places, step_ns = step_of_ranks(job, "length_ns")
    return JobAnswer(
        path=path,
        ranks=len(job.ranks),
        world_size=world_size(kept),
        hosts=hosts(job),
        hosts_in_all=len(job.named_hosts),
        step_ns=quantiles(job.ranks[places], step_ns),
        warm_up_steps=int(kept.ranks.warm_up_steps.max(initial=0)),
        window_ns=int(kept.ranks.window_ns.sum()),
        job_ns=of.replay.recorded_ns,
        ideal_ns=ideal_ns(of),
        account=shares(of.alike),
        findings=found[:MOST_LISTED],
        findings_in_all=len(found),
        clocks=clocks(job),
        groups=groups(of.alike),
        groups_by_order=job.numbers.by_order,
        groups_not_matched=job.numbers.unknown,
        stages=stages(of.alike),
        heat=heat(job),
        missing=missing_ranks(kept),
        damaged=broken[:MOST_LISTED],
        damaged_in_all=len(broken),
        operations=kept.operations,
        lengths=kept.lengths,
        strings=kept.strings,
    )
