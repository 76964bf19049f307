"""The summary as tidy tables, a row per observation: what CSV files and data frames are made of."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any

from .document import to_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..summary import Summary

    Rows = Sequence[Mapping[str, Any]]

_NESTED = ("engines", "copies", "longest")
_FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
"""How what spreadsheets run begins; the last four are the wide forms of the first."""
_DEVICE = ("device", "label")
_RANGE = (
    *("name", "domain", *_DEVICE, "rank", "count", "host_ns", "operations", "depth"),
    *("window_ns", "median_ns", "worst_ns"),
    *("compute_ns", "copy_ns", "hidden_copy_ns", "exposed_copy_ns"),
)
_CAUSE = (
    *(*_DEVICE, "cause", "title", "ns", "count", "evidence", "remedy", "at_most_ns"),
    *("start_ns", "end_ns", "operation", "stream", "call", "call_ns", "range"),
)
_ENGINE = ("busy_ns", "hidden_ns", "exposed_ns", "count", "bytes", "gb_per_s", "overlap_ratio")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "devices": (
        *(*_DEVICE, "kind", "index", "rank", "owner", "start_ns", "span_ns", "unrecorded_ns"),
        *("busy_ns", "idle_ns", "compute_ns", "copy_ns"),
        *("overlap_ns", "overlap_ratio", "hidden_share", "exposed_copy_ns", "collective_ns", "exposed_collective_ns"),
        *("gain", "headroom_ns", "streams", "streams_at_once", "in_doubt"),
    ),
    "engines": (*_DEVICE, "engine", *_ENGINE),
    "pairs": ("a", "b", "together_ns", "shorter_ns", "ratio"),
    "ranges": _RANGE,
    "steps": (*_RANGE, "step"),
    "collectives": ("name", *_DEVICE, "count", "busy_ns", "hidden_ns", "exposed_ns"),
    "exposed": _CAUSE,
    "idle": _CAUSE,
}
"""The tables and their columns, which stand even where a table has no row."""


def to_tables(summary: Summary) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table of `COLUMNS`. Devices are named by their position in ``devices`` and by their label."""
    document = to_document(summary)
    labels = [device["label"] for device in document["devices"]]
    devices = [{"device": i, **device} for i, device in enumerate(document["devices"])]
    engines = [
        {"device": i, "engine": engine, **row}
        for i, device in enumerate(document["devices"])
        for engine, row in device["engines"].items()
    ]
    found = {"devices": devices, "engines": engines, "pairs": document["device_pairs"]}
    found |= {name: document[name] for name in ("ranges", "steps", "collectives", "exposed", "idle")}
    return {name: [_flat(row, labels) for row in rows] for name, rows in found.items()}


def to_csv(summary: Summary) -> dict[str, str]:
    """File name and text of each table: ``ranges.csv``. Figures that do not exist are empty."""
    return {f"{name}.csv": _csv(COLUMNS[name], rows) for name, rows in to_tables(summary).items()}


def _flat(row: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    flat = {key: value for key, value in row.items() if key not in _NESTED}
    if flat.get("device") is not None:
        flat["label"] = labels[flat["device"]]
    if "in_doubt" in row:
        flat["in_doubt"] = ", ".join(f"{operations} × {reason}" for reason, operations in row["in_doubt"].items())
    return {**flat, **row.get("longest", {})}


def _cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers.

    A carriage return would end the row: `csv` does not quote it.
    """
    if not isinstance(value, str):
        return value
    guard = "'" if value.startswith(_FORMULA) else ""
    return guard + value.replace("\r", " ")


def _csv(columns: Sequence[str], rows: Rows) -> str:
    out = StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return out.getvalue()
