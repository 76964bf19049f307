"""Which operations waited for one of another stream in the recording?

Those that an event held back, where the trace says which; and those that started just as one of another stream ended,
though nothing else held them back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..dependencies.between_streams import orders_between_streams
from ..model import MISSING
from .on_streams import previous_on_stream, stream_of_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..dependencies.between_streams import Stream
    from ..model import DeviceWork, Int64
    from .pace import Pace
    from .window import Part

_HELD_UP_NS = 20_000
"""An operation that starts so much later than its launch and its stream explain was waiting for another stream."""
_AT_ONCE_NS = 15_000
"""and started so soon after what it waited for had ended"""


def waits_between_streams(part: Part, pace: Pace) -> Sequence[Sequence[int]]:
    """Of each operation, those of other streams that it waited for."""
    before = _by_events(part)
    for k, other in _by_starts(part, pace):
        if not before[k]:
            before[k].append(other)
    return before


def _by_events(part: Part) -> list[list[int]]:
    """From the records of CUPTI: the first operation after the wait, and the last before the event."""
    work = part.trace.work[part.rows]
    on_device = [*zip(work.device.tolist(), work.stream.tolist(), strict=True)]
    found: list[list[int]] = [[] for _ in on_device]
    for order in orders_between_streams(part.trace, part.process, part.issued_ns):
        if order.waiting is None or order.awaited is None:
            continue
        mine = np.flatnonzero((work.device == order.waiting[0]) & (work.stream == order.waiting[1]))
        first = np.searchsorted(part.issued_ns[mine], order.at_ns)
        device = _awaited_device(work, order.waiting, order.awaited)
        others = np.flatnonzero((work.device == device) & (work.stream == order.awaited))
        others = others[others < order.before]
        if first < len(mine) and len(others) and others[-1] < mine[first]:
            found[int(mine[first])].append(int(others[-1]))
    return found


def _awaited_device(work: DeviceWork, waiting: Stream, awaited: int) -> int:
    """Where the awaited stream is, of which CUPTI says the number alone: devices number their streams alike.

    On the device of the waiting one if there is such a stream beside it; else on the only other one that has it, or
    `MISSING`.
    """
    is_itself = (work.device == waiting[0]) & (work.stream == waiting[1])
    devices = set(work.device[(work.stream == awaited) & ~is_itself].tolist())
    if waiting[0] in devices:
        return waiting[0]
    return devices.pop() if len(devices) == 1 else MISSING


def _by_starts(part: Part, pace: Pace) -> Sequence[tuple[int, int]]:
    """Operations that nothing else held back, and the one that ended just before each started."""
    work, stream = part.trace.work[part.rows], stream_of_each(part)
    explained = np.maximum(part.issued_ns + pace.latency_ns, _free_ns(part, pace))
    late = work.start_ns - explained > _HELD_UP_NS
    by_end = np.argsort(work.end_ns, kind="stable")
    place = np.searchsorted(work.end_ns[by_end], work.start_ns, side="right") - 1
    found = []
    for k in np.flatnonzero(late & (place >= 0)).tolist():
        other = int(by_end[place[k]])
        at_once = work.start_ns[k] - work.end_ns[other] <= _AT_ONCE_NS
        if at_once and other < k and stream[other] != stream[k]:
            found.append((k, other))
    return found


def _free_ns(part: Part, pace: Pace) -> Int64:
    """When the stream of each operation had done what came before it there."""
    previous = previous_on_stream(part)
    ended_ns = part.trace.work.end_ns[part.rows[np.maximum(previous, 0)]] + pace.gap_ns
    return np.where(previous == MISSING, part.begin_ns, ended_ns)
