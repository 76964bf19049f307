"""Do the steps of a window make many small copies, which one packed copy could replace?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, Engine
from ..stretches import pick
from .each_step import Repeated

if TYPE_CHECKING:
    from ..explained import Explained
    from .each_step import OwnSteps

SMALL = 64 * 1024
"""bytes: below that a copy's own start takes longer than its bytes do"""
MANY = 20
"""such copies in a step"""
LEAST_SHARE = 0.02
"""of the window, that they are exposed for: below it they are not worth a remedy"""
_DIRECTIONS = {
    Engine.COPY_H2D: "host-to-device",
    Engine.COPY_D2H: "device-to-host",
    Engine.COPY_P2P: "peer-to-peer",
}


def small_copies(found: Explained, cause: str, own: OwnSteps) -> Repeated | None:
    """Whether steps make many small copies of one direction, and most of a loss of exposed copies is those."""
    work, stretches = found.stretches.trace.work, found.stretches
    which = np.flatnonzero(found.have(cause) & np.isin(pick(work.engine, stretches.during), list(_DIRECTIONS)))
    rows, ns = stretches.during[which], stretches.ns[which]
    if not len(rows):
        return None
    small = (work.size[rows] != MISSING) & (work.size[rows] < SMALL)
    of = [(small & (work.engine[rows] == engine), name) for engine, name in _DIRECTIONS.items()]
    most, direction = max(of, key=lambda each: int(ns[each[0]].sum()))
    copies, small_ns = len(np.unique(rows[most])), int(ns[most].sum())
    enough = small_ns > LEAST_SHARE * own.window_ns and 2 * small_ns > int(stretches.ns[found.have(cause)].sum())
    if not enough or copies < MANY * len(own.steps):
        return None
    each = copies // len(own.steps)
    words = f"{each:,} exposed {direction} copies below 64 KiB per step"
    return Repeated(words, "pack what a step copies into one buffer, and copy that once")
