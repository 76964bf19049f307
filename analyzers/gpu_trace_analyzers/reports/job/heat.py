"""How late each rank came in each step, as a map: a row per stretch of ranks, a column per stretch of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fields import Field, Nested

if TYPE_CHECKING:
    from ...job.answer import Heat

FIELDS = (
    Nested(
        "heat",
        "how late ranks came; null without steps and collectives",
        lambda answer, _: answer.heat,
        (
            Field("first_step"),
            Field("steps_each", "steps of a column"),
            Field("ranks_each", "ranks of a row"),
            Field("hosts", "per row its host, the first and the last if there are several; empty if not known"),
            Field(
                "late_ns",
                "per row and column: the most that others waited for a rank of it in one step; -1 if not recorded",
            ),
            Field(
                "late_rank",
                "per row: the rank of its largest `late_ns`, -1 if there is none",
                lambda heat, _: _latest(heat),
            ),
        ),
    ),
)


def _latest(heat: Heat) -> list[int]:
    return [max(zip(*row, strict=True))[1] for row in zip(heat.late_ns, heat.late_rank, strict=True)]
