"""A trace as Chrome JSON, which the Perfetto UI and chrome://tracing read, and every reader of Kineto's files."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.launches import launches
from gpu_trace_analyzers.questions.overlap import active_devices
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers.kineto.document import (
    Stated,
    StatedDevice,
    StatedDoubt,
    StatedProcess,
    StatedWindow,
)
from gpu_trace_analyzers.vocabulary.kineto import Key

from ..output import create
from ..timeline.added import Added
from ..timeline.identities import HostPlaces
from ..timeline.moved import earliest_ns, shifted
from . import json_text
from .counters import counter_events
from .devices import DeviceRows
from .host import HostThreads
from .one_file import device_numbers, with_own_correlations
from .rows import JsonTexts
from .stacks import stack_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike

    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.model import Trace

    from ..timeline.findings import Finding

_EVENTS_PER_WRITE = 4096


def export_chrome(analysis: Analysis, path: str | PathLike[str], findings: Iterable[Finding] | None = None) -> None:
    """Write a trace, whole or not at all; gzipped where the name ends in ``.gz``.

    Categories and arguments are Kineto's. ``findings`` become notes on their devices (default: the worst
    place, and every stretch of exposed copy). Raises ``OSError`` where the file cannot be written.
    """
    origin_ns = earliest_ns(analysis.trace)
    # Readers keep microseconds in doubles: only small ones are exact to the nanosecond.
    trace = with_own_correlations(shifted(analysis.scope, -origin_ns).trace)
    added = Added.to(analysis, findings, -origin_ns)
    with create(path) as file:
        file.write(_head(trace, HostPlaces(trace).pids).encode())
        separator = "\n"
        events = chrome_events(Scope(trace, analysis.scope.copies), added)
        while batch := list(islice(events, _EVENTS_PER_WRITE)):
            file.write((separator + ",\n".join(batch)).encode())
            separator = ",\n"
        file.write(b"\n]}\n")


def chrome_events(scope: Scope, added: Added) -> Iterator[str]:
    """All events; slices stand in front of the arrows that begin and end in them, those that hold others in front."""
    trace = scope.trace
    places, texts = HostPlaces(trace), JsonTexts(trace.strings)
    host = HostThreads(trace, places, texts)
    numbers = device_numbers(trace)
    devices = [DeviceRows(scope, position, places, texts, numbers) for position in active_devices(trace)]
    yield from host.events()
    for device in devices:
        yield from device.events(added)
    groups = {position: rows.threads.pid for position, rows in zip(active_devices(trace), devices, strict=True)}
    yield from counter_events(trace, places, numbers, groups)
    yield from _arrows(trace, host, devices)
    yield from stack_events(trace.samples, trace.stack_frames, trace.strings, places.pids, places.tids)


def _arrows(trace: Trace, host: HostThreads, devices: list[DeviceRows]) -> Iterator[str]:
    call = launches(trace).call
    known = call != MISSING
    # An end in front of its beginning makes no arrow, and is an error to some readers.
    known[known] = trace.work.start_ns[known] >= trace.calls.start_ns[call[known]]
    for device in devices:
        own = np.flatnonzero(known[device.rows])
        rows = device.rows[own]
        calls = call[rows]
        number = (rows + 1).tolist()
        at = json_text.microseconds(trace.calls.start_ns[calls])
        pids = host.pids[trace.calls.process[calls]].tolist()
        yield from json_text.arrows(number, pids, host.tid_of_calls[calls].tolist(), at, "s")
        at = json_text.microseconds(trace.work.start_ns[rows])
        yield from json_text.arrows(number, [device.threads.pid] * len(own), device.tid[own].tolist(), at, "f")


def _stated(trace: Trace, pids: list[int]) -> Stated:
    """What the keys and rows of Kineto cannot say, ``pids`` being the ids under which the processes are written."""
    numbers = device_numbers(trace)
    numbered = zip(numbers, trace.devices, strict=True)
    windows, doubts = trace.windows, trace.source.doubts
    times = zip(windows.process.tolist(), windows.start_ns.tolist(), windows.end_ns.tolist(), strict=True)
    return Stated(
        [StatedDevice(n, *(getattr(d, field) for field in StatedDevice.__struct_fields__[1:])) for n, d in numbered],
        [StatedProcess(pid, p.rank, p.world_size, p.host) for pid, p in zip(pids, trace.processes, strict=True)],
        [StatedWindow(pids[process], start_ns, end_ns) for process, start_ns, end_ns in times],
        [StatedDoubt(numbers[d.device], trace.devices[d.device].kind, d.reason, d.operations) for d in doubts],
    )


def _head(trace: Trace, pids: list[int]) -> str:
    numbered = zip(device_numbers(trace), trace.devices, strict=True)
    gpus = [{"id": number, "name": device.name} for number, device in numbered if device.kind == "gpu"]
    document: dict[str, object] = {Key.SCHEMA: 1, Key.UNIT: "ns", Key.DEVICES: gpus}
    document[Key.STATED] = msgspec.to_builtins(_stated(trace, pids))
    if trace.epoch_ns is not None:
        document[Key.BASE_NS] = trace.epoch_ns
    ranks = {(process.rank, process.world_size) for process in trace.processes}
    rank, world_size = ranks.pop()
    if not ranks and rank != MISSING:
        document[Key.DISTRIBUTED] = {"rank": rank, "world_size": world_size}
    return json.dumps(document)[:-1] + ',\n"traceEvents": ['
