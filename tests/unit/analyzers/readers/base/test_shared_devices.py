"""The span of a trace, by which it shows whether two were recorded at one time."""

from __future__ import annotations

from gpu_trace_analyzers.readers.base.shared_devices import span_ns
from literal import literal


def test_the_span_is_from_the_first_event_of_any_table_to_the_last():
    assert span_ns(literal("k 40-90; k 50-60; call cudaDeviceSynchronize 30-70"), 1000) == (1030, 1090)


def test_a_trace_without_events_is_an_instant():
    assert span_ns(literal(""), 1000) == (1000, 1000)
