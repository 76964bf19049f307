"""What the recorded time of an operation would have been with nothing beside it."""

import numpy as np
import pytest
from hypothesis import given

from gpu_trace_analyzers.model import Engine, Trace
from gpu_trace_analyzers.whatif.contention.factors import contention
from gpu_trace_analyzers.whatif.contention.measured import Spread
from gpu_trace_analyzers.whatif.contention.origins import Factors, Origin
from gpu_trace_analyzers.whatif.contention.undisturbed import alone_ns
from literal import literal
from measured_gpus import on, use
from strategies import traces

TWICE = Spread(1.0, 2.0, 4.0)


def of_stream_7(text: str) -> list[int]:
    trace = literal(text)
    row = np.flatnonzero((trace.work.stream == 7) & (trace.work.device == 0))
    found = alone_ns(trace, 0, row, lambda _engine: Factors.alike(TWICE, Origin.UNKNOWN, 1))
    return [int(values[0]) for values in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k 0-100", [100, 100, 100]),
        ("k 0-100; s8 h2d 0-100", [25, 50, 100]),
        ("k 0-100; s8 h2d 0-40", [70, 80, 100]),
        ("k 0-100; s8 h2d 60-500", [70, 80, 100]),
        ("k 0-100; s8 k 60-500", [70, 80, 100]),
        ("k 0-100; s8 h2d 0-40; s9 d2h 60-100", [40, 60, 100]),
        # Both cost half of its time: were both losses taken off, nothing would be left.
        ("k 0-100; s8 h2d 0-100; s9 d2h 0-100", [6, 25, 100]),
        ("k 0-100; gpu1 k 0-100", [100, 100, 100]),
    ],
)
def test_time_beside_an_engine_is_worth_less_by_its_factor(text: str, expected: list[int]) -> None:
    assert of_stream_7(text) == expected


def test_a_kernel_that_was_slowed_down_takes_as_long_alone_as_those_that_were_not() -> None:
    alone = [f"k {i * 1000}-{i * 1000 + 100}" for i in range(6)]
    beside = [f"k {i * 1000}-{i * 1000 + 160}; s8 h2d {i * 1000}-{i * 1000 + 160}" for i in range(6, 12)]
    trace = literal("; ".join(alone + beside))

    found = contention(trace, 0).alone_ns(np.flatnonzero(trace.work.engine == Engine.COMPUTE))

    assert found.expected.tolist() == [100] * 12


@given(traces())
def test_it_is_never_longer_than_recorded_and_its_ends_are_in_order(trace: Trace) -> None:
    with pytest.MonkeyPatch.context() as patch:
        use(patch)
        trace = on(trace)
        rows = np.flatnonzero(trace.work.device == 0)
        low, expected, high = contention(trace, 0).alone_ns(rows)

    ns = (trace.work.end_ns - trace.work.start_ns)[rows]
    assert ((low >= 0) & (low <= expected) & (expected <= high) & (high <= ns)).all()
