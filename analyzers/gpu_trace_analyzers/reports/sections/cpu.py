"""What a CPU computed, and whether its threads took turns: the part of its first line that no loss says."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ...units import share

if TYPE_CHECKING:
    from ...questions.account.losses import DeviceAccount
    from ...questions.account.operators import OperatorTime

MOST_NAMED = 3
MOSTLY = Fraction(1, 2)
"""of the operators' time: so much of it the named operators have, or it is spread over many"""


def operators(account: DeviceAccount) -> str:
    """``: 88.1 % of operator time in aten::mm``; empty for a device other than a CPU."""
    every = account.operators
    total_ns = sum(each.ns for each in every)
    for count in range(1, MOST_NAMED + 1):
        if sum(each.ns for each in every[:count]) > MOSTLY * total_ns:
            return f": {_named(every[:count], total_ns)}"
    return f": {share(every[0].ns, total_ns)} of operator time in {every[0].name}, the rest in many" if every else ""


def _named(named: tuple[OperatorTime, ...], total_ns: int) -> str:
    first, *others = named
    said = [f"{share(first.ns, total_ns)} of operator time in {first.name}"]
    return ", ".join((*said, *(f"{share(each.ns, total_ns)} in {each.name}" for each in others)))


def turns(account: DeviceAccount) -> str:
    """``4 threads computed one at a time for 93.0 %``; empty where threads do not take turns."""
    found = account.turns
    if found is None:
        return ""
    return f"{found.threads} threads computed one at a time for {share(found.ns, account.window_ns)}"
