"""The operations of a trace as a figure: a lane per device and engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..questions.sweep import busy_engines
from ..reports.sections.device import ENGINE_NAMES
from ..units import count, duration
from .colors import OF_ENGINE
from .drawing import figure, graph_objects, literally

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from ..analysis import Analysis
    from ..intervals import Intervals
    from ..model import DeviceWork, Engine, Int64

MOST_SINGLE = 5_000
"""operations that are drawn one by one; of more, a column of the window has the share in which an engine was busy"""
COLUMNS = 2_000
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One engine of one device: its operations in the window, and when it was busy."""

    label: str
    engine: Engine
    work: DeviceWork
    busy: Intervals


def timeline_figure(analysis: Analysis) -> Figure:
    """The operations, or what columns of the window hold. Raises `UsageError` where plotly is not installed."""
    graph_objects()
    window = _window(analysis)
    lanes = _lanes(analysis, *window)
    operations = sum(len(lane.work) for lane in lanes)
    if operations <= MOST_SINGLE:
        return _single(analysis, lanes, *window)
    return _binned(lanes, operations, *window)


def bins(start_ns: int, end_ns: int, columns: int = COLUMNS) -> Int64:
    """The edges of equally wide columns, to the nanosecond: (columns + 1,) int64, fewer of a window shorter than that.

    Columns differ by one nanosecond at most, and lie beside each other without a gap.
    """
    span_ns = max(1, end_ns - start_ns)
    columns = min(columns, span_ns)
    return np.array([start_ns + span_ns * at // columns for at in range(columns + 1)], dtype=np.int64)


def _window(analysis: Analysis) -> tuple[int, int]:
    if analysis.window is not None:
        return analysis.window.start_ns, analysis.window.end_ns
    work = analysis.trace.work
    return (int(work.start_ns[0]), int(work.end_ns.max())) if len(work) else (0, 1)


def _lanes(analysis: Analysis, start_ns: int, end_ns: int) -> list[Lane]:
    """Of all devices, in order; engines that did nothing in the window are left out."""
    trace, found = analysis.trace, []
    for position in analysis.devices:
        work = trace.work_of(position)
        inside = work[(work.start_ns < end_ns) & (work.end_ns > start_ns)]
        for engine, busy in busy_engines(trace, position).items():
            own = inside[inside.engine == engine]
            if len(own):
                label = f"{literally(trace.devices[position].label)} · {ENGINE_NAMES[engine]}"
                found.append(Lane(label, engine, own, busy.clip(start_ns, end_ns)))
    return found


def _single(analysis: Analysis, lanes: list[Lane], start_ns: int, end_ns: int) -> Figure:
    go, trace = graph_objects(), analysis.trace
    operations = sum(len(lane.work) for lane in lanes)
    found = figure(f"{count(operations, 'operation')} in {duration(end_ns - start_ns)}", _X_TITLE, len(lanes))
    for lane in lanes:
        work = lane.work
        lengths_ns = work.end_ns - work.start_ns
        names = [literally(trace.text(code)[:_LONGEST_NAME]) for code in work.name.tolist()]
        found.add_trace(
            go.Bar(
                name=lane.label,
                orientation="h",
                y=[lane.label] * len(work),
                base=(work.start_ns - start_ns) / 1e6,
                x=lengths_ns / 1e6,
                customdata=np.stack((work.start_ns - start_ns, lengths_ns, work.stream), axis=1),
                hovertext=[f"{name}<br>{duration(ns)}" for name, ns in zip(names, lengths_ns.tolist(), strict=True)],
                hovertemplate="%{hovertext} on stream %{customdata[2]}<extra></extra>",
                marker={"color": OF_ENGINE[lane.engine], "line": {"width": 0}},
                showlegend=False,
            )
        )
    found.update_layout(barmode="overlay", bargap=0.25)
    found.update_xaxes(range=[0, (end_ns - start_ns) / 1e6])
    return found


_X_TITLE = "ms since the first operation of the window"


def _binned(lanes: list[Lane], operations: int, start_ns: int, end_ns: int) -> Figure:
    edges = bins(start_ns, end_ns)
    width_ns = np.diff(edges)
    busy_ns = np.stack([lane.busy.covered_ns(edges[:-1], edges[1:]) for lane in lanes])
    found = figure(
        f"{count(operations, 'operation')} in {duration(end_ns - start_ns)}, in {len(width_ns):,} columns of "
        f"{duration(int(width_ns.max()))}: the share of each in which the engine was busy",
        _X_TITLE,
        len(lanes),
    )
    for row, lane in enumerate(lanes):
        found.add_trace(_shares(lane, (edges - start_ns) / 1e6, busy_ns[row], width_ns))
    found.update_xaxes(range=[0, (end_ns - start_ns) / 1e6])
    return found


def _shares(lane: Lane, edges_ms: Any, busy_ns: Int64, width_ns: Int64) -> Any:
    return graph_objects().Heatmap(
        name=lane.label,
        x=edges_ms,
        y=[lane.label],
        z=[(busy_ns / width_ns).astype(np.float32)],
        customdata=[busy_ns],
        zmin=0,
        zmax=1,
        ygap=6,
        showscale=False,
        colorscale=[[0, "rgba(128,128,128,.12)"], [1, OF_ENGINE[lane.engine]]],
        hovertemplate="%{y}<br>at %{x:.3f} ms<br>busy %{z:.1%} (%{customdata} ns)<extra></extra>",
    )
