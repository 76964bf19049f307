"""What lies around a stretch of time."""

from __future__ import annotations

import numpy as np

from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.stretches import around
from literal import literal


def test_an_operation_of_no_length_where_a_stretch_begins_had_ended_by_then():
    trace = literal("k 0-5; k 10-10; k 20-30")
    before, after = around(trace, np.arange(3), np.array([10, 30]), np.array([20, 40]), Intervals())
    assert (before.tolist(), after.tolist()) == ([1, 2], [2, MISSING])
