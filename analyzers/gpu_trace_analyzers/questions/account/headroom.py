"""How long was a device at something else than compute, and what could overlap with compute save of that at most?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...vocabulary.losses import Owner
from ..once import once
from ..recorded import recorded
from ..sweep import busy_engines, union
from .owners import owned

if TYPE_CHECKING:
    from ...model import Engine
    from ..scope import Scope


@dataclass(frozen=True, slots=True)
class BesideCompute:
    """Times of some engines of a device, in the time that the account speaks of."""

    ns: int
    """they were busy"""
    compute_ns: int
    """the device computed"""
    hidden_ns: int
    """both at once"""

    @property
    def headroom_ns(self) -> int:
        """The shorter of what either had for itself: no more could be hidden."""
        return min(self.ns, self.compute_ns) - self.hidden_ns


@once
def beside_compute(scope: Scope, position: int, engines: tuple[Engine, ...]) -> BesideCompute:
    """Those of these engines of one device."""
    computing = owned(scope, position)[Owner.COMPUTE]
    busy = recorded(scope, position) & union(busy_engines(scope.trace, position), engines)
    return BesideCompute(busy.total_ns, computing.total_ns, (busy & computing).total_ns)
