"""The recording as the model sees it: streams in their order, and the waits between them that the recording shows.

What the model gives back for it must be the recorded time; by how much it is not says how well the model fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..questions.launches import launches
from ..questions.once import once
from .host import host_program
from .on_streams import stream_of_each
from .pace import pace
from .schedule import Plan
from .stream_waits import waits_between_streams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model import Int64
    from .window import Part


@once
def recorded_plan(part: Part) -> Plan:
    """Each stream of a device is a server."""
    stream, found = stream_of_each(part), pace(part)
    return Plan(
        server=stream,
        duration_ns=durations(part),
        latency_ns=found.latency_ns,
        gap_ns=found.gap_ns,
        before=waits_between_streams(part, found),
        host=host_program(part),
        free_ns=backlog(part, stream),
    )


def durations(part: Part) -> Int64:
    """As recorded, in ns: (n,)."""
    work = part.trace.work[part.rows]
    return np.asarray(work.end_ns - work.start_ns)


def backlog(part: Part, server: Int64) -> Mapping[int, int]:
    """Until when servers work for launches before the window, in ns since its begin.

    Earlier work keeps every server of its device busy that works for its engine.
    """
    work, rows, issued_ns = part.trace.work, part.rows, part.issued_ns
    busy: dict[int, int] = {}
    mine = np.isin(np.arange(len(work)), rows)
    launched = launches(part.trace)
    at_ns = np.where(launched.known, launched.at_ns, work.start_ns)
    earlier = ~mine & (work.process == part.process) & (at_ns < issued_ns.min()) & (work.end_ns > part.begin_ns)
    for row in np.flatnonzero(earlier).tolist():
        same = (work.device[rows] == work.device[row]) & (work.engine[rows] == work.engine[row])
        for each in np.unique(server[same]).tolist():
            busy[each] = max(busy.get(each, 0), int(work.end_ns[row]) - part.begin_ns)
    return busy
