"""The timeline shows each operation as it was, and of too many the exact share of each column."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace import Analysis
from gpu_trace_analyzers.model import Device, DeviceWork, Engine, Process, Source, Trace
from gpu_trace_analyzers.notebook.timeline import COLUMNS, MOST_SINGLE, bins
from literal import literal


def many(count: int) -> Trace:
    """Kernels of 3 ns every 10 ns, and one copy over all of them."""
    start_ns = np.append(np.arange(count) * 10, 0)
    order = np.argsort(start_ns, kind="stable")
    columns = {
        "start_ns": start_ns,
        "end_ns": np.append(np.arange(count) * 10 + 3, count * 10),
        "engine": np.append(np.full(count, Engine.COMPUTE), Engine.COPY_D2H),
        "name": np.zeros(count + 1),
        "device": np.zeros(count + 1),
        "process": np.zeros(count + 1),
        "stream": np.append(np.full(count, 7), 13),
    }
    work = DeviceWork.of({name: np.asarray(values)[order] for name, values in columns.items()})
    return Trace(Source("many", "literal"), ("k",), (Device("gpu", 0),), (Process(1),), work=work)


def test_each_operation_is_a_bar_where_there_are_few():
    figure = Analysis(literal("s7 k 5-10 @1 name=gemm; s7 k 12-20 @2; s13 d2h 10-30 @3 name=copy")).plot_timeline()
    assert [bar.name for bar in figure.data] == ["GPU 0 · compute", "GPU 0 · copy D2H"]
    assert figure.data[0].customdata.tolist() == [[0, 5, 7], [7, 8, 7]]  # from when, how long, on which stream
    assert figure.data[0].hovertext[0] == "gemm<br>5 ns"
    assert figure.layout.title.text == "3 operations in 25 ns"


def test_what_a_name_has_between_angle_brackets_is_no_markup():
    figure = Analysis(literal("k 0-5 name=fill<float>&<b>")).plot_timeline()
    assert figure.data[0].hovertext[0] == "fill&lt;float&gt;&amp;&lt;b&gt;<br>5 ns"


def test_the_columns_of_a_lane_add_up_to_its_busy_time_exactly():
    trace = many(MOST_SINGLE)
    figure = Analysis(trace).plot_timeline()
    busy = {lane.name: int(np.asarray(lane.customdata).sum()) for lane in figure.data}
    assert busy == {"GPU 0 · compute": 3 * MOST_SINGLE, "GPU 0 · copy D2H": 10 * MOST_SINGLE}
    assert "5,001 operations" in figure.layout.title.text
    assert "2,000 columns of 25 ns" in figure.layout.title.text


def test_a_shorter_window_shows_single_operations_again():
    figure = Analysis(many(MOST_SINGLE), from_ns=0, to_ns=100).plot_timeline()
    assert len(figure.data[0].customdata) == 10


@pytest.mark.slow
def test_a_million_operations_are_a_small_figure():
    figure = Analysis(many(1_000_000)).plot_timeline()
    assert len(figure.to_json()) < 500_000


@given(st.integers(-(10**15), 10**15), st.integers(0, 10**12))
def test_columns_lie_beside_each_other_and_differ_by_a_nanosecond_at_most(start_ns, span_ns):
    edges = bins(start_ns, start_ns + span_ns)
    widths = np.diff(edges)
    assert (edges[0], edges[-1]) == (start_ns, start_ns + max(1, span_ns))
    assert widths.min() > 0
    assert widths.max() - widths.min() <= 1
    assert len(widths) == min(COLUMNS, max(1, span_ns))


def test_a_trace_without_operations_has_an_empty_timeline():
    assert Analysis(literal("range a 0-10")).plot_timeline().data == ()


@pytest.mark.parametrize("name", ["ddp_rank0", "two_streams"])
def test_recorded_traces_have_a_lane_for_each_engine(name, recorded):
    analysis = Analysis(recorded(name))
    figure = analysis.plot_timeline()
    assert len(figure.data) == len(analysis.figures[0].engines)
