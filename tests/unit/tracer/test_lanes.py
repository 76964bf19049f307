from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.lanes import lanes, lanes_of_track, lanes_where_some_yield, nests
from strategies import stretch_lists


def columns(pairs):
    pairs = sorted(pairs, key=lambda pair: (pair[0], -pair[1]))
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def half_overlap(a, b):
    """Whether one begins inside the other and ends outside it, as half-open intervals."""
    (a0, a1), (b0, b1) = sorted((a, b))
    return a0 < b0 < a1 < b1


def brute_force_nests(pairs):
    return not any(half_overlap(a, b) for a in pairs for b in pairs)


@given(stretch_lists)
def test_nests_is_what_brute_force_says(pairs):
    assert nests(*columns(pairs)) == brute_force_nests(pairs)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 2)), max_size=12))
def test_rows_of_a_lane_nest_and_where_all_nest_there_is_one_lane(drawn):
    rows = sorted(((min(a, b), max(a, b), track) for a, b, track in drawn), key=lambda row: (row[0], -row[1]))
    start, end, track = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    lane = lanes(start, end, track)
    for number in set(track.tolist()):
        own = [(s, e, n) for (s, e, t), n in zip(rows, lane.tolist(), strict=True) if t == number]
        used = {n for *_, n in own}
        assert used == set(range(len(used)))
        for n in used:
            assert brute_force_nests([(s, e) for s, e, m in own if m == n])
        assert (len(used) == 1) == brute_force_nests([(s, e) for s, e, _ in own])


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.booleans()), max_size=12))
def test_rows_that_yield_take_no_lane_from_the_others(drawn):
    rows = sorted(((min(a, b), max(a, b), yields) for a, b, yields in drawn), key=lambda row: (row[0], -row[1]))
    start, end = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2).T
    yields = np.array([row[2] for row in rows], dtype=np.bool_)
    lane = lanes_where_some_yield(start, end, yields)
    if brute_force_nests([row[:2] for row in rows]):
        assert not lane.any()
    alone = lanes_of_track(start[~yields], end[~yields])
    assert lane[~yields].tolist() == alone.tolist()
    for number in set(lane.tolist()):
        assert brute_force_nests([row[:2] for row, own in zip(rows, lane.tolist(), strict=True) if own == number])


def test_only_those_yield_that_half_overlap():
    # a range that begins inside one function and ends inside another, which call others
    rows = [
        (0, 100, True),
        (5, 20, True),
        (7, 15, True),
        (10, 60, False),
        (30, 40, True),
        (50, 65, True),
        (70, 80, True),
    ]
    start, end = np.array([row[:2] for row in rows], dtype=np.int64).T
    lane = lanes_where_some_yield(start, end, np.array([row[2] for row in rows]))
    assert lane.tolist() == [0, 1, 1, 0, 0, 1, 0]


def test_a_row_that_begins_as_another_ends_takes_its_lane():
    assert lanes(*columns([(0, 10), (5, 15), (10, 20), (15, 25)]), np.zeros(4, np.int64)).tolist() == [0, 1, 0, 1]
