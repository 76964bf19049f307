"""All of the work of any trace, as reports show it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import MISSING, HostOperators
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.text import to_text
from gpu_trace_analyzers.reports.tidy import to_csv
from strategies import stretches, traces

operators = st.lists(
    st.tuples(stretches, st.integers(0, 2), st.integers(MISSING, 1), st.integers(1, 2)), max_size=6
).map(lambda rows: sorted(rows))


def with_operators(trace, rows):
    columns = {
        "start_ns": [row[0][0] for row in rows],
        "end_ns": [row[0][1] for row in rows],
        "name": [row[1] for row in rows],
        "process": [row[2] for row in rows],
        "thread": [row[3] for row in rows],
    }
    return replace(trace, operators=HostOperators.of(columns, len(rows)))


@settings(max_examples=12)  # each asks and draws everything
@given(traces(), operators, st.integers(1, 3))
def test_any_trace_has_its_tables_and_their_rows_add_up(trace, rows, top):
    analysis = Analysis(with_operators(trace, rows))
    work = analysis.work
    for amount in work.amounts:
        own = [row for row in work.operations if row.device == amount.device]
        assert (amount.names, amount.count) == (len(own), sum(row.count for row in own))
        assert amount.total_ns == sum(row.total_ns for row in own)
    summary = replace(analysis.summary, work=work.of_top(top))
    assert to_document(summary)["work"]["top"] == top
    assert to_text(summary)
    assert to_csv(summary)["operations.csv"].count("\n") == 1 + len(summary.work.operations)


@settings(max_examples=12)
@given(traces(), operators)
def test_the_first_rows_are_those_with_the_most_time(trace, rows):
    work = Analysis(with_operators(trace, rows)).work
    first = work.of_top(1)
    assert {row.device: row.total_ns for row in first.operations} == {
        amount.device: max(row.total_ns for row in work.operations if row.device == amount.device)
        for amount in work.amounts
    }
    assert [row.own_ns for row in first.operators] == [
        max(row.own_ns for row in work.operators if row.process == each.process) for each in first.operators
    ]
    assert len(first.ranges) == len({row.process for row in work.ranges})
