"""Ranges by instance, against a brute force that looks at each operation and each instance by itself."""

from __future__ import annotations

import gzip
import json
import re
import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.model import BUS_COPIES, MISSING, Engine, Process
from gpu_trace_analyzers.questions.launches import launches
from gpu_trace_analyzers.questions.ranges import (
    DEEPEST_OWNER,
    buried_ranges,
    no_such_range,
    range_figures,
    step_figures,
)
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.questions.unowned import Unowned, unowned
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.base.merging import merge
from gpu_trace_analyzers.readers.folders.files import with_rank
from literal import literal
from strategies import traces, windows

TRACES = Path(__file__).parents[4] / "samples/traces"


def instances(trace, window):
    ranges = trace.ranges
    for i in range(len(ranges)):
        start, end = int(ranges.start_ns[i]), int(ranges.end_ns[i])
        if end > start and (window is None or (start < window.end_ns and end > window.start_ns)):
            yield i, start, end


def launched_in(trace, i, start, end, window):
    found, work = launches(trace), trace.work
    for row in range(len(work)):
        same = work.process[row] == trace.ranges.process[i]
        same &= trace.ranges.thread[i] in (found.thread[row], MISSING)
        if found.known[row] and same and start <= found.at_ns[row] < end:
            first, last = int(work.start_ns[row]), int(work.end_ns[row])
            if window is None:
                yield row, first, last
            elif first < window.end_ns and last > window.start_ns:
                yield row, max(first, window.start_ns), min(last, window.end_ns)


def busy(trace, rows, engines):
    return {t for row, first, last in rows for t in range(first, last) if trace.work.engine[row] in engines}


def expected(trace, window):
    found = {}
    for i, start, end in instances(trace, window):
        own = [*launched_in(trace, i, start, end, window)]
        found.setdefault(int(trace.ranges.name[i]), []).append((end - start, own))
    return found


@given(traces(), st.none() | windows.map(lambda pair: Window(*pair)))
def test_every_figure_of_every_range(trace, window):
    rows = range_figures(Scope(trace, window=window))
    for name, each in expected(trace, window).items():
        operations = {op for _, own in each for op in own}
        mine = [row for row in rows if row.name == trace.text(name)]
        devices = sorted({int(trace.work.device[op[0]]) for op in operations})
        rest = [host for i, host in of_each(trace, name, window) if not any(has(trace, d, i) for d in devices)]
        assert [row.device for row in mine] == [*devices, *([None] if rest else [])]
        for row in mine:
            if row.device is not None:
                own = [host for i, host in of_each(trace, name, window) if has(trace, row.device, i)]
                check_device(trace, row, each, operations)
            assert (row.count, row.host_ns) == (len(rest), sum(rest)) if row.device is None else (len(own), sum(own))
            assert row.instances == len(each)
    assert len(rows) == len({(row.name, row.device) for row in rows})


def of_each(trace, name, window):
    return [(i, end - start) for i, start, end in instances(trace, window) if trace.ranges.name[i] == name]


def has(trace, device, i):
    """Whether a device is of the process of a range: one without a rank is of those that launched its work."""
    launchers = trace.work.process[trace.work.device == device]
    return bool((launchers == trace.ranges.process[i]).any() or (launchers == MISSING).any())


def check_device(trace, row, each, operations):
    def here(ops):
        return [op for op in ops if trace.work.device[op[0]] == row.device]

    spans = sorted(max(e for _, _, e in here(own)) - min(s for _, s, _ in here(own)) for _, own in each if here(own))
    assert row.operations == len(here(operations))
    assert (row.window_ns, row.worst_ns) == (sum(spans), spans[-1])
    assert row.median_ns == spans[(len(spans) - 1) // 2]
    everything = [(r, int(trace.work.start_ns[r]), int(trace.work.end_ns[r])) for r in range(len(trace.work))]
    computing, copying = busy(trace, here(everything), {Engine.COMPUTE}), busy(trace, here(operations), BUS_COPIES)
    assert row.compute_ns == len(busy(trace, here(operations), {Engine.COMPUTE}))
    assert (row.copy_ns, row.hidden_copy_ns) == (len(copying), len(copying & computing))


def test_the_window_of_a_repeated_range_is_the_sum_of_its_instances():
    trace = literal("range a 0-5; range a 100-105; s7 k 10-20 @1; s7 k 110-140 @101")
    (row,) = range_figures(Scope(trace))
    assert (row.count, row.window_ns, row.median_ns, row.worst_ns) == (2, 40, 10, 30)


def of_two_ranks(text):
    """The literal twice, as those of ranks 0 and 1 with a GPU each."""
    one, two = (with_rank(literal(text), rank) for rank in (0, 1))
    return merge("job", [one, two])


def test_the_count_of_a_range_is_of_the_rank_whose_device_it_is():
    trace = of_two_ranks("range a 0-5; range a 100-105; range idle 6-9; s7 k 10-20 @1; s7 k 110-140 @101")
    rows = [
        (row.name, row.device, row.rank, row.count, row.host_ns, row.instances) for row in range_figures(Scope(trace))
    ]
    a, idle = [("a", rank, rank, 2, 10, 4) for rank in (0, 1)], [("idle", None, rank, 1, 3, 2) for rank in (0, 1)]
    assert rows == [*a, *idle]


def test_instances_of_a_rank_whose_device_had_nothing_to_do_are_a_row_of_that_rank():
    busy, idle = literal("range a 0-5; s7 k 10-20 @1"), literal("range a 0-7; range a 20-30; s7 k 10-20 @15")
    rows = range_figures(Scope(merge("job", [with_rank(trace, rank) for rank, trace in enumerate((busy, idle))])))
    assert [(row.device, row.rank, row.count, row.host_ns) for row in rows] == [(0, 0, 1, 5), (None, 1, 2, 17)]


def test_a_range_that_gave_no_device_anything_to_do_has_no_figures_of_one():
    [row] = range_figures(Scope(literal("range a 0-5; range a 6-9; k 10-20 @9")))
    assert (row.device, row.count, row.host_ns, row.instances) == (None, 2, 8, 2)
    assert (row.operations, row.window_ns, row.median_ns, row.worst_ns) == (0, 0, 0, 0)
    assert (row.compute_ns, row.copy_ns, row.hidden_copy_ns, row.exposed_copy_ns) == (0, 0, 0, 0)


@pytest.mark.parametrize(("rank", "count"), [(MISSING, 2), (0, 1)])
def test_work_of_an_unknown_process_may_be_of_any_where_the_device_has_no_rank(rank, count):
    """Its rank, where it has one, says whose the device is."""
    trace = literal("range a 0-5; range a 6-9 t2; k 10-20 @1; k 20-30 @8 t2")
    ranges = replace(trace.ranges, process=np.array([0, 1], np.int16))
    work = replace(trace.work, process=np.array([0, MISSING], np.int16))
    processes = (Process(100, rank=rank), Process(200, rank=rank + 1 if rank != MISSING else MISSING))
    devices = (replace(trace.devices[0], rank=rank),)
    trace = replace(trace, ranges=ranges, work=work, processes=processes, devices=devices)
    found = [row.count for row in range_figures(Scope(trace)) if row.device == 0]
    assert found == [count]


def test_profiler_steps_of_ranks_are_one_range_even_where_each_has_one():
    trace = of_two_ranks("range ProfilerStep#3 0-5; s7 k 10-20 @1")
    assert [(row.name, row.count) for row in range_figures(Scope(trace))] == [("ProfilerStep#*", 1)] * 2


def test_depth_is_where_it_lies_in_the_fewest():
    trace = literal("range a 0-50; range b 1-20; range c 2-10; range b 30-40; range d 60-70; range e 0-90 t2")
    assert {row.name: row.depth for row in range_figures(Scope(trace))} == {
        "a": 0,
        "e": 0,
        "b": 1,
        "c": 2,
        "d": 0,
    }


def test_profiler_steps_are_one_range_and_each_a_step():
    trace = literal("range ProfilerStep#3 0-5; range ProfilerStep#4 5-9; s7 k 10-20 @1; s7 k 30-35 @6")
    assert [(row.name, row.count, row.compute_ns) for row in range_figures(Scope(trace))] == [("ProfilerStep#*", 2, 15)]
    steps = [("ProfilerStep#3", 10), ("ProfilerStep#4", 5)]
    assert [(row.name, row.compute_ns) for row in step_figures(Scope(trace))] == steps


def test_any_range_may_be_the_step():
    trace = literal("range batch 0-5; range batch 5-9; range other 0-9; s7 k 10-20 @1; s7 k 30-35 @6")
    assert [(row.name, row.compute_ns) for row in step_figures(Scope(trace), "batch")] == [
        ("batch", 10),
        ("batch", 5),
    ]
    assert step_figures(Scope(trace)) == ()


def test_steps_are_numbered_in_their_process():
    trace = literal("range batch 0-9; range batch 20-29; s7 k 0-10 @1; gpu1 k 0-10 @2; s7 k 20-25 @21")
    assert [(row.device, row.step) for row in step_figures(Scope(trace), "batch")] == [(0, 0), (1, 0), (0, 1)]
    profiled = literal("range ProfilerStep#7 0-9; range ProfilerStep#12 20-29; s7 k 0-10 @1; s7 k 20-25 @21")
    assert [row.step for row in step_figures(Scope(profiled))] == [7, 12]
    assert {row.step for row in range_figures(Scope(trace))} == {None}


def test_a_step_that_is_not_there_is_an_error_with_names_that_are():
    trace = literal("range batch 0-5; range other 0-9; s7 k 10-20 @1")
    with pytest.raises(UsageError, match="no range is named 'bach'; choose another name, of 'batch', 'other'"):
        step_figures(Scope(trace), "bach")
    with pytest.raises(UsageError, match="the trace has no ranges"):
        step_figures(Scope(literal("s7 k 10-20 @1")), "batch")


def test_of_many_names_the_three_that_are_nearest_are_shown():
    assert no_such_range("bach", ["batch", "back", "bath", "beach", "other"]).count("'") == 2 * (1 + 3)


def autograd(text, names):
    trace = literal(text)
    return replace(trace, processes=(Process(100, thread_names=MappingProxyType(names)),))


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("range backward 0-20; s7 k 30-40 @5 t2", {"backward": 10}),
        ("range step 0-20; s7 k 30-40 @5 t2", {"step": 10}),
        ("range backward 0-20; range loader 0-50 t3; s7 k 30-40 @5 t2", {"backward": 10, "loader": 0}),
        ("range step 0-20; range loader 0-50 t3; s7 k 30-40 @5 t2", {"step": 0, "loader": 0}),
        ("range backward 0-20; range request 0-50 process; s7 k 30-40 @5 t2", {"backward": 10, "request": 10}),
        ("range backward 0-20; s7 k 30-40 @5 t2; s7 k 50-70 @6 t4", {"backward": 10}),
    ],
    ids=[
        "the only thread",
        "the only thread, whatever its ranges are called",
        "the one in backward",
        "nobody knows",
        "beside the process",
        "another thread without ranges",
    ],
)
@pytest.mark.parametrize("name", ["thread 2 (pt_autograd_0)", "pt_autograd_0 / python3", "python3 / pt_autograd_0"])
def test_launches_of_an_autograd_thread_belong_to_the_thread_that_called_backward(text, owners, name):
    trace = autograd(text, {1: "thread 1 (python)", 2: name})
    assert {row.name: row.compute_ns for row in range_figures(Scope(trace))} == owners


def test_a_range_of_the_process_has_what_any_of_its_threads_launched():
    trace = literal("range step 0-20 process; range loop 0-20; s7 k 30-40 @5 t2; s7 k 40-50 @25 t2; s7 k 50-60 @5 t1")
    assert {row.name: (row.operations, row.depth) for row in range_figures(Scope(trace))} == {
        "step": (2, 0),
        "loop": (1, 0),
    }


@given(traces(), st.none() | windows.map(lambda pair: Window(*pair)))
def test_what_no_range_has_is_counted(trace, window):
    owned = {row for i, s, e in instances(trace, None) for row, *_ in launched_in(trace, i, s, e, window)}
    launched = launches(trace)
    rows = np.flatnonzero(launched.known)
    if window:
        inside = (trace.work.start_ns[rows] < window.end_ns) & (trace.work.end_ns[rows] > window.start_ns)
        rows = rows[inside]
    found = unowned(Scope(trace, window=window))
    without = set(rows.tolist()) - owned
    has_ranges = bool((trace.ranges.end_ns > trace.ranges.start_ns).any())
    assert found.operations == (len(without) if has_ranges else 0)
    assert found.of == (len(rows) if found.operations else 0)
    by_thread = Counter((trace.work.process[row], launched.thread[row]) for row in without)
    assert found.on_thread == (max(by_thread.values()) if found.operations else 0)


def test_the_thread_that_launched_outside_every_range_is_named():
    trace = autograd(
        "range a 0-9; range b 0-9 t3; s7 k 10-20 @5; s7 k 20-30 @6 t2; s7 k 30-40 @20", {2: "pt_autograd_0"}
    )
    assert unowned(Scope(trace)) == Unowned(2, 3, 1, "thread 1")
    trace = autograd("range a 0-9; s7 k 20-30 @10 t3; s7 k 30-40 @11 t2; s7 k 40-50 @12 t2", {2: "loader"})
    assert unowned(Scope(trace)) == Unowned(3, 3, 2, "loader")


def test_in_whichever_order_a_recorded_thread_was_named(tmp_path, recorded):
    document = json.loads(gzip.decompress(recorded("ddp_rank1").read_bytes()))
    document["traceEvents"].reverse()
    (tmp_path / "reversed.json").write_text(json.dumps(document))
    rows = [range_figures(Scope(load(path))) for path in (recorded("ddp_rank1"), tmp_path / "reversed.json")]
    by_name = [{row.name: (row.operations, row.compute_ns) for row in each} for each in rows]
    assert by_name[0] == by_name[1]
    assert by_name[0]["backward"][0] > 0


def test_backward_of_a_recorded_job_owns_its_kernels():
    rows = {row.name: row for row in range_figures(Scope(load(TRACES / "ddp_rank1.json.gz")))}
    step, parts = rows["ProfilerStep#*"], [rows[name] for name in ("forward", "backward", "optimizer")]
    assert sum(row.compute_ns for row in parts) == step.compute_ns
    assert re.fullmatch(r"ProfilerStep#\*", step.name)
    assert step.count == 3


def test_ranges_that_are_never_popped_are_counted_and_take_no_more_memory_than_their_number():
    steps = 3000
    end = 10 * steps
    text = "; ".join(f"range step {n}-{end}; s7 k {n + 2}-{n + 8} @{n + 1}" for n in range(0, end, 10))
    trace = literal(text)
    [row] = range_figures(Scope(trace))
    assert (row.count, row.operations, row.compute_ns) == (steps, steps, 6 * steps)
    assert buried_ranges(Scope(trace)) == steps - DEEPEST_OWNER
    tracemalloc.start()
    range_figures(Scope(trace))
    assert tracemalloc.get_traced_memory()[1] < 1000 * DEEPEST_OWNER * steps
    tracemalloc.stop()


def test_of_three_windows_the_median_is_that_of_middle_length():
    instances = "; ".join(
        f"range a {n}-{n + 5}; k {n + 10}-{n + 10 + ns} @{n}" for n, ns in ((0, 30), (100, 7), (200, 20))
    )
    [row] = range_figures(Scope(literal(instances)))
    assert (row.window_ns, row.median_ns, row.worst_ns) == (57, 20, 30)


def test_what_is_not_hidden_of_the_copies_of_a_range_is_exposed():
    [row] = range_figures(Scope(literal("range a 0-9; k 0-10 @1; s8 d2h 5-25 @2")))
    assert (row.copy_ns, row.hidden_copy_ns, row.exposed_copy_ns) == (20, 5, 15)


def test_where_every_name_is_shown_it_is_not_said_that_there_are_more():
    two, three, four = (no_such_range("bach", ["batch", *"123"[:more]]).partition("batch")[0] for more in (1, 2, 3))
    assert two == three != four


def test_where_ranges_have_all_that_was_launched_nothing_is_counted():
    assert unowned(Scope(literal("range a 0-5; k 10-20 @1"))) == Unowned(operations=0, of=0, on_thread=0, thread="")
