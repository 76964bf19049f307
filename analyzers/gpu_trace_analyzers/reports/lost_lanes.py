"""The lanes of what a device lost: exposed copies, exposed collectives and idle gaps, each named for its cause.

Collectives and gaps have the causes of the account, which speaks of the steady steps; copies those of the whole trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..intervals import instants
from ..model import MISSING
from ..questions.account.observed import titles
from ..questions.account.owners import owned
from ..questions.account.pieces import joined
from ..vocabulary.losses import Owner
from .lane_data import IdleLane
from .sections.verdict import extent

if TYPE_CHECKING:
    from ..analysis import Analysis
    from ..intervals import Intervals
    from ..model import Int64
    from ..questions.explained import Explained
    from .lane_data import Lane
    from .lane_maker import LaneMaker


def exposed_copies(analysis: Analysis, device: int, make: LaneMaker) -> list[Lane]:
    """Stretches in which one device copied and did not compute; no lane without any."""
    found = analysis.exposed_copies_of(device)
    stretches = found.stretches
    names = make.names.column(found.rule, lambda rule: found.rules[rule].title)
    return make.lost("exposed copy", "lost-copy", stretches.start_ns, stretches.end_ns, names, stretches.during)


def exposed_collectives(analysis: Analysis, device: int, make: LaneMaker) -> list[Lane]:
    """Stretches in which a collective ran on one device and nothing computed; no lane without any."""
    found = joined(analysis.account_of(device)[Owner.COLLECTIVE])
    start_ns, end_ns, which = _pieces(owned(analysis.scope, device)[Owner.COLLECTIVE], found)
    rows = np.where(which == MISSING, MISSING, found.stretches.during[which] if len(found.stretches) else MISSING)
    names = _causes(analysis, found, which, make)
    return make.lost("exposed collective", "lost-collective", start_ns, end_ns, names, rows)


def idle(analysis: Analysis, device: int, recorded: Intervals, make: LaneMaker) -> list[IdleLane]:
    """The gaps of one device, in pieces of one cause; no lane without any."""
    gaps, found = owned(analysis.scope, device)[Owner.IDLE], joined(analysis.account_of(device)[Owner.IDLE])
    start_ns, _, which = _pieces(gaps, found)
    cuts_ns = np.setdiff1d(start_ns, gaps.start_ns, assume_unique=True)
    names = _causes(analysis, found, which, make)
    lane = IdleLane("idle", make.since_zero(recorded), cuts_ns - make.zero_ns, names)
    return [lane] if len(names) else []


def _pieces(whole: Intervals, found: Explained) -> tuple[Int64, Int64, Int64]:
    """The parts of a time, cut where what is found of it changes: their starts, ends, and which stretch each lies in.

    (n,) int64 each; `MISSING` for a part of which nothing is found, because it lies outside the steady steps.
    """
    stretches = found.stretches
    edges = instants(whole.start_ns, whole.end_ns, stretches.start_ns, stretches.end_ns)
    inside = whole.covers(edges)
    start_ns, end_ns = edges[inside], edges[1:][inside[:-1]]
    which = np.searchsorted(stretches.start_ns, start_ns, side="right") - 1
    if len(stretches):
        which[start_ns >= stretches.end_ns[which]] = MISSING
    return start_ns, end_ns, which


def _causes(analysis: Analysis, found: Explained, which: Int64, make: LaneMaker) -> Int64:
    """The name of each part: that of its cause, or where it lies if it has none."""
    told, outside = titles(found), make.names.code(f"outside {extent(analysis.account.steady)}")
    known = make.names.column(found.rule, lambda rule: told[rule])
    return np.where(which == MISSING, outside, known[which] if len(known) else outside)
