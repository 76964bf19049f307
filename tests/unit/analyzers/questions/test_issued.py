"""Pairs of ranges and what was launched in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.issued import launch_order
from literal import literal


def test_a_launch_of_an_unknown_thread_is_once_in_a_range_of_the_process():
    trace = literal("range all 0-20 process; k 30-40 @5; k 40-50 @6")
    threads = np.array([MISSING, 1], trace.calls.thread.dtype)
    trace = replace(trace, calls=replace(trace.calls, thread=threads))
    position, row = launch_order(trace).inside(trace.ranges)
    assert (position.tolist(), row.tolist()) == ([0, 0], [0, 1])
