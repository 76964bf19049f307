"""Tables in any width: no figure is ever cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.comparison import compare
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.changes import to_text
from gpu_trace_analyzers.reports.fitting import fitted, widths
from gpu_trace_analyzers.reports.parts import Column, Table
from gpu_trace_analyzers.reports.sections.device import engine_table
from gpu_trace_analyzers.reports.sections.job import collective_table
from gpu_trace_analyzers.reports.sections.ranges import range_table, step_table
from literal import literal


def recorded(copy):
    trace = literal(f"k 0-123456789 @0; h2d {copy} @1; k 300000000-300000001 @6; range a_rather_long_name 0-5")
    devices = tuple(replace(device, name="NVIDIA H200 with a long name") for device in trace.devices)
    return Analysis(replace(trace, devices=devices)).summary


@pytest.mark.parametrize("width", [100, 80])
def test_no_figure_of_a_comparison_is_cut(width):
    text = to_text(compare([recorded("123456789-234567891")], [recorded("111-101234567")]), width=width)
    [row] = [line for line in text.splitlines() if line.startswith("a_rather")]
    assert "…" not in row
    assert row.split()[1:3] == ["GPU", "0"]
    assert "111.1 ms" in row


@pytest.fixture(scope="module")
def tables(recorded):
    jobs = [
        Analysis(load(recorded(name)), step_range=step).summary
        for name, step in (("ddp_rank1", "forward"), ("two_streams", None))
    ]
    engines = [engine_table(figures, shown) for shown in jobs for figures in shown.devices]
    return [*engines, range_table(jobs[0].ranges, jobs[0]), step_table(jobs[0]), collective_table(jobs[0])]


@pytest.mark.parametrize("width", range(34, 141))
def test_no_table_is_too_wide_and_no_figure_of_it_is_cut(tables, width):
    for table in tables:
        shown = fitted(table, width)
        assert sum(widths(shown)) + 2 * (len(shown.headings) - 1) <= width
        kept = [table.columns.index(column) for column in shown.columns[1:]]
        assert [row[1:] for row in shown.rows] == [tuple(row[i] for i in kept) for row in table.rows]


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_answer_stays(tables, width):
    for table in tables:
        assert {"hidden", "exposed", "busy", "device"} & {*table.headings} <= {*fitted(table, width).headings}


def test_a_cell_with_a_room_is_cut_to_it_in_a_terminal():
    table = Table((Column("name"), Column("why", room=10)), (("a", "0123456789abcdef"),))
    assert fitted(table, 80).rows == (("a", "012345…def"),)


def test_columns_go_before_names_that_need_their_room():
    table = Table((Column("name"), Column("figure", drop_order=1)), (("a" * 30, "1234567890"),), name_room=30)
    assert fitted(table, 40).rows == (("a" * 30,),)
    assert fitted(replace(table, name_room=16), 40).rows[0][1] == "1234567890"
