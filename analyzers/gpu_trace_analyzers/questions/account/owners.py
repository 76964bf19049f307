"""Who owns each nanosecond of a device? The first that is busy: compute, collectives, copies, other work; else none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model import Engine
from ...vocabulary.losses import Owner
from ..once import once
from ..overlap import COLLECTIVE, COMPUTE
from ..recorded import recorded
from ..sweep import busy_engines, union

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...intervals import Intervals
    from ..scope import Scope


@once
def owned(scope: Scope, position: int) -> Mapping[Owner, Intervals]:
    """When each owner had the device, inside the time that the account speaks of.

    The intervals of the owners are disjoint, and together they are the recorded part of the window.
    """
    busy, rest = busy_engines(scope.trace, position), recorded(scope, position)
    engines_of = {Owner.COMPUTE: COMPUTE, Owner.COLLECTIVE: COLLECTIVE, Owner.COPY: scope.copies_on(position)}
    first = set().union(*engines_of.values())
    engines_of[Owner.OTHER] = tuple(engine for engine in Engine if engine not in first)
    found = {}
    for owner, engines in engines_of.items():
        found[owner] = rest & union(busy, engines)
        rest = rest - found[owner]
    return {**found, Owner.IDLE: rest}
