"""A job as one page that needs no network: findings, where the time went, a map of lateness, and what ranks share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..bundling import ENTRY_OF_JOB, STYLES_OF_JOB
from ..html_page import header_html, page_html
from ..html_parts import escaped, part_html
from ..parts import Source
from .account_panel import account_panel
from .figures import length_lines, read_line
from .findings_panel import findings_panel
from .heat_panel import heat_data, heat_panel
from .sections import compared, notes
from .verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...job.answer import JobAnswer
    from ..parts import Table

_NO_TIME = 0
"""the page has no timeline, so nothing on it has a place in time"""
_SHOWN = 8
"""rows of a table that are not folded"""


def to_html(answer: JobAnswer) -> str:
    """The page as text."""
    body = "\n".join(filter(None, _body(answer)))
    return page_html(answer.path, body, heat_data(answer), ENTRY_OF_JOB, STYLES_OF_JOB)


def _body(answer: JobAnswer) -> Iterator[str]:
    said = verdict(answer)
    yield header_html(part_html(Source(read_line(answer)), _NO_TIME))
    yield f"<h1>{escaped(said[:1].upper() + said[1:])}</h1>"
    yield from (f'<p class="lengths">{escaped(line)}</p>' for line in length_lines(answer))
    yield from (part_html(each, _NO_TIME) for each in notes(answer))
    yield findings_panel(answer)
    yield account_panel(answer)
    yield heat_panel(answer)
    tables = compared(answer) if answer.heat else ((title, replace(each, ranks=())) for title, each in compared(answer))
    yield from (_table(title, each) for title, each in tables if each.rows)


def _table(title: str, found: Table) -> str:
    """A section with the first rows of a table, below which the others are folded."""
    first, rest = (_rows(found, rows) for rows in (slice(_SHOWN), slice(_SHOWN, None)))
    folded = f"<details><summary>{len(rest.rows)} more</summary>{part_html(rest, _NO_TIME)}</details>"
    return f"<section><h2>{title}</h2>{part_html(first, _NO_TIME)}{folded if rest.rows else ''}</section>"


def _rows(found: Table, rows: slice) -> Table:
    return replace(found, rows=found.rows[rows], ranks=found.ranks[rows])
