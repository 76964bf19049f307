"""Do some ranks launch the kernels that others do? Then their work is the same, and only how long it takes differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...model import MISSING
from .alike import Sets

if TYPE_CHECKING:
    from .alike import Alike
    from .matched_job import Mask


class Launched(NamedTuple):
    """What some ranks launched in a step, beside most of those that should do the same."""

    kernels: int
    usual: int
    same: bool
    """the same names, grids and blocks, as often: in every step, or in none"""


def launched(alike: Alike, mine: Mask) -> Launched | None:
    """That of ``mine``, (ranks,) bool, in the steps in which most others agree.

    None if that is not known of each rank, or is the same in some steps and not in others.
    """
    steps, job = alike.job.kept.steps, alike.job
    rank = np.searchsorted(job.ranks, steps.rank)
    known, own = steps.kernels_digest != MISSING, mine[rank]
    sets = Sets.of(np.stack([alike.stage[rank], alike.program[rank], steps.step]), known)
    usual = sets.median_of_others(steps.kernels_digest, own)
    same = steps.kernels_digest == usual
    agreed = sets.median_of_others(same.astype(np.int64), own) == 1  # the median is that of most, if there is such
    rows = np.flatnonzero(own & known & (usual != MISSING) & agreed)
    if not np.isin(np.flatnonzero(mine), rank[rows]).all() or len(np.unique(same[rows])) != 1:
        return None
    kernels = sets.median_of_others(steps.kernels, own)[rows]
    return Launched(round(steps.kernels[rows].mean()), round(kernels.mean()), bool(same[rows].all()))
