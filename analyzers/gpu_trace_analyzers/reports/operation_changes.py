"""The operations that changed most between two sides: a table per device, and the rows for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import KERNELS
from ..units import NONE, count, duration
from .parts import Column, Facts, Kind, Table
from .short_names import short_names
from .spreads import change_document, spread_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..operation_changes import OperationChange, OperationChanges
    from ..spread import Change, Values
    from .parts import Part

MOST_SHOWN = 8
"""rows of a device"""
_RANGE_ROOM = 20
_NAME_ROOM = 24


def operation_parts(found: OperationChanges, several: bool) -> Iterator[Part]:
    """The table of one device, and what it leaves out; nothing where no operation changed enough."""
    if not found.comparable:
        why = "the windows of the runs differ in kind; --whole compares all"
        yield Facts((f"operations of {found.device} are not compared: {why}",))
        return
    rows = found.worth_a_line
    if rows:
        yield _table(found, rows[:MOST_SHOWN], several)
    left_out = []
    if rows and not several:
        left_out.append("one run a side: differences may be chance; compare several runs a side")
    if len(rows) > MOST_SHOWN:
        left_out.append(f"and {count(len(rows) - MOST_SHOWN, 'more operation')}; all are in --json")
    if found.within_spread:
        left_out.append(
            f"{count(found.within_spread, 'operation')} changed by less than the spread of the runs; all are in --json"
        )
    if left_out:
        yield Facts(tuple(left_out))


def _table(found: OperationChanges, rows: Sequence[OperationChange], several: bool) -> Table:
    ranges = any(row.range for row in rows)
    by_step = found.rows[0].step_ns is not None
    spreads = [Column("min to max", drop_order=order) for order in (1, 2)] if several else []
    first = Column("per step" if by_step else "before")
    columns = (
        Column(f"operation of {found.device.partition(' (')[0]}", kind=Kind.WORD),
        *([Column("range", drop_order=3, kind=Kind.WORD, room=_RANGE_ROOM)] if ranges else []),
        Column("count", drop_order=4),
        *(first, *spreads[:1], Column("after"), *spreads[1:], Column("change")),
    )
    names = _names(rows)
    cells = tuple(
        (name, *([row.range or NONE] if ranges else []), *_cells(row, several))
        for name, row in zip(names, rows, strict=True)
    )
    return Table(columns, cells, name_room=_NAME_ROOM)


def _names(rows: Sequence[OperationChange]) -> list[str]:
    short = iter(short_names([row.name for row in rows if row.engine in KERNELS]))
    return [next(short) if row.engine in KERNELS else row.name for row in rows]


def _cells(row: OperationChange, several: bool) -> list[str]:
    return [_counts(row), *_side(row.measure.of_before, several), *_side(row.measure.of_after, several), _changed(row)]


def _counts(row: OperationChange) -> str:
    before, after = (NONE if value is None else f"{int(value):,}" for value in (row.count.before, row.count.after))
    return before if before == after else f"{before} -> {after}"


def _side(values: Values, several: bool) -> list[str]:
    return [_time(values.median), *([spread_cell(values, _time)] if several else [])]


def _changed(row: OperationChange) -> str:
    if row.gone or row.new:
        return "gone" if row.gone else "new"
    change: Change = row.measure
    sign = "+" if change.by > 0 else "−"
    percent = f" ({sign}{abs(100 * change.by / change.before):.1f} %)" if change.before else ""
    return f"{sign}{duration(int(abs(change.by)))}{percent}" if change.by else "="


def _time(ns: float | None) -> str:
    return NONE if ns is None else duration(int(ns))


def operations_document(found: Sequence[OperationChanges], several: bool) -> list[dict[str, object]]:
    """A row per device, operation and range; of devices that every run has."""
    return [
        {
            "device": changes.device,
            "comparable": changes.comparable,
            "name": row.name,
            "engine": row.engine.key,
            "range": row.range or None,
            "beyond_spread": row.measure.beyond_spread,
            "gone": row.gone,
            "new": row.new,
            "count": change_document(row.count, several),
            "ns": change_document(row.ns, several),
            "step_ns": None if row.step_ns is None else change_document(row.step_ns, several),
        }
        for changes in found
        for row in changes.rows
    ]
