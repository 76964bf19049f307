"""Each step with its lengths and its largest loss, by hand and against the losses of the account."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions.work import work as module
from gpu_trace_analyzers.questions.work.work import longest
from gpu_trace_analyzers.vocabulary.losses import Owner
from literal import literal

TRACES = Path(__file__).parents[5] / "samples/traces"

TEXT = """
    range ProfilerStep#1 0-10; k 100-190 @2; h2d 190-199 @3
    range ProfilerStep#2 10-25; k 200-250 @12; d2h 250-290 @13
    range ProfilerStep#3 25-30; k 300-400 @26
"""


def test_a_step_has_its_length_on_the_devices_and_on_the_host():
    found = Analysis(literal(TEXT), whole=True).step_lengths
    assert [(row.number, row.device_ns, row.host_ns, row.operations) for row in found] == [
        (1, 100, 10, 2),
        (2, 100, 15, 2),
        (3, 100, 5, 1),
    ]
    assert {(row.name, row.pid, row.rank, row.in_window) for row in found} == {("ProfilerStep#*", 100, -1, True)}


def test_the_largest_loss_of_each_step_is_told_and_none_where_all_is_compute():
    losses = [row.loss for row in Analysis(literal(TEXT), whole=True).step_lengths]
    assert [loss and (loss.owner, loss.ns) for loss in losses] == [(Owner.COPY, 9), (Owner.COPY, 40), None]


def test_a_step_outside_the_window_is_listed_and_its_losses_are_not_known():
    found = Analysis(literal(TEXT), steps=(2, 3)).step_lengths
    assert [(row.number, row.in_window, row.loss is None) for row in found] == [
        (1, False, True),
        (2, True, False),
        (3, False, True),
    ]


def test_kinds_are_numbered_by_their_first_step():
    both = "; ".join(
        f"range ProfilerStep#{i} {10 * i}-{10 * i + 10}; k {100 * i + 200}-{100 * i + 290} @{10 * i + 2} "
        f"name={'train' if i % 2 else 'evaluate'}"
        for i in range(8)
    )
    assert [row.kind for row in Analysis(literal(both)).step_lengths] == [0, 1] * 4


def test_a_trace_without_steps_has_none():
    assert Analysis(literal("k 0-10 @0")).step_lengths == ()


def test_launches_that_repeat_too_seldom_to_be_steps_are_none():
    analysis = Analysis(TRACES / "seed_nonblocking.json.gz")
    assert analysis.account.steady.none_found
    assert analysis.step_lengths == ()


def test_steps_are_listed_in_any_window():
    assert [row.number for row in Analysis(literal(TEXT), from_ns=0, to_ns=150).step_lengths] == [1, 2, 3]


@pytest.mark.parametrize("name", ["ddp_rank0", "two_streams"])
def test_largest_losses_are_no_larger_than_the_losses_of_the_account(name):
    analysis = Analysis(TRACES / f"{name}.json.gz")
    (account,) = analysis.account.devices
    ns = {(loss.owner, loss.cause): loss.ns for loss in account.losses}
    found: dict[object, int] = {}
    for row in analysis.step_lengths:
        if row.loss:
            key = (row.loss.owner, row.loss.cause)
            found[key] = found.get(key, 0) + row.loss.ns
    assert found
    assert all(total <= ns[key] for key, total in found.items())
    inside = [row for row in analysis.step_lengths if row.in_window]
    assert sum(row.device_ns for row in inside) == account.window_ns


def test_of_a_job_the_steps_of_all_ranks_with_the_numbers_of_the_window_are_in_it():
    analysis = Analysis(TRACES / "two_h200/fsdp")
    steady = analysis.account.steady
    inside = [(row.rank, row.number) for row in analysis.step_lengths if row.in_window]
    assert inside == [(rank, n) for rank in (0, 1) for n in range(steady.first_step, steady.last_step + 1)]


def test_a_step_that_meets_a_window_of_time_is_in_it():
    found = Analysis(literal(TEXT), from_ns=150, to_ns=180).step_lengths
    assert [row.number for row in found if row.in_window] == [2]


def test_documents_have_the_longest_of_many_steps(monkeypatch):
    monkeypatch.setattr(module, "MOST_STEPS", 2)
    work = Analysis(literal(TEXT.replace("200-250", "200-280").replace("d2h 250-290", "d2h 280-290")), whole=True).work
    assert [row.device_ns for row in work.steps] == [100, 100, 100]
    assert [row.number for row in work.of_top(1).steps] == [1, 2]
    assert (work.steps_left_out, work.of_top(1).steps_left_out, work.of_top(3).steps_left_out) == (0, 1, 0)
    assert [row.number for row in longest([work.steps[2], work.steps[0]], 1)] == [3]
