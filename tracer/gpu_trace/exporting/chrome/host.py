"""The host's side of a Chrome trace: threads with calls, operators, annotations; NVTX ranges on rows of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING, RangeKind
from gpu_trace_analyzers.vocabulary.kineto import (
    CALL,
    OF_THE_PROCESS,
    OPERATOR,
    OPERATOR_NUMBER,
    RANGE,
    Argument,
    Category,
)
from gpu_trace_analyzers.vocabulary.perfetto import OVERHEADS

from ..timeline.identities import keys
from ..timeline.thread_rows import thread_rows
from . import json_text
from .rows import JsonTexts, Threads, place, present, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gpu_trace_analyzers.model import HostCalls, HostOperators, Int64, Ranges, Trace

    from ..timeline.identities import HostPlaces
    from .json_text import Rows


_CATEGORIES = np.array([Category.RUNTIME, Category.OPERATOR, Category.ANNOTATION], dtype=object)


class HostThreads:
    """All processes of the host. ``tid_of_calls`` holds the row of each call, once the events were written."""

    def __init__(self, trace: Trace, places: HostPlaces, texts: JsonTexts) -> None:
        self._trace = trace
        self._places = places
        self._texts = texts
        self._threads = [Threads(pid, places.thread_ids) for pid in places.pids]
        self.pids = np.array(places.pids, dtype=np.int64)
        self.tid_of_calls = np.zeros(len(trace.calls), dtype=np.int64)

    def events(self) -> Iterator[str]:
        """Everything of the host but its arrows."""
        ranges = self._trace.ranges
        ranges = ranges[np.lexsort((-ranges.end_ns, ranges.start_ns))]
        nvtx = ranges.kind == RangeKind.NVTX
        yield from self._on_threads(ranges[~nvtx])
        yield from self._nvtx(ranges[nvtx])
        yield from self._overheads()
        yield from self._metadata()

    def _on_threads(self, annotations: Ranges) -> Iterator[str]:
        rows = thread_rows(self._trace, annotations)
        owners, which = keys(rows.process, rows.thread)

        def tid(track: int, lane: int) -> int:
            owner = owners[track]
            known = self._places.tids[owner]
            return self._threads[owner[0]].tid(self._places.names[owner], lane, rank=known) if lane else known

        tids = place(rows.start_ns, rows.end_ns, which, tid)
        calls = rows.order < len(self._trace.calls)
        self.tid_of_calls[rows.order[calls]] = tids[calls]
        return written(
            np.repeat(_CATEGORIES, rows.lengths)[rows.order].tolist(),
            self._texts.names(rows.name),
            self.pids[rows.process].tolist(),
            tids,
            rows.start_ns,
            rows.end_ns,
            self._of_calls(rows.order) | self._of_operators(rows.order),
        )

    def _of_calls(self, order: Int64) -> dict[str, Rows]:
        """The arguments that calls alone have, of rows in that order, of which the calls come first."""
        return {name: present(values) for name, values in _arguments(CALL, self._trace.calls, order, 0)}

    def _of_operators(self, order: Int64) -> dict[str, Rows]:
        """Those that operators alone have, which come behind the calls."""
        operators, first = self._trace.operators, len(self._trace.calls)
        lists = _arguments(OPERATOR, operators, order, first)
        numbers = _arguments(OPERATOR_NUMBER, operators, order, first)
        return {
            **{name: self._texts.raw(values) for name, values in lists},
            **{name: present(values) for name, values in numbers},
        }

    def _nvtx(self, ranges: Ranges) -> Iterator[str]:
        owners, which_owner = keys(ranges.process, ranges.thread)
        rows, which = keys(which_owner, ranges.domain)

        def tid(track: int, lane: int) -> int:
            owner, domain = owners[rows[track][0]], self._trace.text(rows[track][1])
            whose = self._places.names.get(owner, OF_THE_PROCESS)
            title = " ".join(filter(None, ("NVTX", domain, f"({whose})")))
            return self._threads[owner[0]].tid(title, lane, rank=self._places.tids.get(owner, 0))

        tids = place(ranges.start_ns, ranges.end_ns, which, tid)
        args: dict[str, Rows] = {Argument.THREAD: present(ranges.thread)}
        args[Argument.SCOPE] = [f'"{OF_THE_PROCESS}"' if thread == MISSING else "" for thread in ranges.thread.tolist()]
        for column, argument in RANGE.items():
            args[argument] = self._texts.of(getattr(ranges, column))
        args[Argument.COLOR] = [f'"#{color:08x}"' if color >= 0 else "" for color in ranges.color.tolist()]
        names, pids = self._texts.names(ranges.name), self.pids[ranges.process].tolist()
        return written(Category.NVTX, names, pids, tids, ranges.start_ns, ranges.end_ns, args)

    def _overheads(self) -> Iterator[str]:
        rows = self._trace.overheads

        def tid(process: int, lane: int) -> int:
            return self._threads[process].tid(OVERHEADS, lane, rank=1 << 30)

        tids = place(rows.start_ns, rows.end_ns, rows.process.astype(np.int64), tid)
        names, pids = self._texts.names(rows.name), self.pids[rows.process].tolist()
        return written(Category.OVERHEAD, names, pids, tids, rows.start_ns, rows.end_ns, {})

    def _metadata(self) -> Iterator[str]:
        for position, threads in enumerate(self._threads):
            yield from json_text.process(threads.pid, self._places.process_label(position), 1000 + position)
            yield from threads.metadata
        for owner, tid in self._places.tids.items():
            yield from json_text.thread(self._places.pids[owner[0]], tid, self._places.names[owner], tid)


def _arguments(
    columns: Mapping[str, str], table: HostCalls | HostOperators, order: Int64, first: int
) -> Iterator[tuple[str, Int64]]:
    """Columns of a table among rows in that order, by their arguments; ``first`` is the place of its first row there.

    The rows of other tables have nothing in them.
    """
    own = (order >= first) & (order < first + len(table))
    for column, argument in columns.items():
        values = np.full(len(order), MISSING, dtype=np.int64)
        values[own] = getattr(table, column)[order[own] - first]
        yield argument, values
