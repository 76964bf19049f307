"""Ranks that were not recorded, and files that could not be read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model import MISSING
from ...units import NONE, count
from ..fields import Field, Rows, Shown, Within, table
from ..parts import Column, Kind
from .stretches import how_many, ranks_text

if TYPE_CHECKING:
    from ...job.answer import JobAnswer
    from ..parts import Table

MOST_LISTED = 128
"""stretches of missing ranks in the document"""
FIELDS = (
    Field(
        "missing",
        "ranks without a trace: first and last of each stretch, inclusive; at most 128 stretches",
        lambda answer, _: answer.missing[:MOST_LISTED],
    ),
    Field("missing_in_all", "how many ranks these and all others are", get=lambda answer, _: how_many(answer.missing)),
    Rows(
        "damaged",
        "files that could not be read, or not whole; at most 32",
        lambda answer, _: answer.damaged,
        (
            Field("rank", "null if it is not known", lambda row, _: None if row[0] == MISSING else row[0]),
            Field("problem", get=lambda row, _: row[1]),
        ),
    ),
    Field("damaged_in_all", "how many files there are; `damaged` has the first"),
)


_SHOWN = (
    Shown(Column("damaged files", kind=Kind.WORD), lambda row, _: row[1]),
    Shown(Column("rank"), lambda row, _: NONE if row[0] == MISSING else str(row[0])),
)


def missing_line(answer: JobAnswer) -> str:
    """``missing: ranks 5, 8-15 (9 of 64)``; empty if none are."""
    if not answer.missing:
        return ""
    known = f" of {answer.world_size:,}" if answer.world_size != MISSING else ""
    return f"missing: {ranks_text(answer.missing)} ({how_many(answer.missing):,}{known})"


def damaged_line(answer: JobAnswer) -> str:
    """The first damaged file, and how many others there are; empty if none are."""
    if not answer.damaged:
        return ""
    rest = answer.damaged_in_all - 1
    return f"damaged: {_damaged(*answer.damaged[0])}" + (f"; and {count(rest, 'more file')}" if rest > 0 else "")


def damaged_table(answer: JobAnswer) -> Table:
    """A row per damaged file that is known by itself."""
    return table(_SHOWN, answer.damaged, Within())


def _damaged(rank: int, problem: str) -> str:
    return problem if rank == MISSING else f"rank {rank}: {problem}"
