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


RANKS = [{"rank": 2, "world_size": 4}, {"rank": 3, "world_size": 4}]


@pytest.mark.parametrize(
    ("about", "facts"),
    [
        ({"job": None, "ranks": RANKS}, Facts(ranks=frozenset({2, 3}), world_size=4)),
        # As where a scheduler starts gpu-trace once per machine, which launches the ranks of that machine.
        (
            {"job": {"launcher": "5-6", "rank": 1, "world_size": 2}, "ranks": RANKS},
            Facts("5-6", frozenset({2, 3}), 4),
        ),
        ({"job": None, "ranks": [*RANKS, {"rank": 0, "world_size": 9}]}, Facts(ranks=frozenset({0, 2, 3}))),
        ({"job": None, "ranks": []}, Facts()),
        ({"job": None, "ranks": [7, {"rank": "2"}]}, Facts()),
        ({"ranks": RANKS}, Facts()),
        (["ranks"], Facts()),
    ],
)
def test_a_run_that_started_ranks_is_of_these(about, facts):
    assert Facts.of_run(about) == facts
