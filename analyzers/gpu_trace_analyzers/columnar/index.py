"""``columns.json``: which traces a folder of columns has, in the order of their run. It is written last."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..errors import TraceUnreadable
from ..model import MISSING
from .version import VERSION, WRITE_AGAIN, refuse_later

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ..places import Place

INDEX = "columns.json"
PART = re.compile(r"(?:rank|trace)=\d+")
"""how a part is called"""
_SCHEMA = "gpu-trace.columns/"
_STATED = re.compile(rf"{re.escape(_SCHEMA)}(\d{{1,9}})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One trace of the run."""

    folder: str
    """the name of its part"""
    path: str
    """of the file that it was read from"""
    rank: int = MISSING
    """that the name of this file has"""
    problem: str = ""
    """why there is no such part: the sentence for a file that could not be read"""
    digest: str = ""
    """of the part, if there is one"""


def write_entries(path: Path, entries: Collection[Entry]) -> None:
    """Write the file. Raises ``OSError``."""
    document = {"schema": f"{_SCHEMA}{VERSION}", "traces": [asdict(entry) for entry in entries]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read_index(folder: Place) -> list[Entry]:
    """The traces of a folder of columns. Raises `TraceUnreadable` where its index does not say them."""
    return read_entries(folder / INDEX)


def read_entries(path: Place) -> list[Entry]:
    """What `write_entries` wrote. Raises `TraceUnreadable`."""
    try:
        document = _document(path.read_bytes())
        refuse_later(path, int(_stated(document)))
        return _entries(document.get("traces"))
    except ValueError as error:
        raise TraceUnreadable(path, f"is not the index of a folder of columns: {error}", WRITE_AGAIN) from None


def _document(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON, or was cut off") from None
    if not isinstance(document, dict):
        raise ValueError("it has no schema")
    return document


def _stated(document: dict[str, Any]) -> str:
    """The version of the schema."""
    stated = _STATED.fullmatch(str(document.get("schema")))
    if stated is None:
        raise ValueError(f"its schema is not {_SCHEMA}{VERSION}")
    return stated[1]


def _entries(traces: Any) -> list[Entry]:
    if not isinstance(traces, list):
        raise ValueError("it has no list of traces")
    entries = [_entry(number, each) for number, each in enumerate(traces, 1)]
    if len({entry.folder for entry in entries}) < len(entries):
        raise ValueError("it lists a folder twice")
    return entries


def _entry(number: int, stated: Any) -> Entry:
    """Keys that are not of an entry are left alone."""
    if not isinstance(stated, dict):
        raise ValueError(f"trace {number} of its list has no folder")
    for name, kind in {"folder": str, "path": str, "rank": int, "problem": str, "digest": str}.items():
        if type(stated.get(name)) is not kind:
            raise ValueError(f"trace {number} of its list has no {name}")
    if not PART.fullmatch(stated["folder"]):
        raise ValueError(f"trace {number} of its list has a folder that is not called rank=N or trace=N")
    return Entry(**{name: stated[name] for name in Entry.__slots__})
