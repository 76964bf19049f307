"""A summary as small HTML for the cell of a notebook: the verdict, a bar of each device's time, and two small tables.

There is no script and no style sheet, and text has the color of what is around it: so it is read on a light and on a
dark background, and a notebook that trusts no output shows it too. Names are untrusted text, and escaped.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from ..reports.owner_names import OWNER_NAMES
from ..reports.parts import Kind
from ..reports.plain import plain
from ..reports.sections.device import engine_table
from ..reports.sections.job_verdict import answer
from ..reports.sections.notes import reading_notes
from ..reports.sections.source import source_line
from ..reports.sections.verdict import device_verdict, saves, window_line
from ..units import count, duration, share
from ..vocabulary.losses import Owner
from .colors import OF_OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..questions.account.losses import DeviceAccount, Loss
    from ..questions.overlap import DeviceFigures
    from ..reports.parts import Column, Table
    from ..summary import Summary

MOST_DEVICES = 4
"""that are drawn; more are counted"""
MOST_LOSSES = 5
_LONGEST_CELL = 60
_LINE = "1px solid rgba(128,128,128,.35)"
_FAINT = "opacity:.7"


def summary_html(summary: Summary) -> str:
    """The summary in one ``<div>``."""
    figures = summary.shown_devices
    more = len(figures) - MOST_DEVICES
    of = f"{figures[0].device.label}: " if len(figures) == 1 else ""
    parts = [
        f'<div style="font-size:1.1em"><b>{text(of + answer(summary))}</b></div>',
        *(_line(line) for line in (source_line(summary), window_line(summary), *reading_notes(summary)) if line),
        *(part for each in figures[:MOST_DEVICES] for part in _device(each, summary)),
        *([_line(f"and {count(more, 'more device')}")] if more > 0 else []),
    ]
    return boxed(parts)


def boxed(parts: Sequence[str]) -> str:
    """Blocks one below the other, as wide as is easily read."""
    return f'<div style="max-width:64em;line-height:1.45">{"".join(parts)}</div>'


def text(said: str) -> str:
    """Any text, as HTML."""
    return html.escape(plain(said))


def _line(said: str) -> str:
    return f'<div style="{_FAINT}">{text(said)}</div>'


def _device(figures: DeviceFigures, summary: Summary) -> Iterator[str]:
    said = device_verdict(figures, summary)
    if len(summary.shown_devices) > 1:  # of one alone, the first line has said it
        yield f'<div style="margin-top:.8em"><b>{text(figures.device.label)}</b>: {text(said.text)}</div>'
    yield from map(_line, said.below)
    account = summary.account.of(figures.position) if summary.account else None
    if account is not None and account.window_ns:
        yield _bar(account)
        yield _losses(account)
    yield _engines(engine_table(figures, summary))


def _bar(account: DeviceAccount) -> str:
    """Compute time and the losses, each as wide as its share of the window."""
    parts = [(Owner.COMPUTE, "", account.compute_ns)]
    parts += [(loss.owner, loss.title, loss.ns) for loss in _by_owner(account)]
    whole_ns = account.window_ns
    segments = "".join(
        f'<div title="{text(_words(owner, title, ns, whole_ns))}" style="width:{100 * ns / whole_ns:.4f}%;'
        f'background:{OF_OWNER[owner]};box-shadow:inset 1px 0 rgba(255,255,255,.5)"></div>'
        for owner, title, ns in parts
        if ns
    )
    alone = f"compute {share(account.compute_ns, whole_ns)} of {duration(whole_ns)}"
    return (
        f'<div role="img" aria-label="{text(alone)}" style="display:flex;height:1.2em;margin:.4em 0;'
        f'border-radius:3px;overflow:hidden;background:rgba(128,128,128,.2)">{segments}</div>'
    )


def _by_owner(account: DeviceAccount) -> list[Loss]:
    owners = list(Owner)
    return sorted(account.losses, key=lambda loss: (owners.index(loss.owner), -loss.ns))


def _words(owner: Owner, title: str, ns: int, whole_ns: int) -> str:
    what = f"{OWNER_NAMES[owner]} {duration(ns)} ({share(ns, whole_ns)})"
    return f"{what}: {title}" if title else what


def _losses(account: DeviceAccount) -> str:
    shown = sorted(account.losses, key=lambda loss: -loss.ns)[:MOST_LOSSES]
    if not shown:
        return ""
    headings = ("lost in", "time", "share", "cause", "fix", "")
    rows = [
        (
            _swatch(loss.owner) + text(OWNER_NAMES[loss.owner]).replace(" ", "&nbsp;"),
            text(duration(loss.ns)),
            text(share(loss.ns, account.window_ns)),
            text(loss.title),
            text(loss.remedy),
            text(saves(loss) if loss.remedy and loss.explained and loss.saves_ns else ""),
        )
        for loss in shown
    ]
    table = _table(headings, rows, (False, True, True, False, False, False))
    left_out = len(account.losses) - len(shown)
    return table + (_line(f"and {count(left_out, 'smaller loss', 'smaller losses')}") if left_out else "")


def _swatch(owner: Owner) -> str:
    return f'<span style="color:{OF_OWNER[owner]}">■</span>&nbsp;'


def _engines(found: Table) -> str:
    figures = tuple(column.kind is Kind.FIGURE for column in found.columns)
    rows = [tuple(_cell(cell, column) for cell, column in zip(row, found.columns, strict=True)) for row in found.rows]
    return _table([text(title) for title in found.headings], rows, figures)


def _cell(cell: str, column: Column) -> str:
    short = cell if column.kind is Kind.FIGURE or len(cell) <= _LONGEST_CELL else f"{cell[:_LONGEST_CELL]}…"
    return text(short)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], figures: Sequence[bool]) -> str:
    """``headings`` and ``rows`` are HTML; columns of ``figures`` stand to the right."""
    sides = ["right" if figure else "left" for figure in figures]
    head = "".join(f'<th style="{_of_cell(side)}">{each}</th>' for each, side in zip(headings, sides, strict=True))
    body = "".join(
        "<tr>" + "".join(f'<td style="{_of_cell(s)}">{c}</td>' for c, s in zip(row, sides, strict=True)) + "</tr>"
        for row in rows
    )
    style = "border-collapse:collapse;margin:.4em 0;font-size:.95em"
    return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _of_cell(side: str) -> str:
    wrap = "white-space:nowrap;" if side == "right" else ""
    return (
        f"{wrap}text-align:{side};vertical-align:top;padding:.15em .7em .15em 0;border-bottom:{_LINE};background:none"
    )
