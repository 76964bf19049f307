"""What every report says of a summary in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .units import count, duration, ratio, share

if TYPE_CHECKING:
    from ..model import Source
    from ..questions.overlap import DeviceFigures
    from ..summary import Summary


def verdict(figures: DeviceFigures) -> str:
    """The answer in one sentence: is the copying of this device hidden behind its computing?"""
    compute, copy = duration(figures.compute_ns), duration(figures.copy_ns)
    if not figures.copy_ns:
        return f"{compute} of compute, no copying to hide" if figures.compute_ns else "neither compute nor copying"
    if not figures.compute_ns:
        return f"{copy} of copying, and no compute to hide it behind"
    return f"{copy} of copying, {_how_much(figures)} of it hidden behind {compute} of compute"


def _how_much(figures: DeviceFigures) -> str:
    if figures.overlap_ns == 0:
        return "none"
    return "all" if figures.exposed_copy_ns == 0 else share(figures.overlap_ns, figures.copy_ns)


def overlap_lines(figures: DeviceFigures) -> list[str]:
    """The ratios of one device, each with its numerator and denominator; empty where nothing could overlap."""
    lines = []
    if figures.overlap_ratio is not None:
        shorter = min(figures.compute_ns, figures.copy_ns)
        which = "the copying" if shorter == figures.copy_ns else "the compute"
        parts = f"{duration(figures.overlap_ns)} overlapped of {duration(shorter)} possible, {which} being shorter"
        lines.append(f"overlap ratio {ratio(figures.overlap_ratio)}: {parts}")
        rest = f"exposed copy {duration(figures.exposed_copy_ns)}, headroom {duration(figures.headroom_ns)}"
        lines.append(f"{rest}, gain {figures.gain:.2f}x, span {duration(figures.span_ns)}")
    if figures.collective_ns:
        exposed = share(figures.exposed_collective_ns, figures.collective_ns)
        lines.append(f"exposed collectives {duration(figures.exposed_collective_ns)} ({exposed} of their time)")
    if figures.device.kind == "cpu" and figures.streams > 1 and figures.streams_at_once is not None:
        lines.append(f"threads at once {figures.streams_at_once:.2f} of {figures.streams} while busy")
    return lines


def source_line(source: Source) -> str:
    """What was read."""
    return f"{source.path} · {source.format} · {count(source.events, 'event')}"


def reading_notes(source: Source) -> list[str]:
    """What of the file is missing in the figures, and why; empty for a whole file."""
    dropped = [f"{count(number)} × {reason}" for reason, number in source.dropped.items()]
    return [*source.damage, *(["not used: " + ", ".join(dropped)] if dropped else [])]


def nothing_recorded(summary: Summary) -> str:
    """Said instead of figures where no device did anything."""
    return (
        f"{summary.source.path} has no device activity: no kernel, no copy, and no operator of a CPU. "
        "Was the profiler running while the work ran, and with activities for this device?"
    )
