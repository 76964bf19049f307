"""Which devices of several files are the same?"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ...model import MISSING
from ...vocabulary.kineto import Key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...model import Device, Trace

_WORKER = re.compile(r"(.+_\d+)\.\d+(?:\.pt)?\.trace\.json(?:\.gz)?$")
"""``host_pid.time.pt.trace.json``: what ``tensorboard_trace_handler`` calls each cycle of a worker's schedule"""


def place_devices(traces: Sequence[Trace], shifts: Sequence[int]) -> tuple[list[list[int]], list[Device]]:
    """For each trace the places of its devices among those of all, and these. ``shifts`` align the traces' clocks."""
    devices: list[Device] = []
    places: list[list[int]] = []
    by_uuid: dict[tuple[int, str], int] = {}
    for number, (trace, earlier) in enumerate(zip(traces, _of_one_process(traces, shifts), strict=True)):
        known = {_key(traces[n].devices[i]): place for n in earlier for i, place in enumerate(places[n])}
        places.append([by_uuid.get((d.rank, d.uuid), known.get(_key(d), MISSING)) for d in trace.devices])
        for i, device in enumerate(trace.devices):
            if places[number][i] == MISSING:
                places[number][i] = len(devices)
                devices.append(device)
                by_uuid |= {(device.rank, device.uuid): places[number][i]} if device.uuid else {}
    return places, _told_apart(devices, traces, places)


def _key(device: Device) -> tuple[object, ...]:
    return device.kind, device.index, device.rank, device.owner


def _of_one_process(traces: Sequence[Trace], shifts: Sequence[int]) -> Iterator[list[int]]:
    """For each trace the earlier ones of its process, recorded at another time: of one rank, or worker by the names."""
    spans: dict[tuple[object, ...], list[tuple[int, tuple[int, int]]]] = {}
    for number, (trace, shift_ns) in enumerate(zip(traces, shifts, strict=True)):
        begin, end = span_ns(trace, shift_ns)
        same = spans.setdefault(owner, []) if (owner := whose(trace)) else []
        yield [n for n, (since, until) in same if until <= begin or end <= since]
        same.append((number, (begin, end)))


def whose(trace: Trace) -> tuple[object, ...]:
    """The rank and its job, or the worker; empty where neither is known."""
    worker = _WORKER.match(PurePath(trace.source.path).name)
    pids = tuple(sorted(process.pid for process in trace.processes))
    ranks = {(process.rank, process.world_size) for process in trace.processes if process.rank != MISSING}
    if len(ranks) == 1:
        return (*ranks.pop(), pids)
    return (worker[1], pids) if worker else ()


def span_ns(trace: Trace, shift_ns: int) -> tuple[int, int]:
    """When the first event of a trace began and the last ended, on a clock that is ``shift_ns`` ahead of its own."""
    tables: list[Any] = [table for table in trace.recorded_tables().values() if len(table)]
    first_ns = min((int(table.start_ns[0]) for table in tables), default=0)
    last_ns = max((int(table.end_ns.max()) for table in tables), default=0)
    return first_ns + shift_ns, last_ns + shift_ns


def _told_apart(devices: list[Device], traces: Sequence[Trace], places: list[list[int]]) -> list[Device]:
    """Devices of equal rank and number named by the file that each is of."""
    shared = Counter(map(_key, devices))
    first = {place: n for n in reversed(range(len(traces))) for place in places[n]}
    return [
        replace(device, owner=" ".join(filter(None, (_name(traces[first[place]]), device.owner))))
        if shared[_key(device)] > 1
        else device
        for place, device in enumerate(devices)
    ]


def _name(trace: Trace) -> str:
    """What ``gpu-trace run`` called the process, else the file's name without its endings."""
    stem = re.sub(r"(\.pt)?(\.trace)?\.\w+(\.gz)?$", "", PurePath(trace.source.path).name)
    return trace.source.metadata.get(Key.PROCESS) or re.sub(r"^trace-process-(\d+)$", r"process \1", stem)
