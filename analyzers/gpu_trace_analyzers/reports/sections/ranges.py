"""What each named range and each step launched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...units import NONE, count, duration
from ..fields import At, Field, Rows, Shown, table
from ..parts import Column, Kind
from .device import DEVICE, LABEL, RANK
from .overlap import short_label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...questions.ranges import RangeFigures
    from ...summary import Summary
    from ..parts import Table

INDENT = "  "
_DEEPEST = 12
"""of the depths that indentation shows; a row that lies deeper begins with an ellipsis"""

_NAME, _DOMAIN = Field("name"), Field("domain")
_DEVICE = replace(DEVICE, note="null: instances that launched no device operation, a row per rank")
_FIRST = (_NAME, _DOMAIN, _DEVICE, LABEL, RANK)
_RANGE = (
    _NAME,
    _DOMAIN,
    Field("count", "instances of the device's rank, or of the processes that launched its operations"),
    Field("host_ns", "their time on the host"),
    _DEVICE,
    RANK,
    Field("operations"),
    Field("depth"),
    Field("window_ns"),
    Field("median_ns"),
    Field("worst_ns"),
    Field("compute_ns"),
    Field("copy_ns"),
    Field("hidden_copy_ns"),
    Field("exposed_copy_ns"),
)
_STEP = Field("step", "its number, n of `ProfilerStep#n`, otherwise counted from 0 in its process, as by `run --steps`")
FIELDS = (
    Rows(
        "ranges",
        "per range and device",
        lambda summary, _: summary.ranges,
        _RANGE,
        table="ranges",
        first=_FIRST,
    ),
    Rows("steps", "the same per step", lambda summary, _: summary.steps, (*_RANGE, _STEP), table="steps", first=_FIRST),
)


def _name(row: RangeFigures) -> str:
    return f"{row.domain}: {row.name}" if row.domain else row.name


def _inside(row: RangeFigures, _at: At) -> str:
    """Ranges that are never popped lie inside one another without end: a row stays as long as its name."""
    indent = INDENT * row.depth if row.depth <= _DEEPEST else f"{INDENT * _DEEPEST}… "
    return indent + _name(row)


def _numbered(row: RangeFigures, _at: At) -> str:
    name = _name(row)
    return name if name.endswith(f"#{row.step}") else f"{name} #{row.step}"


def _where(row: RangeFigures, at: At) -> str:
    if row.device is not None:
        return short_label(at.device(row.device))
    return f"r{row.rank}" if row.rank >= 0 else NONE


def _time(key: str) -> Callable[[RangeFigures, At], str]:
    return lambda row, _: NONE if row.device is None else duration(getattr(row, key))


def _copying(key: str) -> Callable[[RangeFigures, At], str]:
    return lambda row, _: duration(getattr(row, key)) if row.copy_ns else NONE


_SHOWN = (
    Shown(Column("range", kind=Kind.WORD), _inside),
    Shown(Column("device", drop_order=7, kind=Kind.WORD), _where),
    Shown(Column("count", drop_order=3), lambda row, _: count(row.count)),
    Shown(Column("span", drop_order=6), _time("window_ns")),
    Shown(Column("median", drop_order=1), _time("median_ns")),
    Shown(Column("worst", drop_order=2), _time("worst_ns")),
    Shown(Column("compute", drop_order=4), _time("compute_ns")),
    Shown(Column("copy", drop_order=5), _copying("copy_ns")),
    Shown(Column("hidden", drop_order=8), _copying("hidden_copy_ns")),
    Shown(Column("exposed"), _copying("exposed_copy_ns")),
)
_OF_SEVERAL = ("median", "worst")
_OF_MANY = ("range", "count", *_OF_SEVERAL)
_STEP_SHOWN = (
    Shown(Column("step", kind=Kind.WORD), _numbered),
    *(each for each in _SHOWN if each.column.title not in _OF_MANY),
)


def range_table(rows: Sequence[RangeFigures], summary: Summary) -> Table:
    """A row per range and device; what lies inside a range of its thread is indented.

    If every range ran once, its span is also the median and the worst.
    """
    once = all(row.count == 1 for row in rows)
    shown = [each for each in _SHOWN if not (once and each.column.title in _OF_SEVERAL)]
    return table(shown, rows, At.of(summary))


def step_table(summary: Summary) -> Table:
    """A row per step and device, each with its number; how often and how evenly it ran says nothing of one step."""
    return table(_STEP_SHOWN, summary.steps, At.of(summary))
