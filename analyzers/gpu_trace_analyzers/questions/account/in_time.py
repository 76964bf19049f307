"""Who had a device at each of its nanoseconds, and of which loss is that? The account in the order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ...vocabulary.losses import Owner
from ..once import once
from .causes import causes_of
from .losses import account_of
from .owners import owned
from .pieces import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ...model import Int64
    from ..explained import Explained
    from ..scope import Scope
    from .losses import DeviceAccount


@dataclass(frozen=True, slots=True, eq=False)
class InTime:
    """Disjoint stretches ``[start_ns, end_ns)`` of one device in order, none empty: (n,) each.

    Together they are the window of the account, as far as it was recorded.
    """

    start_ns: Int64
    end_ns: Int64
    loss: NDArray[np.int16]
    """position in ``DeviceAccount.losses``; `MISSING` while it computed"""


@once
def in_time(scope: Scope, position: int) -> InTime:
    """The account of one device, stretch by stretch."""
    account = account_of(scope, position)
    start_ns, end_ns, loss = (np.concatenate(column) for column in zip(*_of_owners(scope, account), strict=True))
    order = np.argsort(start_ns, kind="stable")
    return InTime(start_ns[order], end_ns[order], loss[order])


def _of_owners(scope: Scope, account: DeviceAccount) -> Iterator[tuple[Int64, Int64, NDArray[np.int16]]]:
    computing = owned(scope, account.device)[Owner.COMPUTE]
    yield computing.start_ns, computing.end_ns, np.full(len(computing), MISSING, np.int16)
    for owner, parts in causes_of(scope, account.device).items():
        found = joined(parts)
        yield found.stretches.start_ns, found.stretches.end_ns, _losses(account, owner, found)


def _losses(account: DeviceAccount, owner: Owner, found: Explained) -> NDArray[np.int16]:
    """The loss of each stretch. A loss has one rule, by which it may go under another name: that of its longest."""
    of_rule = np.full(len(found.rules), MISSING, np.int16)
    for position, loss in enumerate(account.losses):
        if loss.owner is owner:
            longest = np.searchsorted(found.stretches.start_ns, loss.evidence.start_ns)
            of_rule[found.rule[longest]] = position
    return of_rule[found.rule]
