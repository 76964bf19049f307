"""One device: its engines, its figures in words, and what programs get of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...model import Engine
from ...units import NONE, count, duration, rate, ratio, share, size
from ..fields import At, Field, Rows, Shown, table
from ..parts import Bar, Column, Facts, Kind, Tile, Tiles
from .overlap import unknown_work

if TYPE_CHECKING:
    from typing import Any

    from ...questions.overlap import DeviceFigures
    from ...summary import Summary
    from ..parts import Table

ENGINE_NAMES = {
    Engine.COMPUTE: "compute",
    Engine.COLLECTIVE: "collectives",
    Engine.COPY_H2D: "copy H2D",
    Engine.COPY_D2H: "copy D2H",
    Engine.COPY_P2P: "copy P2P",
    Engine.COPY_D2D: "copy D2D",
    Engine.MEMSET: "memset",
    Engine.UNKNOWN: "unknown",
}
ENGINE_KINDS = {
    **dict.fromkeys(Engine, "copy"),
    Engine.COMPUTE: "compute",
    Engine.COLLECTIVE: "collective",
    Engine.MEMSET: "memset",
    Engine.UNKNOWN: "unknown",
}
"""what engines are drawn alike"""
NAMED = 3
"""Helpers that are named one by one; more are counted."""
_NEVER_HIDDEN = (Engine.COMPUTE, Engine.UNKNOWN)


def _place(row: Any, at: At) -> int | None:
    return None if row.device is None else at.places[row.device]


def _label(row: Any, at: At) -> str | None:
    return None if row.device is None else at.label(row.device)


def _known(rank: int) -> int | None:
    return rank if rank >= 0 else None


def _in_doubt(figures: DeviceFigures, at: At) -> dict[str, int]:
    doubts = [doubt for doubt in at.summary.source.doubts if doubt.device == figures.position]
    return {doubt.reason: doubt.operations for doubt in doubts}


DEVICE = Field("device", get=_place)
LABEL = Field("label", get=_label)
RANK = Field("rank", "null outside a job", lambda row, _: _known(row.rank))
"""of rows that are of a device"""

_ENGINES = Rows(
    "engines",
    "per engine that was busy (`compute`, `collective`, `copy_h2d`, `copy_d2h`, `copy_p2p`, `copy_d2d`, `memset`, "
    "`unknown`)",
    lambda figures, _: figures.engines.values(),
    (
        Field("busy_ns"),
        Field("hidden_ns"),
        Field("exposed_ns"),
        Field("count"),
        Field("bytes", get=lambda row, _: row.size),
        Field("gb_per_s", "null for collectives, which are busy while they wait"),
        Field("overlap_ratio", get=lambda row, at: at.within.ratio_of(row.engine)),
    ),
    table="engines",
    first=(
        Field("device", get=lambda _, at: at.places[at.within.position]),
        Field("label", get=lambda _, at: at.within.device.label),
        Field("engine", get=lambda row, _: row.engine.key),
    ),
    by=lambda row: str(row.engine.key),
)
_OWN_LABEL = Field("label", get=lambda figures, _: figures.device.label)
FIELDS = (
    Rows(
        "devices",
        "per device with activity, with its [figures](figures.md)",
        lambda summary, _: summary.devices,
        (
            Field("kind", get=lambda figures, _: figures.device.kind),
            Field("index", get=lambda figures, _: figures.device.index),
            Field("rank", get=lambda figures, _: _known(figures.device.rank)),
            Field(
                "owner",
                "the process or the file of this device, if several have a device of that number",
                lambda figures, _: figures.device.owner,
            ),
            _OWN_LABEL,
            Field(
                "helper",
                "whether a process without a rank did next to nothing on it (less than 2 % of the busiest device)",
                lambda figures, at: figures.position in at.summary.helpers,
                only_json=True,
            ),
            Field("start_ns", get=lambda figures, _: figures.window.start_ns),
            Field("span_ns"),
            Field("unrecorded_ns", "between windows of the recording, not in the span"),
            Field("busy_ns"),
            Field("idle_ns"),
            _ENGINES,
            Field(
                "copies",
                "the engines that count as copies",
                lambda figures, _: [engine.key for engine in figures.copies],
                only_json=True,
            ),
            Field("compute_ns"),
            Field("copy_ns"),
            Field("overlap_ns"),
            Field("overlap_ratio"),
            Field("hidden_share"),
            Field("exposed_copy_ns"),
            Field("collective_ns"),
            Field("exposed_collective_ns"),
            Field("gain"),
            Field("headroom_ns"),
            Field("streams", "how many had operations"),
            Field("streams_at_once", "how many were busy concurrently, on average, while any was"),
            Field("waited_for_room", "launches that waited for room in the launch queue, because the host was ahead"),
            Field("waited_for_room_ns", "the time in which any of them did"),
            Field(
                "in_doubt",
                "reason: operations whose [times cannot be true](formats.md); empty if the figures are certain",
                _in_doubt,
                cell=lambda doubts: ", ".join(f"{count} × {reason}" for reason, count in doubts.items()),
            ),
        ),
        table="devices",
        first=(Field("device", get=lambda figures, at: at.places[figures.position]), _OWN_LABEL),
    ),
)
_SHOWN = (
    Shown(Column("engine", kind=Kind.WORD), lambda row, _: ENGINE_NAMES[row.engine]),
    Shown(Column("busy", drop_order=5), lambda row, _: duration(row.busy_ns)),
    Shown(Column("of span", drop_order=4), lambda row, at: share(row.busy_ns, at.within.span_ns)),
    Shown(
        Column("hidden", drop_order=6), lambda row, _: "" if row.engine in _NEVER_HIDDEN else duration(row.hidden_ns)
    ),
    Shown(Column("ops", drop_order=2), lambda row, _: count(row.count)),
    Shown(Column("bytes", drop_order=1), lambda row, _: size(row.size) if row.size else ""),
    Shown(Column("rate", drop_order=3), lambda row, _: rate(row.gb_per_s) if row.size else ""),
)


def engine_table(figures: DeviceFigures, summary: Summary) -> Table:
    """A row per engine that did anything, and one for idle time; each has its bar."""
    engines, span_ns = figures.engines.values(), figures.span_ns
    found = table(_SHOWN, engines, replace(At.of(summary), within=figures))
    bars = (
        *(Bar(row.busy_ns, span_ns, ENGINE_KINDS[row.engine]) for row in engines),
        Bar(figures.idle_ns, span_ns, "idle"),
    )
    idle = ("idle", duration(figures.idle_ns), share(figures.idle_ns, span_ns))
    return replace(found, rows=(*found.rows, idle + ("",) * (len(_SHOWN) - len(idle))), bars=bars)


def tiles(figures: DeviceFigures) -> Tiles:
    """The figures that decide."""
    exposed = duration(figures.exposed_copy_ns) if figures.copy_ns else NONE
    return Tiles(
        (
            Tile(ratio(figures.overlap_ratio), "overlap ratio"),
            Tile(exposed, "exposed copy", bad=bool(figures.exposed_copy_ns)),
            Tile(duration(figures.headroom_ns), "perfect overlap would save"),
            Tile(duration(figures.span_ns), "span"),
            Tile(share(figures.idle_ns, figures.span_ns), "of the span idle"),
        )
    )


def facts(figures: DeviceFigures, _summary: Summary) -> Facts:
    """The lines below the engines of one device, in order."""
    return Facts(tuple(overlap_lines(figures)))


def overlap_lines(figures: DeviceFigures) -> list[str]:
    """The ratios of one device, and what else there is to know of its figures."""
    return [*ratio_lines(figures), *_host_ahead(figures), *unrecorded_lines(figures), *_threads(figures)]


def ratio_lines(figures: DeviceFigures, *, with_span: bool = True) -> list[str]:
    """The ratios of one device, each with its numerator and denominator; empty where nothing could overlap."""
    lines = []
    if figures.overlap_ratio is not None:
        lines.append(f"overlap ratio {ratio(figures.overlap_ratio)}: {_shorter(figures)}")
        rest = f"exposed copy {duration(figures.exposed_copy_ns)}, headroom {duration(figures.headroom_ns)}"
        span = f", span {duration(figures.span_ns)}" if with_span else ""
        lines.append(f"{rest}, gain {figures.gain:.2f}x over no overlap{span}")
    if figures.unknown and figures.copy_ns:
        lines.append(f"not in these figures: {unknown_work(figures)}; gpu-trace info lists the names")
    return lines


def _host_ahead(figures: DeviceFigures) -> list[str]:
    if not figures.waited_for_room:
        return []
    launches, ns = count(figures.waited_for_room, "launch", "launches"), duration(figures.waited_for_room_ns)
    return [f"the host is ahead: {launches} waited for room in the launch queue ({ns} in all)"]


def unrecorded_lines(figures: DeviceFigures) -> list[str]:
    """What no figure of one device counts; empty where all of its time was recorded."""
    unrecorded_ns = figures.unrecorded_ns
    return [f"{duration(unrecorded_ns)} between recorded windows are not counted"] if unrecorded_ns else []


def _threads(figures: DeviceFigures) -> list[str]:
    if figures.device.kind != "cpu" or figures.streams < 2 or figures.streams_at_once is None:
        return []
    return [f"{figures.streams_at_once:.2f} of {figures.streams} threads busy concurrently, on average"]


def collective_lines(figures: DeviceFigures) -> list[str]:
    """How long collectives ran without compute; empty without collectives."""
    if not figures.collective_ns:
        return []
    exposed_ns, whole_ns = figures.exposed_collective_ns, figures.collective_ns
    return [f"exposed collectives {duration(exposed_ns)} of {duration(whole_ns)} ({share(exposed_ns, whole_ns)})"]


def _shorter(figures: DeviceFigures) -> str:
    """``56.8 ms of 57.9 ms copy time (130.7 ms compute is longer)``: at most the shorter of the two can overlap."""
    named = sorted(((figures.copy_ns, "copy"), (figures.compute_ns, "compute")), key=lambda each: each[0])
    (shorter_ns, shorter), (longer_ns, longer) = named
    than = "is longer" if longer_ns > shorter_ns else "is as long"
    return (
        f"{duration(figures.overlap_ns)} of {duration(shorter_ns)} {shorter} time "
        f"({duration(longer_ns)} {longer} {than})"
    )


def helpers_line(summary: Summary) -> str:
    """The devices of helpers, which have no section of their own; empty where there are none."""
    rows = [figures for figures in summary.devices if figures.position in summary.helpers]
    if not rows:
        return ""
    labels = [figures.device.owner or figures.device.label for figures in rows]
    named = ", ".join(labels) if len(labels) <= NAMED else count(len(labels), "device")
    return f"not shown: {named}, {duration(sum(figures.busy_ns for figures in rows))} of work; all are in --json"


def devices_line(others: int) -> str:
    """How many devices a report that shows a few leaves out, and which it shows; empty where it shows all."""
    lose = count(others, "more device that loses less of its time", "more devices that lose less of their time")
    return f"and {lose}; all are in --json" if others else ""
