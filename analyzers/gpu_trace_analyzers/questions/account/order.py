"""Was a collective launched behind compute that it does not depend on?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ..cuts import START_UP_NS
from ..events import events_of
from ..host_waits import waited_for_event
from ..streams import in_one_stream
from ..stretches import pick, witness

if TYPE_CHECKING:
    from ...model import Int64
    from ..stretches import Stretches


def launched_behind(stretches: Stretches) -> Int64:
    """The compute before, where the collective could have been launched ahead of it: (n,) rows, or `MISSING`.

    The collective's stream waited on an event alone that was recorded before that compute was launched, so it does not
    depend on it. It began as soon as it was launched, when that compute had begun, so the launch held it back.
    """
    trace, during, before = stretches.trace, stretches.during, stretches.before
    event_ns = _awaited_ns(stretches)
    launch_ns, before_ns = stretches.launch_ns(during), stretches.launch_ns(before)
    known = (event_ns != MISSING) & (launch_ns != MISSING) & (before_ns != MISSING)
    call = pick(stretches.launched.call, during)
    at_once = pick(trace.work.start_ns, during) <= pick(trace.calls.end_ns, call) + START_UP_NS
    had_begun = pick(trace.work.start_ns, before) < launch_ns
    behind = (event_ns <= before_ns) & (before_ns < launch_ns) & ~in_one_stream(trace.work, before, during)
    return witness(np.asarray(known & at_once & had_begun & behind), before)


def earlier_ns(stretches: Stretches) -> Int64:
    """By how much each collective could have been launched earlier at most, from its event on: (n,) int64.

    0 where that is not known.
    """
    event_ns, launch_ns = _awaited_ns(stretches), stretches.launch_ns(stretches.during)
    return np.where((event_ns == MISSING) | (launch_ns == MISSING), 0, np.maximum(0, launch_ns - event_ns))


def _awaited_ns(stretches: Stretches) -> Int64:
    """When the event was recorded that the stream of each collective waited on first; `MISSING` if it is not known."""
    wait, event_ns = waited_for_event(stretches, "during"), np.full(len(stretches), MISSING)
    event_ns[wait != MISSING] = events_of(stretches.trace, wait[wait != MISSING])[1]
    return event_ns
