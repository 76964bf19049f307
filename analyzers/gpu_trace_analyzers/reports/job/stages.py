"""Stages of a pipeline, and how much of their time is bubble."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...units import count, duration, share
from ..fields import Field, Rows, Shown, Within, table
from ..parts import Column, Kind
from .stretches import ranks_text

if TYPE_CHECKING:
    from ...job.answer import JobAnswer
    from ..parts import Table

FIELDS = (
    Rows(
        "stages",
        "per stage of a pipeline; empty without one",
        lambda answer, _: answer.stages,
        (
            Field("stage"),
            Field("ranks", "first and last rank of each stretch, inclusive"),
            Field("bubble_ns", "the union of its idle intervals per step, the median over its ranks"),
            Field("window_ns"),
        ),
    ),
)
_SHOWN = (
    Shown(Column("stage"), lambda row, _: count(row.stage)),
    Shown(Column("ranks", kind=Kind.WORD), lambda row, _: ranks_text(row.ranks).partition(" ")[2]),
    Shown(Column("bubble"), lambda row, _: duration(row.bubble_ns)),
    Shown(Column("share"), lambda row, _: share(row.bubble_ns, row.window_ns)),
)


def stage_table(answer: JobAnswer) -> Table:
    """A row per stage."""
    return replace(table(_SHOWN, answer.stages, Within()), ranks=tuple(row.ranks for row in answer.stages))
