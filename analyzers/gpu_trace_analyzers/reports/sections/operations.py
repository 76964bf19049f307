"""The operations that took most of a device's time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...model import KERNELS
from ...units import NONE, count, duration, rate, share
from ..fields import At, Field, Rows, Shown, table
from ..parts import Column, Facts, Kind, Span
from ..short_names import short_names
from .device import DEVICE, ENGINE_NAMES, LABEL, RANK
from .overlap import short_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...questions.work.operations import OperationFigures
    from ...questions.work.work import Amount
    from ...summary import Summary
    from ..parts import Part, Table

_NAME = Field("name")
_ENGINE = Field("engine", get=lambda row, _: row.engine.key)
FIELDS = (
    Rows(
        "devices",
        "per device, all of its operations in the window",
        lambda work, _: work.amounts,
        (
            DEVICE,
            RANK,
            Field("window_ns", "its recorded time in the window"),
            Field("names", "how many rows `operations` has without a limit"),
            Field("count"),
            Field("total_ns", "their lengths, added up"),
        ),
        table="amounts",
        first=(DEVICE, LABEL),
    ),
    Rows(
        "operations",
        "per device, engine and name, the most time first",
        lambda work, _: work.operations,
        (
            _NAME,
            _ENGINE,
            DEVICE,
            RANK,
            Field("count"),
            Field("total_ns", "the parts inside the window, added up"),
            Field("share", "of `window_ns`; above 1 if several run concurrently"),
            Field("mean_ns", "rounded down"),
            Field("median_ns", "the lower of two middle values"),
            Field("max_ns"),
            Field(
                "exposed_ns",
                "the time in which one of them ran and the device did not compute; null except for copies and "
                "collectives",
            ),
            Field("bytes", "null if not recorded", lambda row, _: row.size),
            Field("sized", "operations with recorded bytes"),
            Field("gb_per_s", "bytes / the time in which those ran; null for collectives"),
        ),
        table="operations",
        first=(_NAME, _ENGINE, DEVICE, LABEL),
    ),
)
_SHOWN = (
    Shown(Column("operation", kind=Kind.WORD), lambda row, _: row.name),
    Shown(Column("device", drop_order=8, kind=Kind.WORD), lambda row, at: short_label(at.device(row.device))),
    Shown(Column("engine", drop_order=1, kind=Kind.WORD), lambda row, _: ENGINE_NAMES[row.engine]),
    Shown(Column("count", drop_order=6), lambda row, _: count(row.count)),
    Shown(Column("total"), lambda row, _: duration(row.total_ns)),
    Shown(Column("share", drop_order=9), lambda row, _: share(row.total_ns, row.window_ns)),
    Shown(Column("mean", drop_order=5), lambda row, _: duration(row.mean_ns)),
    Shown(Column("median", drop_order=3), lambda row, _: duration(row.median_ns)),
    Shown(Column("max", drop_order=4), lambda row, _: duration(row.max_ns)),
    Shown(Column("exposed", drop_order=7), lambda row, _: NONE if row.exposed_ns is None else duration(row.exposed_ns)),
    Shown(Column("rate", drop_order=2), lambda row, _: rate(row.gb_per_s)),
)
NAME_ROOM = 40
"""Characters that tell most kernels apart."""


def headed(shown: Sequence[Shown], words: str) -> tuple[Shown, ...]:
    """The same columns, with the window in the heading of the first: a terminal shows no titles of tables."""
    first, *rest = shown
    title = f"{first.column.title}, {words}" if words else first.column.title
    return (replace(first, column=replace(first.column, title=title)), *rest)


def operation_parts(rows: Sequence[OperationFigures], words: str, summary: Summary) -> Iterator[Part]:
    """The table of some devices, and what it leaves out; ``words`` name the window."""
    yield operation_table(rows, words, summary)
    at = At.of(summary)
    for amount in summary.work.amounts if summary.work else ():
        own = [row for row in rows if row.device == amount.device]
        if own and len(own) < amount.names:
            yield Facts((_left_out(amount, own, at),))


def operation_table(rows: Sequence[OperationFigures], words: str, summary: Summary) -> Table:
    """A row per operation; names of kernels are short, and those of one table differ."""
    kernels = [row.engine in KERNELS for row in rows]
    short = iter(short_names([row.name for row, kernel in zip(rows, kernels, strict=True) if kernel]))
    named = [replace(row, name=next(short)) if kernel else row for row, kernel in zip(rows, kernels, strict=True)]
    one = len({row.device for row in rows}) == 1
    rates = any(row.gb_per_s is not None for row in rows)
    left_out = [*(("device",) if one else ()), *(() if rates else ("rate",))]
    shown = [each for each in _SHOWN if each.column.title not in left_out]
    found = table(headed(shown, words), named, At.of(summary))
    return replace(found, name_room=NAME_ROOM, every_row=True, spans=tuple(map(_longest, rows)))


def _longest(row: OperationFigures) -> Span:
    """The longest of them: what a page brings into view."""
    return Span(row.longest_start_ns, row.longest_start_ns + row.max_ns, row.device, row.rank)


def _left_out(amount: Amount, own: Sequence[OperationFigures], at: At) -> str:
    names = count(amount.names - len(own), "more operation")
    ns, ran = amount.total_ns - sum(row.total_ns for row in own), amount.count - sum(row.count for row in own)
    of = f" of {short_label(at.device(amount.device))}" if len(at.places) > 1 else ""
    return f"and {names}{of}, {duration(ns)} in {count(ran, 'call')}; --top N shows N"
