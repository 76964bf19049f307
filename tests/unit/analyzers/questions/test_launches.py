from __future__ import annotations

import pytest
from hypothesis import given

from gpu_trace_analyzers.model import MISSING, Device, DeviceWork, Engine, HostCalls, Process, Source, Trace
from gpu_trace_analyzers.questions.launches import launches
from strategies import traces


def expected_call(trace, row):
    work, calls = trace.work, trace.calls
    matches = [
        i
        for i in range(len(calls))
        if (calls.process[i], calls.correlation[i]) == (work.process[row], work.correlation[row])
    ]
    return matches[0] if matches and work.correlation[row] != MISSING else MISSING


@given(traces())
def test_the_first_call_of_the_same_process_and_correlation(trace):
    found = launches(trace)
    for row in range(len(trace.work)):
        call = expected_call(trace, row)
        assert found.call[row] == call
        assert found.known[row] == (call != MISSING)
        if call != MISSING:
            assert (found.at_ns[row], found.thread[row]) == (trace.calls.start_ns[call], trace.calls.thread[call])


@pytest.mark.parametrize("huge", [3, 1 << 40, (1 << 62) + 1, -(1 << 62)])
def test_ids_of_64_bits_are_kept_apart(huge):
    work = DeviceWork.of(
        {"start_ns": [5], "end_ns": [6], "name": [0], "engine": [0], "device": [0], "process": [0]}
        | {"correlation": [huge]}
    )
    calls = HostCalls.of(
        {"start_ns": [1, 2], "end_ns": [2, 3], "name": [0, 0], "process": [0, 0], "thread": [4, 4]}
        | {"correlation": [huge - 1, huge]}
    )
    trace = Trace(Source("x", "kineto"), ("k",), (Device("gpu", 0),), (Process(1),), work, calls)
    assert launches(trace).call.tolist() == [1]


def test_an_operator_of_a_cpu_launches_itself():
    work = DeviceWork.of({"start_ns": [5], "end_ns": [6], "engine": [Engine.COMPUTE], "device": [0], "stream": [77]})
    found = launches(Trace(Source("x", "kineto"), devices=(Device("cpu", 0),), work=work))
    assert (found.call.tolist(), found.at_ns.tolist(), found.thread.tolist()) == ([MISSING], [5], [77])
