"""Why was a device idle, and what did its host do in that time?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..idle import explain_idle
from ..once import once

if TYPE_CHECKING:
    from ..explained import Explained
    from ..scope import Scope


@once
def explain_idle_time(scope: Scope, position: int) -> Explained:
    """Each stretch in which a device did nothing, with its cause."""
    return explain_idle(scope, position)
