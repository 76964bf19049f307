from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given

from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace.exporting.timeline.findings import Finding
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.model import MISSING, Engine
from gpu_trace_analyzers.questions.launches import launches
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.vocabulary.perfetto import EXPOSED, LANES
from literal import literal
from perfetto_decoding import decode
from strategies import traces

RECORDED = ("two_streams", "seed_nonblocking", "peer_same_stream", "mlp_overlap", "ddp_rank0", "seed_mxnet")


@pytest.fixture(scope="module", params=RECORDED)
def both(request, recorded, tmp_path_factory):
    trace = load(recorded(request.param), operators=True)
    path = tmp_path_factory.mktemp("out") / "trace.pftrace"
    export_perfetto(Analysis(trace), path)
    return trace, decode(path)


def union(slices):
    return Intervals.from_pairs((row.start_ns, row.end_ns) for row in slices)


def lane(decoded, device, title):
    """The slices of the rows that end in this title, under the group of a device."""
    under = [row for row in decoded.slices if row.track[0] == device.label and len(row.track) == 2]
    return [row for row in under if row.track[1].rpartition(" · ")[2] == title]


def test_figures_recomputed_from_the_lanes_equal_the_summary_to_the_nanosecond(both):
    trace, decoded = both
    for position in active_devices(trace):
        figures = device_figures(Scope(trace), position)
        busy = {engine: union(lane(decoded, figures.device, LANES[engine])) for engine in Engine}
        assert {engine: busy[engine].total_ns for engine in figures.engines} == {
            engine: row.busy_ns for engine, row in figures.engines.items()
        }
        copies = Intervals()
        for engine in figures.copies:
            copies = copies | busy[engine]
        assert (copies & busy[Engine.COMPUTE]).total_ns == figures.overlap_ns
        assert union(lane(decoded, figures.device, EXPOSED)).total_ns == figures.exposed_copy_ns


def test_figures_recomputed_from_the_render_stages_equal_the_summary_to_the_nanosecond(both):
    trace, decoded = both
    gpus = [position for position in active_devices(trace) if trace.devices[position].kind == "gpu"]
    engine_of = {trace.text(name): engine for name, engine in zip(trace.work.name, trace.work.engine, strict=True)}
    for position in gpus:
        figures = device_figures(Scope(trace), position)
        own = [row for row in decoded.stages if row.args["gpu_id"] == position]
        copies = union(row for row in own if engine_of[row.name] in figures.copies)
        compute = union(row for row in own if engine_of[row.name] == Engine.COMPUTE)
        found = (union(own).total_ns, compute.total_ns, copies.total_ns, (copies & compute).total_ns)
        assert found == (figures.busy_ns, figures.compute_ns, figures.copy_ns, figures.overlap_ns)
    assert len(decoded.stages) == sum((trace.work.device == position).sum() for position in gpus)


def test_every_row_of_the_host_is_a_slice_with_its_own_times(both):
    trace, decoded = both
    for table, category in ((trace.calls, "call"), (trace.operators, "operator"), (trace.overheads, "overhead")):
        wanted = Counter(
            (trace.text(name), start, end)
            for name, start, end in zip(table.name, table.start_ns, table.end_ns, strict=True)
        )
        found = [row for row in decoded.slices if row.args["category"] == category]
        assert Counter((row.name, row.start_ns, row.end_ns) for row in found) == wanted
    ranges = [row for row in decoded.slices if row.args["category"] in ("annotation", "nvtx")]
    assert Counter((row.name, row.start_ns, row.end_ns) for row in ranges) == Counter(
        (trace.text(name), start, end)
        for name, start, end in zip(trace.ranges.name, trace.ranges.start_ns, trace.ranges.end_ns, strict=True)
    )


NOTES = [Finding(0, 3, 9, "a note", "why"), Finding(0, 5, 20, "half over it", "")]


def sorted_rows(trace, table):
    names = [trace.text(code) for code in table.name]
    return sorted(zip(names, table.start_ns.tolist(), table.end_ns.tolist(), strict=True))


def shown(slices):
    return sorted((row.name, row.start_ns, row.end_ns) for row in slices)


def exported(trace, findings, name="drawn.pftrace"):
    """What Perfetto's own code reads of an export; also where Hypothesis draws the trace, which has no ``tmp_path``."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        export_perfetto(Analysis(trace), path, findings)
        return decode(path)


@given(traces())
def test_nothing_is_lost_however_rows_overlap(trace):
    decoded = exported(trace, NOTES, "drawn.pftrace.gz")
    kinds = defaultdict(list)
    for row in decoded.slices:
        kinds[row.args["category"]].append(row)
    on_lanes = [row for kind in ("kernel", "collective", "memset", "unknown") for row in kinds[kind]]
    on_lanes += [row for row in kinds["copy"] if not row.track[-1].endswith(EXPOSED)]
    assert shown(on_lanes) == shown(decoded.stages) == sorted_rows(trace, trace.work)
    assert shown(kinds["call"]) == sorted_rows(trace, trace.calls)
    assert shown(kinds["nvtx"]) == sorted_rows(trace, trace.ranges)
    devices = set(trace.work.device.tolist())
    assert len(kinds["finding"]) == (len(NOTES) if 0 in devices else 0)
    assert {row.args["gpu_id"] for row in decoded.stages} == devices


def test_a_mark_at_the_very_start_of_a_range_is_inside_it():
    decoded = exported(literal("range mark 5-5; range around 5-9; k 5-9"), [])
    assert shown(row for row in decoded.slices if row.args["category"] == "nvtx") == [("around", 5, 9), ("mark", 5, 5)]


@given(traces())
def test_slices_of_a_track_nest(trace):
    decoded = exported(trace, NOTES)
    for slices in decoded.by_track.values():
        for a, b in combinations(sorted((row.start_ns, row.end_ns) for row in slices), 2):
            assert not a[0] < b[0] < a[1] < b[1]


@given(traces())
def test_an_arrow_goes_through_a_call_and_all_that_it_launched(trace):
    decoded = exported(trace, NOTES)
    call = launches(trace).call
    found = Counter(flow for row in decoded.slices for flow in row.flows)
    assert found == Counter((call[call != MISSING] + 1).tolist()) + Counter(set((call[call != MISSING] + 1).tolist()))


@pytest.mark.parametrize("epoch_ns", [-1_000_000, 1 << 63, (1 << 64) + 5])
def test_a_time_of_day_that_no_clock_shows_is_left_out(tmp_path, epoch_ns):
    export_perfetto(Analysis(replace(literal("k 10-15"), epoch_ns=epoch_ns)), tmp_path / "out.pftrace")
    decoded = decode(tmp_path / "out.pftrace")
    assert decoded.clocks == {}
    assert decoded.stages


def test_arguments_counters_and_the_time_of_day_are_there(recorded, tmp_path):
    trace = load(recorded("two_streams"))
    export_perfetto(Analysis(trace), tmp_path / "out.pftrace")
    decoded = decode(tmp_path / "out.pftrace")
    copy = next(row for row in decoded.slices if row.track[-1] == LANES[Engine.COPY_D2H])
    assert {"from": "device", "to": "pinned", "bytes": 64_000_000}.items() <= copy.args.items()
    kernel = next(row for row in decoded.stages if row.name.startswith("sm80"))
    assert {"correlation", "grid_size", "workgroup_size"} <= kernel.args.keys()
    assert decoded.clocks[1] - decoded.clocks[6] == trace.epoch_ns
    points = decoded.counters[trace.devices[0].label, "Copy device to host rate"]
    area = sum(value * (after - at) for (at, value), (after, _) in pairwise(points))
    assert area == pytest.approx(trace.work.size[trace.work.size > 0].sum())
    assert points[-1][1] == 0
