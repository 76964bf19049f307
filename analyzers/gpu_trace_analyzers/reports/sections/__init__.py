"""All that reports say of a summary, and in which order: `sections` for people, `FIELDS` for programs.

Each module here is one subject: its sentences, its table and its keys. How they look is for the drawers beside this
package, which know no figure: `text`, `markdown` and `html` draw sections, `document` and `tidy` write fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..parts import Line, Note, Remark, Section, Source, Verdict
from . import causes, device, job, notes, pairs, ranges, source, verdict
from .device import devices_line, engine_table, facts, tiles
from .job import collective_table, rank_line
from .losses import device_losses
from .notes import range_notes, reading_notes
from .pairs import pair_table, pairs_line
from .ranges import range_table, step_table
from .source import nothing_recorded, source_line
from .verdict import device_verdict, kinds_line, window_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...questions.overlap import DeviceFigures
    from ...summary import Summary
    from ..parts import Part

FIELDS = (
    *source.FIELDS,
    *device.FIELDS,
    *pairs.FIELDS,
    *ranges.FIELDS,
    *job.FIELDS,
    *notes.FIELDS,
    *causes.FIELDS,
    *verdict.FIELDS,
)
"""The keys of ``summary.json``, in order."""


def sections(summary: Summary, devices: int | None = None) -> Iterator[Section]:
    """What people read. Of more than ``devices`` devices, only those with the worst figures are in it (None: all)."""
    shown = _worst(summary, devices)
    read = (Source(line) for line in (source_line(summary), window_line(summary), kinds_line(summary)) if line)
    notes = (Note(line) for line in reading_notes(summary))
    yield Section("Overlap summary", (*read, *notes))
    yield from (_device(figures, summary) for figures in shown)
    if left_out := devices_line(summary, shown):
        yield Section("", (Remark(left_out),))
    if not summary.devices:
        yield Section("", (Line(nothing_recorded(summary)),))
    if awaited := rank_line(summary):
        yield Section("", (Verdict(awaited),))
    if summary.pairs:
        yield Section("Devices computing concurrently", (pair_table(summary),))
    if not_compared := pairs_line(summary):
        yield Section("", (Remark(not_compared),))
    if summary.collectives:
        yield Section("Collectives", (collective_table(summary),))
    if summary.shown_ranges:
        yield Section("Ranges", (range_table(summary.shown_ranges, summary),))
    if lacking := range_notes(summary):
        yield Section("", tuple(Remark(line) for line in lacking), apart=False)
    if len(summary.steps) > len(summary.devices):
        yield Section("Steps", (step_table(summary),))


def _worst(summary: Summary, most: int | None) -> list[DeviceFigures]:
    """The devices to show: all, or of many those with the most exposed copying (of equals: idle time), in order."""
    bad = sorted(summary.devices, key=lambda figures: (-figures.exposed_copy_ns, -figures.idle_ns))[:most]
    return sorted(bad, key=lambda figures: figures.position)


def _device(figures: DeviceFigures, summary: Summary) -> Section:
    parts: tuple[Part, ...] = (
        device_verdict(figures, summary),
        tiles(figures),
        engine_table(figures, summary),
        facts(figures, summary),
        *device_losses(figures, summary),
    )
    return Section(figures.device.label, parts, of_device=True)
