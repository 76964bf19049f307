"""Processes and threads of a Chrome trace: where each row of a `Trace` goes, and how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING

from ...lanes import lanes
from ..timeline.identities import Identities, keys
from . import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64

    from .json_text import Rows


class Threads:
    """Thread ids of one process, which are unique in it; each is given once for each title and lane."""

    def __init__(self, pid: int, known: Identities | None = None) -> None:
        self.pid = pid
        self._ids = known or Identities()
        self._given: dict[tuple[str, int], int] = {}
        self.metadata: list[str] = []

    def tid(self, title: str, lane: int = 0, like: int = 0, rank: int = 0) -> int:
        """The id of a row of that title: ``like`` where possible."""
        if (title, lane) not in self._given:
            tid = self._given[title, lane] = self._ids.claim(like if lane == 0 else 0)
            name = title if lane == 0 else f"{title} · overlapping {lane + 1}"
            self.metadata += json_text.thread(self.pid, tid, name, rank)
        return self._given[title, lane]


def place(start_ns: Int64, end_ns: Int64, track: NDArray[np.int64], tid: Callable[[int, int], int]) -> Int64:
    """The thread id of each row: ``tid(track, lane)``, with as many lanes as the rows of a track need."""
    lane = lanes(start_ns, end_ns, track)
    pairs, which = keys(track.astype(np.int64), lane)
    return np.array([tid(*pair) for pair in pairs], dtype=np.int64)[which]


class JsonTexts:
    """Strings of the trace as JSON, each encoded once."""

    def __init__(self, strings: tuple[str, ...]) -> None:
        self._strings = strings
        self._table = np.array([*json_text.quoted(strings), ""], dtype=object)

    def of(self, codes: NDArray[np.integer]) -> list[str]:
        """JSON strings; ``""`` for `MISSING`."""
        return [str(text) for text in self._table[codes].tolist()]

    def raw(self, codes: NDArray[np.integer]) -> list[str]:
        """What is JSON already, such as ``[132, 1, 1]``."""
        distinct, which = np.unique(codes, return_inverse=True)
        found = np.array([self._strings[code] if code >= 0 else "" for code in distinct.tolist()], dtype=object)
        return [str(text) for text in found[which.reshape(-1)].tolist()]

    def names(self, codes: NDArray[np.integer]) -> list[str]:
        """JSON strings for names, of which every event has one."""
        return [text or '""' for text in self.of(codes)]


def present(values: NDArray[np.integer]) -> Rows:
    """Numbers; ``""`` for `MISSING`."""
    found = values.tolist()
    return [value if value != MISSING else "" for value in found] if MISSING in found else found


def written(
    category: str | Rows, name: Rows, pid: Rows, tid: Int64, start_ns: Int64, end_ns: Int64, args: Mapping[str, Rows]
) -> Iterator[str]:
    """Slices, of one category or one each."""
    start, duration = json_text.microseconds(start_ns), json_text.microseconds(end_ns - start_ns)
    cells = json_text.arguments(dict(args), len(start))
    categories = [category] * len(start) if isinstance(category, str) else category
    return json_text.complete(categories, name, pid, tid.tolist(), start, duration, cells)
