"""What a ``run.json`` says of its job."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.readers.folders.jobs import Facts


@pytest.mark.parametrize(
    ("times", "span_ns"),
    [
        ({"began_ns": 100, "wall_ns": 20}, (100, 120)),
        ({"began_ns": 100}, None),
        ({"wall_ns": 20}, None),
        ({"began_ns": "soon", "wall_ns": 20}, None),
        ({}, None),
    ],
)
def test_a_run_has_a_span_where_both_of_its_times_are_numbers(times, span_ns):
    facts = Facts.of_run({"job": {"rank": 3, "world_size": 4}, **times})
    assert facts == Facts(ranks=frozenset({3}), world_size=4, span_ns=span_ns)
