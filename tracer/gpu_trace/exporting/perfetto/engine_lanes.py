"""A lane for each engine of a device, whatever the stream: what computed, what copied, and what copying was exposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import ALL_COPIES, MISSING, Engine
from gpu_trace_analyzers.questions.overlap import exposed_copy

from ..timeline.lanes import lanes
from ..timeline.titles import EXPOSED, EXPOSED_RANK, RANKS, TITLES, lane_title
from .names import annotation, category, codes_to_iids
from .slices import Annotation, Slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_trace_analyzers.model import DeviceWork, Int64
    from gpu_trace_analyzers.questions.scope import Scope

    from .names import Names
    from .tracks import Tracks

_CATEGORY = {Engine.COMPUTE: "kernel", Engine.COLLECTIVE: "collective", Engine.MEMSET: "memset"}
_CATEGORY |= {Engine.UNKNOWN: "unknown"} | dict.fromkeys(ALL_COPIES, "copy")


class EngineLanes:
    """The lanes of one device, under its group track.

    ``pids`` are the ids of the processes in the viewer; ``flow`` has for each row of ``trace.work`` its arrow's number.
    """

    def __init__(self, scope: Scope, device: int, names: Names, pids: list[int], flow: Int64) -> None:
        self._scope, self._trace = scope, scope.trace
        self._device = device
        self._names = names
        self._rows = np.flatnonzero(self._trace.work.device == device)
        self._pids = np.array([*pids, MISSING], dtype=np.int64)
        self._flow = flow

    def slices(self, tracks: Tracks, group: int) -> Iterator[Slices]:
        """Every operation on its engine's lane, then the exposed copies on theirs."""
        engine_of = self._trace.work.engine[self._rows]
        for engine in sorted(RANKS, key=RANKS.__getitem__):
            rows = self._rows[engine_of == engine]
            if len(rows):
                yield self._of_engine(engine, rows, tracks, group)
        exposed = exposed_copy(self._scope, self._device)
        if exposed:
            track = tracks.slices(lane_title(self._trace, self._device, EXPOSED), group, EXPOSED_RANK)
            name = self._names.own("exposed copy")
            yield plain(exposed.start_ns, exposed.end_ns, np.full(len(exposed), name), track, "copy")

    def _of_engine(self, engine: Engine, rows: Int64, tracks: Tracks, group: int) -> Slices:
        work = self._trace.work[rows]
        order = np.lexsort((-work.end_ns, work.start_ns))
        work, flow = work[order], self._flow[rows[order]]
        lane = lanes(work.start_ns, work.end_ns, np.zeros(len(work), dtype=np.int64))
        title = lane_title(self._trace, self._device, TITLES[engine])
        uuids = [tracks.slices(title, group, RANKS[engine]) for _ in range(int(lane.max()) + 1)]
        return Slices(
            work.start_ns,
            work.end_ns,
            codes_to_iids(work.name),
            np.array(uuids)[lane],
            np.full(len(work), category(_CATEGORY[engine])),
            tuple(self._annotations(engine, work)),
            flow,
        )

    def _annotations(self, engine: Engine, work: DeviceWork) -> Iterator[Annotation]:
        yield Annotation(annotation("stream"), work.stream)
        yield Annotation(annotation("context"), work.context)
        if len(self._trace.processes) > 1:
            yield Annotation(annotation("process"), self._pids[work.process])
        yield Annotation(annotation("correlation"), work.correlation)
        yield Annotation(annotation("graph"), work.graph)
        yield Annotation(annotation("graph node"), work.graph_node)
        if engine in (Engine.COMPUTE, Engine.COLLECTIVE, Engine.UNKNOWN):
            yield Annotation(annotation("grid"), codes_to_iids(work.grid), is_text=True)
            yield Annotation(annotation("block"), codes_to_iids(work.block), is_text=True)
            if engine == Engine.COLLECTIVE:
                yield Annotation(annotation("process group"), codes_to_iids(work.group), is_text=True)
                yield Annotation(annotation("sequence"), work.sequence)
        if engine == Engine.COMPUTE:
            return
        yield Annotation(annotation("bytes"), work.size)
        if engine in (*ALL_COPIES, Engine.UNKNOWN):
            yield Annotation(annotation("from"), self._names.memories(work.source), is_text=True)
            yield Annotation(annotation("to"), self._names.memories(work.target), is_text=True)
            yield Annotation(annotation("peer device"), self._indices[work.peer])

    @property
    def _indices(self) -> Int64:
        """Index of each device by its position; `MISSING` at the end, where position -1 looks."""
        return np.array([device.index for device in self._trace.devices] + [-1], dtype=np.int64)


def plain(start_ns: Int64, end_ns: Int64, name: Int64, track: int, of_category: str) -> Slices:
    """Slices of one track and category."""
    count = len(start_ns)
    return Slices(start_ns, end_ns, name, np.full(count, track), np.full(count, category(of_category)))
