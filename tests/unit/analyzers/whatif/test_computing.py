"""The host computes in operators that take long, and while it makes no call of CUDA."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.whatif.computing import computing, computing_time
from gpu_trace_analyzers.whatif.host import host_program
from gpu_trace_analyzers.whatif.recording_cost import RecordingCost, without_recording
from known import measured

RANGE = "range measured 0-2000; k 1500-1600 @1400;"


@pytest.mark.parametrize(
    ("operators", "found"),
    [
        ("op sub_ 100-200", [(100, 200)]),
        ("op select 100-199", []),  # too short
        ("op add 100-400; op add_kernel 110-390", [(100, 400)]),  # the outermost
        ("op copy_ 100-400; h2d 500-600 @150", []),
        ("op normalize 100-400 t2; h2d 500-600 @150 t1", []),  # the host is the thread that launches meanwhile
        ("op normalize 100-400 t2; h2d 500-600 @450 t1", [(100, 400)]),
        ("op item 100-400; call cudaStreamSynchronize 150-380", []),
        ("op a 100-300; op b 400-600 t2", [(100, 300), (400, 600)]),
    ],
)
def test_operators_that_compute(operators, found):
    part = measured(RANGE + operators)
    assert [(start // 1000, end // 1000) for start, end in computing_time(part)] == found
    assert len(computing(part)) == len(found)


def test_recording_costs_a_thread_that_launches_whatever_another_one_computes():
    launches = "".join(f"k {at + 10}-{at + 20} @{at};" for at in range(100, 1100, 100))
    alone, beside = (measured(RANGE + launches + background) for background in ("", "op normalize 0-1200 t2"))
    cost = RecordingCost(call_ns=50_000)
    own_ns = [without_recording(part, host_program(part), cost).own_ns.tolist() for part in (alone, beside)]
    assert own_ns[0] == own_ns[1]
    assert own_ns[0][-1] < 1_400_000 - 10 * 50_000 + 1
