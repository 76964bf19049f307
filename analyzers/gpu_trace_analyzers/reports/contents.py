"""What is in a trace, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec

from ..contents import TABLES
from ..units import count, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..contents import Contents, DeviceContents, Sampled
    from ..model import Process, Quarantined

SCHEMA = "gpu-trace.info/1"

_LISTED = 10
"""names and operations that the text lists; the document has all"""
_STREAM = {"gpu": "stream", "cpu": "thread"}
_UNMATCHED = {
    "launches": "launches without their operation",
    "after_last": "of these, after the last matched",
    "nodes": "nodes missing from replays",
    "work": "operations without their launch",
}


def to_text(found: Contents) -> str:
    """A section for each kind of content that the trace has."""
    return "\n".join(_lines(found))


def to_json(found: Contents) -> str:
    """The document for programs; its fields stay as long as ``schema`` says ``gpu-trace.info/1``."""
    source = found.source
    document = {
        "schema": SCHEMA,
        "path": source.path,
        "format": source.format,
        "events": source.events,
        "devices": [_device_document(row) for row in found.devices],
        "processes": [
            {"pid": each.pid, "name": each.name, "rank": _known(each.rank), "world_size": _known(each.world_size)}
            | {"host": each.host, "named_threads": len(each.thread_names)}
            for each in found.processes
        ],
        "rows": found.tables,
        "sampled_threads": [_sampled_document(each) for each in found.sampled],
        "not_used": source.dropped,
        "unmatched": {key: getattr(found.unmatched, key) for key in _UNMATCHED},
        "unclassified": found.unclassified,
        "set_aside": [asdict(event) for event in source.quarantined],
        "damage": list(source.damage),
        "recorded_with": source.metadata,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def _device_document(row: DeviceContents) -> dict[str, object]:
    device = row.device
    names = {"label": device.label, "kind": device.kind, "index": device.index, "rank": _known(device.rank)}
    operations = {engine.key: rows for engine, rows in row.operations.items()}
    return {**names, "owner": device.owner, "streams": row.streams, "operations": operations}


def _sampled_document(row: Sampled) -> dict[str, object]:
    figures = asdict(row.samples)
    del figures["process"]
    return {"pid": _known(row.pid), **figures}


def _known(number: int) -> int | None:
    return number if number >= 0 else None


def _lines(found: Contents) -> Iterator[str]:
    source = found.source
    unmatched = ((title, getattr(found.unmatched, key)) for key, title in _UNMATCHED.items())
    yield f"{source.path}: {source.format}, {count(source.events, 'event')}"
    yield from _section("devices", map(_device, found.devices))
    yield from _section("processes", map(_process, found.processes))
    yield from _section("read", _counts((TABLES[key], rows) for key, rows in found.tables.items()))
    yield from _section("threads whose stacks were sampled", _threads(found.sampled))
    yield from _section("not used", _counts(source.dropped.items()))
    yield from _section("launches and operations", _counts(unmatched))
    yield from _section("operations of unknown kind", _unclassified(found))
    yield from _section("times that cannot be true", _set_aside(source.quarantined))
    yield from _section("damage", source.damage)
    yield from _section("recorded with", (_row(key, value) for key, value in source.metadata.items()))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    lines = tuple(lines)
    if lines:
        yield title
        yield from (f"  {line}" for line in lines)


def _counts(rows: Iterable[tuple[str, int]]) -> Iterator[str]:
    return (_row(title, count(number)) for title, number in rows if number)


def _row(key: str, value: str) -> str:
    return f"{key:34} {value}"


def _device(row: DeviceContents) -> str:
    kinds = (f"{rows:,} {engine.key.replace('_', ' ')}" for engine, rows in row.operations.items())
    streams = f"; {count(row.streams, _STREAM[row.device.kind])}" if row.streams else ""
    return f"{row.device.label}: {', '.join(kinds) or 'no operations'}{streams}"


def _process(process: Process) -> str:
    world = f" of {process.world_size}" if process.world_size >= 0 else ""
    rank = f", rank {process.rank}{world}" if process.rank >= 0 else ""
    threads = f", {count(len(process.thread_names), 'named thread')}" if process.thread_names else ""
    host = f", on {process.host}" if process.host else ""
    return f"{process.pid} {process.name}".rstrip() + rank + host + threads


def _threads(rows: tuple[Sampled, ...]) -> Iterator[str]:
    several = len({row.pid for row in rows}) > 1
    for row in rows[:_LISTED]:
        found = row.samples
        whose = f"process {row.pid}, " if several else ""
        rate = f", {1e9 / found.period_ns:,.1f} per second" if found.period_ns else ""
        covered = f", {share(found.covered_ns, found.recorded_ns)} of the recorded time" if found.recorded_ns else ""
        without = f"; {found.without_stack:,} without a stack" if found.without_stack else ""
        thread = f"thread {found.thread}"
        named = found.name if found.name.startswith(thread) else f"{thread} {found.name}".rstrip()
        yield f"{whose}{named}: {count(found.samples, 'sample')}{rate}{covered}{without}"
    if len(rows) > _LISTED:
        yield f"and {count(len(rows) - _LISTED, 'more thread')}"


def _unclassified(found: Contents) -> Iterator[str]:
    names = [*found.unclassified.items()]
    yield from _counts((name or "(no name)", rows) for name, rows in names[:_LISTED])
    if len(names) > _LISTED:
        yield f"and {count(len(names) - _LISTED, 'more name')}"


def _set_aside(events: tuple[Quarantined, ...]) -> Iterator[str]:
    for event in events[:_LISTED]:
        kept = f"counted for {event.kept_ns:,} ns" if event.kept_ns else "set aside"
        times = f"start {event.start_ns:,} ns, duration {event.duration_ns:,} ns"
        yield f"{event.name!r}: {event.reason} ({times}); {kept}"
    if len(events) > _LISTED:
        yield f"and {len(events) - _LISTED:,} more"
