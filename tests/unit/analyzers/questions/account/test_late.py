"""What a late rank did while the others waited, at both sides of the share that a cause must cover."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.questions.account.late import late_ranks
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.vocabulary.losses import Owner
from literal_jobs import job


def late(text, window=None, **told):
    return late_ranks(Scope(job(text, **told), window=window))


def test_a_rank_that_computes_for_longer():
    (found,) = late("k 0-100; s9 nccl 100-1010 name=a; gpu1 k 0-1000; gpu1 s9 nccl 1000-1010 name=a")
    assert (found.rank, found.waited_ns, found.collectives, found.once) == (1, 900, 1, True)
    assert (found.owner, found.cause, found.covered_ns) == (Owner.COMPUTE, "", 900)


DATA = "range enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__ {}-{} t2"
LATE = """
    k 0-100 @0; s9 nccl 100-1010 @1 name=a
    gpu1 k 0-50 @0 t2; gpu1 k {0}-{1} @{0} t2; gpu1 s9 nccl 1000-1010 @{0} t2 name=a
"""


def test_a_rank_that_waits_for_data():
    (found,) = late(f"{LATE.format(950, 1000)}; {DATA.format(50, 950)}")
    assert (found.rank, found.waited_ns) == (1, 900)
    assert (found.owner, found.cause, found.covered_ns) == (Owner.IDLE, "waiting_for_data", 900)


@pytest.mark.parametrize(("until", "cause"), [(770, "waiting_for_data"), (769, "")])
def test_a_cause_must_cover_four_fifths_of_the_waiting(until, cause):
    """Of the 900 ns that rank 0 waited."""
    (found,) = late(f"{LATE.format(until, 1000)}; {DATA.format(50, until)}")
    assert found.cause == cause
    assert (found.owner is None) == (cause == "")


def test_idle_time_of_unknown_cause_is_not_a_cause():
    (found,) = late(LATE.format(950, 1000))
    assert (found.owner, found.cause, found.title, found.covered_ns) == (Owner.IDLE, "", "", 900)


def test_the_time_that_the_others_spend_on_the_same_is_not_what_made_it_late():
    slow = "k 0-500; s9 nccl 500-1010 name=a; gpu1 k 0-500; gpu1 h2d 500-1000; gpu1 s9 nccl 1000-1010 name=a"
    (found,) = late(slow)
    assert (found.waited_ns, found.owner, found.covered_ns) == (500, Owner.COPY, 500)


def test_the_rank_that_cost_most_comes_first():
    text = "nccl 0-60 name=a; gpu1 nccl 50-60 name=a; gpu1 nccl 100-180 name=b; nccl 170-180 name=b"
    assert [(found.rank, found.waited_ns) for found in late(text)] == [(0, 70), (1, 50)]


def test_a_window_has_the_waiting_inside_it():
    text = "nccl 0-60 name=a; gpu1 nccl 50-60 name=a; nccl 100-180 name=b; gpu1 nccl 170-180 name=b"
    assert [(found.rank, found.waited_ns) for found in late(text, Window(20, 110))] == [(1, 40)]
    assert late(text, Window(50, 100)) == ()


def test_waiting_that_is_too_short_for_a_first_line_has_no_cause():
    text = "k 0-{0}; s9 nccl {0}-1010 name=a; gpu1 k 0-1000; gpu1 s9 nccl 1000-1010 name=a"
    assert [found.owner for found in late(text.format(979))] == [Owner.COMPUTE]
    assert [found.owner for found in late(text.format(980))] == [None]


@pytest.mark.parametrize("text", ["nccl 0-10 name=a", "k 0-9; gpu1 k 0-10", "nccl 0-9 name=a; gpu1 nccl 0-9 name=a"])
def test_no_rank_is_late(text):
    assert late(text) == ()


@given(st.lists(st.tuples(st.lists(st.integers(0, 30), min_size=3, max_size=3)), min_size=1, max_size=6))
def test_waiting_against_a_count_by_hand(rounds):
    text, waited = [], {}
    for number, (arrivals,) in enumerate(rounds):
        for rank, ns in enumerate(arrivals):
            at = 100 * number
            text += [f"gpu{rank} nccl {at + ns}-{at + 40} name=a group=1[0,1,2] seq={number}"]
            last = max(arrivals)
            if ns < last and arrivals.count(last) == 1:
                waited[arrivals.index(last)] = waited.get(arrivals.index(last), 0) + last - ns
    assert {found.rank: found.waited_ns for found in late("; ".join(text))} == waited
