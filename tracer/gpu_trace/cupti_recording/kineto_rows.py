"""CUPTI's records as Kineto writes them: what reads torch.profiler's traces reads these.

The layout is that of ``output_json.cpp`` and ``CuptiActivity.cpp`` of Kineto. Arrows of category ``ac2g`` lead from a
call to what it launched, and stand behind the rows that they begin or end at.
"""

from __future__ import annotations

import json
from functools import cached_property, partial
from itertools import compress
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_trace_analyzers.few_distinct import few_distinct
from gpu_trace_analyzers.model import Memory, SyncKind
from gpu_trace_analyzers.vocabulary import cupti
from gpu_trace_analyzers.vocabulary.kineto import SYNCS, Argument, Category, copy_name, memory_word, memset_name

from .alike import alike
from .awaited import Awaited
from .records import LAUNCH, NO_STREAM, ActivityKind
from .slices import NO_STREAM_ROW
from .text_columns import lines, microseconds, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64

    from .records import RecordedActivities
    from .slices import AllSlices, RecordedProcess, Slices
    from .text_columns import Column

    Records = NDArray[np.void]

_OVERHEADS = {
    1: "Driver Compiler",
    1 << 16: "Buffer Flush",
    2 << 16: "Instrumentation",
    3 << 16: "Resource",
    4 << 16: "Runtime Triggered Module Loading",
    5 << 16: "Lazy Function Loading",
    6 << 16: "Command Buffer Full",
    7 << 16: "Activity Buffer Request",
    8 << 16: "UVM Activity Init",
}
"""CUpti_ActivityOverheadKind"""
_UNKNOWN = memory_word(Memory.UNKNOWN)
_DEVICE, _CONTEXT, _STREAM, _CORRELATION, _BYTES, _GRAPH, _NODE, _FROM, _IN, _TO = (
    f'"{name}": '
    for name in (
        Argument.DEVICE,
        Argument.CONTEXT,
        Argument.STREAM,
        Argument.CORRELATION,
        Argument.BYTES,
        Argument.GRAPH,
        Argument.GRAPH_NODE,
        Argument.FROM_DEVICE,
        Argument.IN_DEVICE,
        Argument.TO_DEVICE,
    )
)
"""What stands in front of the values of arguments."""
_BEGINS, _ENDS = '{"ph": "s", "id": ', '{"ph": "f", "bp": "e", "id": '
_LASTS = ', "dur": '
_ARROW_END = f', "cat": "{Category.ARROW}", "name": "{Category.ARROW}"}}'
"""arrows"""
_WARP = 32
_BATCH = 8192
"""rows: as text each takes several times the room of its record"""


def rows(
    activities: RecordedActivities,
    process: RecordedProcess,
    shown: AllSlices,
    of_kernels: Mapping[int, str] | None = None,
) -> Iterator[str]:
    """The rows of one recording, JSON objects with a comma between each two; some thousand at a time.

    ``of_kernels`` are more arguments of kernels, as JSON without braces, by correlation.
    """
    writer = _Writer(activities, process, of_kernels or {})
    yield from writer.batches(shown.kernels, writer.kernels, _ENDS)
    yield from writer.batches(shown.copies, _one_by_one(writer.copies), _ENDS)
    yield from writer.batches(shown.memsets, _one_by_one(writer.memsets), _ENDS)
    yield from writer.batches(shown.syncs, _one_by_one(writer.syncs))
    yield from writer.batches(shown.overheads, _one_by_one(writer.overheads))
    yield from writer.batches(shown.calls, writer.calls, _BEGINS)


def name_rows(activities: RecordedActivities, process: RecordedProcess, shown: AllSlices) -> Iterator[str]:
    """Rows that say what the GPUs, their streams and the threads are called, each a JSON object."""
    work = np.concatenate((shown.kernels.at, shown.copies.at, shown.memsets.at))
    devices, streams = (activities.records[field][work] for field in ("device", "stream"))
    for device in few_distinct(devices)[0].tolist():
        yield _named("process_name", device, 0, {"name": f"GPU {device}"})
        for stream in few_distinct(streams[devices == device])[0].tolist():
            yield _named("thread_name", device, stream, {"name": f"stream {stream}"})
            yield _named("thread_sort_index", device, stream, {"sort_index": stream})
    for device in np.unique(shown.syncs.pid[activities.records["stream"][shown.syncs.at] == NO_STREAM]).tolist():
        yield _named("thread_name", device, NO_STREAM_ROW, {"name": f"Device {device}"})
    for thread, name in activities.threads.items():
        yield _named("thread_name", process.pid, thread, {"name": f"thread {thread} ({name})"})


def name_of_kernel(activities: RecordedActivities, number: int) -> str:
    """What a kernel is called by its number."""
    return activities.names.get(number, "unknown") if number else "unknown"


def name_of_copy(kind: int, source: int, target: int) -> str:
    """What Kineto calls a copy of this kind between these memories, by CUPTI's numbers."""
    read, written = (cupti.MEMORIES.get(end, _UNKNOWN) for end in (source, target))
    return copy_name(cupti.COPIES.get(kind, "Unknown"), read, written)


def name_of_memset(target: int) -> str:
    """What Kineto calls a memset of this memory, by CUPTI's number."""
    return memset_name(cupti.MEMORIES.get(target, _UNKNOWN))


class _Texts(dict[tuple[Any, ...], Any]):
    """What is the same in all rows with the same fields, made at the first of them."""

    def __init__(self, make: Callable[..., object]) -> None:
        self._make = make

    def __missing__(self, fields: tuple[Any, ...]) -> Any:
        made = self[fields] = self._make(*fields)
        return made


class _Batch:
    """Some rows of one kind: places, and in columns of text times in microseconds and ids."""

    def __init__(self, activities: RecordedActivities, raised: int, shown: Slices, rows: slice) -> None:
        some = shown[rows]
        self.records = activities.at(some.at)
        self._pids, self._tids = some.pid, some.tid
        self.starts = microseconds(self.records["start_ns"] - shown.process.base_ns)
        self.durations = microseconds(self.records["end_ns"] - self.records["start_ns"])
        self.correlations = numbers(_raised(self.records["correlation"].astype(np.int64), raised))
        self.has_arrow = some.has_arrow

    def __len__(self) -> int:
        return len(self._pids)

    def zipped(self, *fields: str) -> Iterator[tuple[Any, ...]]:
        """Process and thread of each row, and some fields of its record."""
        columns = (self._pids, self._tids, *(self.records[field] for field in fields))
        return zip(*(column.tolist() for column in columns), strict=True)

    def texts(self) -> Iterator[tuple[str, str, str]]:
        """Start, duration and correlation of each row."""
        whole = (
            map("".join, zip(*columns, strict=True)) for columns in (self.starts, self.durations, self.correlations)
        )
        return zip(*whole, strict=True)

    def alike(self, texts: _Texts, *fields: str) -> Iterator[Column]:
        """Columns of texts that are the same in all rows with the same place and fields."""
        columns = [self._pids, self._tids, *(self.records[field] for field in fields)]
        kinds, place = alike(columns)
        found = map(texts.__getitem__, zip(*(column[kinds].tolist() for column in columns), strict=True))
        return (np.array(column, dtype=object)[place].tolist() for column in zip(*found, strict=True))


def _one_by_one(write: Callable[[_Batch], Iterator[str]]) -> Callable[[_Batch], Sequence[Column]]:
    """Rows of which there are few, each of them whole, as a column."""
    return lambda batch: [list(write(batch))]


class _Writer:
    """Writes the rows of one recording, a batch at a time."""

    def __init__(self, activities: RecordedActivities, process: RecordedProcess, more: Mapping[int, str]) -> None:
        self._activities, self._process, self._more = activities, process, more
        # Of functions: with methods of its own it would keep the records until the next garbage collection.
        self._of_kernels = _Texts(partial(_kernel, activities, _Texts(partial(_launch, process))))
        self._of_calls = _Texts(partial(_call, activities))
        self._arrow_places = _Texts(_place)

    @cached_property
    def _awaited(self) -> Awaited:
        return Awaited(self._activities.events)

    def batches(
        self, shown: Slices, write: Callable[[_Batch], Sequence[Column]], arrow: str | None = None
    ) -> Iterator[str]:
        """The rows of one kind, and behind those of each batch their arrows."""
        for first in range(0, len(shown), _BATCH):
            rows = slice(first, first + _BATCH)
            batch = _Batch(self._activities, self._process.raised, shown, rows)
            yield lines(write(batch), len(batch))
            if arrow and batch.has_arrow.any():
                yield lines(self._arrows(batch, arrow), int(batch.has_arrow.sum()))
            self._activities.leave()

    def _arrows(self, batch: _Batch, begin: str) -> Sequence[Column]:
        """From a call to what it launched; a graph's to each of its nodes."""
        columns = *batch.correlations, *batch.alike(self._arrow_places), *batch.starts
        if not batch.has_arrow.all():
            columns = tuple(list(compress(column, batch.has_arrow)) for column in columns)
        return begin, *columns, _ARROW_END

    def kernels(self, batch: _Batch) -> Sequence[Column]:
        before, between, after = batch.alike(self._of_kernels, "name", "device", "context", "stream", "launch")
        times = *batch.starts, _LASTS, *batch.durations
        return before, *times, between, *batch.correlations, after, self._ends(batch)

    def _ends(self, batch: _Batch) -> Column:
        """What ends each kernel's row: few are of a graph, or of a collective."""
        if not self._more and not batch.records["graph"].any():
            return "}}"
        fields = (batch.records[field].tolist() for field in ("graph", "graph_node", "correlation"))
        more = self._more
        return [
            f"{_within(graph, node)}{', ' + more[correlation] if correlation in more else ''}}}}}"
            for graph, node, correlation in zip(*fields, strict=True)
        ]

    def copies(self, batch: _Batch) -> Iterator[str]:
        ends = ("copy_kind", "source", "target", "from_device", "to_device")
        fields = batch.zipped("kind", "device", "context", "stream", *ends)
        for row, (start, duration, correlation), amount in zip(fields, batch.texts(), _amounts(batch), strict=True):
            pid, tid, kind, device, context, stream, copy, source, target, giver, taker = row
            where = f"{_DEVICE}{device}, {_CONTEXT}{context}"
            if kind == ActivityKind.MEMCPY2:
                where = f'{_FROM}{giver}, {_IN}{device}, {_TO}{taker}, "inContext": {context}'
            yield (
                f'{{"ph": "X", "cat": "{Category.MEMCPY}", "name": "{name_of_copy(copy, source, target)}", '
                f'"pid": {pid}, "tid": {tid}, "ts": {start}, "dur": {duration}, '
                f'"args": {{{where}, {_STREAM}{stream}, {_CORRELATION}{correlation}, {amount}}}}}'
            )

    def memsets(self, batch: _Batch) -> Iterator[str]:
        fields = batch.zipped("device", "context", "stream", "target")
        for row, (start, duration, correlation), amount in zip(fields, batch.texts(), _amounts(batch), strict=True):
            pid, tid, device, context, stream, target = row
            yield (
                f'{{"ph": "X", "cat": "{Category.MEMSET}", "name": "{name_of_memset(target)}", "pid": {pid}, '
                f'"tid": {tid}, "ts": {start}, "dur": {duration}, "args": {{{_DEVICE}{device}, {_CONTEXT}{context}, '
                f"{_STREAM}{stream}, {_CORRELATION}{correlation}, {amount}}}}}"
            )

    def syncs(self, batch: _Batch) -> Iterator[str]:
        streams, calls = self._awaited.by(batch.records)
        awaited = zip(streams.tolist(), _raised(calls, self._process.raised).tolist(), strict=True)
        fields = batch.zipped("type", "context", "stream", "device", "event")
        for row, (start, duration, correlation), recorded in zip(fields, batch.texts(), awaited, strict=True):
            pid, tid, type_, context, stream, _, event = row
            kind = cupti.SYNCS[type_]
            args: dict[str, object] = {"cuda_sync_kind": SYNCS[kind]}
            if kind in (SyncKind.EVENT, SyncKind.STREAM_WAIT):
                args |= dict(zip((Argument.AWAITED_STREAM, Argument.AWAITED_CORRELATION), recorded, strict=True))
                args["wait_on_cuda_event_id"] = event
            args |= {Argument.STREAM: stream if stream != NO_STREAM else -1, Argument.CORRELATION: int(correlation)}
            yield (
                f'{{"ph": "X", "cat": "{Category.SYNC}", "name": "{SYNCS[kind]}", "pid": {pid}, "tid": {tid}, '
                f'"ts": {start}, "dur": {duration}, '
                f'"args": {json.dumps(args | {Argument.DEVICE: pid, Argument.CONTEXT: context})}}}'
            )

    def overheads(self, batch: _Batch) -> Iterator[str]:
        for (pid, tid, kind), (start, duration, _) in zip(batch.zipped("type"), batch.texts(), strict=True):
            yield (
                f'{{"ph": "X", "cat": "{Category.OVERHEAD}", "name": "{_OVERHEADS.get(kind, "Unknown")}", '
                f'"pid": {pid}, "tid": {tid}, "ts": {start}, "dur": {duration}}}'
            )

    def calls(self, batch: _Batch) -> Sequence[Column]:
        before, between, after = batch.alike(self._of_calls, "kind", "name", "returned")
        return before, *batch.starts, _LASTS, *batch.durations, between, *batch.correlations, after


def _kernel(
    activities: RecordedActivities,
    launches: _Texts,
    pid: int,
    tid: int,
    name: int,
    device: int,
    context: int,
    stream: int,
    launch: bytes,
) -> tuple[str, str, str]:
    """What stands before the start of a kernel, between its duration and its correlation, and behind that."""
    title = json.dumps(name_of_kernel(activities, name))
    return (
        f'{{"ph": "X", "cat": "{Category.KERNEL}", "name": {title}, "pid": {pid}, "tid": {tid}, "ts": ',
        f', "args": {{{_DEVICE}{device}, {_CONTEXT}{context}, {_STREAM}{stream}, {_CORRELATION}',
        f", {launches[device, launch]}",
    )


def _launch(process: RecordedProcess, device: int, launch: bytes) -> str:
    *shape, registers, shared = LAUNCH.unpack(launch)
    grid, block = shape[:3], shape[3:]
    args: dict[str, object] = {"registers per thread": registers, "shared memory": shared}
    if multiprocessors := process.multiprocessors.get(device, 0):
        args["blocks per SM"] = round(prod(grid) / multiprocessors, 6)
        args["warps per SM"] = round(prod(grid) * -(-prod(block) // _WARP) / multiprocessors, 6)
    return json.dumps(args | {Argument.GRID: grid, Argument.BLOCK: block})[1:-1]


def _call(
    activities: RecordedActivities, pid: int, tid: int, kind: int, name: int, returned: int
) -> tuple[str, str, str]:
    """What stands before the start of a call, between its duration and its correlation, and behind that."""
    category = Category.DRIVER if kind == ActivityKind.DRIVER else Category.RUNTIME
    title = json.dumps(activities.call_name(name))
    return (
        f'{{"ph": "X", "cat": "{category}", "name": {title}, "pid": {pid}, "tid": {tid}, "ts": ',
        f', "args": {{{_CORRELATION}',
        f', "result": {returned}}}}}' if returned else "}}",
    )


def _place(pid: int, tid: int) -> tuple[str]:
    return (f', "pid": {pid}, "tid": {tid}, "ts": ',)


def _amounts(batch: _Batch) -> Iterator[str]:
    """What Kineto says last of a copy or memset: its bytes, how fast they were, and the graph that it is of, if any."""
    fields = ("bytes", "start_ns", "end_ns", "graph", "graph_node")
    for size, start, end, graph, node in zip(*(batch.records[field].tolist() for field in fields), strict=True):
        speed = f', "memory bandwidth (GB/s)": {size / (end - start)}' if end > start else ""
        yield f"{_BYTES}{size}{speed}{_within(graph, node)}"


def _within(graph: int, node: int) -> str:
    return f", {_GRAPH}{graph}, {_NODE}{node}" if graph else ""


def _named(kind: str, pid: int, tid: int, args: dict[str, object]) -> str:
    return f'{{"name": "{kind}", "ph": "M", "ts": 0.000, "pid": {pid}, "tid": {tid}, "args": {json.dumps(args)}}}'


def _raised(ids: Int64, by: int) -> Int64:
    """Ids raised; 0 stands for none, and so does what is below."""
    return np.where(ids > 0, ids + by, ids) if by else ids
