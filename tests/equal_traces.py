"""Are two traces equal? By what their columns mean: each may number its texts and processes in its own order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gpu_trace_analyzers.model import Role

if TYPE_CHECKING:
    from gpu_trace_analyzers.columns import Columns
    from gpu_trace_analyzers.model import Source, Trace


def assert_equal(one: Trace, other: Trace) -> None:
    """Compare everything that a trace has, column by column."""
    one.check()
    other.check()
    assert _source(one) == _source(other)
    assert (one.devices, one.epoch_ns) == (other.devices, other.epoch_ns)
    assert sorted(one.processes, key=repr) == sorted(other.processes, key=repr)
    for name, table in one.tables().items():
        assert _rows(one, table) == _rows(other, getattr(other, name)), name


def _source(trace: Trace) -> Source:
    """Where it comes from, with what was quarantined of equal times in one order."""
    return replace(trace.source, quarantined=tuple(sorted(trace.source.quarantined, key=repr)))


def _rows(trace: Trace, table: Columns) -> list[dict[str, Any]]:
    """The rows with texts, processes and frames in place of numbers; those of equal times in one order."""
    columns = {name: getattr(table, name).tolist() for name in table.columns()}
    for name in table.columns_of(Role.TEXT):
        columns[name] = [_text(trace, code) for code in columns[name]]
    for name in table.columns_of(Role.PROCESS):
        columns[name] = [trace.processes[place].pid if place >= 0 else None for place in columns[name]]
    for name in table.columns_of(Role.FRAME):
        columns[name] = [_stack(trace, frame) for frame in columns[name]]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return sorted(rows, key=lambda row: (row["start_ns"], -row["end_ns"], repr(row)))


def _stack(trace: Trace, frame: int) -> list[tuple[str | None, str | None, int]]:
    stack = []
    while frame >= 0:
        frames = trace.stack_frames
        place = (_text(trace, int(code[frame])) for code in (frames.function, frames.file))
        stack.append((*place, int(frames.line[frame])))
        frame = int(frames.caller[frame])
    return stack


def _text(trace: Trace, code: int) -> str | None:
    return trace.strings[code] if code >= 0 else None
