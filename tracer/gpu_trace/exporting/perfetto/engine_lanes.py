"""A lane for each engine of a device, whatever the stream: what computed, what copied, and what copying was exposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import ALL_COPIES, Engine
from gpu_trace_analyzers.questions.overlap import exposed_copy
from gpu_trace_analyzers.vocabulary.perfetto import EXPOSED, LANES, Category

from ..timeline.lanes import lanes
from ..timeline.titles import EXPOSED_RANK, RANKS, lane_title
from .arguments import Arguments
from .names import category, codes_to_iids
from .slices import Slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_trace_analyzers.model import Int64
    from gpu_trace_analyzers.questions.scope import Scope

    from .names import Names
    from .tracks import Tracks

_CATEGORIES = {
    Engine.COMPUTE: Category.KERNEL,
    Engine.COLLECTIVE: Category.COLLECTIVE,
    Engine.MEMSET: Category.MEMSET,
    Engine.UNKNOWN: Category.UNKNOWN,
    **dict.fromkeys(ALL_COPIES, Category.COPY),
}


class EngineLanes:
    """The lanes of one device, under its group track.

    ``pids`` are the ids of the processes in the viewer; ``flow`` has for each row of ``trace.work`` its arrow's number.
    """

    def __init__(self, scope: Scope, device: int, names: Names, pids: list[int], flow: Int64) -> None:
        self._scope, self._trace = scope, scope.trace
        self._device = device
        self._names = names
        self._rows = np.flatnonzero(self._trace.work.device == device)
        self._arguments = Arguments(self._trace, names, pids)
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
            yield plain(exposed.start_ns, exposed.end_ns, np.full(len(exposed), name), track, Category.COPY)

    def _of_engine(self, engine: Engine, rows: Int64, tracks: Tracks, group: int) -> Slices:
        rows = rows[np.lexsort((-self._trace.work.end_ns[rows], self._trace.work.start_ns[rows]))]
        work = self._trace.work[rows]
        lane = lanes(work.start_ns, work.end_ns, np.zeros(len(work), dtype=np.int64))
        title = lane_title(self._trace, self._device, LANES[engine])
        uuids = [tracks.slices(title, group, RANKS[engine]) for _ in range(int(lane.max()) + 1)]
        return Slices(
            work.start_ns,
            work.end_ns,
            codes_to_iids(work.name),
            np.array(uuids)[lane],
            np.broadcast_to(np.int64(category(_CATEGORIES[engine])), len(work)),
            (*self._arguments.of(work), *self._arguments.process(work)),
            self._flow[rows],
        )


def plain(start_ns: Int64, end_ns: Int64, name: Int64, track: int, of_category: str) -> Slices:
    """Slices of one track and category."""
    count = len(start_ns)
    return Slices(start_ns, end_ns, name, np.full(count, track), np.full(count, category(of_category)))
