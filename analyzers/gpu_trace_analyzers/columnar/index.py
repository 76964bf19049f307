"""``columns.json``: which traces a folder of columns has, in the order of their run. It is written last."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ..errors import TraceUnreadable
from ..model import MISSING
from .version import VERSION, refuse_later

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ..places import Place

INDEX = "columns.json"
PART = re.compile(r"(?:rank|trace)=\d+")
"""how a part is called"""
_SCHEMA = "gpu-trace.columns/"


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
        document = json.loads(path.read_bytes())
        version = int(document["schema"].removeprefix(_SCHEMA))
        refuse_later(path, version)
        return [Entry(**entry) for entry in document["traces"]]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        problem = f"is not the index of a folder of columns ({error})"
        raise TraceUnreadable(path, problem, "write the columns again") from error
