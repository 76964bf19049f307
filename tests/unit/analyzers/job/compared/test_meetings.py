"""Which rows of several ranks are one collective."""

from gpu_trace_analyzers.model import MISSING

from ..jobs import job


def sizes(*collectives):
    return sorted(job([None] * 3, collectives).meetings.size.tolist())


def test_those_of_one_number_in_one_group_are_one():
    assert sizes(("a", 0, 0, 1, 5), ("a", 0, 1, 2, 5), ("a", 1, 0, 6, 9), ("b", 0, 2, 1, 5)) == [1, 1, 2]


def test_those_without_a_number_are_alone():
    assert sizes(("a", MISSING, 0, 1, 5), ("a", MISSING, 1, 2, 5)) == [1, 1]


def test_a_number_that_a_rank_has_twice_says_nothing():
    assert sizes(("a", 0, 0, 1, 5), ("a", 0, 0, 6, 9), ("a", 0, 1, 1, 5)) == [1, 1, 1]
