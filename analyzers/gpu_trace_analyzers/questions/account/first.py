"""Which loss comes first: the one that ending would save most, and the next beside it where the two are close?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .losses import DeviceAccount, Loss

LEAST_SHARE = 0.02
"""of the window: losses that could save less are not worth a first line"""
CLEARLY = 1.2
"""how much more than the next a loss must save to stand alone"""


@dataclass(frozen=True, slots=True)
class First:
    """The answer of one device, or of the job: where the time went."""

    account: DeviceAccount
    losses: tuple[Loss, ...]
    """none: it computed; one; or two that are close"""


def first_of(account: DeviceAccount) -> First:
    """The first line of one device."""
    least_ns = LEAST_SHARE * account.window_ns
    worth = [loss for loss in account.losses if loss.saves_ns >= least_ns > 0 and not _is_warm_up(loss, account)]
    close = [loss for loss in worth[1:2] if CLEARLY * loss.saves_ns > worth[0].saves_ns]
    return First(account, tuple(worth[:1] + close))


def _is_warm_up(loss: Loss, account: DeviceAccount) -> bool:
    """Whether it is code that was loaded in some of the steps only: a short warm-up, which no later step has."""
    return loss.cause == "start_up" and loss.count < account.steps
