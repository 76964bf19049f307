"""Several traces, of the ranks of one job, as one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model import MISSING, Role, Source, Trace
from .building import Strings
from .frames import FrameTable
from .growing import GrowingTable, put_in_order
from .shared_devices import place_devices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ...model import Table

    _Moves = dict[Role, NDArray[np.int64]]
    """by what a column stands for, the new number for each old one"""


def merge(path: str, traces: Sequence[Trace]) -> Trace:
    """One trace with all devices, processes and rows, on the clock of the first.

    Each file counts its devices from 0, and keeps devices of its own. Two files share a device that has one UUID in
    both, and all devices where they are of one process, whose recording was interrupted; then it has several windows.
    Where a trace does not say what its clock counts from, its times stay, and the source says so.
    """
    strings, frames = Strings(), FrameTable()
    shifts, damage = _shifts(traces)
    moves: list[_Moves] = []
    places, devices = place_devices(traces, shifts)
    processes = 0
    for trace, of_trace in zip(traces, places, strict=True):
        how = _renamed(trace, strings, of_trace)
        how[Role.FRAME] = _table_of(frames.positions(_moved(trace.stack_frames, how)))
        moves.append(how | {Role.PROCESS: _table_of(processes + np.arange(len(trace.processes)))})
        processes += len(trace.processes)
    return Trace(
        source=_source(path, traces, damage, [how[Role.DEVICE] for how in moves]),
        strings=tuple(strings),
        devices=tuple(devices),
        processes=tuple(process for trace in traces for process in trace.processes),
        epoch_ns=traces[0].epoch_ns,
        stack_frames=frames.rows(),
        **_together(list(traces), moves, shifts),
    )


def _renamed(trace: Trace, strings: Strings, devices: list[int]) -> _Moves:
    """Where the codes of texts go, and those of devices."""
    codes = _table_of(np.array([strings[text] for text in trace.strings], dtype=np.int64))
    places = _table_of(np.array(devices, dtype=np.int64))
    return {Role.TEXT: codes, Role.DEVICE: places}


def _together(traces: list[Trace], moves: Sequence[_Moves], shifts: Sequence[int]) -> dict[str, Any]:
    """Each table with the rows of all traces, in order. Empties the list."""
    parts = {name: [getattr(trace, name) for trace in traces] for name in Trace.table_types()}
    traces.clear()
    return {name: _one_table(parts.pop(name), moves, shifts) for name in Trace.table_types()}


def _one_table(parts: list[Any], moves: Sequence[_Moves], shifts: Sequence[int]) -> Table:
    growing = GrowingTable(type(parts[0]))
    for how, shift_ns in zip(moves, shifts, strict=True):
        table = _moved(parts.pop(0), how)
        growing.extend(replace(table, start_ns=table.start_ns + shift_ns, end_ns=table.end_ns + shift_ns))
    rows: Table = growing.rows()
    put_in_order(rows)
    return rows


def _shifts(traces: Sequence[Trace]) -> tuple[list[int], list[str]]:
    """What to add to the times of each trace, and what could not be known."""
    epochs = [trace.epoch_ns for trace in traces]
    if None in epochs and len({trace.source.path for trace in traces}) > 1:  # one file has one clock
        return [0] * len(traces), ["some files do not record their clock base, so ranks may not be aligned"]
    first = epochs[0] or 0
    return [(epoch or 0) - first for epoch in epochs], []


def _table_of(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """For indexing with codes of which -1 is `MISSING`: that is the last entry."""
    return np.concatenate((codes, [MISSING]))


def _moved(columns: Any, moves: _Moves) -> Any:
    dtypes = columns.columns()
    moved = {name: numbers for role, numbers in moves.items() for name in columns.columns_of(role)}
    fresh = {name: numbers[getattr(columns, name)].astype(dtypes[name]) for name, numbers in moved.items()}
    return replace(columns, **fresh)


def _source(path: str, traces: Sequence[Trace], damage: list[str], devices: Sequence[NDArray[np.int64]]) -> Source:
    """What the sources say together; ``devices`` has for each trace the new position of each of its devices."""
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
        doubts=tuple(
            replace(doubt, device=int(places[doubt.device]))
            for source, places in zip(sources, devices, strict=True)
            for doubt in source.doubts
        ),
        metadata=sources[0].metadata,
        dependencies=tuple(each for source in sources for each in source.dependencies),
    )
