from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.evidence import Evidence, Fact
from gpu_trace_analyzers.reports.sections.causes import evidence_lines


def test_evidence_without_an_operation_has_no_gap_where_its_name_would_be():
    found = Evidence(0, 959_000_000, "", True, None, "", "", "", None, "", Fact("the last operation had ended"))
    assert evidence_lines(found) == ("longest 959.0 ms", "the last operation had ended")


def test_evidence_without_a_call_has_the_fact_alone():
    found = Evidence(0, 2000, "mul", True, 7, "thread 7", "", "launched", None, "", Fact("no operator ran"))
    assert evidence_lines(found) == ("longest 2.00 µs: before mul on thread 7", "no operator ran")


@pytest.mark.parametrize(
    ("fact", "decided"),
    [
        (Fact("it waited", 1000), "enqueued by cudaMemcpyAsync (1.50 µs); it waited (1.00 µs)"),
        (Fact("it began", 1000, then="late"), "enqueued by cudaMemcpyAsync (1.50 µs); it began 1.00 µs late"),
        (Fact("before the gap", of_launch=True), "enqueued before the gap by cudaMemcpyAsync (1.50 µs)"),
        (Fact("into the gap", 900, of_launch=True), "enqueued 900 ns into the gap by cudaMemcpyAsync (1.50 µs)"),
    ],
)
def test_evidence_of_an_operation_says_where_it_ran_and_what_launched_it(fact, decided):
    found = Evidence(0, 2000, "copy", False, 7, "stream 7", "cudaMemcpyAsync", "enqueued", 1500, "step", fact)
    assert evidence_lines(found) == ("longest 2.00 µs: copy on stream 7, range step", decided)
