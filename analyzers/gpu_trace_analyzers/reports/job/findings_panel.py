"""The findings on the page: those that are certain, and below them, folded, the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...units import count
from ..html_parts import part_html
from ..parts import Findings, Remark
from .findings import findings, more_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...job.answer import JobAnswer
    from ..parts import Found

_NO_TIME = 0
"""findings are of ranks, and have no place in time"""


def findings_panel(answer: JobAnswer) -> str:
    """The panel; empty without a finding. Each leads to its ranks, if the page has a map of them."""
    if not answer.findings:
        return ""
    rows = [row if answer.heat else replace(row, ranks=()) for row in findings(answer).rows]
    certain = _list([row for row in rows if row.certain])
    more = more_line(answer, len(rows))
    rest = part_html(Remark(more), _NO_TIME) if more else ""
    return f"<section><h2>Findings</h2>{certain}{_uncertain([row for row in rows if not row.certain])}{rest}</section>"


def _uncertain(rows: Sequence[Found]) -> str:
    if not rows:
        return ""
    words = f"{count(len(rows), 'finding')} {'that is' if len(rows) == 1 else 'that are'} not certain"
    return f"<details><summary>{words}</summary>{_list(rows)}</details>"


def _list(rows: Sequence[Found]) -> str:
    return part_html(Findings(tuple(rows)), _NO_TIME) if rows else ""
