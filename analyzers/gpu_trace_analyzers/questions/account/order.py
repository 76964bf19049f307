"""Was a collective launched behind compute that it does not depend on?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, SyncKind
from ..cuts import START_UP_NS
from ..host_waits import waited_for_event
from ..once import once
from ..streams import in_one_stream
from ..stretches import pick, witness

if TYPE_CHECKING:
    from ...model import Int64, Trace
    from ..stretches import Stretches


def launched_behind(stretches: Stretches) -> Int64:
    """The compute before, where the collective could have been launched ahead of it: (n,) rows, or `MISSING`.

    The collective's stream waited on an event alone that was recorded before that compute was launched, so it does not
    depend on it. It began as soon as it was launched, when that compute had begun, so the launch held it back.
    """
    trace, during, before = stretches.trace, stretches.during, stretches.before
    event_ns = pick(_recorded_ns(trace), waited_for_event(stretches, "during"))
    launch_ns, before_ns = stretches.launch_ns(during), stretches.launch_ns(before)
    known = (event_ns != MISSING) & (launch_ns != MISSING) & (before_ns != MISSING)
    call = pick(stretches.launched.call, during)
    at_once = pick(trace.work.start_ns, during) <= pick(trace.calls.end_ns, call) + START_UP_NS
    had_begun = pick(trace.work.start_ns, before) < launch_ns
    behind = (event_ns <= before_ns) & (before_ns < launch_ns) & ~in_one_stream(trace.work, before, during)
    return witness(np.asarray(known & at_once & had_begun & behind), before)


@once
def _recorded_ns(trace: Trace) -> Int64:
    """For each row of ``Trace.calls`` that made a stream wait: when the event was recorded; else `MISSING`."""
    syncs, calls = trace.syncs, trace.calls
    syncs = syncs[(syncs.kind == SyncKind.STREAM_WAIT) & (syncs.awaited_correlation != MISSING)]
    found = np.full(len(calls), MISSING)
    recorded_at = _start_of(trace, syncs.awaited_correlation)
    of_wait = {
        (process, correlation): recorded_at.get((process, awaited), MISSING)
        for process, correlation, awaited in zip(
            syncs.process.tolist(), syncs.correlation.tolist(), syncs.awaited_correlation.tolist(), strict=True
        )
    }
    waits = np.flatnonzero(np.isin(calls.correlation, syncs.correlation))
    keys = zip(calls.process[waits].tolist(), calls.correlation[waits].tolist(), strict=True)
    found[waits] = [of_wait.get(key, MISSING) for key in keys]
    return found


def _start_of(trace: Trace, correlations: Int64) -> dict[tuple[int, int], int]:
    """When the calls with these correlations began, by process and correlation."""
    calls = trace.calls[np.isin(trace.calls.correlation, correlations)]
    keys = zip(calls.process.tolist(), calls.correlation.tolist(), strict=True)
    return dict(zip(keys, calls.start_ns.tolist(), strict=True))
