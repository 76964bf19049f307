"""What do the steps of a window repeat, that the remedy of a loss can be told more closely?

A rule for a stretch of time sees one call or one copy. That memory is pinned anew in each step, or that a step copies
thirty small tensors, shows in many steps alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..steady.own_steps import own_steps
from .causes import causes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ...model import Int64
    from ..explained import Explained
    from ..scope import Scope
    from ..steady.steps import Steps
    from ..steady.window import Steady
    from .losses import DeviceAccount, Loss


@dataclass(frozen=True, slots=True, eq=False)
class OwnSteps:
    """The steps that a device ran in a window, in order."""

    steps: Steps
    first_of_kind: NDArray[np.bool_]
    """(steps,) which of them are the first of their kind in the window"""
    window_ns: int

    def with_any(self, process: Int64, at_ns: Int64) -> NDArray[np.bool_]:
        """(steps,) in which of them a host did something that it did at these instants."""
        at_ns = at_ns[process == self.steps.process[0]]
        place = np.searchsorted(self.steps.launch_from_ns, at_ns, side="right") - 1
        inside = place[(place >= 0) & (at_ns < self.steps.launch_to_ns[place])]
        found = np.zeros(len(self.steps), np.bool_)
        found[inside] = True
        return found


@dataclass(frozen=True, slots=True)
class Repeated:
    """What steps repeat, in words, and what helps against it."""

    words: str
    remedy: str


if TYPE_CHECKING:
    Pattern = Callable[[Explained, str, OwnSteps], Repeated | None]
    """asked with the stretches of an owner, the cause of a loss, and the steps"""


def with_repeated(
    account: DeviceAccount,
    scope: Scope,
    inside: Scope,
    steady: Steady,
    step_range: str | None,
    patterns: Sequence[Pattern],
) -> DeviceAccount:
    """The account of a device with the first pattern that each loss has in its steps.

    ``scope`` is that of the whole recording, ``inside`` that of the window.
    """
    own = own_steps(scope, account.device, steady, step_range)
    if own is None or not len(own[0]):
        return account
    steps, kind = own
    first = np.zeros(len(steps), np.bool_)
    first[np.unique(kind, return_index=True)[1]] = True
    of = OwnSteps(steps, first, account.window_ns)
    return replace(account, losses=tuple(_told(loss, inside, of, patterns) for loss in account.losses))


def _told(loss: Loss, scope: Scope, own: OwnSteps, patterns: Sequence[Pattern]) -> Loss:
    found = causes_of(scope, loss.device)[loss.owner]
    asked = (pattern(found, loss.cause, own) for pattern in patterns) if loss.explained else ()
    repeated = next(filter(None, asked), None)
    if repeated is None:
        return loss
    return replace(loss, remedy=repeated.remedy, evidence=replace(loss.evidence, steps=repeated.words))
