"""``summary.json``: the stable document that other programs read.

Times are integers in ns, sizes integers in bytes, ratios floats or null. Fields are added, never renamed or removed,
as long as ``schema`` says ``gpu-trace.summary/1``.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from ..questions.ranks import slowest
from .sentences import evidence_line

if TYPE_CHECKING:
    from ..model import Source
    from ..questions.collectives import CollectiveFigures
    from ..questions.evidence import Evidence
    from ..questions.explained import CauseFigures
    from ..questions.overlap import DeviceFigures, EngineFigures, PairFigures
    from ..questions.ranges import RangeFigures
    from ..questions.ranks import RankFigures
    from ..summary import Summary

SCHEMA = "gpu-trace.summary/1"


def to_json(summary: Summary) -> str:
    """The document as indented JSON text, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(to_document(summary)), indent=1).decode() + "\n"


def to_document(summary: Summary) -> dict[str, Any]:
    """The document as plain data. Devices are named by their position in ``devices``."""
    place = {figures.position: i for i, figures in enumerate(summary.devices)}
    return {
        "schema": SCHEMA,
        "source": _source(summary.source),
        "devices": device_documents(summary),
        "device_pairs": [_pair(pair, place) for pair in summary.pairs],
        "device_pairs_omitted": summary.pairs_omitted,
        "ranges": [_range(row, place) for row in summary.ranges],
        "steps": [{**_range(row, place), "step": row.step} for row in summary.steps],
        "collectives": [_collective(row, place) for row in summary.collectives],
        "ranks": [_rank(row, place) for row in summary.ranks],
        "slowest_rank": None if (row := slowest(summary.ranks)) is None else row.rank,
        "unmatched": asdict(summary.unmatched),
        "unowned": {"operations": summary.unowned.operations, "of": summary.unowned.of},
        "buried_ranges": summary.buried,
        "window": None if summary.window is None else [summary.window.start_ns, summary.window.end_ns],
        "exposed": [_cause(row, place) for row in summary.exposed],
        "idle": [_cause(row, place) for row in summary.idle],
    }


def device_documents(summary: Summary) -> list[dict[str, Any]]:
    """The entries of ``devices``."""
    return [{**_device(figures), **_doubts(summary, figures)} for figures in summary.devices]


def _source(source: Source) -> dict[str, Any]:
    return {
        "path": source.path,
        "format": source.format,
        "events": source.events,
        "dropped": dict(source.dropped),
        "damage": list(source.damage),
    }


def _device(figures: DeviceFigures) -> dict[str, Any]:
    device = figures.device
    return {
        "kind": device.kind,
        "index": device.index,
        "rank": device.rank if device.rank >= 0 else None,
        "owner": device.owner,
        "label": device.label,
        "start_ns": figures.window.start_ns,
        "span_ns": figures.span_ns,
        "unrecorded_ns": figures.unrecorded_ns,
        "busy_ns": figures.busy_ns,
        "idle_ns": figures.idle_ns,
        "engines": {
            engine.key: {**_engine(row), "overlap_ratio": figures.ratio_of(engine)}
            for engine, row in figures.engines.items()
        },
        "copies": [engine.key for engine in figures.copies],
        "compute_ns": figures.compute_ns,
        "copy_ns": figures.copy_ns,
        "overlap_ns": figures.overlap_ns,
        "overlap_ratio": figures.overlap_ratio,
        "hidden_share": figures.hidden_share,
        "exposed_copy_ns": figures.exposed_copy_ns,
        "collective_ns": figures.collective_ns,
        "exposed_collective_ns": figures.exposed_collective_ns,
        "gain": figures.gain,
        "headroom_ns": figures.headroom_ns,
        "streams": figures.streams,
        "streams_at_once": figures.streams_at_once,
    }


def _doubts(summary: Summary, figures: DeviceFigures) -> dict[str, Any]:
    doubts = [doubt for doubt in summary.source.doubts if doubt.device == figures.position]
    return {"in_doubt": {doubt.reason: doubt.operations for doubt in doubts}}


def _engine(row: EngineFigures) -> dict[str, Any]:
    return {
        "busy_ns": row.busy_ns,
        "hidden_ns": row.hidden_ns,
        "exposed_ns": row.exposed_ns,
        "count": row.count,
        "bytes": row.size,
        "gb_per_s": row.gb_per_s,
    }


def _pair(pair: PairFigures, place: dict[int, int]) -> dict[str, Any]:
    return {
        "a": place[pair.a],
        "b": place[pair.b],
        "together_ns": pair.together_ns,
        "shorter_ns": pair.shorter_ns,
        "ratio": pair.ratio,
    }


def _range(row: RangeFigures, place: dict[int, int]) -> dict[str, Any]:
    return {
        "name": row.name,
        "domain": row.domain,
        "count": row.count,
        "host_ns": row.host_ns,
        "device": None if row.device is None else place[row.device],
        "rank": row.rank if row.rank >= 0 else None,
        "operations": row.operations,
        "depth": row.depth,
        "window_ns": row.window_ns,
        "median_ns": row.median_ns,
        "worst_ns": row.worst_ns,
        "compute_ns": row.compute_ns,
        "copy_ns": row.copy_ns,
        "hidden_copy_ns": row.hidden_copy_ns,
        "exposed_copy_ns": row.exposed_copy_ns,
    }


def _collective(row: CollectiveFigures, place: dict[int, int]) -> dict[str, Any]:
    return {
        "name": row.name,
        "device": place[row.device],
        "count": row.count,
        "busy_ns": row.busy_ns,
        "hidden_ns": row.hidden_ns,
        "exposed_ns": row.exposed_ns,
    }


def _rank(row: RankFigures, place: dict[int, int]) -> dict[str, Any]:
    return {
        "rank": row.rank,
        "devices": [place[position] for position in row.devices if position in place],
        "busy_ns": row.busy_ns,
        "collectives": row.collectives,
        "came_last": row.came_last,
        "awaited_ns": row.awaited_ns,
        "in_doubt": row.in_doubt,
        "matched_by_order": row.by_order,
    }


def _cause(row: CauseFigures, place: dict[int, int]) -> dict[str, Any]:
    return {
        "device": place[row.device],
        "cause": row.cause,
        "title": row.title,
        "ns": row.ns,
        "count": row.count,
        "evidence": evidence_line(row.evidence),
        "longest": _evidence(row.evidence),
        "remedy": row.remedy,
        "at_most_ns": row.at_most_ns,
    }


def _evidence(found: Evidence) -> dict[str, Any]:
    return {
        "start_ns": found.start_ns,
        "end_ns": found.end_ns,
        "operation": found.operation,
        "stream": found.stream,
        "call": found.call,
        "call_ns": found.call_ns,
        "range": found.range,
    }
