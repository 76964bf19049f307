"""Arrows from the calls of the host to the work that they launched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.launches import launches

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Int64, Trace


def flows(trace: Trace) -> tuple[Int64, Int64]:
    """The number of the arrow through each row of work, and through each call; 0 for none.

    It is the call's, so that of a call which launched many (a CUDA graph) one arrow goes through them all.
    """
    call = launches(trace).call
    of_calls = np.zeros(len(trace.calls), dtype=np.int64)
    launching = call[call != MISSING]
    of_calls[launching] = launching + 1
    return call + 1, of_calls
