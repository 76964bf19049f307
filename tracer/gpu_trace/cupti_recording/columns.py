"""CUPTI's records as rows of a trace, without a text between: what a reader makes of the rows in `kineto_rows`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_trace_analyzers.few_distinct import few_distinct
from gpu_trace_analyzers.model import MISSING, DeviceWork, HostCalls, SyncKind, Syncs
from gpu_trace_analyzers.readers.kineto import ARROWS
from gpu_trace_analyzers.vocabulary import cupti
from gpu_trace_analyzers.vocabulary.kineto import copy_ends

from .alike import alike
from .awaited import Awaited
from .kineto_rows import name_of_copy, name_of_kernel, name_of_memset
from .records import LAUNCH, NO_STREAM, ActivityKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gpu_trace_analyzers.engines import EngineRules
    from gpu_trace_analyzers.model import Int64, Table
    from gpu_trace_analyzers.readers.base.building import TraceBuilder

    from .records import RecordedActivities
    from .slices import AllSlices, RecordedProcess, Slices

    Records = NDArray[np.void]
    Columns = dict[str, Any]

_MEMORY_ENDS = ("copy_kind", "source", "target")


def add(
    builder: TraceBuilder,
    rules: EngineRules,
    activities: RecordedActivities,
    process: RecordedProcess,
    shown: AllSlices,
) -> None:
    """Add the rows of one recording, except those of overhead, to a builder.

    Of kernels only what a record says: one that is a collective by its arguments is not known as such.
    """
    columns = _Columns(builder, rules, activities, process)
    kinds: list[tuple[type[Table], Slices, Callable[[Slices], Columns]]] = [
        (DeviceWork, shown.kernels, columns.kernels),
        (DeviceWork, shown.copies, columns.copies),
        (DeviceWork, shown.memsets, columns.memsets),
        (Syncs, shown.syncs, columns.syncs),
        (HostCalls, shown.calls, columns.calls),
    ]
    for table, kind, columns_of in kinds:
        if len(kind):
            rows = columns_of(kind)
            builder.add(table, **rows)
            builder.note_stamps(rows["start_ns"])
            builder.resolution_ns = 1
            builder.events += len(kind)
    if arrows := sum(int(kind.has_arrow.sum()) for _, kind, _ in kinds):
        builder.events += arrows
        builder.dropped[ARROWS] += arrows
        builder.expected.add(ARROWS)


class _Columns:
    """The columns of each kind of rows of one recording."""

    def __init__(
        self, builder: TraceBuilder, rules: EngineRules, activities: RecordedActivities, process: RecordedProcess
    ) -> None:
        self._builder, self._rules, self._activities, self._process = builder, rules, activities, process
        self._text = builder.strings.__getitem__

    def kernels(self, shown: Slices) -> Columns:
        records = self._activities.at(shown.at)
        name, place = few_distinct(records["name"])
        titles = [name_of_kernel(self._activities, number) for number in name.tolist()]
        grid, block = self._launches(records["launch"])
        return {
            **self._work(shown, records),
            "name": _picked([self._text(title) for title in titles], place),
            "engine": _picked([self._rules.engine("kernel", title) for title in titles], place),
            "grid": grid,
            "block": block,
        }

    def _launches(self, launches: NDArray[np.void]) -> tuple[Int64, Int64]:
        """The texts of grid and block of each kernel."""
        distinct, place = alike([launches])
        shapes = [LAUNCH.unpack(launch)[:6] for launch in launches[distinct].tolist()]
        grids, blocks = ([self._text(json.dumps(shape[part])) for shape in shapes] for part in (_GRID, _BLOCK))
        return _picked(grids, place), _picked(blocks, place)

    def copies(self, shown: Slices) -> Columns:
        records = self._activities.at(shown.at)
        kinds, place = _distinct(records, _MEMORY_ENDS)
        names = [name_of_copy(*kind) for kind in kinds]
        ends = [copy_ends(name) for name in names]
        between = records["kind"] == ActivityKind.MEMCPY2
        columns = self._work(shown, records)
        columns["context"][between] = MISSING  # as Kineto has it
        taker = np.where(between, records["to_device"].astype(np.int64), MISSING)
        return {
            **columns,
            "name": _picked([self._text(name) for name in names], place),
            "engine": _picked([self._rules.engine("memcpy", name) for name in names], place),
            "source": _picked([source for source, _ in ends], place),
            "target": _picked([target for _, target in ends], place),
            "peer": _mapped(taker, lambda number: self._builder.device("gpu", number)),
            "size": records["bytes"].astype(np.int64),
        }

    def memsets(self, shown: Slices) -> Columns:
        records = self._activities.at(shown.at)
        targets, place = few_distinct(records["target"])
        names = [name_of_memset(target) for target in targets.tolist()]
        return {
            **self._work(shown, records),
            "name": _picked([self._text(name) for name in names], place),
            "engine": _picked([self._rules.engine("memset", name) for name in names], place),
            "size": records["bytes"].astype(np.int64),
        }

    def syncs(self, shown: Slices) -> Columns:
        records = self._activities.at(shown.at)
        kind = _mapped(records["type"], lambda number: cupti.SYNCS[number])
        stream, correlation = Awaited(self._activities.events).by(records)
        of_event = np.isin(kind, (SyncKind.EVENT, SyncKind.STREAM_WAIT))
        return {
            **self._times(shown),
            "kind": kind,
            "device": self._devices(shown.pid),
            "stream": np.where(records["stream"] == NO_STREAM, MISSING, records["stream"].astype(np.int64)),
            "awaited_stream": np.where(of_event, stream, MISSING),
            "awaited_correlation": np.where(of_event, self._raised(correlation), MISSING),
            "correlation": self._raised(records["correlation"].astype(np.int64)),
        }

    def calls(self, shown: Slices) -> Columns:
        name, correlation = (self._activities.records[field][shown.at] for field in ("name", "correlation"))
        return {
            **self._times(shown),
            "name": _mapped(name, lambda number: self._text(self._activities.call_name(number))),
            "process": np.full(len(shown), self._builder.process(self._process.pid)),
            "thread": shown.tid,
            "correlation": self._raised(correlation.astype(np.int64)),
        }

    def _work(self, shown: Slices, records: Records) -> Columns:
        """What all work of a device has."""
        graph = records["graph"].astype(np.int64)
        node = np.where(graph > 0, records["graph_node"].astype(np.int64), 0)
        return {
            **self._times(shown),
            "device": self._devices(records["device"]),
            "stream": records["stream"].astype(np.int64),
            "context": records["context"].astype(np.int64),
            "correlation": self._raised(records["correlation"].astype(np.int64)),
            "graph": np.where(graph > 0, graph, MISSING),
            "graph_node": np.where(node > 0, node, MISSING),
        }

    def _times(self, shown: Slices) -> Columns:
        return {"start_ns": shown.start_ns, "end_ns": shown.end_ns}

    def _devices(self, numbers: NDArray[Any]) -> Int64:
        """Positions of devices, whose rows stand under their own numbers."""
        return _mapped(numbers, lambda number: self._builder.device("gpu", number, number))

    def _raised(self, ids: Int64) -> Int64:
        return np.where(ids > 0, ids + self._process.raised, ids)


_GRID, _BLOCK = slice(0, 3), slice(3, 6)


def _distinct(records: Records, fields: tuple[str, ...]) -> tuple[list[tuple[int, ...]], Int64]:
    """The distinct values of some fields of one byte, and which of them each record has."""
    joint = np.zeros(len(records), np.int64)
    for field in fields:
        joint = joint << 8 | records[field]
    found, place = few_distinct(joint)
    shifts = range(8 * (len(fields) - 1), -1, -8)
    return [tuple(value >> shift & 0xFF for shift in shifts) for value in found.tolist()], place


def _mapped(values: NDArray[Any], value_of: Callable[[int], int]) -> Int64:
    """A function of each value, asked once of each distinct one; `MISSING` of `MISSING`."""
    found, place = few_distinct(values)
    return _picked([value_of(value) if value != MISSING else MISSING for value in found.tolist()], place)


def _picked(values: list[int], place: Int64) -> Int64:
    return np.array(values, dtype=np.int64)[place]
