from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.questions.account.turns import Turns, _depths, turns
from gpu_trace_analyzers.questions.scope import Scope, Window
from literal import literal


def taken(*rows, window=None, kind="k"):
    """Of threads that run operators in ``(thread, start, end)``."""
    text = "\n".join(f"s{thread} {kind} {start}-{end} name=aten::mm" for thread, start, end in rows)
    return turns(Scope(literal(text, "cpu"), None, window), 0)


def in_turn(threads, times, ns=100, every=100):
    """Threads that run an operator one after the other, again and again."""
    return [(i % threads, i * every, i * every + ns) for i in range(threads * times)]


def test_threads_that_wait_for_each_other_compute_one_at_a_time():
    # Before the second thread's first operator and after the last but one's last, no other thread has work.
    assert taken(*in_turn(4, 5)) == Turns(4, 2000 - 100 - 100)


def test_threads_that_overlap_do_not_wait():
    assert taken(*in_turn(4, 5, ns=150)) is None
    assert taken(*((thread, 100 * i, 100 * i + 100) for i in range(20) for thread in range(4))) is None


@pytest.mark.parametrize(("ns", "takes"), [(105, True), (106, False)])
def test_nine_tenths_of_the_time_of_each_must_be_alone(ns, takes):
    # Of 105 ns 5 overlap at both ends, those at the very ends excepted: of 2,100 ns of either thread 195 are shared.
    assert (taken(*in_turn(2, 20, ns=ns)) is not None) is takes


def test_one_thread_that_overlaps_is_enough_to_say_nothing():
    beside = [(5, i * 100 + 20, i * 100 + 80) for i in range(0, 40, 2)]
    assert taken(*in_turn(2, 20)) is not None
    assert taken(*sorted((*in_turn(2, 20), *beside), key=lambda row: row[1])) is None


@pytest.mark.parametrize(("operators", "takes"), [(11, True), (10, False)])
def test_a_few_changes_are_the_phases_of_a_script(operators, takes):
    assert (taken(*in_turn(2, 6)[:operators]) is not None) is takes


@pytest.mark.parametrize(("ns", "takes"), [(120, True), (119, False)])
def test_a_quarter_of_the_window_is_enough(ns, takes):
    # Of the twelve operators in a window of 4,800 ns, ten have another thread's before and after them.
    rows = [(i % 2, i * 400, i * 400 + ns) for i in range(14)]
    assert (taken(*rows, window=Window(400, 5200)) is not None) is takes


@pytest.mark.parametrize(("ns", "threads"), [(19, 3), (18, 2)])
def test_a_thread_that_does_little_waits_because_it_has_little_to_do(ns, threads):
    # A quarter of an even share is (100 + 100 + ns) / 12: 18.25 and 18.17 ns.
    each = [((1, at, at + 100), (2, at + 100, at + 200), (3, at + 200, at + 200 + ns)) for at in range(0, 6000, 300)]
    assert taken(*(row for rows in each for row in rows)).threads == threads


def test_a_thread_that_only_begins_and_ends_counts_as_no_other():
    rows = [(1, 0, 10), *((2, 100 * i, 100 * i + 90) for i in range(1, 30)), (1, 3000, 3010)]
    assert taken(*rows) is None


def test_waiting_in_a_collective_is_not_computing():
    assert taken(*in_turn(4, 5), kind="nccl") is None


def test_one_thread_takes_no_turns():
    assert taken(*in_turn(1, 20)) is None


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), min_size=1, max_size=5), min_size=1, max_size=4)
)
def test_depths_are_those_counted_by_hand(threads):
    busy = [Intervals.from_pairs([(start, start + ns) for start, ns in own]) for own in threads]
    at_ns, computing, active = _depths(busy)
    counted = {"computing": [0] * 80, "active": [0] * 80}
    for own in busy:
        for start, end in own:
            for ns in range(start, end):
                counted["computing"][ns] += 1
        for ns in range(int(own.start_ns[0]), int(own.end_ns[-1])):
            counted["active"][ns] += 1
    cells = np.searchsorted(at_ns, np.arange(int(at_ns[0]), int(at_ns[-1])), side="right") - 1
    for found, which in ((computing, "computing"), (active, "active")):
        assert found[cells].tolist() == counted[which][int(at_ns[0]) : int(at_ns[-1])]
        assert not any(counted[which][: int(at_ns[0])])
        assert not any(counted[which][int(at_ns[-1]) :])
