"""Hosts beside one another: those that stand out, the slowest first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...units import duration
from ..fields import Field, Rows, Shown, Within, table
from ..parts import Column, Kind
from .stretches import ranks_text

if TYPE_CHECKING:
    from ...job.answer import JobAnswer
    from ..parts import Table

FIELDS = (
    Rows(
        "hosts",
        "those that stand out, the slowest first, at most 32: medians over their ranks of what a step took",
        lambda answer, _: answer.hosts,
        (
            Field("host"),
            Field("ranks", "first and last rank of each stretch, inclusive"),
            Field("compute_ns"),
            Field("host_ns", "of the host: from the step's first launch to its last, without calls that block"),
            Field("idle_ns"),
        ),
    ),
)
_SHOWN = (
    Shown(Column("host", kind=Kind.WORD), lambda row, _: row.host or "not named"),
    Shown(Column("ranks", drop_order=2, kind=Kind.WORD), lambda row, _: ranks_text(row.ranks).partition(" ")[2]),
    Shown(Column("compute per step"), lambda row, _: duration(row.compute_ns)),
    Shown(Column("launching per step"), lambda row, _: duration(row.host_ns)),
    Shown(Column("idle per step", drop_order=1), lambda row, _: duration(row.idle_ns)),
)


def host_table(answer: JobAnswer) -> Table:
    """A row per host."""
    return replace(table(_SHOWN, answer.hosts, Within()), ranks=tuple(row.ranks for row in answer.hosts))
