"""NVTX ranges as rows of a Chrome JSON trace, on lanes of their own.

Perfetto drops a row that overlaps another of the same thread only partly, as ranges of start and end, and ranges of
different domains, may. So each thread has a lane, and another one for ranges that do not nest into the first; a
row's ``args.thread`` names the thread that it belongs to. Ranges of start and end belong to the process, since any
thread may end them: they have lanes of their own, ``args.scope`` is ``process``, and ``args.thread`` began them.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from gpu_trace_analyzers.vocabulary.kineto import OF_THE_PROCESS, Argument, Category

from ..lanes import lanes
from .records import EventKind, payload_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .records import ProcessRanges

FIRST_LANE = 1 << 30
"""Above every thread id of Linux (at most 2^22), below 2^31, where Perfetto's importer stops."""
_PROCESS = 0
"""Stands for all threads of a process: no thread of Linux has this id."""
DEFAULT_DOMAINS = ("", "NVTX")
"""the nvtx package calls the default domain NVTX"""


def chrome_rows(ranges: ProcessRanges, base_ns: int) -> Iterator[dict[str, Any]]:
    """Rows whose times count from ``base_ns`` (since 1970), and the names of their lanes."""
    lanes, names = _Lanes(ranges), ranges.texts.strings
    columns = (column.tolist() for column in (ranges.opening["at_ns"], ranges.opening["name"], ranges.end_ns))
    for lane, args, start_ns, name, end_ns in zip(lanes.of_ranges, _args(ranges), *columns, strict=True):
        yield {
            "ph": "X",
            "cat": Category.NVTX,
            "name": names.get(name, ""),
            "pid": ranges.pid,
            "tid": lane,
            "ts": microseconds(start_ns - base_ns),
            "dur": microseconds(end_ns - start_ns),
            "args": args,
        }
    yield from _lane_names(ranges, lanes)


def lane_names(ranges: ProcessRanges) -> Iterator[dict[str, Any]]:
    """The rows that name the lanes, alone."""
    return _lane_names(ranges, _Lanes(ranges))


def _lane_names(ranges: ProcessRanges, lanes: _Lanes) -> Iterator[dict[str, Any]]:
    for thread, number, lane in lanes.all():
        title = OF_THE_PROCESS if thread == _PROCESS else ranges.texts.threads.get(thread, f"thread {thread}")
        shown = f"NVTX ({title})" if number == 0 else f"NVTX ({title}), {number + 1}"
        yield metadata("thread_name", ranges.pid, lane, {"name": shown})
        yield metadata("thread_sort_index", ranges.pid, lane, {"sort_index": thread})


def process_row(pid: int, name: str) -> dict[str, Any]:
    """The name of a process."""
    return metadata("process_name", pid, 0, {"name": name})


class _Lanes:
    """Lanes of ranges, which are in the order of their starts, of equal starts the longest first."""

    def __init__(self, ranges: ProcessRanges) -> None:
        owner = np.where(ranges.opening["kind"] == EventKind.START, _PROCESS, ranges.opening["thread"])
        number = lanes(ranges.opening["at_ns"], ranges.end_ns, owner)
        used = list(zip(owner.tolist(), number.tolist(), strict=True))
        ids = itertools.count(FIRST_LANE)
        self._ids = {lane: next(ids) for lane in dict.fromkeys(used)}
        self.of_ranges = [self._ids[lane] for lane in used]
        """the id of each range's"""

    def all(self) -> Iterator[tuple[int, int, int]]:
        """Thread, number in the thread, and id of each lane."""
        return ((thread, number, lane) for (thread, number), lane in self._ids.items())


def _args(ranges: ProcessRanges) -> Iterator[dict[str, Any]]:
    """What each range says beside its name and times; what it does not say is left out."""
    texts, payloads, finished = ranges.texts, payloads_of(ranges), ranges.finished.tolist()
    names = ("thread", "domain", "category", "color", "has_color", "kind")
    columns = (ranges.opening[name].tolist() for name in names)
    for thread, domain, category, color, has_color, kind, payload, ended in zip(
        *columns, payloads, finished, strict=True
    ):
        args: dict[str, Any] = {Argument.THREAD: thread}
        if kind == EventKind.START:
            args[Argument.SCOPE] = OF_THE_PROCESS
        if (domain_name := texts.strings.get(domain, "")) not in DEFAULT_DOMAINS:
            args[Argument.DOMAIN] = domain_name
        if category:
            args[Argument.CATEGORY] = category_of(ranges, domain, category)
        if has_color:
            args[Argument.COLOR] = f"#{opaque(color):08X}"
        if payload:
            args[Argument.PAYLOAD] = payload
        if kind == EventKind.MARK or not ended:
            args["mark" if kind == EventKind.MARK else "unfinished"] = 1
        yield args


def category_of(ranges: ProcessRanges, domain: int, category: int) -> str | None:
    """The name of a category, or its number where it has no name; None for the number that stands for none."""
    return ranges.texts.categories.get((domain, category), str(category)) if category else None


def payloads_of(ranges: ProcessRanges) -> list[str]:
    """Each range's payload as text: a number, or what the fields of a struct are called, and theirs."""
    found = payload_texts(ranges.opening)
    for payloads in ranges.payloads:
        names = list(payloads.values)
        for row, numbers in zip(payloads.events.tolist(), zip(*payloads.values.values(), strict=True), strict=True):
            fields = (f"{name}: {number}" for name, number in zip(names, numbers, strict=True))
            found[row] = ", ".join([*filter(None, [found[row]]), *fields])
    return found


def opaque(argb: int) -> int:
    """The nvtx package gives colors without an alpha channel; they are not meant to be invisible."""
    return argb if argb >> 24 else argb | 0xFF000000


def microseconds(ns: int) -> msgspec.Raw:
    """``1234567`` as ``1234.567``, exactly."""
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    return msgspec.Raw(f"{sign}{ns // 1000}.{ns % 1000:03}".encode())


def metadata(name: str, pid: int, tid: int, args: dict[str, Any]) -> dict[str, Any]:
    """A row that names or orders a lane, or a process."""
    return {"ph": "M", "name": name, "pid": pid, "tid": tid, "ts": 0, "args": args}
