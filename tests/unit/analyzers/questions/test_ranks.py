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
    assert rank_figures(job("nccl 0-10")) == []


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


def test_recorded_ranks_whose_recordings_began_apart(tmp_path):
    for rank in range(2):
        (tmp_path / f"ddp_rank{rank}.json.gz").symlink_to(TRACES / f"ddp_rank{rank}.json.gz")
    rows = rank_figures(load(tmp_path))
    assert [row.collectives for row in rows] == [39, 39]  # rank 0 has 50, eleven of them before rank 1 was recorded
    assert (found := slowest(rows)) is not None
    assert (found.rank, found.came_last) == (1, 39)
