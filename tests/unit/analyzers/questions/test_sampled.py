"""How often a thread was sampled, and for how much of the recorded time, against a count of nanoseconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given

from gpu_trace_analyzers.model import MISSING, Process, Windows
from gpu_trace_analyzers.questions.sampled import sampled_threads
from literal import literal
from strategies import stretch_lists, traces


@given(traces(), stretch_lists)
def test_samples_and_time_are_those_of_a_count_of_each_nanosecond(trace, stretches):
    rows = sorted((start, end, number % 2) for number, (start, end) in enumerate(stretches))
    columns = zip(*rows, strict=True) if rows else [(), (), ()]
    trace = replace(trace, windows=Windows.of(dict(zip(Windows.columns(), columns, strict=True))))
    samples = trace.samples
    found = {(each.process, each.thread): each for each in sampled_threads(trace)}
    assert set(found) == set(zip(samples.process.tolist(), samples.thread.tolist(), strict=True))
    for (process, thread), each in found.items():
        own = samples[(samples.process == process) & (samples.thread == thread)]
        recorded = {at for start, end, which in rows if which == process for at in range(start, end)}
        covered = {at for start, end in zip(own.start_ns, own.end_ns, strict=True) for at in range(start, end)}
        assert each.samples == len(own)
        assert each.without_stack == own.frame.tolist().count(MISSING)
        assert (each.recorded_ns, each.covered_ns) == (len(recorded), len(recorded & covered))
        assert each.period_ns == (int(np.median(np.diff(own.start_ns))) if len(own) > 1 else None)


def test_the_period_is_that_of_most_samples_where_some_are_missing():
    [found] = sampled_threads(literal("; ".join(f"sample {at}-{at + 10} f@a.py:1" for at in (0, 10, 20, 30, 90))))
    assert found.period_ns == 10


def test_threads_with_most_samples_come_first_and_have_their_names():
    trace = literal("sample 0-10 t2 f@a.py:1; sample 10-20 t3 f@a.py:1; sample 20-30 t3 f@a.py:1")
    trace = replace(trace, processes=(Process(100, thread_names={2: "loader"}),))
    assert [(each.thread, each.name, each.samples) for each in sampled_threads(trace)] == [(3, "", 2), (2, "loader", 1)]


def test_a_trace_without_samples_has_no_such_threads():
    assert sampled_threads(literal("k 0-10")) == ()
