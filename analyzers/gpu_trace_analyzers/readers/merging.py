"""Several traces, of the ranks of one job, as one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import MISSING, Source, Table, Trace
from .building import Strings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ..model import Device, Process

_TABLES = ("work", "calls", "operators", "ranges", "syncs", "overheads")
_TEXTS = ("name", "domain", "category", "payload", "grid", "block")


def merge(path: str, traces: Sequence[Trace]) -> Trace:
    """One trace with all devices, processes and rows, on the clock of the first.

    Each rank keeps devices of its own; processes that are no ranks, such as those that one script started, share GPUs.
    Where a trace does not say what its clock counts from, its times stay, and the source says so.
    """
    strings = Strings()
    shifts, damage = _shifts(traces)
    parts: dict[str, list[Table]] = {name: [] for name in _TABLES}
    devices: list[Device] = []
    processes = 0
    for trace, shift_ns in zip(traces, shifts, strict=True):
        codes = _table_of(np.array([strings[text] for text in trace.strings], dtype=np.int64))
        moves = dict.fromkeys(_TEXTS, codes)
        places = [_place(device, devices) for device in trace.devices]
        moves |= dict.fromkeys(("device", "peer"), _table_of(np.array(places, dtype=np.int64)))
        moves |= {"process": _table_of(processes + np.arange(len(trace.processes)))}
        for name in _TABLES:
            parts[name].append(_moved(getattr(trace, name), moves, shift_ns))
        processes += len(trace.processes)
    tables: dict[str, Any] = {name: _sorted(type(tables[0]).concat(tables)) for name, tables in parts.items()}
    return Trace(
        source=_source(path, traces, damage),
        strings=tuple(strings),
        devices=tuple(devices),
        processes=tuple(process for trace in traces for process in trace.processes),
        epoch_ns=traces[0].epoch_ns,
        **tables,
    )


def concatenate(traces: Sequence[Trace], devices: tuple[Device, ...], processes: tuple[Process, ...]) -> Trace:
    """The rows of parts of one recording, which has these devices and processes; the source is that of the first.

    Every part has the processes in this order, and devices that are among these.
    """
    strings = Strings()
    parts: dict[str, list[Table]] = {name: [] for name in _TABLES}
    for trace in traces:
        codes = _table_of(np.array([strings[text] for text in trace.strings], dtype=np.int64))
        places = _table_of(np.array([devices.index(device) for device in trace.devices], dtype=np.int64))
        moves = dict.fromkeys(_TEXTS, codes) | dict.fromkeys(("device", "peer"), places)
        for name in _TABLES:
            parts[name].append(_moved(getattr(trace, name), moves, 0))
    tables: dict[str, Any] = {name: _sorted(type(tables[0]).concat(tables)) for name, tables in parts.items()}
    return replace(traces[0], strings=tuple(strings), devices=devices, processes=processes, **tables)


def _place(device: Device, devices: list[Device]) -> int:
    """Position of a device among those of all traces, to which it is added unless it is there already."""
    shared = device.kind == "gpu" and device.rank == MISSING
    if not shared or device not in devices:
        devices.append(device)
        return len(devices) - 1
    return devices.index(device)


def _shifts(traces: Sequence[Trace]) -> tuple[list[int], list[str]]:
    """What to add to the times of each trace, and what could not be known."""
    epochs = [trace.epoch_ns for trace in traces]
    if None in epochs and len(set(epochs)) > 1:
        return [0] * len(traces), ["some files do not say what their clock counts from; ranks may not be aligned"]
    first = epochs[0] or 0
    return [(epoch or 0) - first for epoch in epochs], []


def _table_of(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """For indexing with codes of which -1 is `MISSING`: that is the last entry."""
    return np.concatenate((codes, [MISSING]))


def _moved(table: Any, moves: Mapping[str, NDArray[np.int64]], shift_ns: int) -> Any:
    dtypes = table.columns()
    fresh = {name: moves[name][getattr(table, name)].astype(dtypes[name]) for name in moves.keys() & dtypes.keys()}
    return replace(table, start_ns=table.start_ns + shift_ns, end_ns=table.end_ns + shift_ns, **fresh)


def _sorted(table: Any) -> Any:
    return table[np.lexsort((-table.end_ns, table.start_ns))]


def _source(path: str, traces: Sequence[Trace], damage: list[str]) -> Source:
    sources = [trace.source for trace in traces]
    dropped: Counter[str] = Counter()
    for source in sources:
        dropped.update(source.dropped)
    return Source(
        path=path,
        format=sources[0].format,
        events=sum(source.events for source in sources),
        dropped=dict(sorted(dropped.items())),
        expected=frozenset().union(*(source.expected for source in sources)),
        damage=(*damage, *(f"{source.path}: {sentence}" for source in sources for sentence in source.damage)),
        quarantined=tuple(event for source in sources for event in source.quarantined),
        metadata=sources[0].metadata,
    )
