"""The tables of the work: what they are of, and what they leave out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.reports.markdown import to_markdown
from gpu_trace_analyzers.reports.text import to_text
from gpu_trace_analyzers.reports.tidy import to_csv
from literal import literal

TRACES = Path(__file__).parents[5] / "samples/traces"


def asked(trace, top=20, **options):
    analysis = Analysis(trace, **options)
    return replace(analysis.summary, work=analysis.work.of_top(top))


@pytest.fixture(scope="module")
def training():
    return load(TRACES / "ddp_rank0.json.gz", operators=True)


def test_without_being_asked_no_report_has_them_and_the_document_says_so(training):
    summary = Analysis(training).summary
    assert to_document(summary)["work"] is None
    assert "operation, " not in to_text(summary)
    assert to_csv(summary)["operations.csv"].count("\n") == 1


def test_each_table_names_the_window_of_the_account(training):
    text = to_text(asked(training, 3), width=80)
    for words in ("operation, steps 2 to 4", "operator, steps 2 to 4", "range on the host, steps 2 to 4"):
        assert words in text
    assert "tables of the whole recording unless they name steps" in text.replace("\n    ", " ")
    whole = to_text(asked(training, 3, whole=True))
    assert "operation  " in whole
    assert "unless they name" not in whole
    assert "operation, step 3 " in to_text(asked(training, 3, steps=(3, 4)))


def test_what_the_table_leaves_out_is_counted(training):
    summary = asked(training, 3)
    shown = summary.work.operations
    (amount,) = summary.work.amounts
    assert len(shown) == 3
    assert f"and {amount.names - 3} more operations" in to_text(summary)
    document = to_document(summary)["work"]
    assert document["top"] == 3
    assert document["devices"][0]["names"] == len(Analysis(training).operations)


def test_all_operations_of_a_device_add_up_to_its_amount(training):
    rows, (amount,) = Analysis(training).operations, Analysis(training).work.amounts
    assert amount.total_ns == sum(row.total_ns for row in rows)
    assert amount.count == sum(row.count for row in rows)


def test_every_form_has_every_table(training):
    analysis = Analysis(training)
    summary = replace(analysis.summary, work=analysis.work.of_top(2))
    for form in (to_markdown(summary), to_html(analysis, summary)):
        for title in ("Operations of", "Host time of operators, ", "Host time of ranges, ", "Length of steps"):
            assert title in form
        for title in ("Launches of steps 2 to 4", "Copies by size of steps 2 to 4"):
            assert title in form


def test_a_table_that_was_asked_for_is_not_cut_in_a_terminal():
    names = "; ".join(f"k {10 * i}-{10 * i + 5} name=kernel{i:02}x" for i in range(50))
    text = to_text(asked(literal(names), 50))
    assert all(f"kernel{i:02}x" in text for i in range(50))


def test_of_many_devices_a_terminal_has_the_work_of_one_and_the_document_of_all():
    text = "; ".join(f"gpu{i} k 0-{10 * i + 10} name=kernel" for i in range(5))
    summary = asked(literal(text))
    assert "these tables are of GPU" in to_text(summary)
    assert to_text(summary).count("\nkernel ") == 1
    assert len(to_document(summary)["work"]["operations"]) == 5


def test_of_a_cpu_device_the_operators_are_shown_once():
    trace = load(TRACES / "seed_mxnet.json.gz", operators=True)
    assert "\noperation" not in to_text(asked(trace))
    assert "\noperator" in to_text(asked(trace))
    assert "\noperation" in to_text(asked(load(TRACES / "seed_mxnet.json.gz")))


def test_copies_without_recorded_sizes_have_no_bytes():
    row = json.loads(json.dumps(to_document(asked(literal("h2d 0-10; h2d 10-20 size=5"), 5))))["work"]["transfers"]
    assert [(each["bytes"], each["gb_per_s"]) for each in row] == [(5, 0.5), (None, None)]
    assert "not recorded" in to_text(asked(literal("h2d 0-10; h2d 10-20 size=5"), 5))


def test_the_longest_steps_are_shown_in_their_order():
    steps = "; ".join(
        f"range ProfilerStep#{i} {10 * i}-{10 * i + 10}; k {100 * i + 100}-{100 * i + 140 + i} @{10 * i + 2}"
        for i in range(12)
    )
    summary = asked(literal(steps), 3, whole=True)
    lines = to_text(summary).split("largest loss")[1].split("\n")
    assert [line.split()[0] for line in lines[1:4]] == ["0", "1", "2"]
    assert "and 9 other steps, none of them longer; all are in --json" in to_text(summary)
    assert len(to_document(summary)["work"]["steps"]) == 12
