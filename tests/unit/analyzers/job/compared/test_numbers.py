"""Collectives without numbers are matched by their order only if that is certain to be right."""

from dataclasses import replace

import numpy as np
import pytest

from gpu_trace_analyzers.job.compared.numbers import _period, numbers_of
from gpu_trace_analyzers.model import MISSING

from ..jobs import job

MS = 1_000_000
SENDS = "ncclDevKernel_SendRecv(ncclDevKernelArgsStorage<4096ul>)"
AT_MS = range(0, 80, 10)
"""Eight collectives, each 10 ms after the one before."""


def kept(ranks, name="ncclDevKernel_AllReduce", steps=1, groups=None, began_ns=10**18):
    """What is kept of two ranks or more; ``ranks``: (group, [begin in ms, or begin and size]) of each."""
    rows, sizes = [], []
    for rank, (group, calls) in enumerate(ranks):
        for call in calls:
            at_ms, size = call if isinstance(call, tuple) else (call, 1000)
            rows.append((group, MISSING, rank, int(at_ms * MS), int((at_ms + 4) * MS)))
            sizes.append(size)
    groups = groups or {"g": range(len(ranks))}
    part = job([None] * len(ranks), rows, groups, name=name, size=sizes).kept
    count = len(part.ranks)
    column = {"steps": np.full(count, steps), "began_ns": np.full(count, began_ns)}
    return replace(part, ranks=replace(part.ranks, **column))


def told(*ranks, **given):
    """The numbers of each rank, where they are told."""
    part = kept([each if isinstance(each, tuple) else ("g", each) for each in ranks], **given)
    found = numbers_of(part)
    assert (found.by_order > 0) == (found.of_row != MISSING).any()
    return (
        [found.of_row[part.collectives.rank == rank].tolist() for rank in range(len(ranks))] if found.by_order else []
    )


def test_the_nth_of_each_rank_are_one():
    assert told(AT_MS, [at + 0.03 for at in AT_MS]) == [[*range(8)]] * 2


@pytest.mark.parametrize("apart_ms", [-4.9, 2, 4.9])
def test_clocks_may_be_apart_by_less_than_half_of_what_collectives_are(apart_ms):
    assert told(AT_MS, [at + apart_ms for at in AT_MS])


@pytest.mark.parametrize("apart_ms", [-5, 5, 10, 40])
def test_a_rank_whose_first_is_another_one_is_not_matched(apart_ms):
    assert not told(AT_MS, [at + apart_ms for at in AT_MS])


def test_names_and_sizes_that_repeat_tell_more_than_times():
    sizes = [1, 2, 3, 4, 1, 2, 3, 4]
    ranks = [[*zip((at + apart_ms for at in AT_MS), sizes, strict=True)] for apart_ms in (0, 19)]
    assert told(*ranks)
    assert not told(ranks[0], [(at + 20, size) for at, size in ranks[0]])


@pytest.mark.parametrize("lacking", [0, 3, 7])
def test_a_rank_that_lacks_one_is_not_matched(lacking):
    assert not told(AT_MS, [at for at in AT_MS if at != 10 * lacking])


@pytest.mark.parametrize("lacking", [(0, 7), (2, 5), (3, 4)])
def test_ranks_that_lack_different_ones_are_not_matched(lacking):
    assert not told(*([at for at in AT_MS if at != 10 * each] for each in lacking))


def test_other_sizes_in_other_order_are_not_matched():
    assert not told([(0, 1), (10, 2), (20, 2)], [(0, 2), (10, 1), (20, 2)])


def test_two_at_one_time_are_of_two_communicators_of_one_name():
    assert not told([0, 10, 12, 30], [0, 10, 12, 30])


def test_a_single_one_may_be_any():
    assert not told([0], [0])


def test_times_that_are_not_since_1970_say_nothing_of_other_ranks():
    assert not told(AT_MS, AT_MS, began_ns=5)


def test_a_rank_that_is_not_of_the_group_has_its_collectives_in_a_wrong_one():
    assert not told(AT_MS, AT_MS, AT_MS, groups={"g": (0, 1)})


def test_the_ranks_that_have_no_trace_need_not_be_matched():
    assert told(("g [0, 1, 7]", AT_MS), ("g [0, 1, 7]", AT_MS), groups={"g [0, 1, 7]": (0, 1)})


def test_if_one_group_is_not_matched_none_is():
    ranks = ("g", AT_MS), ("g", AT_MS), ("h", AT_MS), ("h", AT_MS[1:])
    assert not told(*ranks, groups={"g": (0, 1), "h": (2, 3)})
    found = numbers_of(kept(ranks, groups={"g": (0, 1), "h": (2, 3)}))
    assert (found.by_order, found.unknown) == (0, 2)


@pytest.mark.parametrize("steps", [0, 8])
def test_groups_of_one_kind_are_compared_only_if_all_begin_with_a_step(steps):
    ranks = ("g", AT_MS), ("g", AT_MS), ("h", AT_MS), ("h", AT_MS)
    assert bool(told(*ranks, steps=steps, groups={"g": (0, 1), "h": (2, 3)})) == bool(steps)


def test_sends_have_no_numbers_and_are_not_missed():
    found = numbers_of(kept([("g", AT_MS), ("g", AT_MS)], name=SENDS))
    assert (found.by_order, found.unknown) == (0, 0)


def test_numbers_stay():
    of = job([None] * 2, [("a", 7, 0, 1, 5), ("a", 8, 0, 6, 9), ("a", 7, 1, 2, 5), ("a", MISSING, 1, 7, 8)]).kept
    assert numbers_of(of).of_row.tolist() == [7, 8, 7, MISSING]


@pytest.mark.parametrize(
    ("kinds", "period"), [("a", 1), ("aaaa", 1), ("abab", 2), ("abcabcab", 3), ("abcd", 4), ("aabaaa", 4), ("aab", 3)]
)
def test_the_period_is_how_far_a_list_may_be_moved_and_still_fits(kinds, period):
    assert _period(kinds) == period
    assert next(by for by in range(1, len(kinds) + 1) if kinds[by:] == kinds[: len(kinds) - by]) == period
