"""``gpu-trace info``: what a file is, what is in it, and what was lost in reading it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from gpu_trace_analyzers.model import Engine, Process, RangeKind
from gpu_trace_analyzers.questions.launches import launches
from gpu_trace_analyzers.questions.unmatched import unmatched
from gpu_trace_analyzers.units import count

from ..filenames import FileName
from ..progress import progress
from ..terminal import display
from .analysis_options import analysis_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.model import Trace

_LISTED = 10
_STREAM = {"gpu": "stream", "cpu": "thread"}


@click.command()
@click.argument("traces", metavar="TRACE...", nargs=-1, required=True, type=FileName())
@analysis_options("rules")
def info(traces: tuple[str, ...], asked: Asked) -> None:
    """Say what a trace is, which events it has, and what was lost.

    \b
      gpu-trace info trace.json.gz
      gpu-trace info gpu-trace-runs/train-1
    """  # noqa: D301  # \b is click's
    for number, path in enumerate(traces):
        if number:
            click.echo()
        with progress("computing"):
            lines = [*_lines(asked.load(path, operators=True))]
        display("\n".join(lines))


def _lines(trace: Trace) -> Iterator[str]:
    source = trace.source
    yield f"{source.path}: {source.format}, {count(source.events, 'event')}"
    yield from _section("devices", _devices(trace))
    yield from _section("processes", _processes(trace))
    yield from _section("read", _read(trace))
    yield from _section("not used", (_row(reason, count(events)) for reason, events in source.dropped.items()))
    yield from _section("launch and work", _pairs(trace))
    yield from _section("work of unknown kind", _unclassified(trace))
    yield from _section("times that cannot be true", _quarantined(trace))
    yield from _section("damage", source.damage)
    yield from _section("recorded with", (_row(key, value) for key, value in source.metadata.items()))


def _section(title: str, lines: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
    lines = tuple(lines)
    if lines:
        yield title
        yield from (f"  {line}" for line in lines)


def _row(key: str, value: str) -> str:
    return f"{key:34} {value}"


def _devices(trace: Trace) -> Iterator[str]:
    for position, device in enumerate(trace.devices):
        work = trace.work_of(position)
        counts = Counter(Engine(engine).key.replace("_", " ") for engine in work.engine.tolist())
        kinds = ", ".join(f"{rows:,} {engine}" for engine, rows in counts.most_common()) or "no work"
        streams = len(set(work.stream.tolist()))
        yield f"{device.label}: {kinds}" + (f"; {count(streams, _STREAM[device.kind])}" if streams else "")


def _processes(trace: Trace) -> Iterator[str]:
    for process in trace.processes:
        if process == Process(0):
            continue  # stands for the one that the file does not name
        world = f" of {process.world_size}" if process.world_size >= 0 else ""
        rank = f", rank {process.rank}{world}" if process.rank >= 0 else ""
        threads = f", {count(len(process.thread_names), 'named thread')}" if process.thread_names else ""
        yield f"{process.pid} {process.name}".rstrip() + rank + threads


def _read(trace: Trace) -> Iterator[str]:
    kinds = Counter(trace.ranges.kind.tolist())
    tables = {
        "work of devices": len(trace.work),
        "API calls": len(trace.calls),
        "framework operators": len(trace.operators),
        "NVTX ranges": kinds[RangeKind.NVTX],
        "annotations": kinds[RangeKind.ANNOTATION],
        "synchronizations": len(trace.syncs),
        "overheads of the profiler": len(trace.overheads),
    }
    yield from (_row(name, count(rows)) for name, rows in tables.items() if rows)
    without = int((trace.work.correlation < 0).sum())
    if without and len(trace.calls):
        yield _row("work without a correlation id", count(without))


def _pairs(trace: Trace) -> Iterator[str]:
    found = unmatched(trace, launches(trace))
    if found.launches:
        yield _row("launches without their work", count(found.launches))
    if found.after_last:
        yield _row("of these after the last with it", count(found.after_last))
    if found.nodes:
        yield _row("nodes missing in replays", count(found.nodes))
    if found.work:
        yield _row("work without its launch", count(found.work))


def _unclassified(trace: Trace) -> Iterator[str]:
    work = trace.work
    counts = Counter(trace.text(code) for code in work.name[work.engine == Engine.UNKNOWN].tolist())
    yield from (_row(name or "(no name)", count(rows)) for name, rows in counts.most_common(_LISTED))
    if len(counts) > _LISTED:
        yield f"and {count(len(counts) - _LISTED, 'more name')}"


def _quarantined(trace: Trace) -> Iterator[str]:
    found = trace.source.quarantined
    for event in found[:_LISTED]:
        kept = f"counted for {event.kept_ns:,} ns" if event.kept_ns else "set aside"
        times = f"start {event.start_ns:,} ns, duration {event.duration_ns:,} ns"
        yield f"{event.name!r}: {event.reason} ({times}); {kept}"
    if len(found) > _LISTED:
        yield f"and {len(found) - _LISTED:,} more"
