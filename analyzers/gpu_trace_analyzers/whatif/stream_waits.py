"""Which operations waited for one of another stream in the recording?

Those that an event held back, where the trace says which; and those that started just as one of another stream ended,
though nothing else held them back.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from ..dependencies.between_streams import orders_between_streams
from ..model import MISSING
from .on_streams import previous_on_stream, stream_of_each

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

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
    launched, issued_ns = _launched(part.trace.work[part.rows]), part.issued_ns.tolist()
    found: list[list[int]] = [[] for _ in issued_ns]
    for order in orders_between_streams(part.trace, part.process, part.issued_ns):
        if order.waiting is None or order.awaited is None:
            continue
        mine = launched.get(order.waiting, ())
        others = launched.get(_awaited_stream(launched, order.waiting, order.awaited), ())
        first = bisect_left(mine, bisect_left(issued_ns, order.at_ns))
        last = bisect_left(others, order.before) - 1
        if first < len(mine) and last >= 0 and others[last] < mine[first]:
            found[mine[first]].append(others[last])
    return found


def _launched(work: DeviceWork) -> Mapping[Stream, Sequence[int]]:
    """The operations of each stream, in the order of their launches."""
    found: dict[Stream, list[int]] = {}
    for k, stream in enumerate(zip(work.device.tolist(), work.stream.tolist(), strict=True)):
        found.setdefault(stream, []).append(k)
    return found


def _awaited_stream(streams: Collection[Stream], waiting: Stream, awaited: int) -> Stream:
    """The awaited stream, of which CUPTI says the number alone: devices number their streams alike.

    On the device of the waiting one if there is such a stream beside it; else on the only other one that has it, or
    `MISSING`.
    """
    devices = [device for device, stream in streams if stream == awaited and (device, stream) != waiting]
    if waiting[0] in devices:
        return waiting[0], awaited
    return devices[0] if len(devices) == 1 else MISSING, awaited


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
