"""Ranks in words."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.reports.job.stretches import how_many, ranks_text


@pytest.mark.parametrize(
    ("ranks", "words"),
    [
        ((), ""),
        (((5, 5),), "rank 5"),
        (((0, 7), (12, 12)), "ranks 0-7, 12"),
        (((0, 0), (2, 2), (4, 4), (6, 6), (8, 8)), "ranks 0, 2, 4, 6 and 1 other"),
        (((0, 0), (2, 2), (4, 4), (6, 6), (8, 1008)), "ranks 0, 2, 4, 6 and 1,001 others"),
    ],
)
def test_ranks_are_told_as_stretches(ranks, words):
    assert ranks_text(ranks) == words


def test_both_ends_of_a_stretch_are_in_it():
    assert how_many(((0, 7), (12, 12))) == 9
