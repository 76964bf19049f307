"""Which ranks is one finding of?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..compared.matched_job import Job, Mask

MOST_ALONE = 8
"""findings of one kind"""


def alone_or_together(job: Job, stand_out: Mask) -> Iterator[Mask]:
    """(ranks,) bool each: the ranks that a finding is of. Each is alone, except those of a machine of which all do.

    Many are one finding, because it is then no single one that is to be replaced.
    """
    found = []
    for number in np.unique(job.host_of[stand_out]).tolist():
        own = job.host_of == number
        whole = stand_out[own].all() and own.sum() > 1
        places = np.flatnonzero(own & stand_out)
        found += [own] if whole else [np.arange(len(own)) == place for place in places.tolist()]
    yield from found if len(found) <= MOST_ALONE else [stand_out]
