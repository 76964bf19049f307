"""What comes first for a job of several devices: the loss of most of them, or the rank that they wait for?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from .collectives import MOSTLY
from .first import LEAST_SHARE, first_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...vocabulary.losses import Owner
    from .first import First
    from .late import Lateness
    from .losses import DeviceAccount

    _Kind = tuple[Owner, str] | None
    """owner and cause of a first line; None of one that computes"""

WAITING = "waiting_for_rank"
ALIKE = Fraction(3, 100)
"""of the window: by how much the shares of devices that are told as one may differ"""


@dataclass(frozen=True, slots=True)
class JobFirst:
    """The answer of a job: the first line of one device, and what it means for the others."""

    first: First
    """of the device on which ending it could save most"""
    devices: tuple[int, ...]
    """positions of the devices whose first loss is of that owner and cause, in order; or of those that compute"""
    of: int
    """how many devices did anything"""
    late: Lateness | None
    """the rank that they wait for, where waiting is that loss and one rank cost most of it"""
    by_turns: bool
    """whether waiting is that loss, and ranks wait for each other"""


def job_first(accounts: Sequence[DeviceAccount], late: Sequence[Lateness] = ()) -> JobFirst | None:
    """The first line of all devices; None without devices. ``late``: the ranks that others waited for.

    It is the loss that comes first on most devices; of several such, waiting for a rank, whose cause is on another
    device; else the one that could save most. Devices have windows of their own where no steps were found: what is a
    large share of a moment counts only if it is worth a first line beside the longest of these windows.
    """
    firsts = [first_of(account) for account in accounts]
    if not firsts:
        return None
    kinds: dict[_Kind, list[First]] = {}
    for first in firsts:
        kinds.setdefault(_kind(first), []).append(first)
    least_ns = LEAST_SHARE * max(account.window_ns for account in accounts)
    worth: dict[_Kind, list[First]] = {
        kind: own for kind, own in kinds.items() if kind and max(map(_saves_ns, own)) >= least_ns
    }
    if not worth:
        worth = {None: kinds[None]} if None in kinds else kinds
    kind, own = max(worth.items(), key=lambda each: (len(each[1]), _waits(each[0]), max(map(_saves_ns, each[1]))))
    waits = _waits(kind)
    waited_ns = sum(loss.ns for account in accounts for loss in account.losses if loss.cause == WAITING)
    told = [each for each in late if each.waited_ns >= MOSTLY * waited_ns] if waits else []
    return JobFirst(
        first=max(own, key=_saves_ns),
        devices=tuple(first.account.device for first in own),
        of=len(firsts),
        late=told[0] if told else None,
        by_turns=waits and not told and sum(each.waited_ns for each in late) >= MOSTLY * waited_ns,
    )


def alike(firsts: Iterable[First]) -> tuple[tuple[First, ...], ...]:
    """First lines of devices, those together that say the same: equal owners and causes, and shares within `ALIKE`.

    Each group is led by the first of it, in the order given.
    """
    groups: list[list[First]] = []
    for first in firsts:
        group = next((group for group in groups if _are_alike(group[0], first)), None)
        if group is None:
            groups.append([first])
        else:
            group.append(first)
    return tuple(map(tuple, groups))


def _are_alike(a: First, b: First) -> bool:
    names = [[(loss.owner, loss.cause, loss.title) for loss in each.losses] for each in (a, b)]
    if names[0] != names[1]:
        return False
    return all(abs(one - other) <= ALIKE for one, other in zip(_shares(a), _shares(b), strict=True))


def _shares(first: First) -> list[Fraction]:
    """The share of each of its losses in the window, and that of compute."""
    spent = [*(loss.ns for loss in first.losses), first.account.compute_ns]
    return [Fraction(ns, first.account.window_ns or 1) for ns in spent]


def _kind(first: First) -> _Kind:
    return (first.losses[0].owner, first.losses[0].cause) if first.losses else None


def _waits(kind: _Kind) -> bool:
    return kind is not None and kind[1] == WAITING


def _saves_ns(first: First) -> int:
    return first.losses[0].saves_ns if first.losses else 0
