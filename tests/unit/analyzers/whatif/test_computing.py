"""The host computes in outermost operators that take long and make no call of CUDA on their thread."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.whatif.computing import computing, computing_time
from known import measured

RANGE = "range measured 0-2000; k 1500-1600 @1400;"


@pytest.mark.parametrize(
    ("operators", "found"),
    [
        ("op sub_ 100-200", [(100, 200)]),
        ("op select 100-199", []),  # too short
        ("op add 100-400; op add_kernel 110-390", [(100, 400)]),  # the outermost
        ("op copy_ 100-400; h2d 500-600 @150", []),
        ("op copy_ 100-400 t1; h2d 500-600 @150 t2", [(100, 400)]),  # another thread made the call
        ("op item 100-400; call cudaStreamSynchronize 150-380", []),
        ("op a 100-300; op b 400-600 t2", [(100, 300), (400, 600)]),
    ],
)
def test_operators_that_compute(operators, found):
    part = measured(RANGE + operators)
    assert [(start // 1000, end // 1000) for start, end in computing_time(part)] == found
    assert len(computing(part)) == len(found)
