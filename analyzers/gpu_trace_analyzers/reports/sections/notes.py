"""What the figures lack and why, and of which part of the trace they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...questions.ranges import DEEPEST_OWNER
from ...units import count
from ..fields import Field, Nested

if TYPE_CHECKING:
    from ...summary import Summary

_REASONS = 6
"""Reasons for not using events that a report lists."""

FIELDS = (
    Nested(
        "unmatched",
        "launches and operations without their counterpart, all 0 in a complete recording",
        lambda summary, _: summary.unmatched,
        (
            Field("launches", "of kernels and graphs, without their operation, except those captured into a graph"),
            Field("work", "GPU operations without a launch in the trace"),
            Field(
                "after_last", "those of `launches` after the last launch with an operation: the recording ended first"
            ),
            Field("nodes", "those that replays of a CUDA graph lack and another replay of it has"),
        ),
    ),
    Nested(
        "unowned",
        "operations outside every range, both 0 if every operation has one, or if the trace has no ranges",
        lambda summary, _: summary.unowned,
        (
            Field("operations", "GPU operations whose launch is in the trace and in no range"),
            Field("of", "the number of operations with a launch"),
        ),
    ),
    Field(
        "buried_ranges",
        "how many ranges are nested in 32 others or more; they have no operations here. Usually the script "
        "never pops its ranges",
        lambda summary, _: summary.buried,
    ),
    Field(
        "window",
        "`[start, end]` if `--from` or `--to` selected one, otherwise null",
        lambda summary, _: None if summary.window is None else [summary.window.start_ns, summary.window.end_ns],
    ),
)


def reading_notes(summary: Summary) -> list[str]:
    """What is missing in the figures and in ranges, and why; empty for a whole file of a whole recording."""
    notes = figure_notes(summary)
    if unlaunched := summary.unmatched.work:
        have = count(unlaunched, "GPU operation has", "GPU operations have")
        belong = "it belongs" if unlaunched == 1 else "they belong"
        notes.append(f"{have} no launch in this trace, so {belong} to no range")
    notes += _lost_names(summary)
    return notes


def figure_notes(summary: Summary) -> list[str]:
    """What is missing in the figures of devices, or in doubt."""
    return [*summary.source.damage, *_not_used(summary), *doubtful(summary), *_lost_kernels(summary)]


def _lost_kernels(summary: Summary) -> list[str]:
    """Which kernels the figures do not have, and whether these are too low for it."""
    found, notes = summary.unmatched, []
    if summary.devices and (lost := found.launches - found.after_last):
        missing = "not recorded, or set aside" if summary.source.quarantined else "not recorded"
        notes.append(f"{count(lost, 'kernel was', 'kernels were')} launched and {missing}, so busy times are too low")
    if summary.devices and found.after_last:
        launched = count(found.after_last, "kernel was launched", "kernels were launched")
        notes.append(f"{launched} after the last recorded one, because the recording ended first")
    if summary.devices and found.nodes:
        lack = count(found.nodes, "operation is", "operations are")
        notes.append(f"{lack} missing from CUDA graph replays; busy times are too low unless nodes are conditional")
    return notes


def _not_used(summary: Summary) -> list[str]:
    """The commonest reasons for which events are not used."""
    losses = sorted(summary.source.losses.items(), key=lambda loss: -loss[1])
    told = [f"{count(number)} × {reason}" for reason, number in losses[:_REASONS]]
    others = losses[_REASONS:]
    if others:
        rest = sum(number for _, number in others)
        told.append(f"{rest:,} for {count(len(others), 'other reason')} (gpu-trace info lists them)")
    return ["not used: " + ", ".join(told)] if told else []


def doubtful(summary: Summary) -> list[str]:
    """Which devices' figures are in doubt, and why; of many devices the first."""
    told = [
        f"the figures of {figures.device.label} are in doubt: {why}"
        for figures in summary.devices
        if (why := summary.doubts_of(figures.position))
    ]
    others = len(told) - _REASONS
    return told if others <= 0 else [*told[:_REASONS], f"the figures of {count(others, 'other device')} are in doubt"]


def _lost_names(summary: Summary) -> list[str]:
    """Of names that are no ASCII, Kineto writes nothing but this word."""
    lost = {row.domain: row.instances for row in summary.ranges if row.name == "unknown"}
    if summary.source.format != "kineto" or not lost:
        return []
    many = count(sum(lost.values()), "range is", "ranges are")
    return [f"{many} named `unknown`, which Kineto writes for every name that is not ASCII"]


def range_notes(summary: Summary) -> list[str]:
    """What the table of ranges does not have."""
    return [line for line in (_unowned_line(summary), _buried_line(summary), _hidden_line(summary)) if line]


def _buried_line(summary: Summary) -> str:
    """How many ranges own nothing, and the likely mistake; empty where there are none."""
    if not summary.buried:
        return ""
    nested = count(summary.buried, "range is", "ranges are")
    return f"{nested} nested in {DEEPEST_OWNER} or more others and shown without operations; check that ranges end"


def _unowned_line(summary: Summary) -> str:
    """Which operations no range has, and which thread launched most of them; empty where every one has a range."""
    found = summary.unowned
    if not found.operations:
        return ""
    launched = f"{found.operations:,} of {count(found.of, 'GPU operation')} were launched outside every range"
    most = "all" if found.on_thread == found.operations else f"{found.on_thread:,} of them"
    return launched + (f", {most} by {found.thread}" if found.thread else "")


def _hidden_line(summary: Summary) -> str:
    """Which ranges are not shown, and how to see them; empty where all are."""
    domains = summary.hidden_domains
    if not domains:
        return ""
    return f"{count(sum(domains.values()), 'range')} of {', '.join(domains)} not shown; --all-domains shows them"
