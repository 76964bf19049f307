"""How much memory was allocated at most, and by what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model import MISSING
from ...units import NONE, count, percent, size
from ..fields import At, Field, Rows, Shown, table
from ..parts import Column, Kind

if TYPE_CHECKING:
    from ...questions.memory import MemoryFigures
    from ...questions.page_faults import PageFaults
    from ...summary import Summary
    from ..parts import Table

FIELDS = (
    Rows(
        "memory",
        "[how much memory was allocated at most](figures.md#memory), per GPU and process, then on the host; empty if it"
        " was not recorded",
        lambda summary, _: summary.memory,
        (
            Field(
                "device",
                "null for the host, and for a GPU that had no activity",
                lambda row, at: at.places.get(row.device),
            ),
            Field("label"),
            Field("pid"),
            Field("rank", "null outside a job", lambda row, _: row.rank if row.rank != MISSING else None),
            Field("allocated_bytes", "the most that was allocated at once"),
            Field("peak_ns", "when, on the trace's clock"),
            Field("reserved_bytes", "that PyTorch's allocator held then; null if not recorded"),
            Field("unused_bytes", "of those, what was not allocated"),
            Field("most_reserved_bytes", "the most that it ever held"),
            Field("device_bytes", "the memory of the GPU; null if not recorded"),
            Field("share", "`allocated_bytes` / `device_bytes`"),
            Field("operator", "that allocated then; null if not known", lambda row, _: row.operator or None),
            Field(
                "ranges",
                "around it, the innermost first",
                lambda row, _: list(row.ranges),
                cell="; ".join,
            ),
        ),
        table="memory",
    ),
    Rows(
        "page_faults",
        "page faults of unified memory, per GPU and process, then on the host; empty if none were recorded",
        lambda summary, _: summary.page_faults,
        (
            Field("device", "null as above", lambda row, at: at.places.get(row.device)),
            Field("label"),
            Field("pid"),
            Field("faults"),
        ),
        table="page_faults",
    ),
)

_SHOWN = (
    Shown(Column("memory", kind=Kind.WORD), lambda row, _: _owner(row)),
    Shown(Column("peak"), lambda row, _: size(row.allocated_bytes)),
    Shown(Column("of device", drop_order=3), lambda row, _: percent(row.share)),
    Shown(Column("reserved", drop_order=4), lambda row, _: _size(row.reserved_bytes)),
    Shown(Column("unused", drop_order=2), lambda row, _: _size(row.unused_bytes)),
    Shown(Column("operator", kind=Kind.WORD), lambda row, _: row.operator or NONE),
    Shown(Column("range", drop_order=1, kind=Kind.WORD), lambda row, _: row.ranges[0] if row.ranges else NONE),
)
_LEAST_ON_HOST = 10**6
"""Bytes of the host that are worth a line beside those of a GPU."""


def memory_table(summary: Summary) -> Table | None:
    """A row per GPU, process and host, without columns of which nothing is known; None where there is no row."""
    of_gpus = any(row.device != MISSING for row in summary.memory)
    rows = [
        row for row in summary.memory if row.device != MISSING or not of_gpus or row.allocated_bytes >= _LEAST_ON_HOST
    ]
    at = At.of(summary)
    known = [each for each in _SHOWN if any(each.cell(row, at) != NONE for row in rows)]
    return table(known, rows, at) if rows else None


def page_faults_line(summary: Summary) -> str:
    """How many there were, and where; empty where none were recorded."""
    faults = [f"{count(row.faults)} on {_owner(row) or 'the host'}" for row in summary.page_faults]
    return f"page faults of unified memory: {', '.join(faults)}" if faults else ""


def _owner(row: MemoryFigures | PageFaults) -> str:
    return row.label.split(" (")[0]


def _size(bytes_: int | None) -> str:
    return NONE if bytes_ is None else size(bytes_)
