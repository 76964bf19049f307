"""Every figure against a brute force that asks each nanosecond which engines were busy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.model import BUS_COPIES, Device, DeviceWork, Engine, Source, Trace, Windows
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures, pair_figures, pairs_omitted
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.questions.sweep import layers, sweep
from gpu_trace_analyzers.reports.document import to_document
from literal import literal
from strategies import HORIZON_NS, traces, windows


def busy_engines(trace, device, t):
    work = trace.work_of(device)
    return {Engine(e) for e in work.engine[(work.start_ns <= t) & (t < work.end_ns)].tolist()}


def brute(trace, device, window, holds):
    return sum(holds(busy_engines(trace, device, t)) for t in range(window.start_ns, window.end_ns))


@given(traces(), windows, st.sets(st.sampled_from(Engine), min_size=1))
def test_figures_agree_with_every_nanosecond(trace, pair, copies):
    window = Window(*pair)
    for device in (0, 1):
        found = device_figures(Scope(trace, tuple(copies), window), device)
        expected = {
            "busy_ns": lambda on: bool(on),
            "compute_ns": lambda on: Engine.COMPUTE in on,
            "copy_ns": lambda on: bool(on & copies),
            "overlap_ns": lambda on: Engine.COMPUTE in on and bool(on & copies),
            "collective_ns": lambda on: Engine.COLLECTIVE in on,
            "exposed_collective_ns": lambda on: Engine.COLLECTIVE in on and Engine.COMPUTE not in on,
        }
        for name, holds in expected.items():
            assert getattr(found, name) == brute(trace, device, window, holds), name
        for engine, row in found.engines.items():
            assert row.busy_ns == brute(trace, device, window, lambda on, e=engine: e in on)
            assert row.hidden_ns == brute(trace, device, window, lambda on, e=engine: {e, Engine.COMPUTE} <= on)


@given(traces(), windows)
def test_identities_hold_exactly(trace, pair):
    window = Window(*pair)
    for device in (0, 1):
        cells = sweep(layers(trace.work_of(device)), Intervals.from_pairs([pair]))
        assert int(cells.ns.sum()) == window.span_ns
        assert (cells.ns >= 0).all()
        found = device_figures(Scope(trace, window=window), device)
        assert found.busy_ns + found.idle_ns == found.span_ns
        assert found.overlap_ns + found.exposed_copy_ns == found.copy_ns
        assert found.copy_ns <= sum(found.engines[e].busy_ns for e in found.copies if e in found.engines)
        either = cells.where({Engine.COMPUTE, *found.copies})
        assert found.headroom_ns == either - max(found.compute_ns, found.copy_ns)
        assert found.gain is None or found.gain == (found.compute_ns + found.copy_ns) / either


@given(traces())
def test_the_default_window_is_from_the_first_start_to_the_last_end(trace):
    for device in active_devices(trace):
        work = trace.work_of(device)
        found = device_figures(Scope(trace), device)
        assert (found.window.start_ns, found.window.end_ns) == (work.start_ns.min(), work.end_ns.max())
        assert found.busy_ns == brute(trace, device, Window(0, HORIZON_NS), bool)


@given(traces())
def test_pairs_agree_with_every_nanosecond(trace):
    computes = [{t for t in range(HORIZON_NS) if Engine.COMPUTE in busy_engines(trace, d, t)} for d in (0, 1)]
    found = pair_figures(Scope(trace))
    if not (computes[0] and computes[1]):
        assert found == ()
    else:
        assert [(p.a, p.b, p.together_ns) for p in found] == [(0, 1, len(computes[0] & computes[1]))]
        assert found[0].shorter_ns == min(len(c) for c in computes)


@given(traces(), windows)
def test_streams_at_once_counts_each_busy_stream(trace, pair):
    for device in (0, 1):
        work = trace.work_of(device)
        # Numbers of streams mean something only inside a process.
        busy = [(work.start_ns <= t) & (t < work.end_ns) for t in range(*pair)]
        expected = sum(len(set(zip(work.process[b].tolist(), work.stream[b].tolist(), strict=True))) for b in busy)
        assert device_figures(Scope(trace, window=Window(*pair)), device).stream_busy_ns == expected


def of(*operations, kind="gpu"):
    columns = dict(zip(("start_ns", "end_ns", "engine"), zip(*sorted(operations), strict=True), strict=True))
    work = DeviceWork.of({**columns, "device": np.zeros(len(operations))})
    return Trace(Source("x", "kineto"), devices=(Device(kind, 0),), work=work)


def test_ratios_have_their_denominators():
    found = device_figures(Scope(of((0, 10, Engine.COMPUTE), (6, 26, Engine.COPY_D2H))), 0)
    assert (found.overlap_ns, found.overlap_ratio, found.hidden_share) == (4, 4 / 10, 4 / 20)
    assert (found.exposed_copy_ns, found.headroom_ns, found.gain) == (16, 6, 30 / 26)


def test_no_ratio_without_a_denominator():
    only_compute = device_figures(Scope(of((0, 10, Engine.COMPUTE))), 0)
    assert (only_compute.overlap_ratio, only_compute.hidden_share, only_compute.gain) == (None, None, 1.0)
    only_memset = device_figures(Scope(of((0, 10, Engine.MEMSET))), 0)
    assert (only_memset.gain, only_memset.headroom_ns) == (None, 0)


def test_copies_within_the_device_are_no_bus_copies_but_all_that_a_cpu_has():
    assert device_figures(Scope(of((0, 9, Engine.COPY_D2D))), 0).copy_ns == 0
    assert device_figures(Scope(of((0, 9, Engine.COPY_D2D))), 0).copies == BUS_COPIES
    assert device_figures(Scope(of((0, 9, Engine.COPY_D2D), kind="cpu")), 0).copy_ns == 9


def test_a_device_without_work_has_no_span():
    with pytest.raises(ValueError, match="did nothing"):
        device_figures(Scope(Trace(Source("x", "kineto"), devices=(Device("gpu", 0),))), 0)


def test_what_begins_as_the_window_ends_is_outside_it():
    figures = device_figures(Scope(literal("k 0-10; k 10-20; k 20-30"), window=Window(10, 20)), 0)
    assert figures.engines[Engine.COMPUTE].count == 1


@pytest.mark.parametrize(("devices", "pairs", "omitted"), [(2, 1, 0), (8, 28, 0), (9, 0, 36), (64, 0, 2016)])
def test_pairs_are_complete_up_to_eight_devices_and_counted_above(devices, pairs, omitted):
    trace = literal(";".join(f"gpu{d} k 0-{d + 5}" for d in range(devices)))
    assert (len(pair_figures(Scope(trace))), pairs_omitted(Scope(trace))) == (pairs, omitted)
    document = to_document(Analysis(trace).summary)
    assert (len(document["device_pairs"]), document["device_pairs_omitted"]) == (pairs, omitted)


def test_pairs_that_are_omitted_are_those_that_would_be_there():
    trace = literal(";".join(f"gpu{d} {'k' if d else 'd2h'} {10 * d}-{10 * d + 5}" for d in range(9)))
    assert pairs_omitted(Scope(trace)) == 28
    assert pairs_omitted(Scope(trace, window=Window(0, 35))) == 3


def test_streams_at_once_are_their_busy_time_over_that_of_the_device():
    assert device_figures(Scope(literal("s7 k 0-10; s8 k 0-10; s8 k 20-30")), 0).streams_at_once == 30 / 20
    assert device_figures(Scope(literal("k 0-10; k 20-30")), 0).streams_at_once == 1
    assert device_figures(Scope(literal("k 5-5")), 0).streams_at_once is None


def test_the_ratio_of_one_engine_is_over_the_shorter_of_its_time_and_the_compute():
    found = device_figures(Scope(of((0, 10, Engine.COMPUTE), (6, 26, Engine.COPY_D2H), (0, 5, Engine.COPY_H2D))), 0)
    assert (found.ratio_of(Engine.COPY_D2H), found.ratio_of(Engine.COPY_H2D)) == (4 / 10, 5 / 5)
    assert (found.ratio_of(Engine.COMPUTE), found.ratio_of(Engine.MEMSET)) == (None, None)


def test_two_devices_are_together_where_both_compute():
    [found] = pair_figures(Scope(literal("k 0-10; gpu1 k 6-30")))
    assert (found.together_ns, found.shorter_ns, found.ratio) == (4, 10, 4 / 10)


@pytest.mark.parametrize(
    ("text", "gb_per_s"),
    [("h2d 0-10 size=40", 4.0), ("h2d 0-10", None), ("h2d 5-5 size=40", None), ("nccl 0-10 size=40", None)],
    ids=["bytes over time", "no bytes", "no time", "a collective"],
)
def test_bandwidth_is_of_what_moved_bytes_and_waited_for_no_rank(text, gb_per_s):
    [row] = device_figures(Scope(literal(text)), 0).engines.values()
    assert row.gb_per_s == gb_per_s


def test_the_window_of_operations_of_no_length_is_from_the_first_to_the_last():
    trace = replace(literal("k 5-5; k 9-9"), windows=Windows.of({"start_ns": [0], "end_ns": [50], "process": [0]}))
    found = device_figures(Scope(trace), 0)
    assert (found.window, found.span_ns, found.busy_ns) == (Window(5, 9), 0, 0)
