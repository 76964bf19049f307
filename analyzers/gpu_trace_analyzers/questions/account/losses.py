"""The account of each device: its compute time, and every loss with its cause. They add up to the window exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...vocabulary.losses import UNEXPLAINED, Owner
from ..once import once
from ..overlap import active_devices
from ..recorded import recorded
from .amounts import amounts
from .causes import causes_of
from .identity import identity
from .observed import observed
from .operators import operator_times
from .owners import owned
from .pieces import joined
from .turns import turns
from .where import where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..evidence import Evidence
    from ..explained import Explained
    from ..scope import Scope
    from ..steady.window import StepKind
    from .amounts import Amount
    from .operators import OperatorTime
    from .turns import Turns
    from .where import Lines, Place, Where


_NOT_OF_A_LINE = UNEXPLAINED - {"host_unobserved"} | {"profiler", "head_or_tail"}


@dataclass(frozen=True, slots=True)
class Loss:
    """What one cause took of one device's time, for one owner."""

    id: str
    """names the same loss in another recording of the same script: no time is in it"""
    device: int
    """position in ``Trace.devices``"""
    rank: int
    owner: Owner
    cause: str
    """stable key, for programs"""
    title: str
    ns: int
    at_most_ns: int
    """the most that ending it could save"""
    count: int
    """stretches with this cause; pieces that follow each other without a gap are one"""
    evidence: Evidence
    """of the longest of them"""
    remedy: str
    mostly: StepKind | None = None
    """where steps are of several kinds, the one that holds more than half of it; of losses that a first line names"""

    seen: Where | None = None
    """what samples of the host's stacks show of it; None without samples"""
    about_ns: int | None = None
    """what ending it saves, as predicted from the dependencies; None where that was not asked"""
    error_ns: int | None = None
    """by how much that may be wrong"""

    @property
    def saves_ns(self) -> int:
        """What ending it saves: as predicted, else the most that it could."""
        return self.at_most_ns if self.about_ns is None else self.about_ns

    @property
    def explained(self) -> bool:
        """Whether its cause is known."""
        return self.cause not in UNEXPLAINED

    @property
    def where(self) -> tuple[Place, ...]:
        """The lines of the script that it was sampled at, those with the most samples first."""
        return self.seen.places if self.seen else ()

    @property
    def lines(self) -> Lines | None:
        """Those that most of it is at; None where there are none, or where no cause that a line could have is known."""
        return self.seen.lines if self.seen and self.cause not in _NOT_OF_A_LINE else None


@dataclass(frozen=True, slots=True)
class DeviceAccount:
    """One device: ``compute_ns`` and the ``ns`` of its losses add up to ``window_ns``."""

    device: int
    """position in ``Trace.devices``"""
    rank: int
    window_ns: int
    """without what was not recorded"""
    compute_ns: int
    losses: tuple[Loss, ...]
    """in the order of what ending them would save"""
    steps: int = 0
    """how many steps the window is of; 0 where steps did not decide"""
    operators: tuple[OperatorTime, ...] = ()
    """of a CPU: what it computed, the longest first"""
    turns: Turns | None = None
    """of a CPU: whether its threads compute one at a time"""

    def loss(self, owner: Owner) -> tuple[Loss, ...]:
        """Those of one owner."""
        return tuple(each for each in self.losses if each.owner is owner)


@once
def accounts(scope: Scope) -> tuple[DeviceAccount, ...]:
    """The account of every device that did anything, in order."""
    return tuple(account_of(scope, position) for position in active_devices(scope.trace))


@once
def account_of(scope: Scope, position: int) -> DeviceAccount:
    """That of one device, by its position in ``Trace.devices``."""
    causes = causes_of(scope, position)
    whole = {owner: joined(found) for owner, found in causes.items()}
    losses = [_loss(position, each, causes[each.owner], whole[each.owner]) for each in amounts(scope, position)]
    on_cpu = scope.trace.devices[position].kind == "cpu"
    return DeviceAccount(
        device=position,
        rank=scope.trace.devices[position].rank,
        window_ns=recorded(scope, position).total_ns,
        compute_ns=owned(scope, position)[Owner.COMPUTE].total_ns,
        losses=in_order(losses),
        operators=operator_times(scope, position) if on_cpu else (),
        turns=turns(scope, position) if on_cpu else None,
    )


def in_order(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """That whose end saves most first."""
    return tuple(sorted(losses, key=lambda loss: (-loss.saves_ns, -loss.ns)))


def _loss(position: int, amount: Amount, parts: Explained, whole: Explained) -> Loss:
    """The loss of that amount; ``whole`` has one stretch for ``parts`` of one cause that follow each other."""
    stretches, device = whole.stretches, whole.stretches.trace.devices[position]
    seen, members = where(parts, parts.rule == amount.rule), np.flatnonzero(whole.rule == amount.rule)
    rule = observed(whole.rules[amount.rule], seen)
    return Loss(
        id=identity(stretches, members, device, amount.owner.value, rule.cause),
        device=position,
        rank=device.rank,
        owner=amount.owner,
        cause=rule.cause,
        title=rule.title,
        ns=amount.ns,
        at_most_ns=amount.at_most_ns,
        count=amount.count,
        evidence=whole.of(int(members[np.argmax(stretches.ns[members])]))[1],
        remedy=rule.remedy,
        seen=seen,
    )
