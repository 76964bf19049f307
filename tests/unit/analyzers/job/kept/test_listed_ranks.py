"""Ranks of process groups, as traces list them."""

import pytest

from gpu_trace_analyzers.job.kept.listed_ranks import listed_ranks

CUT = f"[{', '.join(map(str, range(0, 60, 2)))}, ..., 126]"


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("[0, 4, 8]", (0, 4, 8)),
        ("[3]", (3,)),
        (CUT, tuple(range(0, 128, 2))),
        ("[0, 1, 5, ..., 63]", None),
        ("[0, 2, 4, ..., 63]", None),
        ("", None),
    ],
)
def test_all_ranks_are_known_where_none_is_left_out_or_all_are_equally_far_apart(text, every):
    assert listed_ranks(text).all_of_them == every


@pytest.mark.parametrize(
    ("text", "rank", "holds"),
    [
        ("[0, 4, 8]", 4, True),
        ("[0, 4, 8]", 5, False),
        (CUT, 58, True),
        (CUT, 57, False),
        (CUT, 60, None),
        (CUT, 126, True),
        (CUT, 127, False),
        ("", 0, None),
    ],
)
def test_whether_a_rank_is_one_of_them_may_not_be_said(text, rank, holds):
    assert listed_ranks(text).holds(rank) is holds
