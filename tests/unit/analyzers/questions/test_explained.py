"""What a table of rules says of all stretches together."""

from __future__ import annotations

from gpu_trace_analyzers.questions.idle import idle_causes
from gpu_trace_analyzers.questions.scope import Scope
from literal import literal


def test_the_evidence_of_a_cause_is_of_its_longest_stretch():
    [row] = idle_causes(Scope(literal("k 0-10; k 30-40; k 90-100; k 110-120")))
    assert (row.cause, row.ns, row.count) == ("unknown", 80, 3)
    assert (row.evidence.start_ns, row.evidence.end_ns) == (40, 90)
