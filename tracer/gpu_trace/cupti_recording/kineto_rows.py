"""CUPTI's records as Kineto writes them: what reads torch.profiler's traces reads these.

The layout is that of ``output_json.cpp`` and ``CuptiActivity.cpp`` of Kineto: a GPU is a process, called by its index,
and a stream one of its threads; arrows of category ``ac2g`` lead from a call to what it launched.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpu_trace_analyzers.model import Memory, SyncKind
from gpu_trace_analyzers.vocabulary import cupti
from gpu_trace_analyzers.vocabulary.kineto import SYNCS, Argument, Category, copy_name, memory_word, memset_name

from .records import LAUNCH, NO_STREAM, ActivityKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from .records import RecordedActivities

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
_NO_STREAM_ROW = 1
"""where Kineto shows what concerns a whole device; no stream has this id"""
_WARP = 32
_THOUSANDTHS = tuple(f".{rest:03d}" for rest in range(1000))
_DEVICE_WORK = (ActivityKind.CONCURRENT_KERNEL, ActivityKind.MEMCPY, ActivityKind.MEMCPY2, ActivityKind.MEMSET)


class RecordedProcess(NamedTuple):
    """Whose rows they are, what their times count from (since 1970), and how many multiprocessors each GPU has."""

    pid: int
    base_ns: int
    multiprocessors: Mapping[int, int]


def rows(
    activities: RecordedActivities, process: RecordedProcess, of_kernels: Mapping[int, str] | None = None
) -> Iterator[str]:
    """The rows of one recording, each a JSON object.

    ``of_kernels`` are more arguments of kernels, as JSON without braces, by correlation.
    """
    calls, work = activities.of(ActivityKind.RUNTIME, ActivityKind.DRIVER), activities.of(*_DEVICE_WORK)
    yield from _places(work, activities.threads, process)
    yield from _kernels(activities, process, of_kernels or {})
    yield from _copies(activities.of(ActivityKind.MEMCPY, ActivityKind.MEMCPY2), process)
    yield from _memsets(activities.of(ActivityKind.MEMSET), process)
    yield from _syncs(activities, work, process)
    yield from _overheads(activities.of(ActivityKind.OVERHEAD), process)
    yield from _calls(activities, calls, process)
    yield from _arrows(calls, work, process)


def _kernels(activities: RecordedActivities, process: RecordedProcess, more: Mapping[int, str]) -> Iterator[str]:
    records = activities.of(ActivityKind.CONCURRENT_KERNEL)
    names = {0: '"unknown"'} | {number: json.dumps(text) for number, text in activities.names.items()}
    launches: dict[tuple[int, bytes], str] = {}
    fields = ("name", "device", "context", "stream", "correlation", "launch", "graph", "graph_node")
    for start, duration, name, device, context, stream, correlation, launch, graph, node in _timed(
        records, process, *fields
    ):
        if (device, launch) not in launches:
            launches[device, launch] = _launch(launch, process.multiprocessors.get(device, 0))
        yield (
            f'{{"ph": "X", "cat": "{Category.KERNEL}", "name": {names.get(name, names[0])}, "pid": {device}, '
            f'"tid": {stream}, "ts": {start}, "dur": {duration}, "args": {{{_DEVICE}{device}, {_CONTEXT}{context}, '
            f"{_STREAM}{stream}, {_CORRELATION}{correlation}, {launches[device, launch]}{_within(graph, node)}"
            f"{', ' + more[correlation] if correlation in more else ''}}}}}"
        )


def _launch(launch: bytes, multiprocessors: int) -> str:
    *shape, registers, shared = LAUNCH.unpack(launch)
    grid, block = shape[:3], shape[3:]
    args: dict[str, object] = {"registers per thread": registers, "shared memory": shared}
    if multiprocessors:
        args["blocks per SM"] = round(prod(grid) / multiprocessors, 6)
        args["warps per SM"] = round(prod(grid) * -(-prod(block) // _WARP) / multiprocessors, 6)
    return json.dumps(args | {Argument.GRID: grid, Argument.BLOCK: block})[1:-1]


def _copies(records: Records, process: RecordedProcess) -> Iterator[str]:
    ends = ("copy_kind", "source", "target", "from_device", "to_device")
    fields = ("kind", "device", "context", "stream", "correlation", *ends)
    for amount, row in zip(_amounts(records), _timed(records, process, *fields), strict=True):
        start, duration, kind, device, context, stream, correlation, copy, source, target, giver, taker = row
        where = f"{_DEVICE}{device}, {_CONTEXT}{context}"
        if kind == ActivityKind.MEMCPY2:
            where = f'{_FROM}{giver}, {_IN}{device}, {_TO}{taker}, "inContext": {context}'
        read, written = (cupti.MEMORIES.get(end, _UNKNOWN) for end in (source, target))
        name = copy_name(cupti.COPIES.get(copy, "Unknown"), read, written)
        yield (
            f'{{"ph": "X", "cat": "{Category.MEMCPY}", "name": "{name}", "pid": {device}, '
            f'"tid": {stream}, "ts": {start}, "dur": {duration}, "args": {{{where}, {_STREAM}{stream}, '
            f"{_CORRELATION}{correlation}, {amount}}}}}"
        )


def _memsets(records: Records, process: RecordedProcess) -> Iterator[str]:
    fields = ("device", "context", "stream", "correlation", "target")
    for amount, row in zip(_amounts(records), _timed(records, process, *fields), strict=True):
        start, duration, device, context, stream, correlation, target = row
        name = memset_name(cupti.MEMORIES.get(target, _UNKNOWN))
        yield (
            f'{{"ph": "X", "cat": "{Category.MEMSET}", "name": "{name}", "pid": {device}, "tid": {stream}, '
            f'"ts": {start}, "dur": {duration}, "args": {{{_DEVICE}{device}, {_CONTEXT}{context}, '
            f"{_STREAM}{stream}, {_CORRELATION}{correlation}, {amount}}}}}"
        )


def _amounts(records: Records) -> Iterator[str]:
    """What Kineto says last of a copy or memset: its bytes, how fast they were, and the graph that it is of, if any."""
    fields = ("bytes", "start_ns", "end_ns", "graph", "graph_node")
    for size, start, end, graph, node in zip(*(records[field].tolist() for field in fields), strict=True):
        speed = f', "memory bandwidth (GB/s)": {size / (end - start)}' if end > start else ""
        yield f"{_BYTES}{size}{speed}{_within(graph, node)}"


def _within(graph: int, node: int) -> str:
    return f", {_GRAPH}{graph}, {_NODE}{node}" if graph else ""


def _calls(activities: RecordedActivities, records: Records, process: RecordedProcess) -> Iterator[str]:
    names = {number: json.dumps(activities.call_name(number)) for number in np.unique(records["name"]).tolist()}
    fields = ("kind", "name", "thread", "correlation", "returned")
    for start, duration, kind, name, thread, correlation, returned in _timed(records, process, *fields):
        category = Category.DRIVER if kind == ActivityKind.DRIVER else Category.RUNTIME
        result = f', "result": {returned}' if returned else ""
        yield (
            f'{{"ph": "X", "cat": "{category}", "name": {names[name]}, "pid": {process.pid}, "tid": {thread}, '
            f'"ts": {start}, "dur": {duration}, "args": {{{_CORRELATION}{correlation}{result}}}}}'
        )


def _arrows(calls: Records, work: Records, process: RecordedProcess) -> Iterator[str]:
    """From each call to what it launched; a graph's to each of its nodes."""
    launched = np.intersect1d(calls["correlation"], work["correlation"])
    for records, row, phase in ((calls, "thread", '"ph": "s"'), (work, "stream", '"ph": "f", "bp": "e"')):
        records = records[np.isin(records["correlation"], launched)]
        starts = _microseconds(records["start_ns"] - process.base_ns)
        fields = (records[field].tolist() for field in ("correlation", "device", row))
        for start, correlation, device, place in zip(starts, *fields, strict=True):
            pid = process.pid if row == "thread" else device
            yield (
                f'{{{phase}, "id": {correlation}, "pid": {pid}, "tid": {place}, "ts": {start}, '
                f'"cat": "{Category.ARROW}", "name": "{Category.ARROW}"}}'
            )


def _syncs(activities: RecordedActivities, work: Records, process: RecordedProcess) -> Iterator[str]:
    """Of contexts that have done any work: what device another belongs to CUPTI does not say."""
    devices = dict(zip(work["context"].tolist(), work["device"].tolist(), strict=True))
    records = activities.of(ActivityKind.SYNCHRONIZATION)
    records = records[np.isin(records["context"], list(devices)) & np.isin(records["type"], list(cupti.SYNCS))]
    for context in np.unique(records["context"][records["stream"] == NO_STREAM]).tolist():
        yield _named("thread_name", devices[context], _NO_STREAM_ROW, {"name": f"Device {devices[context]}"})
    awaited = _Awaited(activities.events)
    fields = ("type", "context", "stream", "correlation", "event")
    for start, duration, type_, context, stream, correlation, event in _timed(records, process, *fields):
        name, device, of_stream = SYNCS[cupti.SYNCS[type_]], devices[context], stream != NO_STREAM
        args: dict[str, object] = {"cuda_sync_kind": name}
        if cupti.SYNCS[type_] in (SyncKind.EVENT, SyncKind.STREAM_WAIT):
            args |= awaited.by(context, event, correlation)
        args |= {Argument.STREAM: stream if of_stream else -1}
        args |= {Argument.CORRELATION: correlation, Argument.DEVICE: device}
        yield (
            f'{{"ph": "X", "cat": "{Category.SYNC}", "name": "{name}", "pid": {device}, '
            f'"tid": {stream if of_stream else _NO_STREAM_ROW}, "ts": {start}, "dur": {duration}, '
            f'"args": {json.dumps(args | {Argument.CONTEXT: context})}}}'
        )


def _overheads(records: Records, process: RecordedProcess) -> Iterator[str]:
    for start, duration, kind in _timed(records, process, "type"):
        yield (
            f'{{"ph": "X", "cat": "{Category.OVERHEAD}", "name": "{_OVERHEADS.get(kind, "Unknown")}", '
            f'"pid": -1, "tid": 0, "ts": {start}, "dur": {duration}}}'
        )


class _Awaited:
    """Which recording of a CUDA event a wait is for: the latest that was called before it."""

    def __init__(self, events: Records) -> None:
        self._calls: dict[tuple[int, int], list[tuple[int, int]]] = {}
        """(correlation, stream) in order, by context and event"""
        self._contexts: dict[int, set[int]] = {}
        columns = (events[field].tolist() for field in ("context", "event", "correlation", "stream"))
        for context, event, correlation, stream in zip(*columns, strict=True):
            self._calls.setdefault((context, event), []).append((correlation, stream))
            self._contexts.setdefault(event, set()).add(context)

    def by(self, context: int, event: int, correlation: int) -> dict[str, object]:
        """What Kineto says of it, by the wait's own fields; -1 where the event's recording is not known."""
        owners = self._contexts.get(event, set())
        if context not in owners and len(owners) == 1:  # a stream of one device waits for one of another
            (context,) = owners
        calls = self._calls.get((context, event), [])
        before = bisect_left(calls, (correlation, 0))
        recorded, stream = calls[before - 1] if before else (-1, -1)
        return {
            Argument.AWAITED_STREAM: stream,
            Argument.AWAITED_CORRELATION: recorded,
            "wait_on_cuda_event_id": event,
        }


def _places(work: Records, threads: Mapping[int, str], process: RecordedProcess) -> Iterator[str]:
    """What the GPUs, their streams and the threads are called."""
    for device in np.unique(work["device"]).tolist():
        yield _named("process_name", device, 0, {"name": f"GPU {device}"})
        for stream in np.unique(work["stream"][work["device"] == device]).tolist():
            yield _named("thread_name", device, stream, {"name": f"stream {stream}"})
            yield _named("thread_sort_index", device, stream, {"sort_index": stream})
    for thread, name in threads.items():
        yield _named("thread_name", process.pid, thread, {"name": f"thread {thread} ({name})"})


def _named(kind: str, pid: int, tid: int, args: dict[str, object]) -> str:
    return f'{{"name": "{kind}", "ph": "M", "ts": 0.000, "pid": {pid}, "tid": {tid}, "args": {json.dumps(args)}}}'


def _timed(records: Records, process: RecordedProcess, *fields: str) -> Iterator[tuple[Any, ...]]:
    """Start and duration of each record, in microseconds, exact to the nanosecond; and some fields of it."""
    starts = _microseconds(records["start_ns"] - process.base_ns)
    durations = _microseconds(records["end_ns"] - records["start_ns"])
    return zip(starts, durations, *(records[field].tolist() for field in fields), strict=True)


def _microseconds(times_ns: NDArray[np.int64]) -> list[str]:
    whole, rest = np.divmod(times_ns, 1000)
    return list(map(str.__add__, map(str, whole.tolist()), map(_THOUSANDTHS.__getitem__, rest.tolist())))
