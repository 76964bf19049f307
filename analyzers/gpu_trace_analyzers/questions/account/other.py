"""Which work that is neither compute, collective nor copy had the device to itself? Its engine is the cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, Engine
from ...vocabulary.losses import Owner
from ..alone import alone
from ..evidence import Fact
from ..explained import Rule, explained_by
from ..once import once
from ..stretches import Stretches, pick, witness
from .owners import owned
from .pieces import clipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...model import Int64
    from ..explained import Explained
    from ..scope import Scope

_TITLES = {
    Engine.COPY_H2D: "host-to-device copies, which do not count as copies here",
    Engine.COPY_D2H: "device-to-host copies, which do not count as copies here",
    Engine.COPY_P2P: "peer-to-peer copies, which do not count as copies here",
    Engine.COPY_D2D: "copies inside the device",
    Engine.MEMSET: "memsets",
    Engine.UNKNOWN: "operations of unknown kind",
}
_REMEDIES = {
    Engine.COPY_D2D: "avoid the copy (views, out=, contiguous inputs), or run kernels beside it on another stream",
    Engine.MEMSET: "allocate without filling (torch.empty) where the kernel overwrites all of it",
}
_CPU_REMEDIES = {
    Engine.COPY_D2D: "avoid the copy (views, out=, contiguous inputs)",
    Engine.MEMSET: "allocate without filling (torch.empty) where the next operator overwrites all of it",
}


@once
def explain_other(scope: Scope, position: int) -> Explained:
    """Each stretch in which a device did only such work, with the engine of the operation that began first."""
    work = scope.trace.work
    own = (work.device == position) & work.does(_TITLES)
    rows, start_ns, end_ns = alone(work, np.flatnonzero(own))
    nothing = np.full(len(rows), MISSING)
    each = Stretches(scope.trace, position, start_ns, end_ns, rows, nothing, nothing)
    rules = OTHER_RULES if scope.trace.devices[position].kind == "gpu" else OTHER_CPU_RULES
    return explained_by(clipped(each, owned(scope, position)[Owner.OTHER]), rules)


@once
def _engine(stretches: Stretches) -> Int64:
    """That of the operation of each."""
    return pick(stretches.trace.work.engine, stretches.during)


def _of_engine(engine: Engine) -> Callable[[Stretches], Int64]:
    return lambda stretches: witness(_engine(stretches) == engine, stretches.during)


def _rules(remedies: Mapping[Engine, str]) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            cause=engine.key,
            title=title,
            remedy=remedies.get(engine, ""),
            find=_of_engine(engine),
            fact=lambda _stretches, _i, _row: Fact("nothing else ran"),
        )
        for engine, title in _TITLES.items()
    )


OTHER_RULES, OTHER_CPU_RULES = _rules(_REMEDIES), _rules(_CPU_REMEDIES)
