"""Arrows from the calls of the host to the work that they launched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.launches import launches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64, Trace


def flows(trace: Trace) -> tuple[Int64, NDArray[np.int32]]:
    """The call whose arrow goes through each row of work, and through each call; `MISSING` for none.

    That of a call which launched many (a CUDA graph) one arrow goes through them all.
    """
    call = launches(trace).call
    of_calls = np.full(len(trace.calls), MISSING, np.int32)
    launching = call[call != MISSING]
    of_calls[launching] = launching
    return call, of_calls
