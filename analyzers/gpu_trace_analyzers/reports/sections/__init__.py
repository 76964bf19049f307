"""All that reports say of a summary, and in which order: `sections` for people, `FIELDS` for programs.

Each module here is one subject: its sentences, its table and its keys. `brief` chooses from them what a terminal shows
first. How they look is for the drawers beside this package, which know no figure: `text`, `markdown` and `html` draw
sections, `document` and `tidy` write fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..parts import Note, Remark, Section, Source
from . import account, causes, compute, device, job, memory, notes, pairs, ranges, source, work
from .compute import compute_table
from .device import engine_table, facts, tiles
from .devices import at_work, device_sections
from .job import collective_table
from .losses import device_losses
from .memory import memory_table, page_faults_line
from .notes import range_notes, reading_notes
from .pairs import pair_table, pairs_line
from .ranges import range_table, step_table
from .source import source_line
from .verdict import device_verdict, kinds_line, window_line
from .work import work_sections

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
    *account.FIELDS,
    *compute.FIELDS,
    *memory.FIELDS,
    *work.FIELDS,
)
"""The keys of ``summary.json``, in order."""


def sections(summary: Summary, devices: int | None = None) -> Iterator[Section]:
    """What people read. Of more than ``devices`` devices, only those that lose most are in it (None: all)."""
    yield _head(summary)
    yield from device_sections(summary, devices, _device)
    yield from _tables(summary)
    yield from work_sections(summary, at_work(summary, devices))


def _head(summary: Summary) -> Section:
    read = (Source(line) for line in (source_line(summary), window_line(summary), kinds_line(summary)) if line)
    notes = (Note(line) for line in reading_notes(summary))
    return Section("Overlap summary", (*read, *notes))


def _tables(summary: Summary) -> Iterator[Section]:
    if summary.shown_pairs:
        yield Section("Devices computing concurrently", (pair_table(summary),))
    if not_compared := pairs_line(summary):
        yield Section("", (Remark(not_compared),))
    if computing := compute_table(summary):
        yield Section("Compute", (computing,))
    if remembered := memory_table(summary):
        yield Section("Memory", (remembered,))
    if faults := page_faults_line(summary):
        yield Section("", (Remark(faults),))
    if summary.collectives:
        yield Section("Collectives", (collective_table(summary),))
    if summary.shown_ranges:
        yield Section("Ranges", (range_table(summary.shown_ranges, summary),))
    if lacking := range_notes(summary):
        yield Section("", tuple(Remark(line) for line in lacking), apart=False)
    if len(summary.steps) > len(summary.devices):
        yield Section("Steps", (step_table(summary),))


def _device(figures: DeviceFigures, summary: Summary) -> Section:
    parts: tuple[Part, ...] = (
        device_verdict(figures, summary),
        tiles(figures),
        engine_table(figures, summary),
        facts(figures, summary),
        *device_losses(figures, summary),
    )
    return Section(figures.device.label, parts, of_device=True)
