"""Why was each collective exposed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, Engine
from ..alone import alone
from ..explained import explained_by
from ..once import once
from ..stretches import Stretches
from .owners import Owner, owned
from .pieces import clipped

if TYPE_CHECKING:
    from ..explained import Explained
    from ..scope import Scope


@once
def explain_collectives(scope: Scope, position: int) -> Explained:
    """Each stretch in which a collective was exposed, with its cause."""
    work = scope.trace.work
    rows = np.flatnonzero((work.device == position) & (work.engine == Engine.COLLECTIVE))
    rows, start_ns, end_ns = alone(work, rows)
    nothing = np.full(len(rows), MISSING)
    each = Stretches(scope.trace, position, start_ns, end_ns, rows, nothing, nothing)
    return explained_by(clipped(each, owned(scope, position)[Owner.COLLECTIVE]), ())
