"""What was read; where nothing was, why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import count, duration
from ..fields import Field, Nested

if TYPE_CHECKING:
    from ...summary import Summary

_RECORD_GPU = "Record with gpu-trace run, or with activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]."
_SHOW_THEM = "gpu-trace open shows them; for figures, record with torch.profiler or gpu-trace run."

FIELDS = (
    Nested(
        "source",
        "",
        lambda summary, _: summary.source,
        (
            Field("path"),
            Field("format"),
            Field("events"),
            Field("dropped", "reason: count", lambda source, _: dict(source.dropped)),
            Field("damage", "sentences", lambda source, _: list(source.damage)),
        ),
    ),
)


def source_line(summary: Summary) -> str:
    """What was read, and of it the chosen window."""
    source = summary.source
    chosen = f" · window of {duration(summary.window.span_ns)}" if summary.window else ""
    return f"{source.path} · {source.format} · {count(source.events, 'event')}{chosen}"


def nothing_recorded(summary: Summary) -> str:
    """Said instead of figures where no device did anything that is known here: why, and the next step."""
    path, not_used, lost = summary.source.path, sum(summary.source.losses.values()), summary.unmatched.launches
    if not_used > lost:
        rows = count(not_used, "row was", "rows were")
        return f"{path} has no device activity that gpu-trace can read; {rows} not used. {_SHOW_THEM}"
    if lost:
        launched = count(lost, "kernel was launched", "kernels were launched")
        return f"{path} has no device activity, although {launched}; the GPU rows are missing. {_RECORD_GPU}"
    return (
        f"{path} has no device activity: no kernel, no copy and no CPU operator. "
        "Check that the profiler was running, with activities for this device."
    )
