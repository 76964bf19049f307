from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.intervals import Intervals, combine
from strategies import HORIZON_NS, stretch_lists, stretches, windows


def instants(pairs) -> set[int]:
    """Every nanosecond that some pair covers: the definition that Intervals must agree with."""
    return {t for start, end in pairs for t in range(start, end)}


def assert_canonical(found: Intervals) -> None:
    assert (found.end_ns > found.start_ns).all()
    assert (found.start_ns[1:] > found.end_ns[:-1]).all()


@given(stretch_lists)
def test_union_covers_the_same_instants_in_canonical_form(pairs):
    found = Intervals.from_pairs(pairs)
    assert_canonical(found)
    assert instants(found) == instants(pairs)
    assert found.total_ns == len(instants(pairs))


@given(stretch_lists, stretch_lists)
def test_set_algebra_agrees_with_sets_of_instants(a, b):
    left, right = Intervals.from_pairs(a), Intervals.from_pairs(b)
    for found, expected in [
        (left | right, instants(a) | instants(b)),
        (left & right, instants(a) & instants(b)),
        (left - right, instants(a) - instants(b)),
    ]:
        assert_canonical(found)
        assert instants(found) == expected


@given(stretch_lists, windows)
def test_clip_and_gaps_part_a_window(pairs, window):
    found = Intervals.from_pairs(pairs)
    inside, outside = found.clip(*window), found.gaps(*window)
    assert instants(inside) == instants(pairs) & set(range(*window))
    assert instants(outside) == set(range(*window)) - instants(pairs)
    assert_canonical(outside)


@given(stretch_lists, st.lists(stretches, max_size=6))
def test_covered_ns_of_overlapping_questions(pairs, questions):
    starts, ends = (np.array([q[i] for q in questions], dtype=np.int64) for i in (0, 1))
    found = Intervals.from_pairs(pairs).covered_ns(starts, ends)
    assert found.tolist() == [len(instants(pairs) & set(range(*q))) for q in questions]


@given(stretch_lists)
def test_covers_each_instant(pairs):
    found = Intervals.from_pairs(pairs).covers(np.arange(HORIZON_NS + 1))
    assert set(np.flatnonzero(found).tolist()) == instants(pairs)


@given(st.lists(stretch_lists, max_size=4))
def test_combine_says_which_sets_hold_at_every_instant(lists):
    edge_ns, state = combine([Intervals.from_pairs(pairs) for pairs in lists])
    assert not len(state) or state[-1] == 0
    for t in range(HORIZON_NS):
        here = np.searchsorted(edge_ns, t, side="right") - 1
        expected = sum(1 << bit for bit, pairs in enumerate(lists) if t in instants(pairs))
        assert (state[here] if here >= 0 else 0) == expected


def test_touching_intervals_are_one():
    assert Intervals.from_pairs([(0, 5), (5, 9)]) == Intervals.from_pairs([(0, 9)])


def test_stamps_of_the_epoch_keep_every_nanosecond():
    epoch_ns = 1_790_857_026_000_000_001
    found = Intervals.from_pairs([(epoch_ns, epoch_ns + 3)]) & Intervals.from_pairs([(epoch_ns + 2, epoch_ns + 9)])
    assert list(found) == [(epoch_ns + 2, epoch_ns + 3)]
