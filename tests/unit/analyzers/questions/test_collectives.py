"""How much of the collectives of each name was hidden, counted by hand."""

from __future__ import annotations

from gpu_trace_analyzers.questions.collectives import collective_figures
from gpu_trace_analyzers.questions.scope import Scope, Window
from literal import literal

TEXT = "nccl 0-10 name=a; nccl 20-40 name=a; s8 nccl 5-15 name=b; s9 k 8-30"


def figures(**options):
    rows = collective_figures(Scope(literal(TEXT), **options))
    return [(row.name, row.count, row.busy_ns, row.hidden_ns, row.exposed_ns) for row in rows]


def test_the_collectives_of_a_name_are_one_row_the_longest_first():
    assert figures() == [("a", 2, 30, 12, 18), ("b", 1, 10, 7, 3)]


def test_of_collectives_that_cross_an_edge_of_the_window_the_part_inside_counts():
    assert figures(window=Window(12, 25)) == [("a", 1, 5, 5, 0), ("b", 1, 3, 3, 0)]
