"""Which rank did others wait for in collectives, and what did it do meanwhile that they did not?

All devices spend the same window. What those that waited spent on waiting, the late rank spent on something else: on
what it did for longer than they did.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import Engine
from ...vocabulary.losses import UNEXPLAINED, Owner
from ..matched import SEVERAL, ranks_of
from ..once import once
from ..overlap import active_devices
from .collectives import MOSTLY, WAITING_FOR_RANK, explain_collectives
from .first import LEAST_SHARE
from .losses import account_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..scope import Scope
    from .losses import DeviceAccount, Loss
    from .where import Lines

    Spent = Mapping[tuple[Owner, str], int]
    """by owner and cause, in ns; compute has no cause"""


@dataclass(frozen=True, slots=True)
class Lateness:
    """What one rank cost the others, because it came last to collectives."""

    rank: int
    waited_ns: int
    """how long devices of other ranks were in exposed collectives before it came, added up"""
    collectives: int
    """in how many collectives the device that waited longest did so"""
    owner: Owner | None
    """what it spent most of that time on, beyond what the others did; None where nothing covers `MOSTLY` of it"""
    cause: str
    """stable key, as of a loss; empty for compute, and where no cause alone covers so much"""
    title: str
    """that of the cause"""
    covered_ns: int
    """how much of ``waited_ns`` that explains; it may be more, where the rank was faster with the rest"""
    lines: Lines | None = None
    """the lines of its script that most of it is at, if samples show them"""

    @property
    def once(self) -> bool:
        """Whether it was late a single time."""
        return self.collectives == 1


@once
def late_ranks(scope: Scope) -> tuple[Lateness, ...]:
    """Each rank that others waited for in the window, the one that cost most first; not ranks that came together."""
    if len(ranks_of(scope.trace)) < 2:
        return ()
    waited = {position: _waited_ns(scope, position) for position in active_devices(scope.trace)}
    ranks = sorted({rank for of_rank in waited.values() for rank in of_rank} - {SEVERAL})
    found = [_lateness(scope, rank, {at: of_rank[rank] for at, of_rank in waited.items()}) for rank in ranks]
    return tuple(sorted(found, key=lambda late: (-late.waited_ns, late.rank)))


def _waited_ns(scope: Scope, position: int) -> Counter[int]:
    """How long a device waited for each rank, in collectives that nothing hid."""
    found = explain_collectives(scope, position)
    waited: Counter[int] = Counter()
    which = found.have(WAITING_FOR_RANK.cause)
    for rank, ns in zip(found.witness[which].tolist(), found.stretches.ns[which].tolist(), strict=True):
        waited[rank] += ns
    return waited


def _lateness(scope: Scope, rank: int, waited: Mapping[int, int]) -> Lateness:
    longest = max(waited, key=lambda position: waited[position])
    waiting = [
        account
        for position, ns in waited.items()
        if ns >= LEAST_SHARE * (account := account_of(scope, position)).window_ns > 0
    ]
    late = _account_of_rank(scope, rank)
    beyond = _beyond(late, waiting) if late else {}
    waited_ns = sum(waited[account.device] for account in waiting)
    losses = late.losses if late else ()
    owner, cause, covered_ns = _mostly(beyond, waited_ns, losses)
    loss = next((loss for loss in losses if (loss.owner, loss.cause) == (owner, cause)), None)
    return Lateness(
        rank=rank,
        waited_ns=sum(waited.values()),
        collectives=_collectives(scope, longest, rank),
        owner=owner,
        cause=cause,
        title=loss.title if loss else "",
        covered_ns=covered_ns,
        lines=loss.lines if loss else None,
    )


def _account_of_rank(scope: Scope, rank: int) -> DeviceAccount | None:
    """That of the only device of a rank with collectives; None where there are several, so that any may be late."""
    work, devices = scope.trace.work, scope.trace.devices
    positions = np.unique(work.device[work.engine == Engine.COLLECTIVE]).tolist()
    own = [position for position in positions if devices[position].rank == rank]
    return account_of(scope, own[0]) if len(own) == 1 else None


def _beyond(late: DeviceAccount, waiting: Sequence[DeviceAccount]) -> Spent:
    """How much longer the late device was at each thing than those that waited for it, added up."""
    beyond: Counter[tuple[Owner, str]] = Counter()
    for other in waiting:
        beyond.update(_spent(late))
        beyond.subtract(_spent(other))
    return beyond


def _spent(account: DeviceAccount) -> dict[tuple[Owner, str], int]:
    """What a device spent its window on."""
    return {(Owner.COMPUTE, ""): account.compute_ns} | {(loss.owner, loss.cause): loss.ns for loss in account.losses}


def _mostly(beyond: Spent, waited_ns: int, losses: Sequence[Loss]) -> tuple[Owner | None, str, int]:
    """The cause that covers most of the waiting, else the owner whose causes together do; None where none does.

    A cause that is not known counts if samples show the line that the host was at.
    """
    seen = {loss.cause for loss in losses if loss.lines}
    owners: Counter[Owner] = Counter()
    for (owner, _), ns in beyond.items():
        owners[owner] += ns
    causes = [(owner, cause, ns) for (owner, cause), ns in beyond.items() if cause not in UNEXPLAINED or cause in seen]
    for found in (causes, [(owner, "", ns) for owner, ns in owners.items()]):
        most = max(found, key=lambda each: each[2], default=None)
        if most is not None and most[2] >= MOSTLY * waited_ns > 0:
            return most
    return None, "", 0


def _collectives(scope: Scope, position: int, rank: int) -> int:
    """In how many collectives a device waited for a rank."""
    found = explain_collectives(scope, position)
    which = found.have(WAITING_FOR_RANK.cause) & (found.witness == rank)
    return len(np.unique(found.stretches.during[which]))
