"""In which call the host was blocked, and which lost launches lie around a stretch."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.idle import explain_idle
from gpu_trace_analyzers.questions.scope import Scope
from literal import literal


def only(text):
    """Cause and fact of the one idle stretch of GPU 0."""
    [(rule, found)] = explain_idle(Scope(literal(text)), 0).each()
    return rule.cause, found.fact


def test_of_several_blocking_calls_the_last_is_named():
    calls = "call cudaDeviceSynchronize 4-11; call cudaStreamSynchronize 12-25"
    cause, fact = only(f"k 0-10 @1; {calls}; k 30-40 @30")
    assert (cause, fact.ns, "cudaStreamSynchronize" in fact.words) == ("host_synchronized", 13, True)


@pytest.mark.parametrize(("begun", "ns"), [(20, 10), (21, None)])
def test_a_call_that_lasted_half_of_the_stretch_explains_it_alone(begun, ns):
    """Of a shorter one the length says too little: calls before it blocked the host, too."""
    cause, fact = only(
        f"k 0-10 @1; call cudaDeviceSynchronize 10-15; call cudaDeviceSynchronize {begun}-30; k 30-40 @30"
    )
    assert (cause, fact.ns) == ("host_synchronized", ns)


@pytest.mark.parametrize(
    ("lost", "cause"),
    [
        ("0-1", "start_up"),
        ("0-8 t2", "start_up"),
        ("2-3 t2", "lost_kernels"),
        ("5-6 t2", "lost_kernels"),
        ("6-7", "start_up"),
    ],
    ids=["before", "begun before", "with the launch before", "with the launch after", "after"],
)
def test_kernels_are_lost_around_a_stretch_between_the_launches_of_its_neighbors(lost, cause):
    assert only(f"call cudaLaunchKernel {lost}; k 4-10 @2; k 30-40 @5")[0] == cause
