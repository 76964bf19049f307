"""Why collectives were exposed, on literal traces at both sides of each boundary and against a count by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import Syncs
from gpu_trace_analyzers.questions.account.collectives import collective_headroom_ns, explain_collectives
from gpu_trace_analyzers.questions.account.losses import account_of
from gpu_trace_analyzers.questions.account.owners import owned
from gpu_trace_analyzers.questions.account.pieces import joined
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.vocabulary.losses import Owner
from literal import literal
from literal_jobs import job


def causes(trace, position=0, window=None):
    """``[(cause, start, end)]``; neighbors of one cause are one."""
    found = joined(explain_collectives(Scope(trace, window=window), position))
    columns = (found.rule, found.stretches.start_ns, found.stretches.end_ns)
    return [(found.rules[r].cause, a, b) for r, a, b in zip(*(c.tolist() for c in columns), strict=True)]


def titles(trace, position=0):
    return [loss.title for loss in account_of(Scope(trace), position).loss(Owner.COLLECTIVE)]


# Several ranks --------------------------------------------------------------------------------------------------------

TWO = "nccl 0-100 name=a; gpu1 nccl 60-100 name=a"


def test_until_the_last_rank_comes_it_waits_and_then_it_transfers():
    assert causes(job(TWO)) == [("waiting_for_rank", 0, 60), ("transfer", 60, 100)]
    assert causes(job(TWO), 1) == [("transfer", 60, 100)]
    assert titles(job(TWO, world_size=2)) == ["waiting for rank 1", "transfer between ranks"]


def test_what_compute_hides_is_neither():
    trace = job(f"{TWO}; s8 k 10-20; s8 k 55-65")
    assert causes(trace) == [
        *(("waiting_for_rank", 0, 10), ("waiting_for_rank", 20, 55)),
        ("transfer", 65, 100),
    ]


def test_a_window_has_the_part_inside_it():
    assert causes(job(TWO), window=Window(50, 70)) == [("waiting_for_rank", 50, 60), ("transfer", 60, 70)]
    assert causes(job(TWO), window=Window(70, 80)) == [("transfer", 70, 80)]


@pytest.mark.parametrize(("end", "cause"), [(61, "transfer"), (60, "no_compute_left")])
def test_a_rank_that_leaves_before_the_last_one_comes_did_not_wait_for_it(end, cause):
    trace = job(f"nccl 0-{end} name=a group=1[0,1] seq=1; gpu1 nccl 60-100 name=a group=1[0,1] seq=1")
    assert causes(trace)[-1][0] == cause


def test_where_a_rank_of_the_group_was_not_recorded_nothing_is_called_transfer():
    text = "nccl 0-100 name=a group=1[0,1,2]; gpu1 nccl 60-100 name=a group=1[0,1,2]"
    assert causes(job(text)) == [("waiting_for_rank", 0, 60), ("no_compute_left", 60, 100)]
    listed = text.replace("[0,1,2]", "[0,...,2]")
    assert causes(job(listed)) == causes(job(text))


@pytest.mark.parametrize(("world_size", "cause"), [(2, "transfer"), (3, "no_compute_left")])
def test_without_a_list_of_ranks_the_size_of_the_job_says_whether_all_were_recorded(world_size, cause):
    assert causes(job(TWO, world_size=world_size))[-1][0] == cause


@pytest.mark.parametrize(
    ("trace", "ranks"),
    [
        (job(TWO, world_size=2), "ranks"),
        (job(TWO.replace("name=a", "name=a group=1[0,1]")), "ranks"),
        (job(TWO), "recorded ranks"),
        (job(TWO.replace("name=a", "name=a group=1")), "recorded ranks"),
    ],
)
def test_where_nothing_says_which_ranks_there_are_the_recorded_ones_are_called_that(trace, ranks):
    loss = account_of(Scope(trace), 1).loss(Owner.COLLECTIVE)[0]
    assert loss.cause == "transfer"
    assert loss.title == f"transfer between {ranks if ranks == 'ranks' else 'the recorded ranks'}"
    assert loss.evidence.fact.words == f"all {ranks} had come to it"


def test_where_groups_may_be_several_nothing_is_matched():
    text = "; ".join(f"gpu{i} nccl {at}-100 name=a; gpu{i} k 100-110" for i, at in enumerate((0, 20, 60)))
    assert causes(job(text))[0] == ("waiting_for_rank", 0, 60)
    assert causes(job(f"{text}; s13 nccl 200-210 name=b"))[0] == ("same_stream", 0, 100)


def test_lateness_that_may_be_the_clocks_is_none():
    """In the median the ranks leave a collective 4 ns apart."""
    text = (
        "k 0-1; s9 nccl 1-100 name=a; s9 nccl 200-300 name=a; k 400-401; "
        "gpu1 nccl {}-104 name=a; gpu1 nccl 210-304 name=a"
    )
    assert causes(job(text.format(5)))[:2] == [("unknown", 1, 5), ("transfer", 5, 100)]
    assert causes(job(text.format(6)))[:2] == [("waiting_for_rank", 1, 6), ("transfer", 6, 100)]


@pytest.mark.parametrize(("end", "cause"), [(140, "transfer"), (141, "no_compute_left")])
def test_what_a_rank_goes_on_with_for_longer_than_all_were_in_it_is_another_operation(end, cause):
    """Unless it has the same number. Both ranks are in it for 40 ns."""
    others = "; ".join(f"gpu{rank} nccl {at}-{at + 10} name=a" for at in (300, 400) for rank in (0, 1))
    assert causes(job(f"nccl 0-{end} name=a; gpu1 nccl 60-100 name=a; {others}"))[-3][0] == cause
    numbered = job(f"nccl 0-{end} name=a group=1[0,1] seq=1; gpu1 nccl 60-100 name=a group=1[0,1] seq=1")
    assert causes(numbered)[-1] == ("transfer", 60, end)


def test_ranks_that_come_together_are_not_told_apart():
    text = "nccl 0-100 name=a; gpu1 nccl 50-100 name=a; gpu2 nccl {}-100 name=a"
    assert titles(job(text.format(50)))[0] == "waiting for other ranks"
    assert titles(job(text.format(51)))[0] == "waiting for rank 2"


def test_the_title_names_a_rank_that_most_of_the_waiting_is_for():
    text = "gpu2 k 0-1; {}; nccl 200-300 name=b; gpu1 nccl {} name=b; gpu2 nccl 200-300 name=b"
    first = "nccl 0-100 name=a; gpu1 nccl 0-100 name=a; gpu2 nccl 20-100 name=a"
    assert titles(job(text.format(first, "280-300")))[0] == "waiting for rank 1"
    assert titles(job(text.format(first, "279-300")))[0] == "waiting for other ranks"


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 20), min_size=3, max_size=3), st.integers(1, 10), st.integers(0, 25)),
        min_size=1,
        max_size=5,
    )
)
def test_wait_and_transfer_against_a_count_by_hand(rounds):
    """Each round: arrivals of three ranks, a transfer, and compute of rank 0 from its start on another stream."""
    at, text, waits, transfers, ends = 0, [], set(), set(), []
    for number, (late, transfer, computing) in enumerate(rounds):
        end, last = at + max(late) + transfer, at + max(late)
        for rank, ns in enumerate(late):
            text.append(f"gpu{rank} nccl {at + ns}-{end} name=a group=1[0,1,2] seq={number}")
        text.append(f"s8 k {at}-{at + computing}")
        exposed = range(max(at + late[0], at + computing), end)
        waits |= {ns for ns in exposed if ns < last}
        transfers |= {ns for ns in exposed if ns >= last}
        ends.append(end)
        at = end + 30
    scope = Scope(job("; ".join(text)))
    found = account_of(scope, 0).loss(Owner.COLLECTIVE)
    ns = {loss.cause: loss.ns for loss in found}
    assert ns == {k: len(v) for k, v in (("waiting_for_rank", waits), ("transfer", transfers)) if v}
    assert sum(ns.values()) == owned(scope, 0)[Owner.COLLECTIVE].total_ns


# One rank alone -------------------------------------------------------------------------------------------------------


def test_one_rank_alone_has_the_causes_of_copies():
    alone = "k 0-10 @0; nccl 10-50 @1 {}; {}"
    assert causes(literal(alone.format("", "k 50-60 @2"))) == [("same_stream", 10, 50)]
    assert causes(literal(alone.format("s9", ""))) == [("no_compute_left", 10, 50)]
    assert causes(literal(alone.format("s9", "k 20000-30000 @2"))) == [("unknown", 10, 50)]
    waited = "k 0-10 @0; s9 nccl 10-50 @1; call cudaStreamWaitEvent 2-3; k 50-60 @4"
    assert causes(literal(waited)) == [("compute_waited", 10, 50)]
    late = "k 0-10 @0; s9 nccl 10-50000 @1; k 50010-60000 @{}"
    assert causes(literal(late.format(20000))) == [("launched_late", 10, 20000), ("compute_waited", 20000, 50000)]
    assert causes(literal(late.format(50005))) == [("launched_late", 10, 50000)]
    blocked = "k 0-10 @0; s9 nccl 10-50 @1; call cudaStreamSynchronize 5-{}; k 60-70 @56"
    assert causes(literal(blocked.format(30))) == [("host_synchronized", 10, 50)]
    assert causes(literal(blocked.format(29))) == [("launched_late", 10, 50)]


@pytest.mark.parametrize(
    ("after", "launched", "cause"),
    [
        ("k 30010-40000 @{}", 10, "compute_waited"),  # within the time that a start takes
        ("k 30011-40000 @{}", 10, "unknown"),
        ("k 30010-40000", 10, "unknown"),  # when it was launched is not known
        ("k 30010-40000 @{}", 11, "launched_late"),  # it was not queued when the first began to be exposed
    ],
)
def test_a_kernel_that_was_queued_and_begins_when_the_collectives_end_waited_for_them(after, launched, cause):
    """Two of them, one behind the other, no further apart than a start takes."""
    text = f"k 0-10 @0; s9 nccl 10-50 @1; s9 nccl 60-20010 @1; {after.format(launched)}"
    assert causes(literal(text))[0][0] == cause


def test_a_kernel_that_was_launched_as_long_ago_as_a_start_takes_was_not_held_back():
    text = "k 0-10 @0; s9 nccl {0}-10010 @1; k 10020-10030 @10"
    assert causes(literal(text.format(10))) == [("unknown", 10, 10010)]
    assert causes(literal(text.format(10).replace("-10010", "-10011"))) == [("compute_waited", 10, 10011)]


def behind(recorded_ns):
    """A collective behind a kernel that is launched at 10; its stream waits on an event recorded then."""
    trace = literal(f"""
        call cudaEventRecord {recorded_ns}-{recorded_ns + 1}
        k 12-100 @10
        call cudaStreamWaitEvent 20-21
        s9 nccl 40-200 @30
        k 20000-30000 @50
    """)
    correlation = trace.calls.correlation.copy()
    names = [trace.text(code) for code in trace.calls.name]
    correlation[names.index("cudaEventRecord")] = 901
    correlation[names.index("cudaStreamWaitEvent")] = 902
    calls = replace(trace.calls, correlation=correlation)
    row = {"start_ns": [20], "end_ns": [20], "kind": [3], "stream": [9], "process": [0], "correlation": [902]}
    return replace(trace, calls=calls, syncs=Syncs.of(row | {"awaited_correlation": [901]}))


def test_a_collective_that_does_not_depend_on_the_compute_before_it_was_launched_behind_it():
    assert causes(behind(5)) == [("order", 100, 200)]
    assert causes(behind(15)) == [("unknown", 100, 200)]  # recorded behind the kernel: it depends on it
    assert causes(replace(behind(5), syncs=Syncs.empty())) == [("unknown", 100, 200)]


def test_to_launch_a_collective_first_saves_no_more_than_how_much_earlier_that_could_be():
    # Its event was recorded at 5, and it was launched at 30.
    losses = account_of(Scope(behind(5)), 0).loss(Owner.COLLECTIVE)
    assert [(loss.cause, loss.ns, loss.at_most_ns) for loss in losses] == [("order", 100, 25)]


def test_a_collective_that_did_not_begin_when_it_was_launched_was_not_held_back_by_its_launch():
    text = (
        "call cudaEventRecord 5-6; k 12-100 @10; call cudaStreamWaitEvent 20-21; "
        "s9 nccl {}-30000 @30; k 50000-50001 @50"
    )
    for starts_ns, cause in ((10_031, "order"), (10_032, "unknown")):
        trace, known = literal(text.format(starts_ns)), behind(5)
        assert causes(replace(trace, calls=known.calls, syncs=known.syncs))[0][0] == cause


# Devices of other kinds, and what ending it saves ---------------------------------------------------------------------


def test_collectives_of_cpus_have_the_same_causes():
    assert causes(job(TWO, kind="cpu")) == [("waiting_for_rank", 0, 60), ("transfer", 60, 100)]
    assert causes(literal("k 0-10; nccl 10-50; k 50-60", kind="cpu")) == [("same_stream", 10, 50)]
    assert causes(literal("k 0-10; s8 nccl 10-50; k 50-60", kind="cpu")) == [("unknown", 10, 50)]


def test_overlap_saves_no_more_than_there_is_compute_to_overlap_with():
    trace = job(f"{TWO}; s8 k 90-105; s8 k 120-127")
    assert collective_headroom_ns(Scope(trace), 0) == 12
    saves = {loss.cause: (loss.ns, loss.at_most_ns) for loss in account_of(Scope(trace), 0).loss(Owner.COLLECTIVE)}
    assert saves == {"waiting_for_rank": (60, 60), "transfer": (30, 12)}


def test_a_collective_that_nothing_waited_for_saves_nothing():
    late = "k 0-100 @0; s20 nccl 100-150 @1; k 900-1000 @890-895"
    (loss,) = account_of(Scope(literal(late)), 0).loss(Owner.COLLECTIVE)
    assert (loss.ns, loss.at_most_ns) == (50, 0)
