from __future__ import annotations

import pytest

from gpu_trace_analyzers.model import Source
from gpu_trace_analyzers.questions.ranks import RankFigures
from gpu_trace_analyzers.reports.sections.job import rank_line
from gpu_trace_analyzers.summary import Summary


def test_where_several_groups_may_be_taken_for_one_the_slowest_rank_is_said_with_that_doubt():
    def said(in_doubt: bool) -> str:
        rows = tuple(RankFigures(rank, (rank,), 0, 4, rank, 1000 * rank, in_doubt, 0) for rank in range(3))
        return rank_line(Summary(Source("t", "kineto"), (), (), (), ranks=rows))

    sentence = "slowest rank: 2, last to arrive at 2 of 4 collectives; the other ranks waited 2.00 µs"
    assert said(False) == sentence
    assert said(True) == f"{sentence} (process groups are unknown, so all ranks count as one group)"


@pytest.mark.parametrize(
    ("by_order", "said"),
    [
        (0, "4 collectives;"),
        (4, "4 collectives (matched by order only);"),
        (1, "4 collectives (1 matched by order only);"),
    ],
)
def test_what_only_order_matches_is_told(by_order, said):
    rows = tuple(RankFigures(rank, (rank,), 0, 4, rank, 1000 * rank, False, by_order) for rank in range(2))
    assert f"last to arrive at 1 of {said} the other ranks waited" in rank_line(
        Summary(Source("t", "kineto"), (), (), (), ranks=rows)
    )
