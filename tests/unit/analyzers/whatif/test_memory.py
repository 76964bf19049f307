"""How much memory a schedule holds at once beyond that of the recording."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.whatif.memory import extra_bytes
from gpu_trace_analyzers.whatif.schedule import Times
from known import contents


def at(*spans):
    """Operations that run from when to when."""
    start_ns, end_ns = np.array(spans, np.int64).reshape(-1, 2).T
    held_by = np.full(len(spans), MISSING)
    return Times(start_ns, end_ns, held_by, int(end_ns.max(initial=0)), len(spans) - 1)


IN_TURNS = at((0, 10), (10, 20), (20, 30), (30, 40))
PREFETCHED = at((0, 10), (10, 20), (10, 20), (20, 30))
BATCHES = ((1000, 0, 0, 1, 1), (1000, 0, 2, 3, 1))  # a copy makes each, a kernel uses it last


def test_a_prefetched_batch_is_held_beside_the_one_in_use():
    assert extra_bytes(contents(*BATCHES), IN_TURNS, PREFETCHED) == 1000
    assert extra_bytes(contents(*BATCHES), PREFETCHED, PREFETCHED) == 0
    assert extra_bytes(contents(*BATCHES), PREFETCHED, IN_TURNS) == 0  # less memory is not negative


def test_what_ends_makes_room_for_what_begins_at_that_instant():
    touching = contents((1000, 0, 0, 1, 1), (1000, 0, 2, 2, 1))
    assert extra_bytes(touching, IN_TURNS, at((0, 10), (10, 20), (20, 30), (30, 40))) == 0


def test_memory_that_existed_before_that_is_of_the_host_or_of_unknown_size_does_not_count():
    for row in ((1000, 0, 2, 3, 0), (1000, MISSING, 2, 3, 1), (MISSING, 0, 2, 3, 1)):
        assert extra_bytes(contents(BATCHES[0], row), IN_TURNS, PREFETCHED) == 0


def test_each_device_needs_its_own():
    on_two = contents(*BATCHES, *((size, 1, *rest) for size, _, *rest in BATCHES))
    assert extra_bytes(on_two, IN_TURNS, PREFETCHED) == 2000


@st.composite
def held(draw):
    spans = st.tuples(st.integers(0, 20), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair)))
    recorded, planned = (draw(st.lists(spans, min_size=4, max_size=4)) for _ in range(2))
    pairs = st.integers(0, 3).flatmap(lambda k: st.tuples(st.just(k), st.integers(k, 3)))
    rows = draw(st.lists(st.tuples(st.integers(1, 99), pairs), max_size=5))
    # What is used first makes it, and so is done before what is used last begins.
    used = [(size, a, b) for size, (a, b) in rows if a == b or recorded[a][1] <= recorded[b][0]]
    return recorded, planned, [(size, 0, a, b, 1) for size, a, b in used if a == b or planned[a][1] <= planned[b][0]]


@given(held())
def test_it_is_the_difference_of_the_most_that_is_held_at_any_instant(drawn):
    recorded, planned, rows = drawn

    def most(spans):
        return max(
            sum(size for size, _, first, last, _ in rows if spans[first][0] <= ns < spans[last][1]) for ns in range(30)
        )

    assert extra_bytes(contents(*rows), at(*recorded), at(*planned)) == max(0, most(planned) - most(recorded))
