"""Where the time of the host went: operators of the framework, and named ranges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...domains import is_library
from ...units import count, duration, share
from ..fields import At, Field, Rows, Shown, table
from ..parts import Column, Kind
from .device import RANK
from .operations import NAME_ROOM, headed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...questions.work.operators import OperatorFigures
    from ...questions.work.range_times import RangeTimes
    from ...summary import Summary
    from ..parts import Table

_NAME, _DOMAIN, _PID = Field("name"), Field("domain"), Field("pid")
_MEDIAN = Field("median_ns", "the lower of two middle values")
FIELDS = (
    Rows(
        "operators",
        "per process and operator, the most own time first; empty if operators were not recorded, or not read: `--top` "
        "reads them",
        lambda work, _: work.operators,
        (
            _NAME,
            _PID,
            RANK,
            Field("count", "calls"),
            Field("own_ns", "without the operators that it calls"),
            Field("share", "of the own time of all operators of the process"),
            Field("total_ns", "with the operators that it calls; a call inside a call of the same one counts once"),
            replace(_MEDIAN, note="of the calls, with the operators that they call"),
            Field("max_ns"),
        ),
        table="operators",
        first=(_NAME, _PID, RANK),
    ),
    Rows(
        "ranges",
        "per process and range, the time of its instances on the host, the most time first",
        lambda work, _: work.ranges,
        (
            _NAME,
            _DOMAIN,
            _PID,
            RANK,
            Field("count"),
            Field("host_ns", "added up"),
            Field("mean_ns", "rounded down"),
            _MEDIAN,
            Field("max_ns"),
        ),
        table="range_times",
        first=(_NAME, _DOMAIN, _PID, RANK),
    ),
)


def process_of(row: OperatorFigures | RangeTimes) -> str:
    """``r1``, or outside a job its process id."""
    return f"r{row.rank}" if row.rank >= 0 else str(row.pid)


_PROCESS = Shown(Column("process", drop_order=9, kind=Kind.WORD), lambda row, _: process_of(row))
_OPERATORS = (
    Shown(Column("operator", kind=Kind.WORD), lambda row, _: row.name),
    _PROCESS,
    Shown(Column("calls", drop_order=4), lambda row, _: count(row.count)),
    Shown(Column("own"), lambda row, _: duration(row.own_ns)),
    Shown(Column("share", drop_order=5), lambda row, _: share(row.own_ns, row.all_own_ns)),
    Shown(Column("with called", drop_order=3), lambda row, _: duration(row.total_ns)),
    Shown(Column("median", drop_order=2), lambda row, _: duration(row.median_ns)),
    Shown(Column("max", drop_order=1), lambda row, _: duration(row.max_ns)),
)
_RANGES = (
    Shown(Column("range on the host", kind=Kind.WORD), lambda row, _: _titled(row)),
    _PROCESS,
    Shown(Column("count", drop_order=4), lambda row, _: count(row.count)),
    Shown(Column("host"), lambda row, _: duration(row.host_ns)),
    Shown(Column("mean", drop_order=3), lambda row, _: duration(row.mean_ns)),
    Shown(Column("median", drop_order=1), lambda row, _: duration(row.median_ns)),
    Shown(Column("max", drop_order=2), lambda row, _: duration(row.max_ns)),
)


def _titled(row: RangeTimes) -> str:
    return f"{row.domain}: {row.name}" if row.domain else row.name


def operator_table(rows: Sequence[OperatorFigures], words: str, summary: Summary) -> Table:
    """A row per operator and process."""
    return _table(_OPERATORS, rows, words, summary)


def range_time_table(rows: Sequence[RangeTimes], words: str, summary: Summary) -> Table:
    """A row per range and process."""
    return _table(_RANGES, rows, words, summary)


def shown_range_times(rows: Sequence[RangeTimes], summary: Summary) -> list[RangeTimes]:
    """What reports show of them: not the ranges of libraries, unless they are asked for."""
    return [row for row in rows if summary.with_libraries or not is_library(row.domain)]


def _table(shown: Sequence[Shown], rows: Sequence[OperatorFigures | RangeTimes], words: str, summary: Summary) -> Table:
    one = len({row.process for row in rows}) == 1
    columns = [each for each in shown if not (one and each is _PROCESS)]
    return replace(table(headed(columns, words), rows, At.of(summary)), name_room=NAME_ROOM, every_row=True)
