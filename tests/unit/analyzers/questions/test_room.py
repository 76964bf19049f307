from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.overlap import device_figures
from gpu_trace_analyzers.questions.room import room, waited_for_room
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.reports.sections.device import overlap_lines
from literal import literal

FULL = "Command Buffer Full"


def queued(count, first=0, every=100_000):
    """Kernels that are launched at once, 10 ns apart, and run one after the other from 1,000,000 on."""
    begin = 1_000_000
    return [
        f"k {begin + i * every}-{begin + (i + 1) * every} @{first + 10 * i}-{first + 10 * i + 5}" for i in range(count)
    ]


def waited(*text):
    """Start and end of the calls that waited for room."""
    trace = literal("\n".join(text))
    calls = trace.calls[waited_for_room(trace)]
    return list(zip(calls.start_ns.tolist(), calls.end_ns.tolist(), strict=True))


@pytest.mark.parametrize(("pending", "found"), [(999, []), (1000, [(500_000, 550_001)])])
def test_a_long_launch_call_with_a_full_queue_waited_for_room(pending, found):
    assert waited(*queued(pending), "s9 k 900000000-900000100 @500000-550001") == found


def test_a_launch_call_of_50_us_took_its_own_time():
    assert waited(*queued(1000), "s9 k 900000000-900000100 @500000-550000") == []


def test_what_has_ended_is_not_pending():
    # The first of the thousand ends as the call begins.
    assert waited(*queued(1000), "s9 k 900000000-900000100 @1100000-1200000") == []
    assert waited(*queued(1000), "s9 k 900000000-900000100 @1099999-1200000") == [(1_099_999, 1_200_000)]


def test_the_queue_is_that_of_the_device():
    assert waited(*queued(1000), "gpu1 s9 k 900000000-900000100 @500000-600000") == []


@pytest.mark.parametrize("launched", ["k 900000000-900000100 graph=1.1", "h2d 900000000-900000100 pageable"])
def test_calls_that_launch_graphs_and_copies_take_long_for_other_reasons(launched):
    assert waited(*queued(1000), f"s9 {launched} @500000-600000") == []


def test_a_graph_is_one_launch_however_many_operations_it_has():
    graph = [f"k {1_000_000 + i}-{1_000_001 + i} graph=1.{i} launch=7{' @0' * (i == 0)}" for i in range(2000)]
    assert waited(*graph, "s9 k 900000000-900000100 @500000-600000") == []


@pytest.mark.parametrize(
    ("pending", "returned", "found"),
    [(100, 1_015_000, True), (100, 1_015_001, False), (99, 1_015_000, False), (100, 999_999, False)],
)
def test_a_call_that_returns_as_its_stream_goes_on_waited_for_that(pending, returned, found):
    # The first of the pending kernels begins at 1,000,000.
    assert bool(waited(*queued(pending), f"k 900000000-900000100 @500000-{returned}")) == found


def test_it_is_the_calls_own_stream_that_counts():
    assert waited(*queued(100), "s9 k 900000000-900000100 @500000-1010000") == []


@pytest.mark.parametrize(("since", "found"), [(550_000, True), (550_001, False)])
def test_a_call_returns_by_chance_with_a_stream_that_is_never_at_rest(since, found):
    # The stream begins or ends something three times in the call: 3 x 15 us are a tenth of 450 us.
    text = [*queued(101, every=1_000_000), "k 999998-999999 @450000"]
    assert bool(waited(*text, f"k 900000000-900000100 @{since}-1000000")) is found


def test_a_record_of_cupti_says_so_whatever_was_pending():
    text = ["k 0-100000 @0", "k 100000-200000 @10-20000", f"overhead 15-19000 {FULL}"]
    assert waited(*text) == [(10, 20_000)]
    assert waited(*text[:2], "overhead 15-19000 Buffer Flush") == []


def test_a_record_must_lie_in_a_launch_call():
    text = ["k 0-100000 @0", "k 100000-200000 @10-20000", "call cudaEventRecord 30000-40000"]
    assert waited(*text, f"overhead 15-20001 {FULL}") == []
    assert waited(*text, f"overhead 30001-30002 {FULL}") == []
    assert waited(*text, f"overhead 0-10 {FULL}") == []


def test_where_cupti_recorded_waits_a_long_call_without_one_did_not_wait():
    text = [*queued(1000), "s9 k 900000000-900000100 @500000-600000"]
    assert waited(*text, "k 900000100-900000200 @700000-800000", f"overhead 700001-799999 {FULL}") == [
        (700_000, 800_000)
    ]


def test_a_report_says_how_often_and_how_long():
    text = ["k 0-100000 @0", "k 100000-200000 @10-20000", f"overhead 15-19000 {FULL}"]
    scope = Scope(literal("\n".join(text)))
    assert (room(scope, 0).launches, room(scope, 0).ns) == (1, 19_990)
    lines = overlap_lines(device_figures(scope, 0))
    assert lines == ["the host is ahead: 1 launch waited for room in the launch queue (20.0 µs in all)"]
    inside = Scope(scope.trace, None, Window(5_000, 50_000))
    assert (room(inside, 0).launches, room(inside, 0).ns) == (1, 15_000)
    assert room(Scope(scope.trace, None, Window(20_000, 50_000)), 0).launches == 0


def test_of_a_healthy_trace_nothing_is_said():
    scope = Scope(literal("k 0-100000 @0; k 100000-200000 @10-20000"))
    assert room(scope, 0).launches == 0
    assert overlap_lines(device_figures(scope, 0)) == []
