"""One change of a run, before it is priced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..answer import Move
    from ..schedule import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What to do, and the plan that results; the fields of `answer.Remedy` that are known before the price."""

    id: str
    cause: str
    text: str
    plan: Plan
    moves: tuple[Move, ...] = ()
