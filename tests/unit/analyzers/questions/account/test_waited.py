from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.account.losses import account_of
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.vocabulary.losses import Owner
from literal import literal


def copies(text: str) -> list[tuple[str, int, int]]:
    losses = account_of(Scope(literal(text)), 0).loss(Owner.COPY)
    return [(loss.cause, loss.ns, loss.at_most_ns) for loss in losses]


def test_nothing_waited_for_a_copy_that_ends_before_a_late_launch():
    assert copies("k 0-100 @0; h2d 100-150 @1; k 900-1000 @890-895") == [("same_stream", 50, 0)]


def test_compute_that_was_queued_waited_for_all_of_it():
    assert copies("k 0-100 @0; h2d 100-150 @1; k 150-250 @2-3") == [("same_stream", 50, 50)]


@pytest.mark.parametrize(("returned", "waited"), [(99, 50), (100, 50), (101, 49), (149, 1), (150, 0), (151, 0)])
def test_it_waited_from_the_return_of_its_launch(returned, waited):
    found = copies(f"k 0-100 @0; h2d 100-150 @1; k 160-250 @98-{returned}")
    assert sum(at_most for _, _, at_most in found) == waited


@pytest.mark.parametrize("call", ["cudaStreamSynchronize", "cudaEventSynchronize", "cudaDeviceSynchronize", "cudaFree"])
def test_a_host_that_is_blocked_until_the_copy_ends_waits_for_it(call):
    found = copies(f"k 0-100 @0; h2d 100-150 @1; call {call} 5-150; k 160-250 @155")
    assert [(ns, at_most) for _, ns, at_most in found] == [(50, 50)]


def test_a_call_of_another_thread_does_not_count():
    assert copies("k 0-100 @0; h2d 100-150 @1; call cudaDeviceSynchronize 5-150 t2; k 900-1000 @890-895")[0][2] == 0


@pytest.mark.parametrize(("took", "saved"), [(20_000, 0), (20_001, 20_001 - 100 + 1)])
def test_a_pageable_copy_blocks_its_caller_where_its_call_takes_long(took, saved):
    # Both calls begin at 1. The copy runs to 60 µs; what the caller was blocked of it counts.
    found = copies(f"k 0-100 @0; h2d 100-60000 @1-{1 + took} pageable; k 90000-91000 @80000-80010")
    assert [at_most for _, _, at_most in found] == [saved]


def test_without_a_launch_all_of_it_may_have_been_waited_for():
    assert copies("k 0-100; h2d 100-150; k 900-1000")[0][1:] == (50, 50)
