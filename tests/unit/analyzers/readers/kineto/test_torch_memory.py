"""Memory as PyTorch records it here, on the CPU."""

from __future__ import annotations

import json

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load

pytestmark = pytest.mark.slow
FLOATS, BYTES = 250_000, 1_000_000


@pytest.fixture(scope="module")
def recorded(torch, tmp_path_factory):
    a = torch.ones(500, 500)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        held = [torch.empty(FLOATS) for _ in range(3)]
        with torch.profiler.record_function("outer"), torch.profiler.record_function("peak"):
            product = a @ a
        del product, held[0]
        last = torch.empty(FLOATS)
    path = tmp_path_factory.mktemp("memory") / "trace.json"
    profile.export_chrome_trace(str(path))
    assert (len(held), len(last)) == (2, FLOATS)
    return path


def test_the_peak_is_what_was_held_and_the_product(recorded):
    (found,) = Analysis(load(recorded)).memory
    assert (found.label, found.allocated_bytes, found.reserved_bytes) == ("host memory", 4 * BYTES, None)
    assert (found.operator, found.ranges) == ("aten::mm", ("peak", "outer"))


def test_each_value_is_the_sum_of_all_allocations_and_releases_until_then(recorded):
    events = [event for event in json.loads(recorded.read_text())["traceEvents"] if event["name"] == "[memory]"]
    events.sort(key=lambda event: event["ts"])
    assert [event["args"]["Bytes"] for event in events] == [BYTES] * 4 + [-BYTES] * 2 + [BYTES]
    counters = load(recorded).counters
    sums = [sum(event["args"]["Bytes"] for event in events[: n + 1]) for n in range(len(events))]
    assert counters.value.tolist() == sums == [n * BYTES for n in (1, 2, 3, 4, 3, 2, 3)]
