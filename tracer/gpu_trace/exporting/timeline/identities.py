"""Process and thread ids that every viewer can tell apart.

Perfetto keeps 32 bits of an id, counts negative ones as 0, and takes a thread id for one thread of the whole machine;
traces have 64-bit hashes, truncated pthread ids below zero, and ranks of several machines with the same ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_trace_analyzers.few_distinct import few_distinct
from gpu_trace_analyzers.model import MISSING, RangeKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64, Trace

_LARGEST = 2**31 - 1
_FIRST_OF_OURS = 1_000_000_000
"""Far above the largest id that Linux gives, 2^22."""


class Identities:
    """Hands out ids: the true one where that is positive, below 2^31 and not yet taken."""

    def __init__(self) -> None:
        self._taken: set[int] = {0}
        self._next = _FIRST_OF_OURS

    def claim(self, wanted: int) -> int:
        """Claim an id: the wanted one, or a new one if that is taken or out of range."""
        if not 0 < wanted <= _LARGEST or wanted in self._taken:
            return self.new()
        self._taken.add(wanted)
        return wanted

    def new(self) -> int:
        """An id that nothing has."""
        while self._next in self._taken:
            self._next += 1
        self._taken.add(self._next)
        return self._next


class HostPlaces:
    """The processes of a trace and the threads that its host rows name, with ids that are unique in a viewer.

    A process keeps the id that its main thread has, too. Rows without a process belong to the first.
    """

    def __init__(self, trace: Trace) -> None:
        self.pids: list[int] = []
        self.tids: dict[tuple[int, int], int] = {}
        self.names: dict[tuple[int, int], str] = {}
        """of each thread; NVTX ranges of a whole process are on none"""
        self._trace = trace
        pids, tids = Identities(), Identities()
        for process in trace.processes:
            self.pids.append(pids.claim(process.pid))
        self.new_pid = pids.new
        self.thread_ids = tids
        for position, thread in _threads(trace):
            true_main = thread == trace.processes[position].pid and self.pids[position] == thread
            self.tids[position, thread] = tids.claim(thread)
            known = trace.processes[position].thread_names.get(thread, "")
            fallback = "main thread" if true_main else f"thread {thread}"
            self.names[position, thread] = known or fallback

    def process_label(self, position: int) -> str:
        """``rank 0 · python``."""
        process = self._trace.processes[position]
        rank = f"rank {process.rank} · " if process.rank != MISSING else ""
        return f"{rank}{process.name or 'process'}"


def keys(first: NDArray[np.integer], second: NDArray[np.integer]) -> tuple[list[tuple[int, int]], Int64]:
    """The distinct pairs of two columns, sorted, and for each row which of them it has.

    Columns of few distinct values, and many rows: NumPy's own unique rows would sort them all, ten times as slowly.
    """
    (firsts, of_first), (seconds, of_second) = _numbered(first), _numbered(second)
    of_first *= max(1, len(seconds))  # there can be a million rows
    of_first += of_second
    del of_second
    found, which = _numbered(of_first)
    pairs = [(int(firsts[key // len(seconds)]), int(seconds[key % len(seconds)])) for key in found.tolist()]
    return pairs, which


def _numbered(values: NDArray[np.integer]) -> tuple[NDArray[np.integer], Int64]:
    """The distinct values, sorted, and which of them each one is."""
    if len(values) and (values == values[0]).all():  # one process, device or stream
        return values[:1], np.zeros(len(values), dtype=np.int64)
    return few_distinct(values)


def _threads(trace: Trace) -> list[tuple[int, int]]:
    of_process = (trace.ranges.kind == RangeKind.NVTX) & (trace.ranges.thread == MISSING)
    tables: tuple[Any, ...] = (trace.calls, trace.operators, trace.ranges[~of_process], trace.samples)
    found = {key for table in tables for key in keys(table.process, table.thread)[0]}
    return sorted(key for key in found if key[0] != MISSING)
