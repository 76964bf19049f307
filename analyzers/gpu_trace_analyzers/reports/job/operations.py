"""The longest single operations of the job, and how long its operations are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...units import duration
from ..fields import Field, Rows, Shown, Within, table
from ..parts import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...job.answer import JobAnswer
    from ..parts import Table

MOST = 20


@dataclass(frozen=True, slots=True)
class LongOperation:
    """One operation of one rank, on the clock of its host."""

    rank: int
    start_ns: int
    ns: int
    name: str
    engine: str


def longest(answer: JobAnswer) -> Iterator[LongOperation]:
    """The first `MOST`, the longest first."""
    rows = answer.operations[:MOST]
    for rank, start_ns, ns, name, engine in zip(rows.rank, rows.start_ns, rows.ns, rows.name, rows.engine, strict=True):
        yield LongOperation(int(rank), int(start_ns), int(ns), answer.strings[name], answer.strings[engine])


FIELDS = (
    Rows(
        "operations",
        "the longest single operations, at most 20",
        lambda answer, _: longest(answer),
        (
            Field("rank"),
            Field("start_ns", "since 1970, on the clock of its host"),
            Field("ns"),
            Field("name"),
            Field("engine"),
        ),
    ),
)
_SHOWN = (
    Shown(Column("longest operations", kind=Kind.WORD), lambda row, _: row.name),
    Shown(Column("engine", drop_order=1, kind=Kind.WORD), lambda row, _: row.engine),
    Shown(Column("rank"), lambda row, _: str(row.rank)),
    Shown(Column("time"), lambda row, _: duration(row.ns)),
)


def operation_table(answer: JobAnswer) -> Table:
    """A row per operation."""
    return table(_SHOWN, longest(answer), Within())
