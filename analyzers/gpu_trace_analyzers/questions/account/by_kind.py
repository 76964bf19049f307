"""In steps of which kind is most of a loss?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..steady.own_steps import on_device, own_steps
from .causes import causes_of
from .first import first_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...intervals import Intervals
    from ..scope import Scope
    from ..steady.window import Steady, StepKind
    from .losses import DeviceAccount, Loss


def with_kinds(
    account: DeviceAccount, scope: Scope, inside: Scope, steady: Steady, step_range: str | None
) -> DeviceAccount:
    """The account of a device with the kinds of steps of the losses that its first line names.

    ``scope`` is that of the whole recording, ``inside`` that of the window.
    """
    own = own_steps(scope, account.device, steady, step_range) if len(steady.kinds) > 1 else None
    if own is None:
        return account
    steps, kind = own
    spans = [(each, on_device(steps[kind == each.number])) for each in steady.kinds]
    named = first_of(account).losses
    losses = (replace(loss, mostly=_mostly(loss, spans, inside)) if loss in named else loss for loss in account.losses)
    return replace(account, losses=tuple(losses))


def _mostly(loss: Loss, spans: Sequence[tuple[StepKind, Intervals]], scope: Scope) -> StepKind | None:
    """The kind whose steps hold more than half of a loss."""
    found = causes_of(scope, loss.device)[loss.owner]
    which, stretches = found.have(loss.cause), found.stretches
    start_ns, end_ns = stretches.start_ns[which], stretches.end_ns[which]
    holds = (kind for kind, span in spans if 2 * int(span.covered_ns(start_ns, end_ns).sum()) > loss.ns)
    return next(holds, None)
