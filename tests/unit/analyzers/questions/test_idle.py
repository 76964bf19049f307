from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.idle import IDLE_RULES, explain_idle, idle_causes
from gpu_trace_analyzers.questions.launches import launches
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures
from gpu_trace_analyzers.questions.scope import Scope, Window
from literal import literal
from strategies import traces, windows

LITERAL = {
    "profiler": "s7 k 0-10 @1; overhead 12-28; s7 k 30-40 @30",
    "lost_kernels": "s7 k 0-10 @1; call cudaLaunchKernel 3-4; s7 k 30-40 @5",
    "lost_nodes": "k 0-10 @1 graph=3.1; k 30-40 @2 graph=3.1 launch=50; k 40-50 graph=3.2 launch=50",
    "host_synchronized": "s7 k 0-10 @1; call cudaDeviceSynchronize 4-25; s7 k 30-40 @30",
    "host_allocated": "s7 k 0-10 @1; call cudaMalloc 4-25; s7 k 30-40 @30",
    "launched_late": "s7 k 0-10 @1; s7 k 30-40 @30",
    "other_device": "s7 k 0-10 @1; gpu1 s9 k 0-29 @2; call cudaStreamWaitEvent 3-4; s7 k 30-40 @5",
    "start_up": "s7 k 0-10 @1; s7 k 30-40 @2",
    "unknown": "s7 k 0-10; s7 k 30-40",
}


@pytest.mark.parametrize("cause", LITERAL)
def test_the_rule_holds(cause):
    rows = [row for row in idle_causes(Scope(literal(LITERAL[cause]))) if row.device == 0]
    assert [(row.cause, row.ns, row.count) for row in rows] == [(cause, 20, 1)]


def test_queued_work_that_waits_longer_than_a_start_takes_waited_for_an_event():
    trace = literal("s7 k 0-10 @1; call cudaStreamWaitEvent 2-3; s7 k 30000-30040 @4")
    assert [row.cause for row in idle_causes(Scope(trace))] == ["event"]


def test_head_and_tail_of_a_window():
    trace = literal("s7 k 10-20 @1")
    rows = idle_causes(Scope(trace, window=Window(0, 25)))
    assert [(row.cause, row.ns, row.count) for row in rows] == [("head_or_tail", 15, 2)]


def test_a_cpu_is_idle_when_no_operator_runs():
    rows = idle_causes(Scope(literal("s1 k 0-10; s1 k 30-40", kind="cpu")))
    assert [(row.cause, row.ns) for row in rows] == [("no_operator", 20)]


def test_every_rule_has_a_test():
    elsewhere = {"event", "head_or_tail", "launching", "queued"}
    assert {rule.cause for rule in IDLE_RULES} == LITERAL.keys() - {"unknown"} | elsewhere


def causes(text: str) -> list[tuple[str, int]]:
    return [(row.cause, row.ns) for row in idle_causes(Scope(literal(text))) if row.device == 0]


@pytest.mark.parametrize(
    ("launch", "start", "expected"),
    [
        ("@150-155", 460_110, [("queued", 459_960), ("launched_late", 40)]),
        ("@150-155", 10_150, [("start_up", 10_000), ("launched_late", 40)]),
        ("@150-155", 10_151, [("launching", 10_001), ("launched_late", 40)]),
        ("@150-155", 10_155, [("launching", 10_005), ("launched_late", 40)]),
        ("@150-155", 10_156, [("queued", 10_006), ("launched_late", 40)]),
        ("@150-42000150", 42_000_160, [("launching", 42_000_010), ("launched_late", 40)]),
    ],
)
def test_the_host_is_late_until_it_begins_to_launch(launch, start, expected):
    assert causes(f"k 10-110 @0; k {start}-{start + 100} {launch}") == expected


def test_after_its_launch_work_waits_for_another_device_or_an_event():
    wait = "k 0-10 @1; call cudaStreamWaitEvent 20-21; k 50030-50040 @22"
    assert causes(wait) == [("event", 50_008), ("launched_late", 12)]
    assert causes(f"{wait}; gpu1 s9 k 0-50029 @2") == [("other_device", 50_008), ("launched_late", 12)]
    # It ended before the launch: the host alone was late.
    assert causes(f"{wait}; gpu1 s9 k 0-15 @2") == [("event", 50_008), ("launched_late", 12)]


def test_a_wait_of_the_host_counts_for_its_own_part():
    text = "k 0-10 @1; call cudaDeviceSynchronize 4-25; k 50000-50040 @30"
    assert causes(text) == [("queued", 49_970), ("host_synchronized", 20)]


def test_the_evidence_says_how_long_ago_it_was_launched():
    queued, late = idle_causes(Scope(literal("k 10-110 @0; k 460110-460210 @150-155 name=b")))
    assert (queued.evidence.fact.words, queued.evidence.fact.ns) == ("it started", 459_960)
    launching = idle_causes(Scope(literal("k 10-110 @0; k 30150-30200 @150-30151 name=b")))[0]
    assert launching.evidence.fact.words == "it started before the call returned"
    launching = idle_causes(Scope(literal("k 10-110 @0; k 30150-30200 @150-30149 name=b")))[0]
    assert launching.evidence.fact.words == "it started as soon as the call returned"
    assert (late.evidence.start_ns, late.evidence.end_ns, late.evidence.fact.ns) == (110, 150, 40)


@given(traces())
def test_no_host_is_late_for_what_it_has_launched(trace):
    launched = launches(trace)
    for device in active_devices(trace):
        found = explain_idle(Scope(trace), device)
        stretches = found.stretches
        work = trace.work_of(device)
        busy = work[work.end_ns > work.start_ns]  # an operation of no length may stand inside
        assert (stretches.start_ns[1:] >= stretches.end_ns[:-1]).all()
        late = found.have("launched_late")
        for i in range(len(stretches)):
            start, end = int(stretches.start_ns[i]), int(stretches.end_ns[i])
            assert not ((busy.start_ns < end) & (start < busy.end_ns)).any()
            after = int(stretches.after[i])
            if after != MISSING and launched.call[after] != MISSING:
                at_ns = int(launched.at_ns[after])
                assert stretches.before[i] == MISSING or not start < at_ns < end
                assert not late[i] or at_ns >= end


@given(traces(), st.none() | windows)
def test_causes_sum_to_the_idle_time_exactly(trace, pair):
    window = Window(*pair) if pair else None
    rows = idle_causes(Scope(trace, window=window))
    for device in active_devices(trace):
        idle = device_figures(Scope(trace, window=window), device).idle_ns
        assert sum(row.ns for row in rows if row.device == device) == idle
        assert (explain_idle(Scope(trace, window=window), device).stretches.ns > 0).all()


@pytest.mark.parametrize(("until", "cause"), [(22, "profiler"), (21, "launched_late")])
def test_the_profiler_took_half_of_the_time_or_is_not_the_cause(until, cause):
    assert causes(f"s7 k 0-10 @1; overhead 12-{until}; s7 k 30-40 @30") == [(cause, 20)]


def test_an_operation_of_no_length_at_the_end_is_not_what_followed():
    assert causes("k 0-10 @1; s8 k 30-30 @2; k 30-40 @29") == [("launched_late", 19), ("start_up", 1)]


def test_another_device_that_works_on_is_not_waited_for():
    wait = "k 0-10 @1; call cudaStreamWaitEvent 20-21; k 50030-50040 @22; gpu1 s9 k 30-60000 @2"
    assert causes(wait) == [("event", 50_008), ("launched_late", 12)]


def test_what_is_launched_as_it_begins_was_not_queued():
    queued = tuple(rule for rule in IDLE_RULES if rule.cause == "queued")
    for launch, cause in ((30, "unknown"), (10, "queued")):
        found = explain_idle(Scope(literal(f"k 0-10 @1; k 30-40 @{launch}")), 0, queued)
        assert [rule.cause for rule, _ in found.each()] == [cause]


@pytest.mark.parametrize(
    ("other", "fact"),
    [
        ("", "its stream waited on an event first"),
        ("; gpu1 s9 k 0-50029 @2 name=other", "its stream waited on an event, and other ended on GPU 1 in the gap"),
    ],
    ids=["an event", "another device"],
)
def test_the_evidence_is_of_the_work_that_followed(other, fact):
    text = f"k 0-10 @1 name=before; call cudaStreamWaitEvent 20-21; k 50030-50040 @22 name=after{other}"
    longest = idle_causes(Scope(literal(text)))[0].evidence
    assert (longest.operation, longest.follows, longest.verb) == ("after", True, "launched")
    assert longest.fact.words == fact


def test_the_fact_tells_the_head_of_a_window_from_its_tail():
    each = explain_idle(Scope(literal("k 10-20 @1"), window=Window(0, 25)), 0).each()
    head, tail = (found.fact.words for _, found in each)
    assert [("first" in words, "last" in words) for words in (head, tail)] == [(True, False), (False, True)]
