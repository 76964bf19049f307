"""A schedule in which what is made waits for memory, against an allocator that goes from one nanosecond to the next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.whatif.host import HostProgram
from gpu_trace_analyzers.whatif.memory import extra_bytes, made_on_devices, room_of
from gpu_trace_analyzers.whatif.room import Room
from gpu_trace_analyzers.whatif.schedule import Plan, schedule
from known import contents


def plan(operations):
    """``operations``: (server, duration, before), all launched at 0."""
    count, nothing = len(operations), np.zeros(len(operations), np.int64)
    host = HostProgram(nothing, nothing, np.arange(count), [()] * count, 0, nothing, 0)
    columns = [np.array([operation[i] for operation in operations], np.int64) for i in (0, 1)]
    return Plan(*columns, nothing, nothing, [operation[2] for operation in operations], host, {})


STEPS = [(1, 4, ()), (0, 10, (0,)), (1, 4, ()), (0, 10, (2,)), (1, 4, ()), (0, 10, (4,))]  # a copy, and what needs it
BATCHES = [(1000, 0, 2 * n, 2 * n + 1, 1) for n in range(3)]


def in_room_of(rows, limit, operations=STEPS):
    return schedule(replace(plan(operations), room=room(rows, limit)))


def room(rows, limit):
    """The room of ``limit`` bytes on each device."""
    own = contents(*rows)
    found = room_of(own, schedule(plan([(0, 1, ())] * (1 + int(own.last.max(initial=0))))))
    return Room(dict.fromkeys(found.limit, limit), found.made_by, found.last_used_by)


def test_copies_run_ahead_as_far_as_there_is_room():
    assert in_room_of(BATCHES, 3000).start_ns.tolist() == [0, 4, 4, 14, 8, 24]
    assert in_room_of(BATCHES, 2000).start_ns.tolist() == [0, 4, 4, 14, 14, 24]  # the third one waits for the first
    assert in_room_of(BATCHES, 1000).start_ns.tolist() == [0, 4, 14, 18, 28, 32]


def test_what_it_waited_for_is_on_the_way_to_it():
    assert in_room_of(BATCHES, 1000).held_by.tolist() == [-1, 0, 1, 2, 3, 4]


def test_what_makes_nothing_does_not_wait_for_memory():
    operations = [*STEPS, (2, 1, ())]
    assert in_room_of(BATCHES, 1000, operations).start_ns[-1] == 0


def test_what_is_launched_later_gets_no_memory_before():
    # The second content needs all of it; the third would fit beside the first, but was asked for later.
    rows = [(600, 0, 0, 0, 1), (1000, 0, 1, 1, 1), (300, 0, 2, 2, 1)]
    found = in_room_of(rows, 1000, [(0, 10, ()), (1, 10, ()), (2, 10, ())])
    assert found.start_ns.tolist() == [0, 10, 20]


def test_each_device_has_room_of_its_own():
    rows = [(1000, 0, 0, 0, 1), (1000, 1, 1, 1, 1)]
    assert in_room_of(rows, 1000, [(0, 10, ()), (1, 10, ())]).start_ns.tolist() == [0, 0]


def test_what_never_fits_waits_for_all_that_can_end():
    rows = [(1000, 0, 0, 2, 1), (500, 0, 1, 1, 1), (800, 0, 2, 2, 1)]
    assert in_room_of(rows, 1000, [(0, 10, ()), (1, 10, ()), (2, 10, ())]).start_ns.tolist() == [0, 0, 10]


class Allocator:
    """Every nanosecond it gives memory to the next that asks, in the order of the launches, and servers start."""

    def __init__(self, operations, rows, limit):
        self.operations, self.rows, self.limit = operations, rows, limit
        self.start, self.end = ([None] * len(operations) for _ in range(2))
        self.given = 0
        """operations that have their memory"""

    def run(self):
        now = 0
        while None in self.start:
            self.give(now)
            for server in {server for server, *_ in self.operations}:
                self.serve(server, now)
            now += 1
        return self.start

    def give(self, now):
        while self.given < len(self.operations) and self.fits(self.given, now):
            self.given += 1

    def fits(self, k, now):
        needed = [size for size, _, first, _, _ in self.rows if first == k]
        earlier = [(size, last) for size, _, first, last, _ in self.rows if first < k]
        held = [size for size, last in earlier if last >= k or not self.ended(last, now)]
        can_end = [last for _, last in earlier if last < k]
        enough = sum(held) + sum(needed) <= self.limit
        return not needed or enough or all(self.ended(last, now) for last in can_end)

    def serve(self, server, now):
        waiting = [k for k, (own, *_) in enumerate(self.operations) if own == server and not self.ended(k, now)]
        if waiting and self.start[waiting[0]] is None:
            k = waiting[0]
            makes_nothing = all(first != k for _, _, first, _, _ in self.rows)
            if (makes_nothing or k < self.given) and all(self.ended(j, now) for j in self.operations[k][2]):
                self.start[k], self.end[k] = now, now + self.operations[k][1]

    def ended(self, k, now):
        return self.end[k] is not None and self.end[k] <= now


@st.composite
def programs(draw):
    operations = []
    for k in range(draw(st.integers(1, 8))):
        before = draw(st.sets(st.integers(0, k - 1), max_size=2)) if k else set()
        operations.append((draw(st.integers(0, 2)), draw(st.integers(1, 9)), tuple(sorted(before))))
    pairs = st.integers(0, len(operations) - 1).flatmap(
        lambda first: st.tuples(st.just(first), st.integers(first, len(operations) - 1))
    )
    rows = draw(st.lists(st.tuples(st.integers(1, 9), pairs), max_size=6))
    return operations, [(size, 0, first, last, 1) for size, (first, last) in rows], draw(st.integers(1, 20))


@given(programs())
def test_it_is_what_an_allocator_gives(drawn):
    operations, rows, limit = drawn
    assert in_room_of(rows, limit, operations).start_ns.tolist() == Allocator(operations, rows, limit).run()


@given(programs())
def test_in_the_room_of_a_run_on_one_stream_no_more_is_held(drawn):
    operations, rows, _ = drawn
    # What uses a content needs what made it.
    makers = {k: {first for _, _, first, last, _ in rows if last == k and first < k} for k in range(len(operations))}
    needed = [(*each[:2], tuple({*each[2], *makers[k]})) for k, each in enumerate(operations)]
    one_stream = schedule(plan([(0, *each[1:]) for each in needed]))
    own = made_on_devices(contents(*rows))
    found = schedule(replace(plan(needed), room=room_of(own, one_stream)))
    assert extra_bytes(own, one_stream, found) == 0
    assert schedule(plan(needed)).total_ns <= found.total_ns <= one_stream.total_ns
