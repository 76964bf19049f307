"""Which devices a report shows, and in which order: the job first, then all of them or those that lose most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..parts import Line, Remark, Section, Verdict
from .device import devices_line, helpers_line
from .job import rank_line
from .job_verdict import alike_line, folded, job_verdict
from .losses import lost_share
from .source import nothing_recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from ...questions.overlap import DeviceFigures
    from ...summary import Summary

NOT_FOLDED = 2
"""Devices that are each shown, however alike they are."""


def device_sections(
    summary: Summary, most: int | None, of_one: Callable[[DeviceFigures, Summary], Section]
) -> Iterator[Section]:
    """The job, then a section ``of_one`` device each, of at most so many; then, one for those that are alike."""
    alike = folded(summary) if most is not None and len(summary.shown_devices) > NOT_FOLDED else {}
    shown = _worst(summary, most, alike)
    if first := job_verdict(summary):
        yield Section("", (Verdict(first, tuple(filter(None, (rank_line(summary),)))),))
    for figures in shown:
        yield of_one(figures, summary)
        if as_it := alike_line(summary, figures.position, alike.get(figures.position, ())):
            yield Section("", (Remark(as_it),), apart=False)
    told = sum(1 + len(alike.get(figures.position, ())) for figures in shown)
    if left_out := devices_line(len(summary.shown_devices) - told):
        yield Section("", (Remark(left_out),))
    if little := helpers_line(summary):
        yield Section("", (Remark(little),))
    if not shown:
        yield Section("", (Line(nothing_recorded(summary)),))


def at_work(summary: Summary, most: int | None) -> list[int] | None:
    """The devices of which the tables of their work are shown: of many where not all fit, the one of the first line."""
    if most is None or len(summary.shown_devices) <= NOT_FOLDED:
        return [figures.position for figures in summary.shown_devices] if summary.helpers else None
    first = summary.account.first if summary.account else None
    return [first.account.device if first else summary.devices[0].position]


def _worst(summary: Summary, most: int | None, alike: Collection[int]) -> list[DeviceFigures]:
    """The devices to show, in order: all, or of many those that lose most.

    ``alike`` has those that stand for others.
    """
    several = [figures for figures in summary.shown_devices if not alike or figures.position in alike]
    worst = sorted(several, key=lambda figures: (-lost_share(summary, figures), -figures.exposed_copy_ns))[:most]
    return sorted(worst, key=lambda figures: figures.position)
