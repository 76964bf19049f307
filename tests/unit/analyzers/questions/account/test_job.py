"""What comes first for a job, and which devices are told as one."""

from __future__ import annotations

import pytest

from accounts import accounted
from gpu_trace_analyzers.questions.account.first import first_of
from gpu_trace_analyzers.questions.account.job import alike, job_first
from gpu_trace_analyzers.questions.account.late import Lateness
from gpu_trace_analyzers.vocabulary.losses import Owner


def lateness(rank, waited_ns):
    return Lateness(rank, waited_ns, 3, Owner.IDLE, "waiting_for_data", "waiting for the next batch", waited_ns)


def first(text, *late):
    found = job_first(accounted(text).devices, late)
    return found.first.account.device, found.devices, found.of, found.late and found.late.rank, found.by_turns


WAITS = "compute 50; collective waiting_for_rank {}"
IDLE = "compute 40; idle waiting_for_data {}"


def test_the_loss_of_most_devices_comes_first():
    text = f"{IDLE.format(20)} | {IDLE.format(30)} | {WAITS.format(90)}"
    assert first(text, lateness(0, 90)) == (1, (0, 1), 3, None, False)


def test_of_losses_of_as_many_devices_waiting_for_a_rank_comes_first():
    text = f"{IDLE.format(60)} | {WAITS.format(50)}"
    assert first(text, lateness(0, 50)) == (1, (1,), 2, 0, False)


def test_else_the_larger_share_does():
    text = "compute 50; idle queued 50 | compute 50; copy pageable 60"
    assert first(text) == (1, (1,), 2, None, False)


@pytest.mark.parametrize(("ns", "rank"), [(80, 0), (79, None)])
def test_one_rank_must_cost_four_fifths_of_the_waiting(ns, rank):
    text = f"{WAITS.format(50)} | {WAITS.format(50)}"
    late = sorted([lateness(0, ns), lateness(1, 100 - ns)], key=lambda each: -each.waited_ns)
    assert first(text, *late) == (0, (0, 1), 2, rank, rank is None)


def test_ranks_that_came_together_do_not_wait_for_each_other():
    text = f"{WAITS.format(50)} | {WAITS.format(50)}"
    assert first(text, lateness(0, 40), lateness(1, 40)) == (0, (0, 1), 2, None, True)
    assert first(text, lateness(0, 40), lateness(1, 39)) == (0, (0, 1), 2, None, False)


def test_a_loss_comes_before_devices_that_compute():
    assert first("compute 99 | compute 99 | compute 50; idle queued 50") == (2, (2,), 3, None, False)
    assert first("compute 99 | compute 99") == (0, (0, 1), 2, None, False)
    assert job_first(()) is None


def groups(text):
    return [[each.account.device for each in group] for group in alike(map(first_of, accounted(text).devices))]


def test_devices_that_say_the_same_are_one():
    assert groups("compute 50; idle queued 50 | compute 48; idle queued 52 | compute 50; idle event 50") == [
        [0, 1],
        [2],
    ]
    assert groups("compute 50; idle queued 50 | compute 47; idle queued 53") == [[0, 1]]
    assert groups("compute 50; idle queued 50 | compute 46; idle queued 54") == [[0], [1]]
    assert groups("compute 99 | compute 98; idle queued 1") == [[0, 1]]


def test_devices_are_like_the_first_of_them_and_not_only_like_their_neighbors():
    assert groups("compute 50; idle queued 50 | compute 47; idle queued 53 | compute 44; idle queued 56") == [
        [0, 1],
        [2],
    ]


def test_a_device_that_worked_for_a_moment_does_not_speak_for_the_job():
    assert first("compute 900; copy pageable 50 | compute 1; idle queued 9") == (0, (0,), 2, None, False)
    assert first("compute 900 | compute 1; idle queued 9") == (0, (0,), 2, None, False)
    assert first("compute 900 | compute 1; idle queued 18") == (1, (1,), 2, None, False)
