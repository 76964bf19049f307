"""One change of a run, before it is priced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..schedule import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What to do, and the plan that results; the fields of `answer.Remedy` that are known before the price."""

    id: str
    cause: str
    text: str
    plan: Plan
    moved: NDArray[np.bool_] | None = None
    """which operations leave their stream: (n,); None for none"""
