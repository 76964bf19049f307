"""What a device did instead of computing: its losses in words, with fixes and the evidence of the longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import count
from ...vocabulary.losses import Owner
from ..owner_names import OWNER_NAMES
from ..parts import Cause, Causes, Span
from .causes import evidence_lines
from .places import full_place, sampled_line
from .verdict import extent, saves

if TYPE_CHECKING:
    from ...questions.account.losses import DeviceAccount, Loss
    from ...questions.overlap import DeviceFigures
    from ...summary import Summary

SMALL = 0.005
"""Share of the window below which a loss is not worth its own lines."""
MOST_SHOWN = 6
_ONE_OF = {Owner.IDLE: "gap"}


def device_losses(figures: DeviceFigures, summary: Summary) -> list[Causes]:
    """Those that matter, and the small ones, which only long reports show."""
    account = summary.account.of(figures.position) if summary.account else None
    if summary.account is None or account is None:
        return []
    whole = extent(summary.account.steady)
    rows = [_cause(loss, account, figures.headroom_ns) for loss in account.losses]
    shown = [row for row in rows if row.ns >= SMALL * row.whole_ns][:MOST_SHOWN]
    small = [row for row in rows if row not in shown]
    found = (Causes(tuple(shown), whole), Causes(tuple(small), whole, title="Smaller losses"))
    return [causes for causes in found if causes.rows]


def lost_share(summary: Summary, figures: DeviceFigures) -> float:
    """The share of its window in which a device did not compute; of the span, where the summary has no account."""
    account = summary.account.of(figures.position) if summary.account else None
    spent_ns, whole_ns = (account.compute_ns, account.window_ns) if account else (figures.compute_ns, figures.span_ns)
    return 1 - spent_ns / whole_ns if whole_ns else 0.0


def _cause(loss: Loss, account: DeviceAccount, headroom_ns: int) -> Cause:
    return Cause(
        what=OWNER_NAMES[loss.owner],
        kind=loss.owner.value,
        title=loss.title,
        ns=loss.ns,
        whole_ns=account.window_ns,
        often=count(loss.count, _ONE_OF.get(loss.owner, "interval")),
        times=loss.count,
        remedy=loss.remedy,
        saving=_saving(loss, headroom_ns),
        evidence=evidence_lines(loss.evidence),
        place=sampled_line(loss),
        full_place=full_place(loss.lines) if loss.lines else "",
        finding=loss.id,
        longest=Span(loss.evidence.start_ns, loss.evidence.end_ns, loss.device, loss.rank),
    )


def _saving(loss: Loss, headroom_ns: int) -> str:
    """What the fix can save, and why that may be more than overlap can."""
    if not loss.remedy or not loss.explained:
        return ""
    if loss.about_ns is not None:
        return saves(loss)
    if not loss.at_most_ns:
        return "nothing waited for it" if loss.owner in (Owner.COPY, Owner.COLLECTIVE) else ""
    return saves(loss) + (": it shortens copies" if shortens_copies(loss, headroom_ns) else "")


def shortens_copies(loss: Loss, headroom_ns: int) -> bool:
    """Whether its fix can save more than overlap could."""
    return loss.owner is Owner.COPY and loss.about_ns is None and loss.at_most_ns > headroom_ns
