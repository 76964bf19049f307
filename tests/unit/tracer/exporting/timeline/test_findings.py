from __future__ import annotations

from gpu_trace.exporting.timeline import findings
from gpu_trace.exporting.timeline.findings import exposed_copies
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.questions.overlap import active_devices, exposed_copy
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load


def test_findings_are_the_exposed_copies_with_their_causes(recorded):
    for name in ("two_streams", "seed_blocking", "mlp_overlap", "ddp_rank0"):
        trace = load(recorded(name))
        found = list(exposed_copies(Analysis(trace)))
        for device in active_devices(trace):
            own = [(finding.start_ns, finding.end_ns) for finding in found if finding.device == device]
            assert Intervals.from_pairs(own) == exposed_copy(Scope(trace), device)
            assert sum(end - start for start, end in own) == exposed_copy(Scope(trace), device).total_ns


def test_a_finding_says_why_and_what_to_do(recorded):
    first = next(exposed_copies(Analysis(load(recorded("seed_blocking")))))
    assert first.title == "exposed: pageable host memory"
    assert "without compute: Memcpy DtoH" in first.text
    assert "Fix: pin the host memory" in first.text


def test_only_the_longest_are_looked_into(recorded, monkeypatch):
    monkeypatch.setattr(findings, "MOST_WITH_EVIDENCE", 2)
    found = list(exposed_copies(Analysis(load(recorded("seed_blocking")))))
    with_evidence = [finding for finding in found if "Fix" in finding.text]
    shortest = min(finding.end_ns - finding.start_ns for finding in with_evidence)
    assert len(with_evidence) == 2
    assert shortest >= max(f.end_ns - f.start_ns for f in found if f not in with_evidence)
