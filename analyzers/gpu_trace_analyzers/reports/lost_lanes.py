"""The lanes of what a device lost: exposed copies, exposed collectives and idle gaps, each named for its cause.

Collectives and gaps have the causes of the account, which speaks of the steady steps; copies those of the whole trace.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    from ..model import Int32, Int64
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
    outside = _outside(analysis, make)
    found = joined(analysis.account_of(device)[Owner.COLLECTIVE])
    told = _Told.of(found, make)
    start_ns, end_ns, which = _pieces(owned(analysis.scope, device)[Owner.COLLECTIVE], told)
    rows = np.where(which == MISSING, MISSING, found.stretches.during[which] if len(found.stretches) else MISSING)
    return make.lost("exposed collective", "lost-collective", start_ns, end_ns, told.names_of(which, outside), rows)


def idle(analysis: Analysis, device: int, recorded: Intervals, make: LaneMaker) -> list[IdleLane]:
    """The gaps of one device, in pieces of one cause; no lane without any."""
    gaps, outside = owned(analysis.scope, device)[Owner.IDLE], _outside(analysis, make)
    told = _Told.of(joined(analysis.account_of(device)[Owner.IDLE]), make)
    start_ns, end_ns, which = _pieces(gaps, told)
    cuts_ns = start_ns[1:][start_ns[1:] == end_ns[:-1]]  # between two gaps something lies
    names = told.names_of(which, outside)
    lane = IdleLane("idle", make.since_zero(recorded), cuts_ns - make.zero_ns, names)
    return [lane] if len(names) else []


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """The stretches of which something is found, in order: (n,) each. There can be a million, so it has no more."""

    start_ns: Int64
    end_ns: Int64
    names: Int32
    """what each is called: a position in `Names`"""

    @staticmethod
    def of(found: Explained, make: LaneMaker) -> _Told:
        told = titles(found)
        names = make.names.column(found.rule, lambda rule: told[rule])
        return _Told(found.stretches.start_ns, found.stretches.end_ns, names)

    def names_of(self, which: Int64, outside: int) -> Int32:
        """The names of pieces, by the stretch that each lies in; `MISSING` is outside of all."""
        names = self.names[which] if len(self.names) else np.full(len(which), outside, np.int32)
        names[which == MISSING] = outside
        return names


def _outside(analysis: Analysis, make: LaneMaker) -> int:
    """The name of a piece that lies outside the steady steps."""
    return make.names.code(f"outside {extent(analysis.account.steady)}")


def _pieces(whole: Intervals, told: _Told) -> tuple[Int64, Int64, Int64]:
    """The parts of a time, cut where what is told of it changes: their starts, ends, and which stretch each lies in.

    (n,) int64 each; `MISSING` for a part of which nothing is found, because it lies outside the steady steps.
    """
    edges = instants(whole.start_ns, whole.end_ns, told.start_ns, told.end_ns)
    inside = whole.covers(edges)
    start_ns, end_ns = edges[inside], edges[1:][inside[:-1]]
    which = np.searchsorted(told.start_ns, start_ns, side="right") - 1
    if len(told.names):
        which[start_ns >= told.end_ns[which]] = MISSING
    return start_ns, end_ns, which
