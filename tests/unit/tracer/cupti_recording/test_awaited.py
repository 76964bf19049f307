"""Which recording of an event a wait is for, as one finds it by looking through all of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.cupti_recording.awaited import Awaited
from gpu_trace.cupti_recording.records import NO_STREAM, RECORD

FIELDS = ("event", "context", "correlation", "stream")
ONES = st.tuples(
    st.sampled_from([1, 2, 0xFFFFFFFF]),
    st.sampled_from([0, 1, 0xFFFFFFFF]),
    st.integers(1, 9),
    st.sampled_from([7, 13, NO_STREAM]),
)


def records(rows):
    made = np.zeros(len(rows), RECORD)
    for name, column in zip(FIELDS, zip(*rows, strict=True), strict=False):
        made[name] = column
    return made


def looked_up(event, context, correlation, recorded):
    contexts = {row[1] for row in recorded if row[0] == event}
    if context not in contexts and len(contexts) == 1:  # a stream of another device
        (context,) = contexts
    before = [row for row in recorded if row[:2] == (event, context) and row[2] < correlation]
    return (before[-1][3], before[-1][2]) if before else (-1, -1)


@given(st.lists(ONES, max_size=9), st.lists(ONES, max_size=5))
def test_each_wait_is_for_the_latest_recording_before_it(recorded, waits):
    recorded.sort(key=lambda row: row[2])  # in the order of the calls
    stream, correlation = Awaited(records(recorded)).by(records(waits))
    expected = [looked_up(event, context, call, recorded) for event, context, call, _ in waits]
    assert list(zip(stream.tolist(), correlation.tolist(), strict=True)) == expected
