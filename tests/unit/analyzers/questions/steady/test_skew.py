from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.model import Device, Process, Windows
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.questions.steady.skew import skew_end_ns
from gpu_trace_analyzers.questions.steady.window import steady
from literal import literal

SECOND, MS, US = 10**9, 10**6, 10**3


def job(*collectives, began=(0, 5 * SECOND), kernels=""):
    """Two ranks whose recordings ``began``; ``collectives`` as (start on rank 0, start on rank 1, end)."""
    text = "; ".join(f"gpu0 nccl {a}-{end}; gpu1 nccl {b}-{end}" for a, b, end in collectives)
    trace = literal(f"{text}; {kernels}")
    work = replace(trace.work, process=trace.work.device)
    windows = Windows.of({"start_ns": began, "end_ns": [100 * SECOND] * 2, "process": [0, 1]})
    return replace(
        trace,
        devices=tuple(Device("gpu", i, rank=i) for i in range(2)),
        processes=tuple(Process(100 + i, rank=i) for i in range(2)),
        work=work,
        windows=windows,
    )


def usual(count, after=5 * SECOND):
    """Collectives of a millisecond, every 10 ms."""
    return [(after + n * 10 * MS, after + n * 10 * MS, after + n * 10 * MS + MS) for n in range(1, count + 1)]


FIRST = (200 * US, 5 * SECOND + 300 * US, 5 * SECOND + MS)


def test_the_first_collective_waits_for_the_last_profiler():
    assert skew_end_ns(job(FIRST, *usual(5))) == FIRST[2]


def test_the_window_begins_after_it_even_without_steps():
    found = steady(Scope(job(FIRST, *usual(5))))
    assert (found.found_by, found.window.start_ns, found.none_found) == ("whole", FIRST[2], True)
    assert found.left_out_ns == found.after_profilers_ns == FIRST[2] - FIRST[0]


@pytest.mark.parametrize(
    "trace",
    [
        job(FIRST, *usual(5), began=(0, 500 * US)),  # recordings began together
        job(FIRST, *usual(5), began=(0, 4 * SECOND)),  # arrivals differ by something else
        job(FIRST, *usual(5), began=(5 * SECOND, 0)),
        job((FIRST[0], FIRST[1], FIRST[2]), (6 * SECOND, 7 * SECOND, 7001 * MS), *usual(5, 8 * SECOND)),  # again
        job((4991 * MS, 5 * SECOND, 5 * SECOND + MS), *usual(5), began=(4991 * MS, 5 * SECOND)),  # ten times, not more
        job(FIRST, *usual(1)),  # two have no usual length
        job(*usual(5)),
        job(),
    ],
)
def test_other_waits_are_not_the_profilers(trace):
    assert skew_end_ns(trace) is None
    assert steady(Scope(trace)).window is None


def test_ranks_that_leave_it_apart_did_not_wait_for_each_other():
    trace = job(FIRST, *usual(5))
    first = (trace.work.device == 1) & (trace.work.start_ns == FIRST[1])
    end_ns = trace.work.end_ns.copy()
    end_ns[first] += 150 * US
    assert skew_end_ns(replace(trace, work=replace(trace.work, end_ns=end_ns))) is None


def test_of_a_rank_whose_beginning_is_not_known_nothing_is_known():
    trace = job(FIRST, *usual(5))
    assert skew_end_ns(replace(trace, windows=Windows.empty())) is None
    two_of_one = Windows.of({"start_ns": [0, 5 * SECOND], "end_ns": [10 * SECOND] * 2, "process": [0, 0]})
    assert skew_end_ns(replace(trace, windows=two_of_one)) is None
