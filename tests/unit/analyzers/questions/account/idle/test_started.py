from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.model import SyncKind, Syncs
from gpu_trace_analyzers.questions.account.losses import account_of
from gpu_trace_analyzers.questions.scope import Scope, Window
from literal import literal

from .told import facts, remedies, told

LONG = "k 0-1000 @0; k 301000-302000 @{call} name=new"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (LONG.format(call="200000-300000"), "start_up"),
        (LONG.format(call="200000-291000"), "start_up"),  # it began 10 us after the call returned
        (LONG.format(call="200000-290999"), "unknown"),  # and nothing shows what it waited for
        (LONG.format(call="249999-300000"), "start_up"),
        (LONG.format(call="250000-300000"), "queued"),  # a call of 50 us
        (LONG.format(call="200000-300000").replace("new", "k"), "queued"),  # the kernel ran before
        ("k 0-1000 @0; h2d 301000-302000 @200000-300000", "queued"),  # no kernel
    ],
)
def test_the_first_launch_of_a_kernel_in_a_long_call_loads_it(text, cause):
    trace = literal(text)
    assert [row[0] for row in told(trace) if row[2] == 301000] == [cause]


def test_a_first_launch_into_a_queue_may_wait_for_room():
    trace = literal("k 0-250000 @0; k 250000-260000 @1; k 301000-302000 @200000-300000 name=new")
    assert [row[0] for row in told(trace)] == ["queued"]


def test_the_call_is_the_evidence():
    why = ("the first launch of this kernel was inside cudaLaunchKernel for", 100000, "with an empty stream")
    assert facts(literal(LONG.format(call="200000-300000")), "start_up") == [why]


EVENT = "s13 h2d 0-100000 @10; call cudaEventRecord 20-21; call cudaStreamWaitEvent 30-31; s7 k {start}-200000 @40"


def after_event(stream, recorded, start=150000):
    """The wait on an event of a stream, recorded by a call; 21 is that of the literal trace."""
    trace = literal(EVENT.format(start=start))
    numbers = {trace.text(int(name)): place for place, name in enumerate(trace.calls.name)}
    correlations = trace.calls.correlation.copy()
    correlations[numbers["cudaEventRecord"]], correlations[numbers["cudaStreamWaitEvent"]] = 21, 31
    syncs = Syncs.of(
        {"start_ns": [30], "end_ns": [31], "kind": [SyncKind.STREAM_WAIT], "process": [0], "correlation": [31]}
        | {"device": [0], "stream": [7], "awaited_stream": [stream], "awaited_correlation": [recorded]}
    )
    return replace(trace, calls=replace(trace.calls, correlation=correlations), syncs=syncs)


@pytest.mark.parametrize(
    ("trace", "cause"),
    [
        (after_event(13, 21), "waiting_for_copy"),
        (after_event(14, 21), "event"),  # the event of another stream
        (after_event(13, 99), "event"),  # recorded by no call of the trace
        (literal(EVENT.format(start=150000)), "event"),  # the trace says nothing of the event
        (after_event(13, 21, start=110000), "queued"),
    ],
)
def test_the_event_may_be_that_of_the_copy_with_which_the_gap_began(trace, cause):
    assert told(trace) == [(cause, 100000, 110000 if cause == "queued" else 150000)]


def pairs(gap, count=10, more=""):
    """Kernels that are queued far ahead and begin some ns after the one before ended; 10 us each."""
    rows, at = [f"k 0-10000 @0 name=a {more}"], 10000
    for number in range(1, count):
        at += gap
        rows.append(f"k {at}-{at + 10000} @{number} name={'ab'[number % 2]} {more}")
        at += 10000
    return literal("\n".join(rows))


def test_short_gaps_that_add_up_name_the_sequence_that_costs_most():
    fuse = "fuse operations (torch.compile), or replay them as a CUDA graph"
    assert remedies(pairs(3000), "queued") == {fuse}
    assert set(facts(pairs(3000), "queued")) == {("the sequence that costs most is a, then b", 15000, "")}


def test_short_gaps_that_are_few_or_in_a_graph_have_no_remedy():
    assert remedies(pairs(200), "queued") == {""}  # 1,800 of 101,800
    assert remedies(pairs(3000, more="graph=1.1 launch=77"), "queued") == {""}


def test_what_a_graph_would_leave_of_short_gaps_is_not_saved():
    (loss,) = account_of(Scope(pairs(3000)), 0).losses
    assert (loss.cause, loss.ns, loss.at_most_ns) == ("queued", 27000, 18000)
    (loss,) = account_of(Scope(pairs(10000)), 0).losses
    assert (loss.ns, loss.at_most_ns) == (90000, 81000)
    (loss,) = account_of(Scope(pairs(10001)), 0).losses  # each is longer than a start takes
    assert (loss.cause, loss.ns, loss.at_most_ns) == ("unknown", 90009, 90009)


def test_loading_that_recurs_in_a_window_could_be_saved():
    trace = literal(LONG.format(call="200000-300000"))
    bounds = {window: account_of(Scope(trace, window=window), 0).losses for window in (None, Window(0, 302000))}
    saved = {window: {loss.cause: (loss.ns, loss.at_most_ns) for loss in losses} for window, losses in bounds.items()}
    assert saved[None]["start_up"] == (101000, 101000)
    assert saved[Window(0, 302000)]["start_up"] == (101000, 101000)
