"""A lane for each engine of a device, whatever the stream: what computed, what copied, and what copying was exposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import ALL_COPIES, Engine
from gpu_trace_analyzers.questions.overlap import exposed_copy
from gpu_trace_analyzers.vocabulary.perfetto import EXPOSED, LANES, Category

from ...lanes import lanes_of_track
from ..timeline.titles import EXPOSED_RANK, RANKS, lane_title
from .arguments import Arguments
from .columns import Picked, alike
from .names import category
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

    ``pids`` are the ids of the processes in the viewer; ``flow`` has for each row of ``trace.work`` the call of its
    arrow.
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
            yield plain(exposed.start_ns, exposed.end_ns, self._names.own("exposed copy"), track, Category.COPY)

    def _of_engine(self, engine: Engine, rows: Int64, tracks: Tracks, group: int) -> Slices:
        work = self._trace.work
        rows = rows[np.lexsort((-work.end_ns[rows], work.start_ns[rows]))]
        lane = lanes_of_track(work.start_ns[rows], work.end_ns[rows])
        title = lane_title(self._trace, self._device, LANES[engine])
        uuids = [tracks.slices(title, group, RANKS[engine]) for _ in range(int(lane.max()) + 1)]
        return Slices(
            Picked(work.start_ns, rows),
            Picked(work.end_ns, rows),
            Picked(work.name, rows),
            Picked(np.array(uuids), lane) if len(uuids) > 1 else alike(uuids[0], len(rows)),
            alike(category(_CATEGORIES[engine]), len(rows)),
            (*self._arguments.of(work, rows), *self._arguments.process(work, rows)),
            Picked(self._flow, rows),
        )


def plain(start_ns: Int64, end_ns: Int64, name: int, track: int, of_category: str) -> Slices:
    """Slices of one name, track and category."""
    count = len(start_ns)
    return Slices(start_ns, end_ns, alike(name, count), alike(track, count), alike(category(of_category), count))
