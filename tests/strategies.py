"""Hypothesis strategies: small times on purpose, so that edges meet and a brute force per nanosecond stays quick."""

from __future__ import annotations

from hypothesis import strategies as st

from gpu_trace_analyzers.model import (
    MISSING,
    Counters,
    Device,
    DeviceWork,
    Engine,
    Frames,
    HostCalls,
    Process,
    RangeKind,
    Ranges,
    Samples,
    Source,
    ThreadState,
    Trace,
)

HORIZON_NS = 60
"""All drawn times lie in [0, HORIZON_NS]."""

stretches = st.tuples(st.integers(0, HORIZON_NS), st.integers(0, HORIZON_NS)).map(lambda pair: tuple(sorted(pair)))
stretch_lists = st.lists(stretches, max_size=8)
windows = stretches.filter(lambda pair: pair[0] < pair[1])

_operations = st.fixed_dictionaries(
    {
        "times": stretches,
        "engine": st.sampled_from(Engine),
        "device": st.integers(0, 1),
        "stream": st.integers(7, 9),
        "process": st.integers(0, 1),
        "correlation": st.integers(-1, 6),
        "size": st.integers(-1, 100),
    }
)
_calls = st.fixed_dictionaries(
    {"times": stretches, "process": st.integers(0, 1), "thread": st.integers(1, 2), "correlation": st.integers(0, 6)}
)
_ranges = st.fixed_dictionaries(
    {
        "times": stretches,
        "name": st.integers(0, 2),
        "process": st.integers(0, 1),
        "thread": st.sampled_from((1, 2, MISSING)),
    }
)
_FRAMES = Frames.of(
    {"caller": [MISSING, 0, 0], "function": [0, 1, 2], "file": [2, 2, MISSING], "line": [10, 20, MISSING]}
)
_samples = st.fixed_dictionaries(
    {
        "times": stretches,
        "frame": st.integers(MISSING, len(_FRAMES) - 1),
        "state": st.sampled_from(ThreadState),
        "process": st.integers(0, 1),
        "thread": st.integers(1, 2),
    }
)


_counters = st.fixed_dictionaries(
    {
        "times": stretches,
        "name": st.integers(0, 2),
        "unit": st.integers(0, 2),
        "value": st.integers(0, 100),
        "device": st.integers(MISSING, 1),
        "process": st.integers(0, 1),
        "thread": st.sampled_from((1, 2, MISSING)),
    }
)


def _columns(rows: list[dict[str, object]], **constant: object) -> dict[str, list[object]]:
    rows = sorted(rows, key=lambda row: row["times"])
    columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else {}) if name != "times"}
    columns |= {name: [value] * len(rows) for name, value in constant.items()}
    return {"start_ns": [row["times"][0] for row in rows], "end_ns": [row["times"][1] for row in rows], **columns}


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Two GPUs, two processes of two threads, a few rows of each table, overlapping anyhow."""
    trace = Trace(
        source=Source("drawn", "kineto"),
        strings=("a", "b", "c"),
        devices=(Device("gpu", 0), Device("gpu", 1)),
        processes=(Process(100), Process(200)),
        work=DeviceWork.of(_columns(draw(st.lists(_operations, max_size=12)), name=0)),
        calls=HostCalls.of(_columns(draw(st.lists(_calls, max_size=8)), name=1)),
        ranges=Ranges.of(_columns(draw(st.lists(_ranges, max_size=5)), kind=RangeKind.NVTX)),
        samples=Samples.of(_columns(draw(st.lists(_samples, max_size=4)))),
        stack_frames=_FRAMES,
        counters=Counters.of(_columns(draw(st.lists(_counters, max_size=4)))),
    )
    trace.check()
    return trace
