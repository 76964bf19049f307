from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Doubt, HostOperators
from gpu_trace_analyzers.reports.tidy import COLUMNS, to_csv, to_tables
from literal import literal

TEXT = (
    "range ProfilerStep#1 0-9; s7 k 0-10 @1; s7 d2h 10-30 @2; gpu1 nccl 0-5; gpu1 k 6-9; gpu1 k 12-13; s7 k 35-40 @33"
    "; counter memory_allocated 1-40 9 bytes gpu0 t1; counter GPU_page_faults 1-40 9 faults gpu0"
)
TRACE = literal(TEXT)
OPERATORS = HostOperators.of({"start_ns": [0], "end_ns": [5], "name": [0], "process": [0], "thread": [1]})


def test_every_column_is_listed_and_every_listed_column_is_filled_in_some_row():
    two_steps = literal(f"{TEXT}; range ProfilerStep#2 32-34")
    analysis = Analysis(replace(two_steps, operators=OPERATORS), steps=(1, 3))
    for name, rows in to_tables(replace(analysis.summary, work=analysis.work)).items():
        assert rows, name
        assert {key for row in rows for key in row} == set(COLUMNS[name]), name


def test_files_are_tidy():
    files = to_csv(Analysis(TRACE).summary)
    assert [*files] == [f"{name}.csv" for name in COLUMNS]
    (row,) = csv.DictReader(StringIO(files["exposed.csv"]))
    assert (row["cause"], row["ns"], row["label"]) == ("same_stream", "20", "GPU 0")


def test_a_table_without_rows_has_its_heading():
    files = to_csv(Analysis(literal("s7 k 0-10")).summary)
    assert files["exposed.csv"].splitlines() == [",".join(COLUMNS["exposed"])]


def test_a_device_in_doubt_says_why():
    source = replace(TRACE.source, doubts=(Doubt(1, "longer than a day", 2), Doubt(1, "begins before its launch", 1)))
    rows = csv.DictReader(StringIO(to_csv(Analysis(replace(TRACE, source=source)).summary)["devices.csv"]))
    assert [row["in_doubt"] for row in rows] == ["", "2 × longer than a day, 1 × begins before its launch"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_a_name_is_no_formula(name):
    trace = replace(TRACE, strings=tuple(name if text == "ProfilerStep#1" else text for text in TRACE.strings))
    rows = [*csv.DictReader(StringIO(to_csv(Analysis(trace).summary)["ranges.csv"], newline=""))]
    assert {row["name"] for row in rows} == {"'" + name.replace("\r", " ")}


def test_numbers_stay_numbers_and_other_names_as_they_are():
    trace = literal("range a-b=c@d 0-9; s7 k 0-10 @1")
    (row,) = csv.DictReader(StringIO(to_csv(Analysis(trace).summary)["ranges.csv"]))
    assert row["name"] == "a-b=c@d"
    earlier = replace(trace, work=replace(trace.work, start_ns=trace.work.start_ns - 20, end_ns=trace.work.end_ns - 20))
    (row,) = csv.DictReader(StringIO(to_csv(Analysis(earlier).summary)["devices.csv"]))
    assert row["start_ns"] == "-20"
