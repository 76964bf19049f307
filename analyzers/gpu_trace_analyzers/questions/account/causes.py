"""Why did each owner but compute have a device, at each of its nanoseconds?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...vocabulary.losses import Owner
from ..once import once
from .collectives import explain_collectives
from .copies import explain_copies
from .idle.explain import explain_idle_time
from .other import explain_other

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..explained import Explained
    from ..scope import Scope


@once
def causes_of(scope: Scope, position: int) -> Mapping[Owner, Explained]:
    """The stretches of each owner on one device, with their causes."""
    idle = explain_idle_time(scope, position)  # it takes longest: meanwhile the others may be asked ahead
    return {
        Owner.COLLECTIVE: explain_collectives(scope, position),
        Owner.COPY: explain_copies(scope, position),
        Owner.OTHER: explain_other(scope, position),
        Owner.IDLE: idle,
    }
