from __future__ import annotations

from gpu_trace_analyzers.questions.evidence import Evidence, Fact
from gpu_trace_analyzers.reports.sections.causes import evidence_line


def test_evidence_without_an_operation_has_no_gap_where_its_name_would_be():
    found = Evidence(0, 959_000_000, "", None, "", "", None, "", Fact("its last work had ended"))
    assert evidence_line(found) == "longest 959.0 ms: its last work had ended"


def test_evidence_of_an_operation_says_where_it_ran_and_what_launched_it():
    found = Evidence(0, 2000, "copy", 7, "stream 7", "cudaMemcpyAsync", 1500, "step", Fact("it waited", 1000))
    shown = "longest 2.00 µs: copy on stream 7 in step, cudaMemcpyAsync took 1.50 µs: it waited (1.00 µs)"
    assert evidence_line(found) == shown
