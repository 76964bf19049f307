from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.questions.account.losses import account_of
from gpu_trace_analyzers.questions.scope import Scope, Window
from literal import literal

from .told import facts, told

REST = ("queued", 150000, 151000)
BEFORE, AFTER = "k 0-100000 @0", "k 151000-152000 @150000"
"""A gap from 100,000 on, whose work is launched at 150,000."""


def gap(text, *more):
    return [row for row in told(literal("; ".join((BEFORE, AFTER, text, *more)))) if row[1] < 150000]


def synchronized(until):
    rest = [("host_unobserved", until, 150000)] if until < 150000 else []
    return [("synchronized", 100000, until), *rest]


@pytest.mark.parametrize(
    ("began", "until"),
    [
        (20000, 150000),  # it waited for longer than the host then takes
        (50000, 150000),
        (70000, 130000),
        (90000, 110000),  # just long enough to be a wait
    ],
)
def test_the_lead_of_a_wait_is_what_it_cost_in_the_gap_behind_it(began, until):
    assert gap(f"call cudaStreamSynchronize {began}-101000") == synchronized(until)


@pytest.mark.parametrize(
    "call",
    [
        "call cudaStreamSynchronize 90001-101000",  # the device was busy for 9,999 of it
        "call cudaStreamSynchronize 100000-140000",
        "call cudaStreamSynchronize 20000-101000 t2",
        "call cudaStreamQuery 20000-101000",
        "call cudaMemcpyAsync 20000-101000",  # of pinned memory, for all that is known
        "call cudaLaunchKernel 20000-101000 t2",  # a full launch queue
    ],
)
def test_without_a_lead_of_its_own_thread_nothing_is_synchronized(call):
    causes = {cause for cause, *_ in gap(call)}
    assert causes <= {"host_unobserved", "lost_kernels"}


@pytest.mark.parametrize("name", ["cudaDeviceSynchronize", "cudaEventSynchronize", "cuCtxSynchronize", "cudaMemcpy"])
def test_these_calls_wait(name):
    assert gap(f"call {name} 20000-101000") == synchronized(150000)


def test_a_copy_of_pageable_memory_waits_if_its_call_takes_long():
    copies = "s7 d2h 90000-{end} @{call} pageable"
    long = literal(f"k 0-90000 @0; {copies.format(end=100000, call='79999-100000')}; {AFTER}")
    short = literal(f"k 0-90000 @0; {copies.format(end=100000, call='80000-100000')}; {AFTER}")
    assert ("synchronized", 100000, 120001) in told(long)
    assert not any(cause == "synchronized" for cause, *_ in told(short))


def test_a_copy_inside_the_device_does_not_wait_whatever_its_name():
    text = f"k 0-90000 @0; d2d 90000-100000 @20000-99000; {AFTER}"
    trace = literal(text)
    names = tuple(name.replace("cudaMemcpyAsync", "cudaMemcpy") for name in trace.strings)
    object.__setattr__(trace, "strings", names)
    assert not any(cause == "synchronized" for cause, *_ in told(trace))


def test_the_gaps_that_follow_use_the_credit_up():
    text = "call cudaStreamSynchronize 30000-101000; k 251000-300000 @250000"
    assert [row for row in told(literal(f"{BEFORE}; {AFTER}; {text}")) if row[0] == "synchronized"] == [
        ("synchronized", 100000, 150000),
        ("synchronized", 152000, 172000),
    ]


def test_a_wait_that_returned_at_once_behind_a_launch_ends_the_credit():
    text = "call cudaStreamSynchronize 30000-101000; call cudaStreamSynchronize {at}; k 251000-300000 @250000"
    ended = told(literal(f"{BEFORE}; {AFTER}; " + text.format(at="160000-160100")))
    assert [row for row in ended if row[0] == "synchronized"] == [
        ("synchronized", 100000, 150000),
        ("synchronized", 152000, 160000),
    ]
    kept = told(literal(f"{BEFORE}; {AFTER}; " + text.format(at="102000-102100")))
    assert [row for row in kept if row[0] == "synchronized"] == [
        ("synchronized", 100000, 150000),
        ("synchronized", 152000, 172000),
    ]


def test_data_comes_first_and_uses_the_credit_too():
    assert gap("call cudaStreamSynchronize 60000-101000; range __next__ 110000-130000") == [
        ("synchronized", 100000, 110000),
        ("waiting_for_data", 110000, 130000),
        ("synchronized", 130000, 140000),
        ("host_unobserved", 140000, 150000),
    ]


BACKWARD = "k 0-100000 @0; k 151000-152000 @150000 t2; range loss 10-140000; call cudaStreamSynchronize 20000-101000"


@pytest.mark.parametrize(
    ("names", "more", "cause"),
    [
        ({2: "pt_autograd_0"}, "", "synchronized"),
        ({2: "worker"}, "", "host_unobserved"),
        ({2: "pt_autograd_0", 3: "pt_autograd_1"}, "k 160000-161000 @155000 t3", "host_unobserved"),
        ({2: "pt_autograd_0"}, "range other 0-10 t4", "host_unobserved"),  # either may have called backward
    ],
)
def test_the_thread_that_runs_backward_is_late_because_its_caller_waited(names, more, cause):
    trace = literal(f"{BACKWARD}; {more}")
    trace = replace(trace, processes=(replace(trace.processes[0], thread_names=names),))
    assert told(trace)[0] == (cause, 100000, 150000)


def test_where_the_device_stays_busy_nothing_is_lost():
    trace = literal(f"{BEFORE}; s8 k 90000-151000 @10; {AFTER}; call cudaStreamSynchronize 20000-101000")
    assert told(trace) == []


@pytest.mark.parametrize(("between", "cause"), [(999, "synchronized"), (1000, "host_unobserved")])
def test_a_host_that_does_not_wait_is_ahead_by_no_more_than_the_launch_queue_holds(between, cause):
    queued = [f"k {101000 + 10 * i}-{101010 + 10 * i} @{100001 + 10 * i}" for i in range(between)]
    text = "\n".join((BEFORE, "k 100000-101000 @90000", *queued, "k 151000-152000 @150000"))
    trace = literal(f"{text}; call cudaStreamSynchronize 10000-80000")
    start = 101000 + 10 * between
    assert [row[0] for row in told(trace) if row[1] == start] == [cause]


def test_a_read_back_is_evidence():
    plain = f"{BEFORE}; {AFTER}; call cudaStreamSynchronize 20000-101000"
    why = "the host was blocked in cudaStreamSynchronize while the GPU was busy"
    assert facts(literal(plain), "synchronized") == [(why, 80000, "")]
    for size, words in ((16, f"to read a value back, {why}"), (17, why)):
        text = f"k 0-99000 @0; d2h 99000-100000 @10000 size={size}; {AFTER}; call cudaStreamSynchronize 20000-101000"
        assert facts(literal(text), "synchronized") == [(words, 80000, "")]


def test_read_backs_are_counted():
    values = (
        "d2h 99000-100000 @10000 size=4; d2h 151000-152000 @150000 size=8; call cudaStreamSynchronize 150100-152100"
    )
    trace = literal(f"k 0-99000 @0; {values}; k 251000-252000 @250000; call cudaStreamSynchronize 20000-101000")
    why = "to read back one of 2 values, the host was blocked in cudaStreamSynchronize while the GPU was busy"
    assert facts(trace, "synchronized")[0] == (why, 80000, "")


UNIT = 1000
_actions = st.lists(
    st.tuples(st.sampled_from(["launch", "wait", "rest"]), st.integers(0, 40), st.integers(1, 30)), max_size=12
)


@given(_actions)
def test_credit_is_used_up_as_a_walk_through_the_gaps_says(actions):
    waits, work, at = [], [(0, 30, 0)], 1
    for action, pause, length in actions:
        at += pause
        if action == "launch":
            start = max(at + 1, work[-1][1])
            work.append((start, start + length, at))
            at += 1
        elif action == "wait":
            waits.append((at, at + length))
            at += length + 1
    text = [f"k {start * UNIT}-{end * UNIT} @{launch * UNIT}" for start, end, launch in work]
    text += [f"call cudaStreamSynchronize {start * UNIT}-{end * UNIT}" for start, end in waits]
    trace = literal("\n".join(text))
    found = {
        unit
        for cause, start, end in told(trace)
        if cause == "synchronized"
        for unit in range(start // UNIT, end // UNIT)
    }
    assert found == set(_walk(waits, work))


def _walk(waits, work):
    """The units of the host's parts that are synchronized, one by one."""
    busy = {unit for start, end, _ in work for unit in range(start, end)}
    setters, last = {}, None
    for start, end in waits:
        lead = sum(unit in busy for unit in range(start, end))
        launched = last is None or any(last < launch <= start for _, _, launch in work)
        if lead >= 10 or launched:
            setters[start] = lead if lead >= 10 else 0
        last = start
    credit = 0
    gaps = ((end, min(start, launch)) for (_, end, _), (start, _, launch) in pairwise(work))
    host = {unit for gap in gaps for unit in range(*gap)}
    for unit in range(work[-1][1]):
        credit = setters.get(unit, credit)
        if unit in host and credit:
            credit -= 1
            yield unit


def test_a_wait_before_a_window_gives_no_credit_in_it():
    text = "k 0-100000 @0; call cudaDeviceSynchronize 1000-100000; k 130000-140000 @130000; k 150000-160000 @150000"
    trace = literal(text)
    causes = {loss.cause for loss in account_of(Scope(trace, window=Window(140000, 160000)), 0).losses}
    assert "synchronized" in {loss.cause for loss in account_of(Scope(trace), 0).losses}
    assert "synchronized" not in causes
