"""Which of CUPTI's records become rows of Kineto, and where each is shown: a GPU is a process, a stream a thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpu_trace_analyzers.columns import positions
from gpu_trace_analyzers.vocabulary import cupti
from gpu_trace_analyzers.vocabulary.kineto import Category

from .records import NO_STREAM, ActivityKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int32, Int64

    from .records import RecordedActivities

    Mask = NDArray[np.bool_]

NO_STREAM_ROW = 1
"""where Kineto shows what concerns a whole device; no stream has this id"""
_OF_NOBODY = -1
"""the process under which Kineto shows the profiler's own overhead"""
_KINDS = (
    (ActivityKind.CONCURRENT_KERNEL,),
    (ActivityKind.MEMCPY, ActivityKind.MEMCPY2),
    (ActivityKind.MEMSET,),
    (ActivityKind.SYNCHRONIZATION,),
    (ActivityKind.OVERHEAD,),
    (ActivityKind.RUNTIME, ActivityKind.DRIVER),
)
"""of the rows of `AllSlices`, in its order"""


class RecordedProcess(NamedTuple):
    """Whose rows they are, what their times count from (since 1970), and how many multiprocessors each GPU has.

    ``raised`` is added to the ids of calls, so that those of several sessions do not meet.
    """

    pid: int
    base_ns: int
    multiprocessors: Mapping[int, int]
    raised: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """Rows of one kind, in the order of their starts; each column is (n,).

    ``at`` is the position of each in the records, ``pid`` and ``tid`` are the process and the thread that it is shown
    under; ``has_arrow`` says whether it launched another row of these, or was launched by one. Times stay in the
    records, which are in a file: what is kept of each row is kept in the memory of two processes.
    """

    category: str
    process: RecordedProcess
    records: NDArray[np.void]
    """all of the recording, of which these are rows"""
    at: Int32
    pid: Int32
    tid: Int32
    has_arrow: Mask

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, rows: Mask | slice) -> Slices:
        """Those that a mask or a slice selects."""
        which = positions(rows)
        columns = {name: getattr(self, name)[which] for name in ("at", "pid", "tid", "has_arrow")}
        return replace(self, **columns)

    @property
    def start_ns(self) -> Int64:
        """From what the process counts from; read from the records."""
        return self._times("start_ns")

    @property
    def end_ns(self) -> Int64:
        """The same."""
        return self._times("end_ns")

    def _times(self, name: str) -> Int64:
        times: Int64 = self.records[name][self.at]
        times -= self.process.base_ns
        return times


@dataclass(frozen=True, slots=True, eq=False)
class AllSlices:
    """Those of one recording."""

    kernels: Slices
    copies: Slices
    memsets: Slices
    syncs: Slices
    overheads: Slices
    calls: Slices

    def each(self) -> tuple[Slices, ...]:
        """All kinds, in the order in which their rows are written."""
        return self.kernels, self.copies, self.memsets, self.syncs, self.overheads, self.calls

    def placed(self, each: Iterable[tuple[Int32, Int32]]) -> AllSlices:
        """The same under other processes and threads, given for each kind."""
        kinds = zip(self.each(), each, strict=True)
        return AllSlices(*(replace(kind, pid=pid, tid=tid) for kind, (pid, tid) in kinds))


def slices(activities: RecordedActivities, process: RecordedProcess) -> AllSlices:
    """All rows of a recording."""
    shown = _Shown(activities, process)
    kernels, copies, memsets, syncs, overheads, calls = activities.rows_of_each(_KINDS)
    of_work = [activities.records["correlation"][rows] for rows in (kernels, copies, memsets)]
    of_calls = activities.records["correlation"][calls]
    launched = [np.isin(correlations, of_calls) for correlations in of_work]
    categories = (Category.KERNEL, Category.MEMCPY, Category.MEMSET)
    work = zip(("kernels", "copies", "memsets"), categories, (kernels, copies, memsets), launched, strict=True)
    return AllSlices(
        **{name: shown.on_device(category, rows, has_arrow) for name, category, rows, has_arrow in work},
        syncs=shown.syncs(syncs, np.concatenate((kernels, copies, memsets))),
        overheads=shown.overheads(overheads),
        calls=shown.on_host(calls, np.isin(of_calls, np.concatenate(of_work))),
    )


class _Shown:
    """Where the records of one recording are shown."""

    def __init__(self, activities: RecordedActivities, process: RecordedProcess) -> None:
        self._process, self._records = process, activities.records

    def on_device(self, category: str, rows: Int64, has_arrow: Mask) -> Slices:
        return self._slices(category, rows, self._column("device", rows), self._column("stream", rows), has_arrow)

    def on_host(self, rows: Int64, has_arrow: Mask) -> Slices:
        pid = np.full(len(rows), self._process.pid, np.int32)
        return self._slices(Category.RUNTIME, rows, pid, self._column("thread", rows), has_arrow)

    def syncs(self, rows: Int64, work: Int64) -> Slices:
        """Of contexts that have done any work: what device another belongs to CUPTI does not say."""
        contexts, first = np.unique(self._column("context", work), return_index=True)
        devices = self._column("device", work[first])
        context = self._column("context", rows)
        known = np.isin(context, contexts) & np.isin(self._column("type", rows), list(cupti.SYNCS))
        rows, context = rows[known], context[known]
        stream = self._column("stream", rows)
        device = devices[np.searchsorted(contexts, context)]
        row = np.where(stream == NO_STREAM, NO_STREAM_ROW, stream)
        return self._slices(Category.SYNC, rows, device, row)

    def overheads(self, rows: Int64) -> Slices:
        of_nobody = np.full(len(rows), _OF_NOBODY)
        return self._slices(Category.OVERHEAD, rows, of_nobody, np.zeros(len(rows), np.int32))

    def _column(self, name: str, rows: Int64) -> NDArray[np.integer]:
        column: NDArray[np.integer] = self._records[name][rows]
        return column

    def _slices(
        self,
        category: str,
        rows: Int64,
        pid: NDArray[np.integer],
        tid: NDArray[np.integer],
        has_arrow: Mask | None = None,
    ) -> Slices:
        arrows = np.zeros(len(rows), np.bool_) if has_arrow is None else has_arrow
        at, pid, tid = (column.astype(np.int32, copy=False) for column in (rows, pid, tid))
        return Slices(category, self._process, self._records, at, pid, tid, arrows)
