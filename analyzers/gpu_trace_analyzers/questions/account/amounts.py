"""How much of a device's time did each cause take, and how much would ending it save at most?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...vocabulary.losses import UNEXPLAINED, Owner
from ..grouped import summed
from ..once import once
from .causes import causes_of
from .collectives import collective_headroom_ns
from .copies import copy_headroom_ns
from .pieces import begins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..explained import Explained, Rule
    from ..scope import Scope


@dataclass(frozen=True, slots=True)
class Amount:
    """What one cause took of one device's time, for one owner."""

    owner: Owner
    rule: int
    """position of the cause among the rules of `causes_of` for this owner"""
    cause: str
    ns: int
    at_most_ns: int
    """the most that ending it could save"""
    count: int
    """stretches with this cause; pieces that follow each other without a gap are one"""


@once
def amounts(scope: Scope, position: int) -> tuple[Amount, ...]:
    """All that causes took of one device, in the order of owners and rules."""
    overlap_saves_ns = {
        Owner.COPY: copy_headroom_ns(scope, position),
        Owner.COLLECTIVE: collective_headroom_ns(scope, position),
    }
    causes = causes_of(scope, position)
    return tuple(
        amount for owner, found in causes.items() for amount in _of_owner(owner, found, overlap_saves_ns.get(owner))
    )


def _of_owner(owner: Owner, found: Explained, overlap_saves_ns: int | None) -> Iterator[Amount]:
    """An amount per cause. ``overlap_saves_ns``: what overlap alone can save, where that is a limit."""
    ns, bound_ns = (summed(found.rule, each, len(found.rules)) for each in (found.stretches.ns, found.bound))
    count = np.bincount(found.rule[begins(found)], minlength=len(found.rules))
    for number in np.flatnonzero(count).tolist():
        rule = found.rules[number]
        at_most_ns = _at_most_ns(rule, int(bound_ns[number]), overlap_saves_ns)
        yield Amount(owner, number, rule.cause, int(ns[number]), at_most_ns, int(count[number]))


def _at_most_ns(rule: Rule, bound_ns: int, overlap_saves_ns: int | None) -> int:
    """The most that ending a loss could save: nothing if nothing can be done, all of it if its cause is not known."""
    if rule.cause in UNEXPLAINED:
        return bound_ns
    if not rule.remedy:
        return 0
    capped = overlap_saves_ns is not None and not rule.saves_whole_operation
    return min(bound_ns, overlap_saves_ns or 0) if capped else bound_ns
