"""Where the time of all ranks went, on the page: one bar of all of it, and how far ranks differ.

Widths are attributes of SVG images: the page's content policy forbids styles in its markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import duration, share
from ...vocabulary.losses import Owner
from ..html_parts import escaped
from ..owner_names import OWNER_NAMES
from .account import SMALL
from .cause_names import CAUSE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...job.answer import JobAnswer, Quantiles, Share

_LABELED = 0.1
"""share of the time from which a part of the bar has its share written in it"""
_HEADS = (
    '<th class="word">all ranks</th><th>share</th><th class="word">by rank</th><th>median</th>'
    '<th class="tenth">p10</th><th class="tenth">p90</th><th>most</th>'
)
_EMPTY = '<td></td><td></td><td class="tenth"></td><td class="tenth"></td><td></td>'


def account_panel(answer: JobAnswer) -> str:
    """The panel; empty where there is no time."""
    if not answer.window_ns:
        return ""
    largest_ns = max(each.of_rank.most for each in answer.account) or 1
    rows = "".join(row for each in answer.account if each.ns for row in _rows(each, answer.window_ns, largest_ns))
    table = f'<table class="by-owner"><thead><tr>{_HEADS}</tr></thead><tbody>{rows}</tbody></table>'
    return (
        f'<section id="account"><h2>Where the time went</h2><div class="account">{_bar(answer)}</div>'
        f'<div class="scroll">{table}</div>'
        '<p class="hint">By rank: the line is from the least to the most, the bar from p10 to p90, and the mark is '
        "the median.</p></section>"
    )


def _bar(answer: JobAnswer) -> str:
    at_ns, parts = 0, []
    for each in answer.account:
        parts.append(_part(each, at_ns, answer.window_ns))
        at_ns += each.ns
    return (
        '<svg class="account-bar" role="img" aria-label="shares of the time of all ranks, as listed below" '
        f'width="100%" height="30" data-window-ns="{answer.window_ns}">{"".join(parts)}</svg>'
    )


def _part(found: Share, at_ns: int, whole_ns: int) -> str:
    """A part of the bar; a nested image clips what is written in it."""
    part = share(found.ns, whole_ns)
    label = f'<text x="6" y="20">{part}</text>' if found.ns >= _LABELED * whole_ns else ""
    return (
        f'<svg class="{found.owner}" x="{100 * at_ns / whole_ns:.4f}%" width="{100 * found.ns / whole_ns:.4f}%" '
        f'height="30" data-ns="{found.ns}"><title>{_name(found)}, {part}</title>'
        f'<rect width="100%" height="30"></rect>{label}</svg>'
    )


def _rows(found: Share, whole_ns: int, largest_ns: int) -> Iterator[str]:
    """The owner, and each of its causes that is not small."""
    each = found.of_rank
    tenths = "".join(f'<td class="tenth">{duration(ns)}</td>' for ns in (each.low, each.high))
    yield (
        f'<tr class="{found.owner}"><td class="word"><i></i>{_name(found)}</td><td>{share(found.ns, whole_ns)}</td>'
        f'<td class="word spread">{_spread(each, largest_ns)}</td><td>{duration(each.median)}</td>{tenths}'
        f"<td>{duration(each.most)} (rank {each.most_rank})</td></tr>"
    )
    for cause, ns in found.causes:
        if ns >= SMALL * whole_ns:
            cells = f'<td class="word">{escaped(CAUSE_NAMES.get(cause, cause))}</td><td>{share(ns, whole_ns)}</td>'
            yield f'<tr class="cause-row">{cells}{_EMPTY}</tr>'


def _name(found: Share) -> str:
    return escaped(OWNER_NAMES[Owner(found.owner)])


def _spread(each: Quantiles, largest_ns: int) -> str:
    """From the least to the most of a rank, on a scale that all owners share."""
    title = f"{duration(each.least)} to {duration(each.most)}, median {duration(each.median)}"
    drawn = "".join(
        f'<rect class="{name}" x="{100 * from_ns / largest_ns:.3f}%" y="{y}" height="{high}" '
        f'width="{max(100 * (to_ns - from_ns) / largest_ns, 0.2):.3f}%"></rect>'
        for name, from_ns, to_ns, y, high in (
            ("range", each.least, each.most, 6, 2),
            ("most-ranks", each.low, each.high, 3, 8),
            ("median", each.median, each.median, 1, 12),
        )
    )
    return f'<svg width="100%" height="14" role="img" aria-label="{title}"><title>{title}</title>{drawn}</svg>'
