"""What is predicted of a device, as slices beside those that were recorded: by engine, and the critical path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.vocabulary.perfetto import CRITICAL, LANES, PREDICTED, Argument

from ..timeline.titles import CRITICAL_RANK, PREDICTED_RANKS
from .columns import Picked, alike
from .names import annotation
from .slices import Annotation, Slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Trace
    from gpu_trace_analyzers.whatif.answer import Schedule, WhatIf


@dataclass(frozen=True, slots=True)
class Prediction:
    """A schedule, on the clock of the export."""

    schedule: Schedule
    begin_ns: int
    """when its window begins"""

    @staticmethod
    def of(what_if: WhatIf | None, by_ns: int) -> Prediction | None:
        """That of an answer, on a clock that shows ``by_ns`` more; None where there is none."""
        if what_if is None or what_if.schedule is None:
            return None
        return Prediction(what_if.schedule, what_if.window.start_ns + by_ns)

    @property
    def first_ns(self) -> int:
        """The first instant that is predicted."""
        return self.begin_ns + int(self.schedule.start_ns.min(initial=0))

    def slices(self, trace: Trace, device: int) -> Iterator[tuple[str, int, Slices]]:
        """Title, rank and slices of each track of one device; their track is to be chosen."""
        schedule, work = self.schedule, trace.work[self.schedule.rows]
        own, critical = work.device == device, np.zeros(len(work), np.bool_)
        critical[schedule.critical] = True
        tracks = [(f"{PREDICTED}{LANES[each]}", PREDICTED_RANKS[each], work.engine == each) for each in Engine]
        for title, rank, chosen in (*tracks, (CRITICAL, CRITICAL_RANK, critical)):
            rows = np.flatnonzero(own & chosen)
            if len(rows):
                yield title, rank, self._slices(trace, rows)

    def _slices(self, trace: Trace, rows: NDArray[np.intp]) -> Slices:
        schedule = self.schedule
        rows = rows[np.lexsort((-schedule.end_ns[rows], schedule.start_ns[rows]))]
        of = schedule.rows[rows]
        start_ns, end_ns = (ns[rows] + self.begin_ns for ns in (schedule.start_ns, schedule.end_ns))
        stream = Annotation(annotation(Argument.STREAM), Picked(trace.work.stream, of))
        # Their track and category are those of the lane that they are drawn on.
        none = alike(0, len(rows))
        return Slices(start_ns, end_ns, Picked(trace.work.name, of), none, none, (stream,))
