from __future__ import annotations

from collections import Counter

import pytest

from gpu_trace.exporting.engine_lanes import EXPOSED, TITLES
from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures
from gpu_trace_analyzers.readers import load
from perfetto_decoding import decode

RECORDED = ("two_streams", "seed_nonblocking", "peer_same_stream", "mlp_overlap", "ddp_rank0", "seed_mxnet")


@pytest.fixture(scope="module", params=RECORDED)
def both(request, recorded, tmp_path_factory):
    trace = load(recorded(request.param), operators=True)
    path = tmp_path_factory.mktemp("out") / "trace.pftrace"
    export_perfetto(trace, path)
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
        figures = device_figures(trace, position)
        busy = {engine: union(lane(decoded, figures.device, TITLES[engine])) for engine in Engine}
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
        figures = device_figures(trace, position)
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
