from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.account.account import account
from gpu_trace_analyzers.questions.scope import Scope
from literal import literal

STEP = 100_000
PIN = "pin buffers once, before the loop, and copy into them"
LESS = "if memory is short, use less of it (smaller batches, checkpointing), or expandable segments"
USUAL = "allocate and pin once, before the loop; no empty_cache() between steps; expandable segments"
FLUSH = ("cudaMalloc 10000-20000", "cudaFree 20000-50000", "cudaFree 50000-60000", "cudaMalloc 60000-80000")


def step(number, *host, name="k", thread="t1"):
    """A step whose host makes some calls, and launches a kernel at 90,000 that ends with the step."""
    at = number * STEP
    lines = [f"range step#{number} {at}-{at + STEP}", f"k {at + 95_000}-{at + STEP} @{at + 90_000} name={name}"]
    for what in host:
        kind, times = what.rsplit(" ", 1)
        start, end = (at + int(each) for each in times.split("-"))
        verb = "" if kind.startswith("range") else "call "
        lines.append(f"{verb}{kind} {start}-{end} {thread}")
    return lines


def trace(*steps):
    return literal("\n".join(line for lines in steps for line in lines))


def allocating(*steps, **asked):
    """Remedy of the loss by allocations, and what steps repeat."""
    found = account(Scope(trace(*steps)), **asked)
    loss = next(loss for loss in found.devices[0].losses if loss.cause == "allocating")
    return loss.remedy, loss.evidence.steps


@pytest.mark.parametrize(
    "call", ["cudaHostAlloc", "cudaMallocHost", "cudaHostRegister", "hipHostMalloc", "cuMemHostAlloc"]
)
def test_pinning_in_each_step_is_pinning_anew(call):
    # The first step of a kind does not count: a script may pin once, in it.
    steps = [step(n, f"{call} 10000-70000") for n in range(5)]
    assert allocating(*steps) == (PIN, "4 of 4 steps pin memory anew")


def test_that_pinned_memory_is_freed_in_each_step_is_a_part_of_it():
    steps = [step(n, "cudaHostAlloc 10000-20000", "cudaFreeHost 30000-70000") for n in range(5)]
    assert allocating(*steps) == (PIN, "4 of 4 steps pin memory anew")


@pytest.mark.parametrize(("pins", "remedy"), [(3, PIN), (2, USUAL)])
def test_pinning_in_few_steps_is_a_warm_up(pins, remedy):
    steps = [step(n, "cudaHostAlloc 10000-70000" if 0 < n <= pins else "cudaMalloc 10000-10001") for n in range(6)]
    assert allocating(*steps)[0] == remedy


@pytest.mark.parametrize(("steps", "remedy"), [(6, PIN), (7, USUAL)])
def test_pinning_in_half_of_the_steps_is_not_pinning_in_each(steps, remedy):
    pins = [step(n, "cudaHostAlloc 10000-70000") for n in range(1, 4)]
    others = [step(n, "cudaMalloc 10000-10001") for n in (0, *range(4, steps))]
    assert allocating(*pins, *others)[0] == remedy


@pytest.mark.parametrize(("other", "remedy"), [("70000-79999", PIN), ("70000-80000", USUAL)])
def test_most_of_the_loss_must_be_pinning(other, remedy):
    steps = [step(n, "cudaHostAlloc 10000-20000", f"cudaMalloc {other}") for n in range(5)]
    assert allocating(*steps)[0] == remedy


def test_without_steps_nothing_is_said_of_them():
    assert allocating(*(step(n, "cudaHostAlloc 10000-70000") for n in range(5)), whole=True) == (USUAL, "")


def test_what_is_freed_between_two_allocations_is_said_as_it_was_seen():
    words = "in 4 of 4 steps memory was freed between two allocations, with no launch between them"
    assert allocating(*(step(n, *FLUSH) for n in range(5))) == (LESS, words)


@pytest.mark.parametrize(("flushes", "remedy"), [(3, LESS), (2, USUAL)])
def test_a_few_flushes_are_a_warm_up(flushes, remedy):
    steps = [step(n, *(FLUSH if 0 < n <= flushes else ["cudaMalloc 10000-10001"])) for n in range(8)]
    assert allocating(*steps)[0] == remedy


def test_the_first_step_of_a_kind_may_flush():
    # Evaluation follows training, and its first step needs memory that training keeps.
    steps = [step(n, *(FLUSH if n in (2, 4) else ["cudaMalloc 10000-10001"]), name="te"[n > 3]) for n in range(8)]
    assert allocating(*steps)[0] == USUAL


def test_a_script_that_empties_the_cache_has_launched_work_since():
    # As recorded of empty_cache() in each step: a launch, frees, allocations, a launch.
    frees = "cudaFree 10000-20000", "cudaFree 20000-30000", "cudaMalloc 30000-60000", "cudaMalloc 60000-80000"
    assert allocating(*(step(n, *frees) for n in range(6)))[0] == USUAL


def test_a_range_may_say_that_the_script_emptied_the_cache():
    by_hand = [step(n, *FLUSH, "range torch.cuda.empty_cache 15000-65000") for n in range(6)]
    assert allocating(*by_hand)[0] == USUAL
    others = [step(n, *FLUSH, "range forward 15000-65000") for n in range(6)]
    assert allocating(*others)[0] == LESS


@pytest.mark.parametrize(
    "calls",
    [
        FLUSH[1:],  # nothing failed before
        FLUSH[:-1],  # nothing was allocated then
        (*FLUSH[:1], *FLUSH[3:]),  # nothing was freed
        ("cudaMallocAsync 10000-20000", "cudaFree 20000-50000", "cudaMalloc 60000-80000"),
    ],
)
def test_a_part_of_that_is_no_flush(calls):
    # Each step launches in between, so what is lacking does not come from the next step.
    assert allocating(*(step(n, *calls) for n in range(6)))[0] == USUAL


def test_calls_of_two_threads_are_no_flush():
    steps = [step(n, *FLUSH[1:3]) for n in range(6)]
    others = [step(n, FLUSH[0], FLUSH[3], thread="t2") for n in range(6)]
    both = [lines + other[2:] for lines, other in zip(steps, others, strict=True)]
    assert allocating(*both)[0] == USUAL
