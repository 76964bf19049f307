"""The tables that the terminal and markdown show: headings and cells as text, without any drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model import Engine
from ..units import NONE, count, duration, rate, ratio, share, size
from .sentences import short_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..questions.explained import CauseFigures
    from ..questions.overlap import DeviceFigures, EngineFigures
    from ..questions.ranges import RangeFigures
    from ..summary import Summary

ENGINE_NAMES = {
    Engine.COMPUTE: "compute",
    Engine.COLLECTIVE: "collectives",
    Engine.COPY_H2D: "copy H2D",
    Engine.COPY_D2H: "copy D2H",
    Engine.COPY_P2P: "copy P2P",
    Engine.COPY_D2D: "copy D2D",
    Engine.MEMSET: "memset",
    Engine.UNKNOWN: "unknown",
}
INDENT = "  "
_DEEPEST = 12
"""of the depths that indentation shows; a row that lies deeper begins with an ellipsis"""
_NEVER_HIDDEN = (Engine.COMPUTE, Engine.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Table:
    """Headings, and rows of as many cells. The first ``words`` columns are text, the rest figures (set right)."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1


def engine_table(figures: DeviceFigures) -> Table:
    """A row per engine that did anything, and one for idle time."""
    headings = ("engine", "busy", "of span", "hidden", "ops", "bytes", "rate")
    rows = [_engine_row(row, figures.span_ns) for row in figures.engines.values()]
    idle = ("idle", duration(figures.idle_ns), share(figures.idle_ns, figures.span_ns), "", "", "", "")
    return Table(headings, (*rows, idle))


def pair_table(summary: Summary) -> Table:
    """A row per pair of devices."""
    labels = {figures.position: figures.device.label for figures in summary.devices}
    rows = tuple(
        (f"{labels[p.a]} and {labels[p.b]}", duration(p.together_ns), duration(p.shorter_ns), ratio(p.ratio))
        for p in summary.pairs
    )
    return Table(("devices at once", "together", "of the shorter", "ratio"), rows)


def range_table(rows: Sequence[RangeFigures], summary: Summary) -> Table:
    """A row per range and device; what lies inside a range of its thread is indented."""
    headings = ("range", "device", "count", "window", "median", "worst", "compute", "copy", "hidden", "exposed")
    labels = {figures.position: short_label(figures.device) for figures in summary.devices}
    return Table(headings, tuple(_range_row(row, labels) for row in rows), words=2)


def step_table(summary: Summary) -> Table:
    """A row per step and device, each with its number; how often and how evenly it ran says nothing of one step."""
    labels = {figures.position: short_label(figures.device) for figures in summary.devices}
    rows = tuple(_step_row(row, labels) for row in summary.steps)
    return Table(("step", "device", "window", "compute", "copy", "hidden", "exposed"), rows, words=2)


def collective_table(summary: Summary) -> Table:
    """A row per collective and device."""
    labels = {figures.position: short_label(figures.device) for figures in summary.devices}
    rows = tuple(
        (r.name, labels[r.device], count(r.count), duration(r.busy_ns), duration(r.hidden_ns), duration(r.exposed_ns))
        for r in summary.collectives
    )
    return Table(("collective", "device", "count", "busy", "hidden", "exposed"), rows, words=2)


def idle_table(rows: Sequence[CauseFigures], figures: DeviceFigures) -> Table:
    """A row per cause of idle time."""
    cells = tuple((r.title, duration(r.ns), share(r.ns, figures.idle_ns), count(r.count), r.remedy) for r in rows)
    return Table(("idle, why", "time", "of idle", "times", "what to do"), cells)


def _engine_row(row: EngineFigures, span_ns: int) -> tuple[str, ...]:
    hidden = "" if row.engine in _NEVER_HIDDEN else duration(row.hidden_ns)
    moved = (size(row.size), rate(row.gb_per_s)) if row.size else ("", "")
    name = ENGINE_NAMES[row.engine]
    return (name, duration(row.busy_ns), share(row.busy_ns, span_ns), hidden, count(row.count), *moved)


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
