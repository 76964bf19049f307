"""What each named range and each step launched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...units import NONE, count, duration
from ..fields import Field, Rows
from ..parts import Column, Kind, Table
from .device import DEVICE, LABEL, RANK
from .verdict import short_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...questions.ranges import RangeFigures
    from ...summary import Summary

INDENT = "  "
_DEEPEST = 12
"""of the depths that indentation shows; a row that lies deeper begins with an ellipsis"""

_NAME, _DOMAIN = Field("name"), Field("domain")
_DEVICE = replace(DEVICE, note="null: instances that gave no device anything to do, a row per rank")
_FIRST = (_NAME, _DOMAIN, _DEVICE, LABEL, RANK)
_RANGE = (
    _NAME,
    _DOMAIN,
    Field("count", "instances of the device's rank, or of the processes that launched its work"),
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
_STEP = Field("step", "its number, n of `ProfilerStep#n`, else counted from 0 in its process as `run --steps` does")
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

_RANGE_COLUMNS = (
    Column("range", kind=Kind.WORD),
    Column("device", drop_order=7, kind=Kind.WORD),
    Column("count", drop_order=3),
    Column("window", drop_order=6),
    Column("median", drop_order=1),
    Column("worst", drop_order=2),
    Column("compute", drop_order=4),
    Column("copy", drop_order=5),
    Column("hidden", drop_order=8),
    Column("exposed"),
)
_STEP_COLUMNS = (
    Column("step", kind=Kind.WORD),
    Column("device", drop_order=4, kind=Kind.WORD),
    Column("window", drop_order=3),
    Column("compute", drop_order=1),
    Column("copy", drop_order=2),
    Column("hidden", drop_order=5),
    Column("exposed"),
)


def range_table(rows: Sequence[RangeFigures], summary: Summary) -> Table:
    """A row per range and device; what lies inside a range of its thread is indented."""
    labels = {figures.position: short_label(figures.device) for figures in summary.devices}
    return Table(_RANGE_COLUMNS, tuple(_range_row(row, labels) for row in rows))


def step_table(summary: Summary) -> Table:
    """A row per step and device, each with its number; how often and how evenly it ran says nothing of one step."""
    labels = {figures.position: short_label(figures.device) for figures in summary.devices}
    return Table(_STEP_COLUMNS, tuple(_step_row(row, labels) for row in summary.steps))


def _step_row(row: RangeFigures, labels: dict[int, str]) -> tuple[str, ...]:
    _name, device, _count, window, _median, _worst, *figures = _range_row(row, labels)
    name = _in_its_domain(row)
    numbered = name if name.endswith(f"#{row.step}") else f"{name} #{row.step}"
    return (numbered, device, window, *figures)


def _in_its_domain(row: RangeFigures) -> str:
    return f"{row.domain}: {row.name}" if row.domain else row.name


def _indent(depth: int) -> str:
    """Ranges that are never popped lie inside one another without end: a row stays as long as its name."""
    return INDENT * depth if depth <= _DEEPEST else f"{INDENT * _DEEPEST}… "


def _range_row(row: RangeFigures, labels: dict[int, str]) -> tuple[str, ...]:
    name = _indent(row.depth) + _in_its_domain(row)
    if row.device is None:
        return (name, f"r{row.rank}" if row.rank >= 0 else NONE, count(row.count), *[NONE] * 7)
    times = tuple(duration(ns) for ns in (row.window_ns, row.median_ns, row.worst_ns, row.compute_ns))
    copying = (row.copy_ns, row.hidden_copy_ns, row.exposed_copy_ns)
    copies = tuple(duration(ns) for ns in copying) if row.copy_ns else (NONE, NONE, NONE)
    return (name, labels[row.device], count(row.count), *times, *copies)
