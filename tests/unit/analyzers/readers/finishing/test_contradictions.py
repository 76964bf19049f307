"""Work whose times contradict its launch, a wait or its stream: each rule at its boundary, and what is legal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.commands.check import check
from gpu_trace.commands.info import info
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.limits import Limits, Outcome, UpperLimit
from gpu_trace_analyzers.limits import check as check_limits
from gpu_trace_analyzers.model import MISSING, Doubt, Engine, HostCalls, SyncKind, Syncs
from gpu_trace_analyzers.questions.overlap import device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.base.merging import merge
from gpu_trace_analyzers.readers.finishing import contradictions as reasons
from gpu_trace_analyzers.readers.finishing.contradictions import without_contradictions
from gpu_trace_analyzers.readers.finishing.host_order import waited_until
from gpu_trace_analyzers.readers.finishing.stream_order import (
    ALLOWED_NS,
    NEVER_NS,
    WITHOUT_LAUNCH_NS,
    out_of_order,
    outlasted,
    streams_of,
)
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.sections.notes import reading_notes
from literal import literal
from strategies import traces

TRACES = Path(__file__).parents[5] / "samples/traces"
SAMPLES = sorted(
    str(path.relative_to(TRACES))
    for path in TRACES.rglob("*.json.gz")
    if not path.name.endswith(("execution-trace.json.gz", ".et.json.gz"))
)
US = 1000
GOOD = "s20 k 5000000-5000100 @4000000; s21 k 6000000-6000100 @5500000; s22 k 7000000-7000100 @6500000;"
"""Work that nothing is wrong with, so that what is wrong is not most."""


def read(text: str, *waits: tuple[SyncKind, int, int, int]):
    """The trace that is left of a literal one, with (kind, stream, start, end) of synchronizations."""
    columns = {name: list(column) for name, column in zip(("kind", "stream", "start_ns", "end_ns"), zip(*waits))}  # noqa: B905
    given = {**columns, "device": [0] * len(waits), "process": [0] * len(waits)} if waits else {}
    trace = without_contradictions(replace(literal(GOOD + text), syncs=Syncs.of(given)))
    trace.check()
    return trace


def found(trace) -> list[tuple[str, int]]:
    return [(event.reason, event.kept_ns) for event in trace.source.quarantined]


# A row that outlasts its stream -------------------------------------------------------------------------------------

OVERRUN = """
    s7 k 100000-200000 @0-5000;             s7 k 210000-1600210000 @10000-15000 name=gemm_b
    s7 k 320000-420000 @20000-25000;        s9 d2h 1000000-1500000 @30000-35000 size=1000
    s7 k 3000000-3100000 @2990000-2995000
"""


def test_a_row_that_outlasts_its_stream_ends_where_the_next_one_begins():
    trace = without_contradictions(literal(OVERRUN))
    figures = device_figures(Scope(trace), 0)
    assert (figures.compute_ns, figures.copy_ns, figures.overlap_ns) == (410 * US, 500 * US, 0)
    assert (figures.span_ns, figures.idle_ns) == (3000 * US, 2090 * US)
    [event] = trace.source.quarantined
    assert (event.name, event.duration_ns, event.kept_ns) == ("gemm_b", 1_600_000_000, 110_000)
    assert trace.source.doubts == (Doubt(0, reasons.OUTLASTS_STREAM, 1),)
    assert trace.source.dropped == {}  # it is used, if not as long as it says


@pytest.mark.parametrize(("end", "kept"), [(400_000, None), (400_001, 100)])
def test_outlasting_is_more_than_a_tail(end, kept):
    trace = read(f"k 100000-{end} @1; k 100100-300000 @2")
    assert found(trace) == ([] if kept is None else [(reasons.OUTLASTS_STREAM, kept)])


@pytest.mark.parametrize("text", ["k 100000-{} @1; h2d 100100-900000 @2", "h2d 100000-{} @1; k 100100-900000 @2"])
@pytest.mark.parametrize(("end", "kept"), [(200_100, None), (200_101, 100)])
def test_only_kernels_overlap_on_a_stream(text, end, kept):
    assert found(read(text.format(end))) == ([] if kept is None else [(reasons.OUTLASTS_STREAM, kept)])


LEGAL = {
    "programmatic dependent launch": "k 100000-900000 @1; k 100100-900001 @2",
    "another stream": "s7 k 100000-9000000 @1; s8 k 100100-200000 @2",
    "another device": "s7 k 100000-9000000 @1; gpu1 s7 k 100100-200000 @2",
    "nothing says what launched it": "k 100000-9000000; k 100100-200000",
    "a deep queue": "k 50000000-50000010 @1; call cudaDeviceSynchronize 0-1",
    "a wait for other work": "k 100000-9000000 @500; call cudaDeviceSynchronize 100-400",
    "a wait for a device without work": "k 100000-9000000 @1; call cudaDeviceSynchronize 100-100099",
    "a wait for a device without work, resumed late": (
        "k 100000-9000000 @1; k 9000000-9500000 @1; call cudaDeviceSynchronize 100-300000"
    ),
    "a wait that goes on": "k 100000-9000000 @1; call cudaDeviceSynchronize 100-9000000",
    "two threads that launch at once": "k 800000-900000 @100-200 t1; k 300000-400000 @150-160 t2",
}


@pytest.mark.parametrize("name", LEGAL)
def test_what_is_legal_is_left_alone(name):
    trace = replace(literal(GOOD + LEGAL[name]))
    assert without_contradictions(trace) is trace


def test_the_nodes_of_a_graph_run_side_by_side():
    trace = literal("k 100000-9000000 @1; k 100100-200000 @2; k 100200-300000 @3")
    work = replace(trace.work, correlation=np.full(3, 1))
    assert without_contradictions(replace(trace, work=work)).source.doubts == ()


def test_a_graph_ends_before_the_next_one_begins():
    trace = literal("k 100000-9000000 @1; k 100100-200000 @2; k 200200-300000 @3; k 300200-400000 @4")
    work = replace(trace.work, correlation=np.array([1, 1, 2, 2]))
    assert found(without_contradictions(replace(trace, work=work))) == [(reasons.OUTLASTS_STREAM, 100_200)]


def test_work_without_a_launch_may_be_a_graph_but_not_for_seconds():
    assert found(read("k 100000-1000200001; k 100100-200000")) == [(reasons.OUTLASTS_STREAM, 100)]
    assert found(read("k 100000-1000200000; k 100100-200000")) == []


def test_streams_of_two_processes_are_two():
    trace = literal("k 100000-9000000 @1; k 100100-200000 @2")
    work = replace(trace.work, process=np.array([0, 1], dtype=np.int16))
    assert without_contradictions(replace(trace, processes=trace.processes * 2, work=work)).source.doubts == ()


def test_streams_of_rocm_are_queues_of_several():
    trace = literal("k 100000-9000000 @1; h2d 100100-200000 @2; k 200100-200200 @3")
    strings = tuple(text.replace("cuda", "hip") for text in trace.strings)
    assert without_contradictions(replace(trace, strings=strings)).source.doubts == ()


# The host -----------------------------------------------------------------------------------------------------------


def test_rows_hours_before_their_launch_are_set_aside():
    early = "".join(f"k {n * 100}-{n * 100 + 70} @10000001{n:02}000;" for n in range(3))
    rest = "".join(f"k 10000001{n:02}020-10000001{n:02}090 @10000001{n:02}000;" for n in range(3, 10))
    trace = without_contradictions(literal(early + rest))
    assert found(trace) == [(reasons.BEFORE_LAUNCH, 0)] * 3
    figures = device_figures(Scope(trace), 0)
    assert (figures.compute_ns, figures.span_ns, figures.idle_ns) == (490, 6070, 5580)
    assert trace.source.dropped == {f"quarantined: {reasons.BEFORE_LAUNCH}": 3}


@pytest.mark.parametrize(("start", "held"), [(100_000, True), (99_999, False)])
def test_clocks_may_differ_a_little(start, held):
    assert found(read(f"k {start}-300000 @200000")) == ([] if held else [(reasons.BEFORE_LAUNCH, 0)])


@pytest.mark.parametrize(("start", "end", "far"), [(1, 600, False), (1, 602, True), (602, 603, True)])
def test_no_host_is_silent_for_ten_minutes_while_its_gpu_works(start, end, far):
    trace = read(f"k {start}000000000-{end}000000000 @1")
    assert found(trace) == ([(reasons.FAR, 0)] if far else [])
    without = replace(literal(f"k {start}000000000-{end}000000000 @1"), calls=HostCalls.empty())
    assert without_contradictions(without).source.doubts == ()


@pytest.mark.parametrize(("later", "far"), [(1600, False), (1602, True)])
def test_a_host_may_be_silent_for_longer_between_two_of_its_calls(later, far):
    trace = read(f"k 1000000000000-1001000000000 @1; call cudaGetDevice {later}000000000-{later}000001000")
    assert found(trace) == ([(reasons.FAR, 0)] if far else [])


WAITS = [(SyncKind.STREAM, 7), (SyncKind.CONTEXT, MISSING)]


@pytest.mark.parametrize(("kind", "stream"), WAITS)
def test_work_that_runs_on_after_a_wait_ends_with_it(kind, stream):
    assert found(read("k 100000-400000 @1-5", (kind, stream, 10, 300_000))) == []
    assert found(read("k 100000-400001 @1-5", (kind, stream, 10, 300_000))) == [(reasons.OUTLASTS_WAIT, 200_000)]
    assert found(read("k 100000-400001 @1-5", (kind, stream, 4, 300_000))) == []  # the launch had not returned


@pytest.mark.parametrize(("kind", "stream"), WAITS)
def test_work_that_begins_after_a_wait_is_set_aside(kind, stream):
    assert found(read("k 300000-400000 @1-5", (kind, stream, 10, 300_000))) == []
    trace = read("k 300000-400001 @1-5", (kind, stream, 10, 300_000))
    assert found(trace) == [(reasons.OUTLASTS_WAIT, 0)]
    assert trace.source.dropped == {f"quarantined: {reasons.OUTLASTS_WAIT}": 1}


@pytest.mark.parametrize("kind", [SyncKind.EVENT, SyncKind.STREAM_WAIT])
def test_events_are_not_waits_for_a_stream(kind):
    assert found(read("k 100000-9000000 @1-5", (kind, 7, 10, 300_000))) == []


def test_a_wait_for_one_stream_says_nothing_of_another():
    assert found(read("s8 k 100000-9000000 @1-5", (SyncKind.STREAM, 7, 10, 300_000))) == []


@pytest.mark.parametrize(("name", "counts"), [("cudaDeviceSynchronize", True), ("cudaStreamSynchronize", False)])
def test_calls_count_where_they_wait_for_everything(name, counts):
    trace = read(f"k 100000-9000000 @1-5; call {name} 10-300000")
    assert found(trace) == ([(reasons.OUTLASTS_WAIT, 200_000)] if counts else [])


def test_a_call_says_nothing_where_its_process_has_two_devices():
    assert found(read("k 100000-9000000 @1-5; gpu1 k 5-8 @1; call cudaDeviceSynchronize 10-300000")) == []


def test_work_whose_launch_was_not_recorded_was_launched_before_it_ran():
    assert found(read("k 100-9000000; call cudaDeviceSynchronize 200-300000")) == [(reasons.OUTLASTS_WAIT, 299_900)]
    assert found(read("k 200-9000000; call cudaDeviceSynchronize 100-300000")) == []


# The order of a stream ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "held"), [(400_000, True), (400_001, False)])
def test_a_row_that_ran_too_late_for_its_stream(start, held):
    trace = read(f"k {start}-{start + 50} @1-2; k 300000-300010 @3-4; k 400200-400300 @5; k 400400-400500 @6")
    assert found(trace) == ([] if held else [(reasons.OUT_OF_ORDER, 0)])


def test_of_a_stream_out_of_order_the_fewest_rows_are_set_aside():
    starts = [100, 200, 9_000_000, 300, 400, 8_000_000, 500, 600]
    trace = read(";".join(f"k {start}000-{start}001 @{n}-{n}" for n, start in enumerate(starts)))
    assert sorted(event.start_ns for event in trace.source.quarantined) == [8_000_000_000, 9_000_000_000]


# What follows -------------------------------------------------------------------------------------------------------


def test_where_most_is_wrong_it_is_the_clocks():
    text = "k 1-10 @500000; k 11-20 @500001; k 500040-500050 @500002"
    trace = without_contradictions(literal(text))
    assert len(trace.work) == 3
    assert trace.source.doubts == (Doubt(0, reasons.CLOCKS, 2),)
    assert trace.source.quarantined == ()


def test_a_cpu_is_never_in_doubt():
    trace = literal("k 100000-9000000; h2d 100100-200000; k 300000-400000", kind="cpu")
    assert without_contradictions(trace) is trace


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_in_a_recorded_trace_contradicts_itself(name):
    source = load(TRACES / name).source
    assert source.doubts == source.quarantined == ()


def test_several_traces_keep_their_doubts():
    good, bad = literal(GOOD), without_contradictions(literal(OVERRUN))
    ranks = [
        replace(trace, devices=tuple(replace(device, rank=rank) for device in trace.devices))
        for rank, trace in enumerate((good, bad))
    ]
    assert merge("job", ranks).source.doubts == (Doubt(1, reasons.OUTLASTS_STREAM, 1),)


def test_the_summary_says_which_figures_are_in_doubt():
    summary = Analysis(without_contradictions(literal(OVERRUN))).summary
    assert "the figures of GPU 0 are in doubt: 1 × ends after later work of its stream" in reading_notes(summary)
    assert to_document(summary)["devices"][0]["in_doubt"] == {reasons.OUTLASTS_STREAM: 1}
    assert to_document(Analysis(literal(GOOD)).summary)["devices"][0]["in_doubt"] == {}


def test_no_limit_on_a_device_in_doubt_is_kept_or_broken():
    trace = without_contradictions(literal(OVERRUN + "; range step 0-9000000; gpu1 k 100000-200000 @50000"))
    limits = Limits(0.8, UpperLimit(ns=0), UpperLimit(share=1.0))
    found = {row.subject: set() for row in check_limits(Analysis(trace).summary, limits)}
    for row in check_limits(Analysis(trace).summary, limits):
        found[row.subject].add((row.outcome, row.value is None))
    assert found["GPU 0"] == {(Outcome.INCONCLUSIVE, True)}
    assert (Outcome.OK, False) in found["GPU 1"]
    of_range = check_limits(Analysis(trace).summary, Limits(min_overlap=0.1, range_name="step"))
    assert {row.outcome for row in of_range if "GPU 0" in row.subject} == {Outcome.INCONCLUSIVE}


def test_a_device_of_which_nothing_is_left_is_inconclusive():
    trace = literal(GOOD)
    source = replace(trace.source, doubts=(Doubt(1, "longer than a day", 2),))
    rows = check_limits(Analysis(replace(trace, source=source)).summary, Limits(max_idle=UpperLimit(share=1.0)))
    assert [row.outcome for row in rows] == [Outcome.OK, Outcome.INCONCLUSIVE]
    assert "2 × longer than a day" in rows[1].reason


EVENT = '{"ph": "X", "cat": "%s", "name": "%s", "pid": %d, "tid": 7, "ts": %s, "dur": %s, "args": {%s}}'


@pytest.fixture
def overrun(tmp_path) -> str:
    """The same as a file of Kineto."""
    trace = literal(OVERRUN)
    events = [
        EVENT % ("cuda_runtime", "cudaLaunchKernel", 100, start / US, (end - start) / US, f'"correlation": {of}')
        for start, end, of in zip(trace.calls.start_ns, trace.calls.end_ns, trace.calls.correlation, strict=True)
    ]
    columns = (trace.work.start_ns, trace.work.end_ns, trace.work.engine, trace.work.stream, trace.work.correlation)
    for start, end, engine, stream, of in zip(*columns, strict=True):
        kind = ("kernel", "gemm") if engine == Engine.COMPUTE else ("gpu_memcpy", "Memcpy DtoH (Device -> Pinned)")
        arguments = f'"device": 0, "stream": {stream}, "correlation": {of}'
        events.append(EVENT % (*kind, 0, start / US, (end - start) / US, arguments))
    path = tmp_path / "overrun.json"
    path.write_text(f'{{"schemaVersion": 1, "traceEvents": [{",".join(events)}]}}')
    return str(path)


def test_the_gate_does_not_pass(overrun):
    result = CliRunner().invoke(check, [overrun, "--min-overlap", "0.8"])
    assert result.exit_code == 4
    assert "times that cannot be true (1 × ends after later work of its stream)" in result.output
    assert json.loads(json.dumps(to_document(Analysis(load(overrun)).summary)))["devices"][0]["compute_ns"] == 410 * US


def test_info_names_the_row(overrun):
    output = CliRunner().invoke(info, [overrun]).output
    times = "start 210,000 ns, duration 1,600,000,000 ns"
    assert f"'gemm': ends after later work of its stream ({times}); counted for 110,000 ns" in output


# Against a slow way -------------------------------------------------------------------------------------------------

STEP_NS = 30_000
"""What one nanosecond of a drawn trace becomes, so that some times differ by more than is allowed and some by less."""


def slower(table):
    return replace(table, start_ns=table.start_ns * STEP_NS, end_ns=table.end_ns * STEP_NS)


def later_ones(work, row: int) -> list[int]:
    """Rows of the same stream that follow this one in order of start, then end, and that another call launched."""
    keys = ("device", "process", "stream")
    of = [tuple(int(getattr(work, key)[i]) for key in keys) for i in range(len(work))]
    order = sorted(range(len(work)), key=lambda i: (work.start_ns[i], work.end_ns[i], i))
    behind = order[order.index(row) + 1 :]
    launch = int(work.correlation[row])
    return [i for i in behind if of[i] == of[row] and (launch == MISSING or int(work.correlation[i]) != launch)]


@given(traces())
def test_what_outlasts_its_stream_by_comparing_every_two_rows(trace):
    work = slower(trace.work)
    until = outlasted(work, streams_of(work), np.ones(len(work), dtype=np.bool_))
    kernels = (Engine.COMPUTE, Engine.COLLECTIVE, Engine.UNKNOWN)
    for row in range(len(work)):
        later = later_ones(work, row)
        both = [work.engine[row] in kernels and work.engine[i] in kernels for i in later]
        limits = [work.end_ns[i] if alike else work.start_ns[i] for i, alike in zip(later, both, strict=True)]
        allowed = WITHOUT_LAUNCH_NS if work.correlation[row] == MISSING else ALLOWED_NS
        wrong = any(work.end_ns[row] > limit + allowed for limit in limits)
        assert until[row] == (min(work.start_ns[i] for i in later) if wrong else NEVER_NS)


@given(traces(), st.integers(0, 2**32))
def test_of_a_stream_out_of_order_no_fewer_rows_could_be_set_aside(trace, seed):
    work = slower(trace.work)
    called = np.random.default_rng(seed).permutation(len(work)).astype(np.int64) * 2 * STEP_NS
    everything = np.ones(len(work), dtype=np.bool_)
    wrong = out_of_order(work, streams_of(work), called, called + STEP_NS, everything)
    for stream in {(int(d), int(p), int(s)) for d, p, s in zip(work.device, work.process, work.stream, strict=True)}:
        rows = [
            i
            for i in np.argsort(called).tolist()
            if (int(work.device[i]), int(work.process[i]), int(work.stream[i])) == stream
        ]
        kept = [int(work.start_ns[i]) for i in rows if not wrong[i]]
        assert all(a <= b + ALLOWED_NS for n, a in enumerate(kept) for b in kept[n + 1 :])
        starts = [int(work.start_ns[i]) for i in rows]
        if all(a <= b + ALLOWED_NS for n, a in enumerate(starts) for b in starts[n + 1 :]):
            assert len(kept) == len(rows)
        assert len(kept) >= longest(starts)


def longest(values: list[int]) -> int:
    """Length of the longest subsequence that does not fall, the slow way."""
    best: list[int] = []
    for n, value in enumerate(values):
        best.append(1 + max((best[i] for i in range(n) if values[i] <= value), default=0))
    return max(best, default=0)


@given(traces())
def test_each_row_is_kept_bounded_or_set_aside_and_said_to_be(trace):
    trace = replace(trace, work=slower(trace.work), calls=slower(trace.calls), ranges=slower(trace.ranges))
    after = without_contradictions(trace)
    after.check()
    aside = sum(count for reason, count in after.source.dropped.items() if reason.startswith("quarantined: "))
    assert len(after.work) + aside == len(trace.work)
    assert aside == sum(not event.kept_ns for event in after.source.quarantined)
    whole = sum((trace.work.end_ns - trace.work.start_ns).tolist())
    lost = sum(event.duration_ns - event.kept_ns for event in after.source.quarantined)
    assert sum((after.work.end_ns - after.work.start_ns).tolist()) == whole - lost
    assert {doubt.device for doubt in after.source.doubts} >= {
        device for device in range(2) if len(after.work_of(device)) < len(trace.work_of(device))
    }


# Two contexts of one device -----------------------------------------------------------------------------------------


def in_contexts(trace, *contexts: int):
    return replace(trace, work=replace(trace.work, context=np.array(contexts, dtype=np.int32)))


def test_stream_7_of_two_contexts_is_two_streams():
    overrun = literal("s7 k 0-9000000 @0; s7 k 1000000-2000000 @1; s7 h2d 3000000-4000000 @2").work
    every = np.ones(3, dtype=bool)
    assert outlasted(overrun, streams_of(overrun), every)[0] == 1_000_000
    apart = replace(overrun, context=np.array([1, 2, 2], dtype=np.int32))
    assert (outlasted(apart, streams_of(apart), every) == NEVER_NS).all()


@pytest.mark.parametrize("kind", [SyncKind.STREAM, SyncKind.CONTEXT])
@pytest.mark.parametrize(("contexts", "waits"), [((1, 1), True), ((1, 2), False)])
def test_a_synchronization_says_nothing_where_two_contexts_may_be_meant(kind, contexts, waits):
    trace = in_contexts(literal("s7 k 10-9000000 @1; s7 k 10-20 @2"), *contexts)
    row = {"kind": kind, "stream": 7, "start_ns": 5, "end_ns": 1000, "device": 0, "process": 0}
    trace = replace(trace, syncs=Syncs.of({name: [value] for name, value in row.items()}))
    until = waited_until(trace, np.array([1, 2]))
    assert until.tolist() == [1000 if waits else NEVER_NS] * 2


def test_a_row_is_out_of_order_after_any_of_those_before_it():
    work = literal("k 0-10; k 100000-100010; k 500000-500010; k 600000-600010").work
    called = np.array([0, 30, 10, 20])
    everything = np.ones(4, dtype=np.bool_)
    assert out_of_order(work, streams_of(work), called, called + 5, everything).tolist() == [False, True, False, False]


def test_rows_of_one_launch_are_in_order_of_their_starts():
    work = literal("k 200000-800000; k 600000-1000000; k 600000-1400000; k 800000-1200000").work
    called, returned = np.array([10, 0, 0, 0]), np.array([11, 15, 15, 1])
    everything = np.ones(4, dtype=np.bool_)
    assert out_of_order(work, streams_of(work), called, returned, everything).tolist() == [True, False, False, False]


def test_all_contradictions_are_counted_and_the_first_thousand_listed():
    bad = "".join(f"k {n}-{n + 1} @{n + 10**6}; " for n in range(10**7, 10**7 + 1001))
    good = "".join(f"s{8 + n} k {n}-{n + 1} @{n - 10}; " for n in range(10**8, 10**8 + 4000))
    source = without_contradictions(literal(bad + good)).source
    assert len(source.quarantined) == 1000
    assert sum(doubt.operations for doubt in source.doubts) == 1001
