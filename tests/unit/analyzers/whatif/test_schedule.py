"""The schedule against a simulation that goes from one nanosecond to the next."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.whatif import schedule as scheduling
from gpu_trace_analyzers.whatif.critical import critical_path
from gpu_trace_analyzers.whatif.host import HostProgram
from gpu_trace_analyzers.whatif.schedule import Plan, schedule


def plan(operations, program, free_ns=None):
    """``operations``: (server, duration, latency, gap, before); ``program``: (own time, launched or awaited)."""
    own_ns = np.array([own for own, _ in program], np.int64)
    launched = np.array([what if isinstance(what, int) else MISSING for _, what in program], np.int64)
    awaited = [() if isinstance(what, int) else tuple(what) for _, what in program]
    host = HostProgram(own_ns, own_ns, launched, awaited, int(own_ns.max(initial=0)), own_ns * 0, 0)
    columns = [np.array([operation[i] for operation in operations], np.int64) for i in range(4)]
    return Plan(*columns, [operation[4] for operation in operations], host, free_ns or {})


def test_copies_on_a_server_of_their_own_run_beside_the_kernels():
    # Four kernels of 10, each with a copy of 4 that needs it: on one stream 56, beside each other 40 and the last copy.
    operations = [(0, 10, 0, 0, ()) if k % 2 == 0 else (1, 4, 0, 0, (k - 1,)) for k in range(8)]
    beside = schedule(plan(operations, [(0, k) for k in range(8)]))
    one_stream = schedule(plan([(0, *operation[1:]) for operation in operations], [(0, k) for k in range(8)]))
    assert (beside.total_ns, one_stream.total_ns) == (44, 56)
    assert critical_path(beside).tolist() == [0, 2, 4, 6, 7]


def test_the_host_waits_and_is_late_afterwards():
    times = schedule(plan([(0, 100, 5, 0, ()), (0, 10, 5, 0, ())], [(3, 0), (4, [0]), (6, 1)]))
    assert times.start_ns.tolist() == [8, 108 + 2 + 5]  # two of its own after the wait, then the launch
    assert times.held_by.tolist() == [MISSING, 0]


def test_a_full_queue_holds_the_host_up(monkeypatch):
    monkeypatch.setattr(scheduling, "QUEUE", 2)
    times = schedule(plan([(0, 10, 0, 0, ())] * 4 + [(1, 1, 0, 0, ())], [(0, k) for k in range(5)]))
    assert times.start_ns.tolist() == [
        0,
        10,
        20,
        30,
        10,
    ]  # the fourth is launched, and then the fifth, once the second has left the queue


def test_operations_that_fit_beside_each_other_run_at_once():
    halves = replace(plan([(0, 10, 0, 0, ())] * 4, [(0, k) for k in range(4)]), share=np.array([0.5, 0.5, 0.5, 0.6]))
    assert schedule(halves).start_ns.tolist() == [0, 0, 10, 20]  # the last does not fit beside the third


def test_work_from_before_the_window_keeps_its_server_busy():
    assert schedule(plan([(0, 10, 0, 2, ())], [(0, 0)], {0: 7})).start_ns.tolist() == [9]


class Simulation:
    """Every nanosecond the host does what it can, then each server starts the next of its queue if it may."""

    def __init__(self, operations, program, free_ns):
        self.operations, self.program, self.free = operations, list(program), dict(free_ns)
        self.start, self.end, self.launched = ([None] * len(operations) for _ in range(3))
        self.queues, self.waited = {}, 0

    def run(self):
        now = 0
        while self.program or any(self.queues.values()):
            self.host(now)
            for server, queue in self.queues.items():
                self.serve(server, queue, now)
            now += 1
        return self

    def host(self, now):
        while self.program and now >= self.program[0][0] + self.waited:
            what = self.program[0][1]
            if not isinstance(what, int) and not self.ended(what, now):
                self.waited += 1  # a nanosecond more that is not its own
                return
            if isinstance(what, int):
                self.launched[what] = now
                self.queues.setdefault(self.operations[what][0], []).append(what)
            self.program.pop(0)

    def serve(self, server, queue, now):
        if queue:
            _, duration, latency, gap, before = self.operations[queue[0]]
            ready = max(self.launched[queue[0]] + latency, self.free.get(server, -gap) + gap)
            if now >= ready and self.ended(before, now):
                self.start[queue[0]], self.end[queue[0]] = now, now + duration
                self.free[server] = now + duration
                queue.pop(0)

    def ended(self, operations, now):
        return all(self.end[k] is not None and self.end[k] <= now for k in operations)


@st.composite
def programs(draw):
    count = draw(st.integers(1, 7))
    operations, program, own = [], [], 0
    for k in range(count):
        before = draw(st.sets(st.integers(0, k - 1), max_size=2)) if k else set()
        numbers = draw(st.tuples(st.integers(0, 2), st.integers(1, 9), st.integers(0, 3), st.integers(0, 2)))
        operations.append((*numbers, tuple(sorted(before))))
        own += draw(st.integers(0, 5))
        program.append((own, k))
        if draw(st.booleans()):
            own += draw(st.integers(0, 3))
            program.append((own, sorted(draw(st.sets(st.integers(0, k), min_size=1, max_size=2)))))
    return operations, program, draw(st.dictionaries(st.integers(0, 2), st.integers(0, 9), max_size=2))


@given(programs())
def test_it_is_what_a_simulation_finds(drawn):
    operations, program, free_ns = drawn
    found, expected = schedule(plan(operations, program, free_ns)), Simulation(operations, program, free_ns).run()
    assert (found.start_ns.tolist(), found.end_ns.tolist()) == (expected.start, expected.end)


@given(programs())
def test_a_critical_path_leads_from_the_host_to_the_end(drawn):
    operations, program, free_ns = drawn
    times = schedule(plan(operations, program, free_ns))
    path = critical_path(times).tolist()
    assert times.end_ns[path[-1]] == times.end_ns.max()
    assert all(times.end_ns[a] <= times.start_ns[b] for a, b in pairwise(path))
    assert times.held_by[path[0]] == MISSING
