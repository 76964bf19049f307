from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gpu_trace.exporting.chrome import export_chrome
from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace.exporting.timeline.findings import worst_place
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import (
    ALL_COPIES,
    Device,
    DeviceWork,
    Engine,
    HostCalls,
    Process,
    RangeKind,
    Ranges,
    Source,
    Trace,
)
from gpu_trace_analyzers.questions.launches import launches
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.base.merging import merge
from gpu_trace_analyzers.vocabulary.perfetto import EXPOSED, LANES
from gpu_trace_analyzers.whatif.beside import what_if_of
from literal import literal

PINNED = "window.app.trace.workspaces.currentWorkspace.pinnedTracks"
"""They are there once start commands have run."""


@pytest.fixture(scope="module", params=["two_streams", "mlp_overlap", "ddp_rank0"])
def both(request, recorded, opened):
    path = recorded(request.param)
    return load(path, operators=True), opened(path)


def test_the_start_view_pins_the_lanes(both):
    trace, shown = both
    shown.screenshot(trace.source.path.rpartition("/")[2].partition(".")[0])
    shown.page.wait_for_function(f"{PINNED}.length", timeout=60_000)
    pinned = shown.page.evaluate(f"{PINNED}.map(t => t.name)")
    assert any(name.endswith("Compute") for name in pinned)
    assert any(name.endswith("Exposed copy") for name in pinned)


def test_it_lands_at_the_worst_place(both):
    trace, shown = both
    worst = worst_place(Analysis(trace))
    if worst is None:
        assert shown.visible_ns() == shown.all_ns()
        return
    shown.page.wait_for_function("window.app.trace.selection.selection.kind === 'track_event'", timeout=60_000)
    name = shown.value(f"select name from slice where id = {shown.selected()}")
    assert name.startswith("worst place: ")
    begin_ns, end_ns = shown.visible_ns()
    assert begin_ns <= worst.start_ns < worst.end_ns <= end_ns
    assert end_ns - begin_ns <= 6 * (worst.end_ns - worst.start_ns)


def test_it_lands_where_it_is_told_to(opened, recorded):
    first_ns = int(load(recorded("two_streams")).work.start_ns[0])
    shown = opened(recorded("two_streams"), "--at", "20ms..25ms")
    shown.page.wait_for_function(f"{PINNED}.length", timeout=60_000)
    assert shown.visible_ns() == (first_ns + 20_000_000, first_ns + 25_000_000)


def test_nothing_is_lost_and_nothing_is_an_error(both):
    _, shown = both
    assert shown.complaints() == []


def test_kernels_are_on_the_rows_of_their_streams(both):
    trace, shown = both
    rows = shown.sql(
        "select t.name, count(*), sum(s.dur) from slice s join track t on s.track_id = t.id"
        " where t.type = 'gpu_render_stage' group by t.name order by t.name"
    )
    work, wanted = trace.work, []
    for device, stream in sorted(set(zip(work.device.tolist(), work.stream.tolist(), strict=True))):
        own = work[(work.device == device) & (work.stream == stream)]
        rank = f"rank {trace.devices[device].rank} · " if trace.devices[device].rank >= 0 else ""
        title = f"{rank}GPU {trace.devices[device].index} · stream {stream}"
        wanted.append([title, len(own), int((own.end_ns - own.start_ns).sum())])
    assert rows == sorted(wanted)


def test_lanes_have_every_operation_and_the_exposed_copies(both):
    trace, shown = both
    rows = {
        (group, name.rpartition(" · ")[2]): (count, total)
        for group, name, count, total in shown.sql(
            "select p.name, t.name, count(*), sum(s.dur) from slice s join track t on s.track_id = t.id"
            " join track p on t.parent_id = p.id where t.type = 'global_merged_track_event' group by 1, 2"
        )
    }
    for position in active_devices(trace):
        figures, work = device_figures(Scope(trace), position), trace.work_of(position)
        label = figures.device.label
        for engine in figures.engines:
            own = work[work.engine == engine]
            assert rows[label, LANES[engine]] == (len(own), int((own.end_ns - own.start_ns).sum()))
        assert rows[label, EXPOSED][1] == figures.exposed_copy_ns


def host_tables(trace):
    return (trace.calls, trace.operators, trace.ranges, trace.overheads)


def test_the_host_has_as_many_slices_as_the_trace_has_rows_and_as_long(both):
    trace, shown = both
    rows = shown.sql(
        "select count(*), sum(s.dur) from slice s join track t on s.track_id = t.id where t.type in"
        " ('thread_execution', 'thread_track_event', 'thread_merged_track_event', 'process_merged_track_event')"
    )
    tables = host_tables(trace)
    total = sum(int((table.end_ns - table.start_ns).sum()) for table in tables)
    assert rows == [[sum(len(table) for table in tables), total]]


def test_every_launched_operation_has_an_arrow_from_its_call(both):
    trace, shown = both
    call = launches(trace).call
    work = trace.work[call >= 0]
    rows = shown.sql(
        "select i.name, i.ts, o.name, o.ts from flow f join slice o on f.slice_out = o.id"
        " join slice i on f.slice_in = i.id"
    )
    calls = trace.calls[call[call >= 0]]
    wanted = zip(
        map(trace.text, work.name),
        work.start_ns.tolist(),
        map(trace.text, calls.name),
        calls.start_ns.tolist(),
        strict=True,
    )
    assert Counter(map(tuple, rows)) == Counter(wanted)


def test_counters_say_how_fast_copies_were(both):
    trace, shown = both
    found = shown.sql(
        "select t.name, t.unit, max(c.value) from counter c join counter_track t on c.track_id = t.id group by 1, 2"
    )
    rates = {name.rpartition(" · ")[2]: value for name, unit, value in found if unit == "GB/s"}
    copies = trace.work[(trace.work.size > 0) & np.isin(trace.work.engine, ALL_COPIES)]
    for engine in set(copies.engine.tolist()):
        assert f"{LANES[Engine(engine)]} rate" in rates
    assert all(value < 5000 for value in rates.values())


@pytest.fixture(scope="module", params=["two_streams", "mlp_overlap", "ddp_rank0"])
def as_json(request, recorded, loaded, tmp_path_factory):
    trace = load(recorded(request.param), operators=True)
    file = tmp_path_factory.mktemp("json") / f"{request.param}.json.gz"
    export_chrome(Analysis(trace), file)
    return trace, loaded(file)


def test_chrome_json_loses_nothing_and_is_as_long(as_json):
    trace, shown = as_json
    assert shown.complaints() == []
    for table, categories in (
        (trace.work, ("kernel", "gpu_memcpy", "gpu_memset")),
        (trace.calls, ("cuda_runtime",)),
        (trace.operators, ("cpu_op",)),
        (trace.ranges, ("user_annotation", "nvtx")),
        (trace.syncs, ("cuda_sync",)),
        (trace.overheads, ("overhead",)),
    ):
        chosen = ", ".join(f"'{category}'" for category in categories)
        rows = shown.sql(f"select count(*), ifnull(sum(dur), 0) from slice where category in ({chosen})")
        assert rows == [[len(table), int((table.end_ns - table.start_ns).sum())]]


def test_chrome_json_has_the_arrows_and_the_names_of_rows(as_json):
    trace, shown = as_json
    assert shown.value("select count(*) from flow") == int((launches(trace).call >= 0).sum())
    processes = {name for (name,) in shown.sql("select name from process where name is not null")}
    assert {trace.devices[position].label for position in active_devices(trace)} <= processes
    rows = shown.sql(
        "select p.name, t.name, count(*) from slice s join thread_track tt on s.track_id = tt.id join thread t"
        " using (utid) join process p using (upid) where s.category in ('kernel', 'gpu_memcpy', 'gpu_memset')"
        " group by 1, 2"
    )
    streams = zip(trace.work.device.tolist(), trace.work.stream.tolist(), strict=True)
    wanted = Counter((trace.devices[device].label, f"stream {stream}") for device, stream in streams)
    assert {(process, thread): count for process, thread, count in rows} == wanted


@pytest.mark.parametrize("write", [export_perfetto, export_chrome])
def test_recorded_counters_are_tracks_with_all_of_their_values(write, loaded, tmp_path):
    trace = literal(
        "gpu0 k 0-9000; gpu1 k 0-9000; counter SM_clock 0-400 1980 MHz gpu0; counter SM_clock 400-9000 1410 MHz gpu0;"
        "counter SM_clock 100-9000 1200 MHz gpu1; counter memory_allocated 10-20 4096 bytes t1;"
        "counter memory_allocated 20-9000 9000000000000001 bytes t1; counter throttle_reasons 7-9000 -4 gpu0"
    )
    file = tmp_path / ("counters.pftrace" if write is export_perfetto else "counters.json")
    write(Analysis(trace), file)
    shown = loaded(file)
    assert shown.complaints() == []
    rows = shown.sql("select t.name, c.ts, c.value from counter c join counter_track t on c.track_id = t.id")
    first = min(ts for _, ts, _ in rows)
    found = Counter((re.sub(r"^.* · | (MHz|bytes|value)$", "", name), ts - first, value) for name, ts, value in rows)
    counters = trace.counters
    columns = (map(trace.text, counters.name), counters.start_ns.tolist(), counters.value.tolist())
    assert Counter(zip(*columns, strict=True)) <= found


def test_the_queries_of_the_manual_have_answers(loaded, recorded, tmp_path):
    trace = merge("job", [load(recorded("two_streams"), operators=True), literal("sample 0-10 f@a.py:1")])
    export_perfetto(Analysis(trace), tmp_path / "trace.pftrace")
    shown = loaded(tmp_path / "trace.pftrace")
    manual = (Path(__file__).parents[2] / "docs/perfetto.md").read_text()
    queries = re.findall(r"```sql\n(.*?)```", manual, re.DOTALL)
    assert len(queries) == 4
    assert all(shown.sql(query) for query in queries)


def test_overlapping_kernels_of_one_stream_and_empty_ones_are_all_kept(loaded, tmp_path):
    work = {
        "start_ns": [1000, 1000, 1500, 2000, 2000, 3000],
        "end_ns": [2000, 1000, 2500, 4000, 3000, 5000],
        "name": [0] * 6,
        "engine": [Engine.COMPUTE] * 6,
        "device": [0] * 6,
        "stream": [7] * 6,
        "process": [0] * 6,
    }
    trace = Trace(Source("", "kineto"), ("k",), (Device("gpu", 3),), (Process(5, "python"),), DeviceWork.of(work))
    trace.check()
    wanted = sorted([trace.work.start_ns[i], trace.work.end_ns[i] - trace.work.start_ns[i]] for i in range(6))
    for write, name, places in (
        (export_perfetto, "odd.pftrace", ("t.type = 'gpu_render_stage'", "t.name = 'Compute'")),
        (export_chrome, "odd.json", ("s.category = 'kernel'",)),
    ):
        write(Analysis(trace), tmp_path / name)
        shown = loaded(tmp_path / name)
        assert shown.complaints() == []
        for where in places:
            rows = shown.sql(f"select s.ts, s.dur from slice s join track t on s.track_id = t.id where {where}")
            first = min(ts for ts, _ in rows)
            assert sorted([ts - first + 1000, dur] for ts, dur in rows) == wanted


def crowd(first_ns):
    """A trace of many rows in a short stretch: crossing, equal, empty; of processes with ids that no viewer takes."""
    draw = random.Random(first_ns)
    starts = sorted(first_ns + draw.randrange(50) for _ in range(120))

    def times(shortest):
        return {"start_ns": starts, "end_ns": [start + max(shortest, draw.randrange(-20, 50)) for start in starts]}

    some = [{"name": range(at, at + 120), "process": [draw.randrange(3) for _ in starts]} for at in (0, 120, 240)]
    engines = [draw.choice((Engine.COMPUTE, Engine.COPY_H2D, Engine.MEMSET)) for _ in starts]
    devices, streams = ([draw.choice(choice) for _ in starts] for choice in ((0, 1), (7, 13)))
    threads = [draw.choice((-5, 100, 2**40)) for _ in starts]
    work = DeviceWork.of(times(1) | some[0] | {"engine": engines, "device": devices, "stream": streams})
    calls = HostCalls.of(times(0) | some[1] | {"thread": threads, "correlation": range(120)})
    ranges = Ranges.of(times(0) | some[2] | {"thread": threads, "kind": [RangeKind.ANNOTATION] * 120})
    gpus, processes = (Device("gpu", 0), Device("gpu", 1)), (Process(100), Process(-5), Process(2**40))
    names = tuple(f"row {number}" for number in range(360))
    return Trace(Source("", "kineto"), names, gpus, processes, work, calls, ranges=ranges)


@pytest.mark.parametrize("write", [export_perfetto, export_chrome])
@pytest.mark.parametrize("first_ns", [0, 2**53 + 777, 10**18 + 7])
def test_every_row_is_there_to_the_nanosecond_also_where_a_double_is_not(write, first_ns, loaded, tmp_path):
    trace = crowd(first_ns)
    trace.check()
    wanted = Counter(
        (trace.text(name), start_ns - int(trace.work.start_ns[0]), end_ns - start_ns)
        for table in (trace.work, trace.calls, trace.ranges)
        for name, start_ns, end_ns in zip(
            *(c.tolist() for c in (table.name, table.start_ns, table.end_ns)), strict=True
        )
    )
    file = tmp_path / ("crowd.pftrace" if write is export_perfetto else "crowd.json")
    write(Analysis(trace), file)
    shown = loaded(file)
    assert shown.complaints() == []
    rows = shown.sql(
        "select s.name, s.ts - (select min(ts) from slice), s.dur from slice s join track t on s.track_id = t.id"
        " where s.name like 'row %' and t.type != 'gpu_render_stage'"
    )
    assert Counter(map(tuple, rows)) == wanted


STACKS = ("<module>@/a.py:90|batches@/a.py:57", "<module>@/a.py:90|step@/b.py:7", "<module>@/a.py:91")
SAMPLED = [(at, thread, STACKS[(at + thread) % 3]) for at in range(40) for thread in (100, 101)]


@pytest.mark.parametrize("write", [export_perfetto, export_chrome])
def test_sampled_stacks_have_a_track_a_thread_and_a_flame_graph(write, loaded, tmp_path):
    rows = [f"sample {at}000000-{at + 1}000000 t{thread} {stack}" for at, thread, stack in SAMPLED]
    trace = literal("; ".join(["k 0-40000000", *rows, "sample 41000000-42000000 t101"]))
    file = tmp_path / ("stacks.pftrace" if write is export_perfetto else "stacks.json")
    write(Analysis(trace), file)
    shown = loaded(file)
    assert shown.complaints() == []
    found = shown.sql(
        "select s.ts / 1000000 - (select min(ts) from cpu_profile_stack_sample) / 1000000, tid, f.name, pf.name"
        " from cpu_profile_stack_sample s join thread using (utid)"
        " join stack_profile_callsite c on s.callsite_id = c.id join stack_profile_frame f on c.frame_id = f.id"
        " left join stack_profile_callsite p on c.parent_id = p.id left join stack_profile_frame pf on"
        " p.frame_id = pf.id"
    )
    names = [[place.partition("@")[0] for place in stack.split("|")] for _, _, stack in SAMPLED]
    wanted = [
        (at, thread, stack[-1], stack[0] if len(stack) > 1 else None)
        for (at, thread, _), stack in zip(SAMPLED, names, strict=True)
    ]
    assert Counter(map(tuple, found)) == Counter([*wanted, (41, 101, "(no stack)", None)])
    tracks = shown.page.evaluate("window.app.trace.workspaces.currentWorkspace.flatTracks.map(track => track.name)")
    assert sorted(name for name in tracks if name.endswith("(CPU Stack Samples)")) == [
        "main thread (CPU Stack Samples)",
        "thread 101 (CPU Stack Samples)",
    ]
    shown.page.get_by_text("CPU Profile Sample Flamegraph").wait_for(state="attached")


def test_the_predicted_schedule_is_pinned_below_what_was_recorded(opened, recorded, tmp_path):
    trace = load(recorded("whatif/seed_nonblocking"), operators=True)
    found = what_if_of(trace, recorded("whatif/seed_nonblocking"), range_name="measured")
    export_perfetto(Analysis(trace), tmp_path / "predicted.pftrace", what_if=found)
    shown = opened(tmp_path / "predicted.pftrace")
    shown.screenshot("predicted")
    shown.page.wait_for_function(f"{PINNED}.length", timeout=60_000)
    pinned = shown.page.evaluate(f"{PINNED}.map(t => t.name)")
    assert [name for name in pinned if name.endswith("Compute")] == ["Compute", "Predicted: Compute"]
    rows = shown.sql(
        "select t.name, count(*), sum(s.dur) from slice s join track t on s.track_id = t.id"
        " where s.category = 'prediction' group by t.name order by t.name"
    )
    work, schedule = trace.work[found.schedule.rows], found.schedule
    ns = schedule.end_ns - schedule.start_ns
    of = {engine: work.engine == engine for engine in (Engine.COMPUTE, Engine.COPY_D2H)}
    assert rows == [
        ["Predicted: Compute", 50, ns[of[Engine.COMPUTE]].sum()],
        ["Predicted: Copy device to host", 50, ns[of[Engine.COPY_D2H]].sum()],
        ["Predicted: critical path", len(schedule.critical), ns[schedule.critical].sum()],
    ]
    assert shown.complaints() == []
