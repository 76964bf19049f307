from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from gpu_trace_analyzers.model import MISSING, Process, ThreadState
from gpu_trace_analyzers.questions.account.causes import causes_of
from gpu_trace_analyzers.questions.account.idle.explain import explain_idle_time
from gpu_trace_analyzers.questions.account.looks import looks
from gpu_trace_analyzers.questions.account.losses import account_of
from gpu_trace_analyzers.questions.account.where import Lines, Place
from gpu_trace_analyzers.questions.overlap import active_devices
from gpu_trace_analyzers.questions.scope import Scope
from literal import literal
from strategies import traces

SITE = "/e/lib/python3.11/site-packages"
TORCH = f"{SITE}/torch/utils/data"
TWO = "k 0-10 @0; k 1000-1010 @1000"
"""An idle gap of 990 ns, for which thread 1 is late."""


def loss_of(trace, cause):
    """The only loss of a cause on device 0."""
    trace = literal(trace) if isinstance(trace, str) else trace
    (found,) = (loss for loss in account_of(Scope(trace), 0).losses if loss.cause == cause)
    return found


def samples(*stacks, start=100, every=100, more=""):
    """A sample of each of these, one after the other."""
    times = (f"{start + i * every}-{start + (i + 1) * every}" for i in range(len(stacks)))
    return "\n".join(f"sample {time} {more} {stack}" for time, stack in zip(times, stacks, strict=True))


def test_a_trace_without_samples_says_nothing():
    loss = loss_of(TWO, "host_unobserved")
    assert (loss.seen, loss.where, loss.lines) == (None, (), None)
    assert loss.title == "host busy with something that was not recorded"


def test_lines_are_counted_by_the_instants_inside_the_gap():
    loss = loss_of(
        f"""{TWO}
        sample 5-15 f@/u/a.py:1
        sample 10-500 f@/u/a.py:2
        sample 500-999 g@/u/a.py:3
        sample 999-1500 g@/u/a.py:3
        sample 1000-1600 g@/u/a.py:4
        sample 20-30 t2 f@/u/a.py:5
        """,
        "host_unobserved",
    )
    assert loss.where == (Place("/u/a.py", 3, "g", 2), Place("/u/a.py", 2, "f", 1))
    assert (loss.seen.samples, loss.seen.unsampled_ns) == (3, 0)


def test_what_no_sample_stands_for_is_unsampled():
    loss = loss_of(f"{TWO}; sample 5-15 f@a.py:1; sample 100-200 f@a.py:1; sample 150-160 t2", "host_unobserved")
    assert loss.seen.unsampled_ns == 990 - 5 - 100
    assert loss.seen.samples == 1


def test_equal_counts_are_in_order_of_file_and_line_and_five_are_listed():
    stacks = samples(*(f"f@/u/{place}" for place in ("b.py:9", "b.py:10", "b.py:2", "b.py:7", "b.py:8", "a.py:3")))
    loss = loss_of(f"{TWO}; {stacks}", "host_unobserved")
    assert [(place.file, place.line) for place in loss.where] == [
        ("/u/a.py", 3),
        ("/u/b.py", 2),
        ("/u/b.py", 7),
        ("/u/b.py", 8),
        ("/u/b.py", 9),
    ]


BATCHES = "main@/u/a.py:90|batches@/u/a.py:57"


@pytest.mark.parametrize(
    ("stacks", "expected"),
    [
        ([BATCHES] * 8, Lines("/u/a.py", 57, 57, "batches", 8)),
        ([f"{BATCHES}|load@{SITE}/b.py:3", BATCHES, BATCHES], Lines("/u/a.py", 57, 57, "batches", 3)),
        ([BATCHES] * 2, None),  # too few samples
        ([BATCHES] * 3 + ["f@/u/b.py:1"] * 3, None),  # half is not most
        ([BATCHES] * 4 + ["f@/u/b.py:1"] * 3, Lines("/u/a.py", 57, 57, "batches", 4)),
        ([BATCHES] * 3 + [""] * 3, None),  # of stacks that could not be read nothing is known
        # no line, but a few lines of one function
        ([f"main@/u/a.py:9|batches@/u/a.py:{line}" for line in (55, 57, 58)], Lines("/u/a.py", 55, 58, "batches", 3)),
        ([f"batches@/u/a.py:{line}" for line in (50, 55, 59)], Lines("/u/a.py", 50, 59, "batches", 3)),
        ([f"batches@/u/a.py:{line}" for line in (50, 55, 60)], None),
        # what calls them, where several functions share the time
        ([f"main@/u/a.py:90|get@/u/a.py:30|f{i}@/u/a.py:{i}" for i in (1, 2, 3)], Lines("/u/a.py", 30, 30, "get", 3)),
        # a function that is called from several lines of another is one
        ([f"main@/u/a.py:{90 + i}|get@/u/a.py:30" for i in (1, 2, 3)], Lines("/u/a.py", 30, 30, "get", 3)),
        ([f"main@/u/a.py:90|f@/u/a.py:{i}|f@/u/a.py:5" for i in (3, 4, 5)], Lines("/u/a.py", 5, 5, "f", 3)),
        ([f"monitor@{SITE}/b.py:3"] * 8 + ["f@/u/a.py:1"], None),  # no file of the user
    ],
)
def test_the_lines_named_are_the_innermost_that_most_samples_are_at_or_beneath(stacks, expected):
    every = 2520 // len(stacks)
    text = samples(*stacks, start=10, every=every)
    assert loss_of(f"k 0-10 @0; k 2530-2540 @2530; {text}", "host_unobserved").lines == expected


@pytest.mark.parametrize(("until", "named"), [(505, False), (506, True)])
def test_most_of_the_time_must_have_been_sampled(until, named):
    text = f"sample 10-20 f@/u/a.py:1; sample 20-30 f@/u/a.py:1; sample 30-{until} f@/u/a.py:1"
    loss = loss_of(f"{TWO}; {text}", "host_unobserved")
    assert (loss.lines is not None) == named
    assert loss.where == (Place("/u/a.py", 1, "f", 3),)


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("holds_lock", "host busy"),
        ("running", "host busy"),
        ("waiting", "host waiting"),
        ("waits_for_lock", "host waiting for another thread to release the GIL"),
        ("", "host in Python code"),
    ],
)
def test_the_host_works_or_waits_at_a_line_by_the_state_of_most_samples(state, title):
    loss = loss_of(f"{TWO}; {samples(*[BATCHES] * 9, more=state)}", "host_unobserved")
    assert (loss.title, loss.explained) == (title, False)
    assert loss.remedy
    assert loss.seen.state is (ThreadState[state.upper()] if state else ThreadState.UNKNOWN)


def test_states_that_differ_are_none():
    mixed = (
        samples(BATCHES, BATCHES, BATCHES, more="waiting") + "\n" + samples(*[BATCHES] * 3, start=500, more="running")
    )
    assert loss_of(f"{TWO}\n{mixed}", "host_unobserved").seen.state is ThreadState.UNKNOWN


def test_a_cpu_thread_without_stacks_has_those_of_the_main_thread():
    trace = literal(f"s7 k 0-10; s7 k 1000-1010; {samples(*[BATCHES] * 9, more='t100')}", kind="cpu")
    assert trace.processes[0].pid == 100
    loss = loss_of(trace, "host_unobserved")
    assert (loss.title, loss.lines.first_line) == ("host in Python code", 57)


def test_work_of_a_cpu_in_no_process_has_no_thread_to_look_at():
    trace = literal(f"s7 k 0-10; s7 k 1000-1010; {samples(*[BATCHES] * 9, more='t100')}", kind="cpu")
    process = np.full(len(trace.work), MISSING, dtype=trace.work.process.dtype)
    nowhere = replace(trace, work=replace(trace.work, process=process))
    known, unknown = (explain_idle_time(Scope(each), 0) for each in (trace, nowhere))
    assert [owner for owner, _ in looks(known, np.full(len(known.rule), True))] == [(0, 100)]
    assert looks(unknown, np.full(len(unknown.rule), True)) == []


SYNC = """
k 0-100000 @0
call cudaStreamSynchronize 1000-100100
k 150000-150010 @150000
"""


def test_what_was_late_after_a_wait_is_where_the_host_waited():
    waits = samples(*["step@/u/a.py:30"] * 9, start=2000, every=10_000)
    after = samples(*["step@/u/a.py:31"] * 4, start=101_000, every=10_000)
    loss = loss_of(f"{SYNC}\n{waits}\n{after}", "synchronized")
    assert loss.lines == Lines("/u/a.py", 30, 30, "step", 9)
    assert loss.seen.unsampled_ns == 1000 + 8100


def test_a_copy_is_where_it_was_launched():
    """The call blocks for as long as the copy takes."""
    text = "h2d 1000-9000 @500-9100 pageable; k 9200-9300 @9150; k 0-100 @0"
    stacks = samples(*["load@/u/a.py:12"] * 4, start=1000, every=2000) + "\nsample 9120-9190 step@/u/a.py:13"
    assert loss_of(f"{text}\n{stacks}", "pageable").where == (Place("/u/a.py", 12, "load", 4),)


def test_a_copy_that_runs_while_the_host_is_late_is_where_the_host_is():
    text = "s8 h2d 1000-9000 @500-510; s7 k 9200-9300 @9100; s7 k 0-100 @0"
    stacks = samples(*["work@/u/a.py:20"] * 4, start=1000, every=2000)
    assert loss_of(f"{text}\n{stacks}", "launched_late").where == (Place("/u/a.py", 20, "work", 4),)


LOOP = f"iterate@/u/a.py:57|__next__@{TORCH}/dataloader.py:730"
WORKER = (
    f"iterate@/u/a.py:57|_bootstrap@/usr/lib/python3.11/multiprocessing/process.py:314|"
    f"_worker_loop@{TORCH}/_utils/worker.py:349"
)
LOADER = "range enumerate(DataLoader)#_{}ProcessingDataLoaderIter.__next__ 20-990"


def test_the_next_batch_is_prepared_in_the_dataset_of_the_user():
    stacks = samples(*[f"{LOOP}|__getitem__@/u/data.py:30"] * 9)
    loss = loss_of(f"{TWO}; {LOADER.format('SingleProcess')}; {stacks}", "waiting_for_data")
    assert loss.where == (Place("/u/data.py", 30, "__getitem__", 9),)


def test_the_next_batch_of_workers_is_where_they_are():
    main, workers = samples(*[LOOP] * 8), samples(*[f"{WORKER}|__getitem__@/u/data.py:30"] * 8, more="t2 waiting")
    idle = samples(*[f"{WORKER}|get@/usr/lib/python3.11/queue.py:1"] * 3, every=290, more="t3 waiting")
    text = f"{TWO}\n{LOADER.format('Multi')}\n{main}\n{workers}"
    assert loss_of(text, "waiting_for_data").where == (Place("/u/data.py", 30, "__getitem__", 8),)
    loss = loss_of(f"{text}\n{idle}", "waiting_for_data")
    assert [place.samples for place in loss.where] == [8, 3]
    assert loss.lines == Lines("/u/data.py", 30, 30, "__getitem__", 8)


def test_workers_that_mostly_wait_are_not_what_the_loop_waits_for():
    busy, idle = f"{WORKER}|__getitem__@/u/data.py:30", f"{WORKER}|get@/usr/lib/python3.11/queue.py:1"
    text = f"{TWO}; {LOADER.format('Multi')}; {samples(*[busy] * 4, *[idle] * 5, more='t2')}; {samples(*[LOOP] * 9)}"
    assert loss_of(text, "waiting_for_data").lines == Lines("/u/a.py", 57, 57, "iterate", 9)


def test_without_samples_of_workers_it_is_where_the_loop_waits():
    loss = loss_of(f"{TWO}; {LOADER.format('Multi')}; {samples(*[LOOP] * 9)}", "waiting_for_data")
    assert loss.lines == Lines("/u/a.py", 57, 57, "iterate", 9)


@pytest.mark.parametrize(("ranks", "line"), [((0, 0, 7), 30), ((0, 1, 7), 57), ((MISSING, MISSING, 7), 57)])
def test_of_several_processes_that_launch_workers_are_those_of_the_rank(ranks, line):
    """Process 0 launches what waits, process 1 is a worker, process 2 launches too."""
    workers = samples(*[f"{WORKER}|__getitem__@/u/data.py:30"] * 8, more="t2")
    loop = f"{LOADER.format('Multi')}; {samples(*[LOOP] * 8)}"
    trace = literal(f"{TWO}; gpu1 k 0-10 @3 t3; {loop}; {workers}")
    work, sampled = trace.work, trace.samples
    trace = replace(
        trace,
        processes=tuple(Process(100 + i, rank=rank) for i, rank in enumerate(ranks)),
        samples=replace(sampled, process=np.where(sampled.thread == 2, 1, 0).astype(np.int16)),
        work=replace(work, process=np.where(work.device == 1, 2, 0).astype(np.int16)),
        calls=replace(trace.calls, process=np.where(trace.calls.thread == 3, 2, 0).astype(np.int16)),
    )
    assert loss_of(trace, "waiting_for_data").where[0].line == line


@pytest.mark.parametrize("text", ["k 0-10 @0; k 1000-1010", f"{TWO}; overhead 10-1000"])
def test_where_the_host_was_does_not_explain_what_has_no_cause_in_the_script(text):
    (loss,) = account_of(Scope(literal(f"{text}\n{samples(*[BATCHES] * 9)}")), 0).losses
    assert loss.lines is None


@given(traces())
def test_samples_add_up_and_change_no_loss(trace):
    """They explain nothing but waiting for the lock: other figures are those of the trace without them."""
    blind = replace(trace, samples=trace.samples[np.zeros(len(trace.samples), np.bool_)])
    for position in active_devices(trace):
        account, without = account_of(Scope(trace), position), account_of(Scope(blind), position)
        assert (account.compute_ns, account.window_ns) == (without.compute_ns, without.window_ns)
        if any(loss.cause == "host_gil" for loss in account.losses):
            continue
        told = {(loss.owner, loss.cause): (loss.ns, loss.at_most_ns, loss.count, loss.id) for loss in account.losses}
        assert told == {
            (loss.owner, loss.cause): (loss.ns, loss.at_most_ns, loss.count, loss.id) for loss in without.losses
        }
        for loss in account.losses:
            if len(trace.samples):
                assert sum(place.samples for place in loss.where) <= loss.seen.samples
                assert loss.seen.unsampled_ns >= 0


@given(traces())
def test_the_samples_of_a_host_part_are_those_that_brute_force_counts(trace):
    for position in active_devices(trace):
        scope = Scope(trace)
        for owner, found in causes_of(scope, position).items():
            which = found.have("host_unobserved")
            if not which.any() or not len(trace.samples):
                continue
            stretches, launched = found.stretches, found.stretches.launched
            counted: Counter[int] = Counter()
            for i in np.flatnonzero(which).tolist():
                after = int(stretches.after[i])
                for row in range(len(trace.samples)):
                    own = trace.samples.process[row] == trace.work.process[after]
                    own &= trace.samples.thread[row] == launched.thread[after]
                    if own and stretches.start_ns[i] <= trace.samples.start_ns[row] < stretches.end_ns[i]:
                        counted[row] += 1
            (loss,) = (each for each in account_of(scope, position).losses if each.cause == "host_unobserved")
            assert loss.owner is owner
            assert loss.seen.samples == sum(counted.values()) == len(counted)
