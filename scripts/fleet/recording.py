"""What did a GPU and its host really do? The rows of a recording, with exact times."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

TRACES = Path(__file__).parents[2] / "samples/traces/two_h200"
BASES = ("ddp", "fsdp", "tensor_parallel")
"""jobs whose ranks all do the same, and number their collectives"""


@dataclass(frozen=True, slots=True)
class Row:
    """One span of a recording; times in ns on the clock of the file."""

    category: str
    name: str
    pid: int
    tid: int
    start_ns: int
    end_ns: int
    args: dict[str, Any]

    @property
    def correlation(self) -> int:
        """Of a call and what it launched; -1 where it has none."""
        return int(self.args.get("correlation", -1))

    @property
    def thread(self) -> int:
        """The thread of the host; ranges of NVTX are on a track of their own."""
        return int(self.args.get("thread", self.tid))

    @property
    def is_collective(self) -> bool:
        return "Collective name" in self.args


@dataclass(frozen=True, slots=True)
class Recording:
    """A file: what stands around the rows, and the rows."""

    head: dict[str, Any]
    rows: tuple[Row, ...]


def recordings(base: str) -> list[Recording]:
    """Both ranks of a recorded job."""
    return [_read(path) for path in sorted((TRACES / base).glob("trace-rank-*.json.gz"))]


def _read(path: Path) -> Recording:
    document = json.loads(gzip.decompress(path.read_bytes()), parse_float=Decimal)
    events = document.pop("traceEvents")
    spans = [event for event in events if event.get("ph") == "X" and event["cat"] != "Trace"]
    return Recording(_with_floats(document), tuple(map(_row, spans)))


def _row(event: dict[str, Any]) -> Row:
    start_ns, length_ns = (int(Decimal(event[key]) * 1000) for key in ("ts", "dur"))
    args = _with_floats(event.get("args", {}))
    return Row(event["cat"], event["name"], event["pid"], event["tid"], start_ns, start_ns + length_ns, args)


def _with_floats(value: Any) -> Any:
    """As JSON is written again; only times need be exact."""
    if isinstance(value, dict):
        return {key: _with_floats(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_floats(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value
