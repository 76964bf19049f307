"""What no schedule can beat: the busiest engine, and the longest chain."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.whatif.bound import bound, busiest
from gpu_trace_analyzers.whatif.expected import expected_plan
from known import measured, model

ONE_STREAM = """
range measured 0-1000
k 11-111 @1; d2h 112-162 @2; k 163-263 @3; d2h 264-314 @4
call cudaDeviceSynchronize 5-320
"""


def test_an_engine_is_busy_while_any_of_its_operations_runs():
    chosen = measured("range measured 0-900; s7 k 10-110 @1; s8 k 60-210 @2; h2d 10-200 @3")
    assert busiest(chosen) == (Engine.COMPUTE, 200_000)


def test_the_engines_of_two_devices_are_not_one():
    chosen = measured("range measured 0-900; k 10-110 @1; gpu1 k 110-210 @2; h2d 10-120 @3")
    assert busiest(chosen) == (Engine.COPY_H2D, 110_000)


def test_the_busiest_engine_is_the_bound_where_no_chain_is_longer():
    found = bound(*_of(ONE_STREAM, (0, 1), (2, 3)))
    assert (found.predicted_ns, found.busiest, found.busiest_ns) == (200_000, Engine.COMPUTE, 200_000)
    assert (found.chain_ns, found.chain_by_engine) == (150_000, ((Engine.COMPUTE, 100_000), (Engine.COPY_D2H, 50_000)))


def test_a_chain_through_all_engines_is_longer_than_any_of_them():
    found = bound(*_of(ONE_STREAM, (0, 1), (1, 2), (2, 3)))
    assert (found.predicted_ns, found.busiest_ns) == (300_000, 200_000)
    assert found.chain_by_engine == ((Engine.COMPUTE, 200_000), (Engine.COPY_D2H, 100_000))


def test_an_engine_is_as_fast_as_with_nothing_beside_it():
    beside = "range measured 0-900; s7 k 10-210 @1; s8 d2h 10-210 @2"
    twice = {0: np.array([1.0, 2.0]), 2: np.array([2.0, 1.0])}  # each halves the speed of the other
    assert bound(*_of(beside, slowdown=twice)).predicted_ns == 100_000


def _of(text, *pairs, slowdown=None):
    found = model(text, *pairs, slowdown=slowdown)
    return found.part, found.needs, found.recorded.duration_ns.tolist()


@st.composite
def streams(draw):
    """Operations on a stream per engine, beside each other, and dependencies among them."""
    kinds = draw(st.lists(st.sampled_from(["s1 k", "s2 h2d", "s3 d2h"]), min_size=1, max_size=7))
    text, free = ["range measured 0-99"], dict.fromkeys(kinds, 100)
    for k, kind in enumerate(kinds):
        start = free[kind] + draw(st.integers(0, 50))
        free[kind] = start + draw(st.integers(1, 99))
        text.append(f"{kind} {start}-{free[kind]} @{k + 1}")
    pairs = [(a, b) for b in range(len(kinds)) for a in range(b)]
    return ";".join(text), draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []


@given(streams(), st.floats(1, 3))
def test_no_schedule_of_the_model_is_shorter(drawn, factor):
    text, pairs = drawn
    chosen = measured(text)
    found = model(chosen, *pairs, slowdown={k: np.full(len(chosen.rows), factor) for k in range(3)})
    least = bound(found.part, found.needs, found.recorded.duration_ns.tolist())
    assert least.predicted_ns <= found.times(expected_plan(found)).total_ns
    assert sum(ns for _, ns in least.chain_by_engine) == least.chain_ns == _longest(pairs, found.recorded.duration_ns)


def _longest(pairs, duration_ns):
    """Of all ways to follow the dependencies, the one that takes longest."""

    def until(k):
        return int(duration_ns[k]) + max((until(a) for a, b in pairs if b == k), default=0)

    return max(until(k) for k in range(len(duration_ns)))
