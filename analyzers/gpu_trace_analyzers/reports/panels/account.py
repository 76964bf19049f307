"""Where the time of each device went, on top of the page: a bar of compute and losses, and a line for each loss.

The bar is an SVG image whose widths are attributes: the page's content policy forbids styles in its markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import count, duration, share
from ..html_parts import escaped, span_attributes
from ..owner_names import OWNER_NAMES
from ..parts import Span
from ..sections.causes import evidence_lines
from ..sections.compute import compute_lines
from ..sections.places import sampled_line
from ..sections.verdict import cause_of, saves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...questions.account.losses import DeviceAccount, Loss
    from ...summary import Summary

OPEN = 2
"""Devices whose losses are listed; of more devices only that of the verdict has its list open."""
BARS = 8
"""Other devices whose bars are shown then, those that computed least; the rest are folded with the lists."""
LISTED = 8
"""Losses of a device that have a line each at most, the longest ones; all are in the bar."""
SMALL = 0.01
"""Share of the window below which a loss has no line of its own."""
_WIDE, _LABELED, _NUMBERED = 0.25, 0.1, 0.025
"""Shares of the window from which a part of the bar has its share written in it on a phone, on any other screen, and
from which it has the number of its line."""


def account_panel(summary: Summary, zero_ns: int) -> str:
    """The panel; empty where the summary has no account."""
    account = summary.account
    if account is None or account.first is None:
        return ""
    first = account.first.account.device
    shown = [each for each in account.devices if each.device not in summary.helpers]
    shown.sort(key=lambda each: (each.device != first, _computed_share(each)))
    panel = _Panel({each.position: each.device.label for each in summary.devices}, zero_ns)
    named = panel.named(account.first.losses[0]) if account.first.losses else _computed(summary, first)
    open_ = shown if len(shown) <= OPEN else shown[:1]
    devices = "".join(map(panel.device, open_)) + panel.others(shown[len(open_) :])
    return f'<section id="account" aria-label="Where the time went">{named}{devices}</section>'


def _computed_share(account: DeviceAccount) -> float:
    return account.compute_ns / account.window_ns if account.window_ns else 1.0


class _Panel:
    def __init__(self, labels: Mapping[int, str], zero_ns: int) -> None:
        self._labels, self._zero_ns = labels, zero_ns

    def named(self, loss: Loss) -> str:
        """The loss of the verdict: how to end it, and its longest stretch."""
        fix = f'<p class="do">fix: {escaped(loss.remedy)}</p>' if loss.remedy else ""
        where = f"<p>{escaped(sampled_line(loss))}</p>" if loss.lines else ""
        longest, *more = evidence_lines(loss.evidence)
        why = "".join(f'<p class="evidence">{escaped(line)}</p>' for line in more)
        return (
            f'<div class="named {loss.owner.value}">{fix}{where}'
            f'<button type="button" class="longest"{self._finding(loss)}>{escaped(longest)}</button>{why}</div>'
        )

    def device(self, account: DeviceAccount) -> str:
        """The bar of a device, with its losses below."""
        return f'<div class="account">{self._title(account)}{self._bar(account)}{self._lines(account)}</div>'

    def others(self, accounts: Sequence[DeviceAccount]) -> str:
        """The bars of more devices than have room for their lists, and below all of them these lists."""
        if not accounts:
            return ""
        rows = (f'<div class="account row">{self._title(each)}{self._bar(each)}</div>' for each in accounts[:BARS])
        lists = (f'<div class="account">{self._title(each)}{self._lines(each)}</div>' for each in accounts[:BARS])
        words = f"losses of {count(len(accounts), 'other device')}"
        rest = "".join(map(self.device, accounts[BARS:]))
        return f"{''.join(rows)}<details><summary>{words}</summary>{''.join(lists)}{rest}</details>"

    def _title(self, account: DeviceAccount) -> str:
        label, whole = escaped(self._labels[account.device]), duration(account.window_ns)
        return f'<p class="device"><b>{label}</b> <span class="whole">{whole}</span></p>'

    def _bar(self, account: DeviceAccount) -> str:
        at_ns, parts = account.compute_ns, [_part(account, 0, account.compute_ns, "compute", "compute")]
        listed, rest = _listed(account)
        for number, loss in enumerate((*listed, *rest), 1):
            shown = str(number) if number <= len(listed) else ""
            parts.append(_part(account, at_ns, loss.ns, loss.owner.value, _title(loss), shown, self._finding(loss)))
            at_ns += loss.ns
        label = escaped(self._labels[account.device])
        return (
            f'<svg class="account-bar" role="img" aria-label="{label}: shares of the time, as listed below" '
            f'width="100%" height="30" data-window-ns="{account.window_ns}">{"".join(parts)}</svg>'
        )

    def _lines(self, account: DeviceAccount) -> str:
        listed, rest = _listed(account)
        computed = _line("compute", "", account.compute_ns, account.window_ns, "compute")
        lines = [f"<li><div>{computed}</div></li>"]
        lines += [self._loss(number, loss, account) for number, loss in enumerate(listed, 1)]
        if rest:
            words = _title(rest[0]) if len(rest) == 1 else count(len(rest), "smaller loss", "smaller losses")
            small = _line("rest", "", sum(loss.ns for loss in rest), account.window_ns, words)
            lines.append(f"<li><div>{small}</div></li>")
        return f'<ol class="losses">{"".join(lines)}</ol>'

    def _loss(self, number: int, loss: Loss, account: DeviceAccount) -> str:
        line = _line(loss.owner.value, str(number), loss.ns, account.window_ns, _title(loss), _saving(loss))
        return f'<li><button type="button"{self._finding(loss)}>{line}</button></li>'

    def _finding(self, loss: Loss) -> str:
        span = Span(loss.evidence.start_ns, loss.evidence.end_ns, loss.device, loss.rank)
        return f' data-finding="{loss.id}"{span_attributes(span, self._zero_ns)}'


def _computed(summary: Summary, position: int) -> str:
    """What a device computed that lost little, and what could make that faster."""
    lines = compute_lines(summary.answer_of(position))
    drawn = (f"<p{' class=do' if line.startswith('fix: ') else ''}>{escaped(line)}</p>" for line in lines)
    return f'<div class="named compute">{"".join(drawn)}</div>'


def _listed(account: DeviceAccount) -> tuple[list[Loss], list[Loss]]:
    """The losses that have a line each, and the others, both in their order."""
    large = [loss for loss in account.losses if loss.ns >= SMALL * account.window_ns]
    listed = sorted(large, key=lambda loss: -loss.ns)[:LISTED]
    return [loss for loss in large if loss in listed], [loss for loss in account.losses if loss not in listed]


def _title(loss: Loss) -> str:
    return f"{OWNER_NAMES[loss.owner]}: {cause_of(loss)}"


def _part(
    account: DeviceAccount, at_ns: int, ns: int, kind: str, title: str, number: str = "", finding: str = ""
) -> str:
    """A part of the bar, cut off at its own edges; a nested image clips what is written in it."""
    whole_ns = account.window_ns or 1
    return (
        f'<svg class="{kind}" x="{100 * at_ns / whole_ns:.4f}%" width="{100 * ns / whole_ns:.4f}%" height="30" '
        f'data-ns="{ns}" tabindex="-1"{finding}><title>{escaped(title)}, {duration(ns)}, {share(ns, whole_ns)}</title>'
        f'<rect width="100%" height="30"></rect>{_written(number, ns, whole_ns)}</svg>'
    )


def _written(number: str, ns: int, whole_ns: int) -> str:
    """The number and the share, as far as there is room for them."""
    labels = [number] if ns >= _NUMBERED * whole_ns else []
    labels += [share(ns, whole_ns)] if ns >= _LABELED * whole_ns else []
    wide = "" if ns >= _WIDE * whole_ns else ' class="narrow"'
    return f'<text x="6" y="20"{wide}>{" · ".join(filter(None, labels))}</text>' if any(labels) else ""


def _line(kind: str, number: str, ns: int, whole_ns: int, title: str, saving: str = "") -> str:
    saved = f' <span class="saving">{escaped(saving)}</span>' if saving else ""
    return (
        f'<i class="{kind}">{number}</i><b>{share(ns, whole_ns)}</b> <span class="time">{duration(ns)}</span> '
        f'<span class="what">{escaped(title)}{saved}</span>'
    )


def _saving(loss: Loss) -> str:
    return saves(loss) if loss.remedy and loss.explained and loss.saves_ns else ""
