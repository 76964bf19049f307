"""A run and its answer as literals: three products, each copied to the host after all of them on one stream.

The answer copies each beside the next product: 112 ms in place of 132.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gpu_trace_analyzers.model import Engine, Trace
from gpu_trace_analyzers.whatif.answer import Bound, Expected, Move, Remedy, Schedule, WhatIf, WhatIfWindow
from literal import literal

MS = 10**6
COPY = "Memcpy DtoH (Device -> Pinned)"


def before() -> Trace:
    """Launched in the range ``measured``, from 0 to 132 ms."""
    trace = literal("""
        range measured 0-132
        k 10-40 @1-2 name=gemm; k 40-70 @2-3 name=gemm; k 70-100 @3-4 name=gemm
        d2h 100-110 @4-5; d2h 110-120 @5-6; d2h 120-130 @6-7
        call cudaDeviceSynchronize 8-132
    """)
    return in_ms(trace)


def after() -> Trace:
    """The same with the copies on a side stream, as measured: the first copy took 12 ms, not 10."""
    trace = literal("""
        range measured 0-113
        k 10-40 @1-2 name=gemm; k 40-70 @3-4 name=gemm; k 70-100 @5-6 name=gemm
        s13 d2h 40-52 @2-3; s13 d2h 70-80 @4-5; s13 d2h 101-111 @6-7
        call cudaDeviceSynchronize 8-113
    """)
    return in_ms(trace)


def in_ms(trace: Trace) -> Trace:
    """The trace with each ns a ms long."""
    tables = {
        name: replace(table, start_ns=table.start_ns * MS, end_ns=table.end_ns * MS)
        for name, table in trace.tables().items()
    }
    return replace(trace, **tables)


def answered(**changed: object) -> WhatIf:
    """The answer about `before`."""
    moves = (Move(Engine.COPY_D2H, COPY, 7, 3, "gemm", ""),)
    starts = {"recorded": (10, 40, 70, 100, 110, 120), "predicted": (10, 40, 70, 40, 70, 100)}
    lengths = np.array([30, 30, 30, 10, 10, 10]) * MS
    recorded, predicted = (np.array(each) * MS for each in starts.values())
    found = WhatIf(
        status="answered",
        reason="",
        window=WhatIfWindow("measured", 0, 132 * MS, 6, "measured"),
        recorded_ns=132 * MS,
        unrecorded_ns=None,
        before_ns=132 * MS,
        replay_ns=131 * MS,
        naive_ns=90 * MS,
        expected=Expected(112 * MS, 111 * MS, 114 * MS),
        bound=Bound(
            100 * MS, Engine.COMPUTE, 100 * MS, 40 * MS, ((Engine.COMPUTE, 30 * MS), (Engine.COPY_D2H, 10 * MS))
        ),
        unknown_dependency_share=0.0,
        remedies=(
            Remedy("side_stream", "same_stream", "move the copies to a side stream", 112 * MS, 20 * MS, MS, 0, moves),
        ),
        schedule=Schedule(
            rows=np.arange(6),
            recorded_start_ns=recorded,
            recorded_end_ns=recorded + lengths,
            start_ns=predicted,
            end_ns=predicted + lengths,
            critical=np.array([0, 1, 2, 5]),
        ),
    )
    return replace(found, **changed)


def abstained(**changed: object) -> WhatIf:
    """No answer about `before`: replay and bound stay."""
    reason = "three CUDA graphs run in the window, and their edges are not recorded"
    nothing = {"status": "abstained", "reason": reason, "expected": None, "remedies": (), "schedule": None}
    return answered(**nothing | changed)
