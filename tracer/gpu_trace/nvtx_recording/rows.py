"""NVTX ranges as rows of a Chrome JSON trace, on lanes of their own.

Perfetto drops a row that overlaps another of the same thread only partly, as ranges of start and end, and ranges of
different domains, do at will. So each thread has a lane, and another one for whatever does not nest into the first; a
row's ``args.thread`` names the thread that it belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .records import Kind, payload_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from .records import ProcessRanges, Texts

_FIRST_LANE = 1 << 30
"""Above every thread id of Linux (at most 2^22), below 2^31, where Perfetto's importer stops."""
_DEFAULT_DOMAINS = ("", "NVTX")
"""the nvtx package calls the default domain NVTX"""


def chrome_rows(ranges: ProcessRanges, base_ns: int) -> Iterator[dict[str, Any]]:
    """Rows whose times count from ``base_ns`` (since 1970), and the names of their lanes."""
    lanes = _Lanes()
    for opening, end_ns, finished in zip(ranges.opening, ranges.end_ns.tolist(), ranges.finished.tolist(), strict=True):
        start_ns, thread = int(opening["at_ns"]), int(opening["thread"])
        args = _args(opening, ranges.texts, thread, finished)
        yield {
            "ph": "X",
            "cat": "nvtx",
            "name": ranges.texts.strings.get(int(opening["name"]), ""),
            "pid": ranges.pid,
            "tid": lanes.lane(thread, start_ns, end_ns),
            "ts": _microseconds(start_ns - base_ns),
            "dur": _microseconds(end_ns - start_ns),
            "args": args,
        }
    for thread, number, lane in lanes.all():
        name = ranges.texts.threads.get(thread, f"thread {thread}")
        shown = f"NVTX ({name})" if number == 0 else f"NVTX ({name}), {number + 1}"
        yield _metadata("thread_name", ranges.pid, lane, {"name": shown})
        yield _metadata("thread_sort_index", ranges.pid, lane, {"sort_index": thread})


class _Lanes:
    """Lanes of threads; ranges come in the order of their starts, of equal starts the longest first."""

    def __init__(self) -> None:
        self._open: dict[int, list[list[int]]] = {}
        """by thread, and lane of the thread: the ends of the ranges that are open"""
        self._numbers: dict[tuple[int, int], int] = {}

    def lane(self, thread: int, start_ns: int, end_ns: int) -> int:
        """The thread's first lane in which the range lies wholly inside, or after, every other."""
        lanes = self._open.setdefault(thread, [])
        for number, ends in enumerate(lanes):
            while ends and ends[-1] <= start_ns:
                ends.pop()
            if not ends or ends[-1] >= end_ns:
                ends.append(end_ns)
                return self._number(thread, number)
        lanes.append([end_ns])
        return self._number(thread, len(lanes) - 1)

    def all(self) -> Iterator[tuple[int, int, int]]:
        """Thread, number in the thread, and id of each lane."""
        return ((thread, number, lane) for (thread, number), lane in self._numbers.items())

    def _number(self, thread: int, number: int) -> int:
        return self._numbers.setdefault((thread, number), _FIRST_LANE + len(self._numbers))


def _args(opening: np.void, texts: Texts, thread: int, finished: bool) -> dict[str, Any]:
    domain_number, category_number = int(opening["domain"]), int(opening["category"])
    domain = texts.strings.get(domain_number, "")
    category = texts.categories.get((domain_number, category_number)) or (
        str(category_number) if category_number else ""
    )
    color = f"#{_opaque(int(opening['color'])):08X}" if opening["has_color"] else ""
    given = {
        "domain": "" if domain in _DEFAULT_DOMAINS else domain,
        "category": category,
        "color": color,
        "payload": payload_text(opening),
    }
    more = {"mark": 1} if opening["kind"] == Kind.MARK else {} if finished else {"unfinished": 1}
    return {"thread": thread, **{name: value for name, value in given.items() if value}, **more}


def _opaque(argb: int) -> int:
    """The nvtx package gives colours without an alpha channel, which nobody means as invisible."""
    return argb if argb >> 24 else argb | 0xFF000000


def _microseconds(ns: int) -> msgspec.Raw:
    """``1234567`` as ``1234.567``, exactly."""
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    return msgspec.Raw(f"{sign}{ns // 1000}.{ns % 1000:03}".encode())


def _metadata(name: str, pid: int, tid: int, args: dict[str, Any]) -> dict[str, Any]:
    return {"ph": "M", "name": name, "pid": pid, "tid": tid, "ts": 0, "args": args}
