"""Run everything as its true dependencies allow: copies beside compute, and no wait without a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import BUS_COPIES
from ..expected import expected_plan
from .change import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..modeled import Modeled


def by_dependencies(model: Modeled) -> Iterator[Change]:
    """What the answer as a whole expects."""
    copies = np.isin(model.part.trace.work.engine[model.part.rows], [int(engine) for engine in BUS_COPIES])
    text = "run copies beside compute as their dependencies allow, and wait only where the host reads a result"
    yield Change("by_dependencies", "", text, expected_plan(model), copies)
