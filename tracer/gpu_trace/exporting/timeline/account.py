"""The account of a device on its timeline: at each nanosecond of the window, who had it, and why it did not compute."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.vocabulary.losses import Owner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.model import Int64
    from gpu_trace_analyzers.questions.account.losses import Loss

SPENT = {
    Owner.COMPUTE: "compute",
    Owner.COLLECTIVE: "exposed collective",
    Owner.COPY: "exposed copy",
    Owner.OTHER: "other operation",
    Owner.IDLE: "idle",
}
"""What a stretch of each owner is called. No number is in it: viewers choose colors by names."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a device spends time on: ``idle: waiting for data``. ``loss`` and ``cause`` are empty while it computes."""

    name: str
    loss: str = ""
    """its id"""
    cause: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class AccountRows:
    """The account of a device, by its position in ``Trace.devices``: disjoint stretches in order, (n,) each."""

    device: int
    start_ns: Int64
    end_ns: Int64
    which: NDArray[np.int16]
    """position in ``spent``"""
    spent: tuple[Spent, ...]

    def later(self, by_ns: int) -> AccountRows:
        """The same on a clock that shows ``by_ns`` more."""
        if not by_ns:  # there can be a million stretches
            return self
        return replace(self, start_ns=self.start_ns + by_ns, end_ns=self.end_ns + by_ns)


def accounts_of(analysis: Analysis) -> Iterator[AccountRows]:
    """That of each device that did anything."""
    for account in analysis.account.devices:
        found = analysis.account_in_time(account.device)
        spent = (Spent(SPENT[Owner.COMPUTE]), *map(_of_loss, account.losses))
        # A loss of no number, which is -1, is compute.
        yield AccountRows(account.device, found.start_ns, found.end_ns, found.loss + np.int16(1), spent)


def _of_loss(loss: Loss) -> Spent:
    return Spent(f"{SPENT[loss.owner]}: {loss.title}", loss.id, loss.cause)
