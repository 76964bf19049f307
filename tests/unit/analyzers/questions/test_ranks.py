"""Who comes last to the collectives, against a count by hand on traces made of arrivals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import Device, Trace
from gpu_trace_analyzers.questions.ranks import rank_figures, slowest
from gpu_trace_analyzers.readers import load
from literal import literal

TRACES = Path(__file__).parents[4] / "samples/traces"


def job(text: str) -> Trace:
    """Each device as the one of its own rank."""
    trace = literal(text)
    return replace(trace, devices=tuple(Device("gpu", i, rank=i) for i in range(len(trace.devices))))


def test_whoever_comes_last_is_waited_for():
    rows = rank_figures(
        job("nccl 10-50 name=a; gpu1 nccl 40-50 name=a; nccl 60-95 name=b; gpu1 nccl 90-95 name=b; k 0-10; gpu1 k 0-40")
    )
    assert [(row.collectives, row.came_last, row.awaited_ns, row.busy_ns) for row in rows] == [
        (2, 0, 0, 10),
        (2, 2, 60, 40),
    ]
    assert slowest(rows) == rows[1]


def test_without_collectives_it_is_whoever_works_longest():
    rows = rank_figures(job("k 0-10; gpu1 k 0-20; gpu2 k 0-15"))
    assert (found := slowest(rows)) is not None
    assert (found.rank, found.collectives) == (1, 0)


@pytest.mark.parametrize("text", ["k 0-10; gpu1 k 5-15", "nccl 0-10 name=a; gpu1 nccl 0-10 name=a"])
def test_a_draw_has_no_slowest(text):
    assert slowest(rank_figures(job(text))) is None


def test_one_rank_is_compared_with_nobody():
    assert rank_figures(job("nccl 0-10")) == ()


@st.composite
def arrivals(draw):
    """Per collective: when each of three ranks comes, and how long it takes from the last on; some recorded by all."""
    ranks = 3
    at, rounds = 0, []
    for _ in range(draw(st.integers(1, 6))):
        late = [draw(st.integers(0, 50)) for _ in range(ranks)]
        rounds.append(([at + ns for ns in late], at + max(late) + draw(st.integers(1, 20))))
        at = rounds[-1][1] + draw(st.integers(0, 5))
    return rounds, [draw(st.integers(0, 3)) for _ in range(ranks)]


@given(arrivals())
def test_lateness_against_a_count_by_hand(given_):
    rounds, missed = given_
    text = [
        f"gpu{rank} nccl {start}-{end} name=all"
        for number, (starts, end) in enumerate(rounds)
        for rank, start in enumerate(starts)
        if number >= missed[rank]  # its recording began later
    ]
    text += [f"gpu{rank} k 100000-100001" for rank in range(3)]
    rows = rank_figures(job("; ".join(text)))
    whole = rounds[max(missed) :]
    for rank, row in enumerate(rows):
        late = [starts[rank] - max(s for other, s in enumerate(starts) if other != rank) for starts, _ in whole]
        assert row.collectives == len(whole)
        assert row.came_last == sum(ns > 0 for ns in late)
        assert row.awaited_ns == sum(max(ns, 0) for ns in late)


def test_groups_that_reduce_at_the_same_time_are_compared_apart():
    rows = rank_figures(
        job("""
            nccl 0-50 name=a group=1[0,1]; gpu1 nccl 10-50 name=a group=1[0,1]
            gpu2 nccl 30-52 name=a group=1[2,3]; gpu3 nccl 32-52 name=a group=1[2,3]
        """)
    )
    assert [(row.collectives, row.awaited_ns) for row in rows] == [(1, 0), (1, 10), (1, 0), (1, 2)]
    assert slowest(rows) == rows[1]


def test_collectives_that_a_rank_of_their_group_does_not_have_are_not_compared():
    rows = rank_figures(
        job("nccl 0-9 name=a group=1[0,1,2]; gpu1 nccl 5-9 name=a group=1[0,1,2]; gpu2 k 0-9; gpu3 k 0-9")
    )
    assert [row.collectives for row in rows] == [0, 0, 0, 0]


def test_where_some_collectives_name_their_group_the_others_are_left_out():
    named = "nccl 20-29 name=a group=1[0,1]; gpu1 nccl 25-29 name=a group=1[0,1]"
    unnamed = "nccl 0-9 name=a; gpu1 nccl 5-9 name=a; gpu2 nccl 0-9 name=a"
    assert [row.collectives for row in rank_figures(job(f"{named}; {unnamed}"))] == [1, 1, 0]
    assert [row.collectives for row in rank_figures(job(unnamed))] == [1, 1, 1]


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        ("nccl 0-9; gpu1 nccl 0-9; gpu2 nccl 0-9; s13 nccl 10-19; gpu1 k 10-19", True),
        ("nccl 0-9 group=0; gpu1 nccl 0-9; gpu2 nccl 0-9; s13 nccl 10-19; gpu1 k 10-19", False),  # groups are named
        ("nccl 0-9; gpu1 nccl 0-9; gpu2 nccl 0-9; s13 k 10-19", False),  # all on one stream
        ("nccl 0-9; gpu1 nccl 0-9; s13 nccl 10-19", False),  # two ranks are one group
    ],
)
def test_several_groups_may_be_taken_for_one_where_none_is_named(text, doubtful):
    assert [row.in_doubt for row in rank_figures(job(text))] == [doubtful] * (3 if "gpu2" in text else 2)


GRID = ([(0, 1), (2, 3)], [(0, 2), (1, 3)], [(0, 1, 2, 3)])
"""four ranks, as tensor parallel pairs, as data parallel pairs, and all"""


@given(st.lists(st.tuples(st.sampled_from(GRID), st.lists(st.integers(0, 40), min_size=4, max_size=4)), max_size=6))
def test_lateness_in_groups_against_a_count_by_hand(rounds):
    text, late = ["gpu3 k 0-1"], {rank: [] for rank in range(4)}
    for number, (groups, delays) in enumerate(rounds):
        for group in groups:
            name, end = f"{len(groups)}{list(group)}".replace(" ", ""), 100 * number + 60 + group[-1]
            for rank in group:
                text.append(f"gpu{rank} nccl {100 * number + delays[rank]}-{end} name=all group={name}")
                late[rank].append(delays[rank] - max(delays[other] for other in group if other != rank))
    for row in rank_figures(job("; ".join(text))):
        assert row.collectives == len(rounds)
        assert row.came_last == sum(ns > 0 for ns in late[row.rank])
        assert row.awaited_ns == sum(max(ns, 0) for ns in late[row.rank])


def test_collectives_without_a_number_on_every_rank_are_counted():
    numbered = "nccl 0-9 name=a group=1[0,1] seq=1; gpu1 nccl 5-9 name=a group=1[0,1] seq=1"
    half = "nccl 10-19 name=a group=2[0,1] seq=1; gpu1 nccl 15-19 name=a group=2[0,1]"
    bare = "; ".join(f"{gpu} nccl {at}-{at + 9} name=a group=3[0,1]" for gpu in ("gpu0", "gpu1") for at in (20, 30))
    rows = rank_figures(job(f"{numbered}; {half}; {bare}"))
    assert [(row.collectives, row.by_order) for row in rows] == [(4, 3), (4, 3)]
    assert [row.by_order for row in rank_figures(job(numbered))] == [0, 0]


def test_recorded_ranks_whose_recordings_began_apart(tmp_path):
    for rank in range(2):
        (tmp_path / f"ddp_rank{rank}.json.gz").symlink_to(TRACES / f"ddp_rank{rank}.json.gz")
    rows = rank_figures(load(tmp_path))
    assert [row.collectives for row in rows] == [39, 39]  # rank 0 has 50, eleven of them before rank 1 was recorded
    assert (found := slowest(rows)) is not None
    assert (found.rank, found.came_last) == (1, 39)


def test_numbers_match_collectives_that_names_and_times_would_not():
    """Rank 1 missed number 3, was in number 4 long before rank 0, and its clock says otherwise of number 5."""
    rows = rank_figures(
        job(
            "nccl 0-10 name=a group=g seq=3; nccl 90-100 name=a group=g seq=4; nccl 200-210 name=a group=g seq=5;"
            "gpu1 nccl 20-100 name=b group=g seq=4; gpu1 nccl 230-240 name=a group=g seq=5"
        )
    )
    assert [(row.collectives, row.came_last, row.awaited_ns) for row in rows] == [(2, 1, 70), (2, 1, 30)]


@pytest.mark.parametrize("numbers", [("seq=1", "seq=1", "seq=1", "seq=2"), ("seq=1", "seq=2", "", "")])
def test_numbers_that_are_twice_or_not_on_both_ranks_match_nothing(numbers):
    a, b, c, d = numbers
    rows = rank_figures(
        job(
            f"nccl 0-10 name=a group=g {a}; nccl 20-30 name=a group=g {b};"
            f"gpu1 nccl 5-10 name=a group=g {c}; gpu1 nccl 25-30 name=a group=g {d}"
        )
    )
    assert [(row.collectives, row.came_last, row.awaited_ns) for row in rows] == [(2, 0, 0), (2, 2, 10)]


def test_of_a_group_of_which_one_rank_alone_was_recorded_nothing_is_compared():
    rows = rank_figures(job("nccl 0-9 name=a group=1[0,5]; gpu1 k 0-9"))
    assert [(row.collectives, row.came_last) for row in rows] == [(0, 0), (0, 0)]


def test_a_rank_without_collectives_does_not_make_work_the_measure_of_the_others():
    rows = rank_figures(job("nccl 0-9 name=a group=1[0,1]; gpu1 nccl 5-9 name=a group=1[0,1]; gpu2 k 0-100"))
    assert [(row.collectives, row.busy_ns) for row in rows] == [(1, 0), (1, 0), (0, 100)]
    assert slowest(rows) == rows[1]


def test_of_three_ranks_the_last_is_compared_with_the_last_but_one():
    rows = rank_figures(job("nccl 5-20 name=a; gpu1 nccl 9-20 name=a; gpu2 nccl 0-20 name=a"))
    assert [(row.came_last, row.awaited_ns) for row in rows] == [(0, 0), (1, 4), (0, 0)]


def test_of_two_that_end_at_once_the_second_may_be_the_one_that_the_other_rank_has():
    rows = rank_figures(job("nccl 0-10 name=b; nccl 1-10 name=a; gpu1 nccl 0-10 name=a"))
    assert [(row.collectives, row.awaited_ns) for row in rows] == [(1, 1), (1, 0)]
