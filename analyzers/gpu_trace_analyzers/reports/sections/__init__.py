"""All that reports say of a summary, and in which order: `sections` for people, `FIELDS` for programs.

Each module here is one subject: its sentences, its table and its keys. How they look is for the drawers beside this
package, which know no figure: `text`, `markdown` and `html` draw sections, `document` and `tidy` write fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..parts import Line, Note, Remark, Section, Source, Verdict
from . import account, causes, compute, device, job, memory, notes, pairs, ranges, source, work
from .compute import compute_table
from .device import devices_line, engine_table, facts, helpers_line, tiles
from .job import collective_table, rank_line
from .job_verdict import folded, job_verdict
from .losses import device_losses, lost_share
from .memory import memory_table, page_faults_line
from .notes import range_notes, reading_notes
from .pairs import pair_table, pairs_line
from .ranges import range_table, step_table
from .source import nothing_recorded, source_line
from .verdict import device_verdict, kinds_line, window_line
from .work import work_sections

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

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


NOT_FOLDED = 2
"""Devices that are each shown, however alike they are."""


def sections(summary: Summary, devices: int | None = None) -> Iterator[Section]:
    """What people read. Of more than ``devices`` devices, only those that lose most are in it (None: all)."""
    yield _head(summary)
    yield from _devices(summary, devices)
    yield from _tables(summary)
    yield from work_sections(summary, _at_work(summary, devices))


def _head(summary: Summary) -> Section:
    read = (Source(line) for line in (source_line(summary), window_line(summary), kinds_line(summary)) if line)
    notes = (Note(line) for line in reading_notes(summary))
    return Section("Overlap summary", (*read, *notes))


def _devices(summary: Summary, most: int | None) -> Iterator[Section]:
    """The job, then the devices; where not all are shown, one for those that are alike."""
    alike = folded(summary) if most is not None and len(summary.shown_devices) > NOT_FOLDED else {}
    shown = _worst(summary, most, alike)
    if first := job_verdict(summary):
        yield Section("", (Verdict(first, tuple(filter(None, (rank_line(summary),)))),))
    for figures in shown:
        yield _device(figures, summary)
        if others := alike.get(figures.position):
            yield Section("", (Remark(others),), apart=False)
    if left_out := devices_line(len(alike or summary.shown_devices) - len(shown)):
        yield Section("", (Remark(left_out),))
    if little := helpers_line(summary):
        yield Section("", (Remark(little),))
    if not shown:
        yield Section("", (Line(nothing_recorded(summary)),))


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


def _worst(summary: Summary, most: int | None, alike: Collection[int]) -> list[DeviceFigures]:
    """The devices to show, in order: all, or of many those that lose most.

    ``alike`` has those that stand for others.
    """
    several = [figures for figures in summary.shown_devices if not alike or figures.position in alike]
    worst = sorted(several, key=lambda figures: (-lost_share(summary, figures), -figures.exposed_copy_ns))[:most]
    return sorted(worst, key=lambda figures: figures.position)


def _at_work(summary: Summary, most: int | None) -> list[int] | None:
    """The devices of which the tables of their work are shown: of many where not all fit, the one of the first line."""
    if most is None or len(summary.shown_devices) <= NOT_FOLDED:
        return [figures.position for figures in summary.shown_devices] if summary.helpers else None
    first = summary.account.first if summary.account else None
    return [first.account.device if first else summary.devices[0].position]


def _device(figures: DeviceFigures, summary: Summary) -> Section:
    parts: tuple[Part, ...] = (
        device_verdict(figures, summary),
        tiles(figures),
        engine_table(figures, summary),
        facts(figures, summary),
        *device_losses(figures, summary),
    )
    return Section(figures.device.label, parts, of_device=True)
