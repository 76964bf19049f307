from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.model import Process
from gpu_trace_analyzers.questions.account.losses import account_of
from gpu_trace_analyzers.questions.account.where import Lines
from gpu_trace_analyzers.questions.scope import Scope
from literal import literal

from .told import facts, told

GAP = "k 0-10 @0; k 1000-1010 @1000"
EVERY = 50


def rounds(*states, start=100, gap=3, more="t1 main@/u/a.py:9"):
    """A sample of the launching thread and one of thread 2 in each round, by (state, state of thread 2)."""
    lines = []
    for i, (own, other) in enumerate(states):
        at = start + i * EVERY
        lines += [f"sample {at}-{at + EVERY} {more} {own}"] if own else []
        lines += [f"sample {at + gap}-{at + gap + EVERY} t2 {other} free@/u/b.py:75"] if other else []
    return "; ".join(lines)


LOCKED = ("waits_for_lock", "holds_lock")


def claimed(text):
    return [times for cause, *times in told(literal(text)) if cause == "host_gil"]


@pytest.mark.parametrize(("many", "expected"), [(2, []), (3, [[100, 200]]), (4, [[100, 250]])])
def test_three_samples_in_a_row_show_that_another_thread_held_the_lock(many, expected):
    assert claimed(f"{GAP}; {rounds(*[LOCKED] * many)}") == expected


@pytest.mark.parametrize(
    "states",
    [
        [LOCKED, LOCKED, ("holds_lock", ""), LOCKED, LOCKED],  # it had it in between
        [LOCKED, LOCKED, ("running", "holds_lock"), LOCKED, LOCKED],
        [LOCKED, LOCKED, ("", "holds_lock"), LOCKED, LOCKED],  # it was not sampled in between
        [("waits_for_lock", "running")] * 9,  # in C that let it go
        [("waits_for_lock", "waits_for_lock")] * 9,
        [("waits_for_lock", "")] * 9,
        [("waiting", "holds_lock")] * 9,  # off the CPU for another reason
        [("", "holds_lock")] * 9,
        [("holds_lock", "waits_for_lock")] * 9,
    ],
)
def test_it_is_silent_where_samples_do_not_show_it(states):
    assert claimed(f"{GAP}; {rounds(*states)}") == []


def test_the_holder_must_be_one_thread():
    two, three = rounds(*[LOCKED] * 2), rounds(*[LOCKED] * 2, start=200).replace("t2", "t3")
    assert claimed(f"{GAP}; {two}; {three}") == []


@pytest.mark.parametrize(("gap", "expected"), [(12, [[100, 200]]), (13, [])])
def test_the_holder_is_of_the_same_round(gap, expected):
    assert claimed(f"{GAP}; {rounds(*[LOCKED] * 3, gap=gap)}") == expected


@pytest.mark.parametrize(("many", "parts"), [(9, 0), (10, 9)])
def test_with_launches_in_between_it_takes_ten(many, parts):
    launches = "; ".join(f"k {at}-{at + 10} @{at}" for at in range(110, 900, EVERY))
    found = claimed(f"k 0-10 @0; {launches}; k 1000-1010 @1000; {rounds(*[LOCKED] * many)}")
    assert len(found) == (parts + 1 if parts else 0)
    assert all(start >= 100 and end <= 100 + 9 * EVERY for start, end in found)


def test_a_launch_ends_a_row_of_three():
    assert claimed(f"k 0-10 @0; k 160-165 @155; k 1000-1010 @1000; {rounds(*[LOCKED] * 4)}") == []


def test_the_lock_of_another_thread_than_the_launching_one_does_not_count():
    assert claimed(f"{GAP}; {rounds(*[LOCKED] * 9, more='t3 main@/u/a.py:9')}") == []


def test_the_line_is_that_of_the_thread_that_held_it():
    trace = literal(f"{GAP}; {rounds(*[LOCKED] * 9)}")
    (loss,) = (loss for loss in account_of(Scope(trace), 0).losses if loss.cause == "host_gil")
    assert loss.lines == Lines("/u/b.py", 75, 75, "free", 8)
    assert (loss.ns, loss.at_most_ns) == (400, 400)


@pytest.mark.parametrize(("names", "who"), [({}, "thread 2"), ({2: "pin memory"}, "thread 2 (pin memory)")])
def test_the_evidence_names_that_thread(names, who):
    trace = replace(literal(f"{GAP}; {rounds(*[LOCKED] * 5)}"), processes=(Process(100, thread_names=names),))
    assert facts(trace, "host_gil") == [(f"{who} held the GIL in every sample", 200, "")]


@pytest.mark.parametrize(("launching", "ns"), [("t1", 200), ("t3", 400)])
def test_the_evidence_is_the_run_of_the_thread_that_launches(launching, ns):
    # Thread 3 was at the lock for longer, beside the same samples of thread 2.
    other = rounds(*[("waits_for_lock", "")] * 9, start=99, more="t3 main@/u/c.py:1")
    holder = rounds(*[("", "holds_lock")] * 4, start=350)
    trace = literal(f"{GAP} {launching}; {rounds(*[LOCKED] * 5)}; {holder}; {other}")
    assert facts(trace, "host_gil") == [("thread 2 held the GIL in every sample", ns, "")]


def test_batches_and_collections_of_garbage_come_before():
    text = f"{GAP}; {rounds(*[LOCKED] * 9)}; range enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__ 20-990"
    assert claimed(text) == []
