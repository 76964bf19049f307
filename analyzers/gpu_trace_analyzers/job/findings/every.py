"""All that is wrong with a job: what is certain first, and of that what costs most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .absent import damaged, missing
from .bubble import bubble
from .late_data import late_data
from .late_rank import late_rank
from .slow_gpu import slow_gpu
from .slow_host import slow_host
from .transfer import transfer
from .uncertain_clock import uncertain_clock
from .wrong_group import wrong_group

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..answer import Finding
    from ..compared.compared_job import ComparedJob
    from ..compared.matched_job import Mask

_WITH_REASON = ("slow_gpu", "slow_host", "late_data")
"""findings that say why a rank is late"""


def every(of: ComparedJob) -> tuple[Finding, ...]:
    """The findings of a job."""
    found = [*slow_gpu(of), *slow_host(of), *late_data(of)]
    found += late_rank(of, _told(of, [each for each in found if each.kind in _WITH_REASON]))
    found += [*transfer(of), *bubble(of), *wrong_group(of), *uncertain_clock(of)]
    found += [*missing(of.job.kept), *damaged(of.job.kept)]
    return tuple(sorted(found, key=lambda each: (not each.conclusive, -each.cost_ns)))


def _told(of: ComparedJob, found: Iterable[Finding]) -> Mask:
    told = np.zeros(len(of.job.ranks), np.bool_)
    for each in found:
        for first, last in each.ranks:
            told |= (of.job.ranks >= first) & (of.job.ranks <= last)
    return told
