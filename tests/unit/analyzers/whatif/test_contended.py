"""Operations that slow each other down, against a simulation that knows at each instant what runs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.whatif.contended import alone_ns, contended
from gpu_trace_analyzers.whatif.host import HostProgram
from gpu_trace_analyzers.whatif.schedule import Plan, schedule


def plan(operations):
    """``operations``: (group, duration, before), all launched at 0; each group is a server."""
    count = len(operations)
    nothing = np.zeros(count, np.int64)
    host = HostProgram(nothing, nothing, np.arange(count), [()] * count, 0, nothing, 0)
    group, duration = (np.array([operation[i] for operation in operations], np.int64) for i in (0, 1))
    return Plan(group, duration, nothing, nothing, [operation[2] for operation in operations], host, {})


def slow(operations, factors):
    """``factors``: by (group of the operation, group beside it)."""
    groups = {group for group, *_ in operations}
    return {beside: np.array([float(factors.get((group, beside), 1)) for group, *_ in operations]) for beside in groups}


def test_half_of_the_time_beside_one_that_halves_the_speed():
    start_ns, end_ns, group = np.array([0, 100]), np.array([200, 300]), np.array([0, 1])
    found = alone_ns(start_ns, end_ns, group, {1: np.array([2.0, 1.0]), 0: np.ones(2)})
    assert found.tolist() == [100 + 100 / 2, 200]


def test_of_two_beside_at_once_each_adds_what_it_takes():
    start_ns, end_ns, group = np.array([0, 0, 0]), np.array([100, 100, 50]), np.array([0, 1, 2])
    found = alone_ns(start_ns, end_ns, group, {1: np.array([1.25, 1, 1]), 2: np.array([1.25, 1, 1])})
    assert found[0] == pytest.approx(50 / (1 + 0.25 + 0.25) + 50 / (1 + 0.25))


def test_operations_of_ones_own_group_take_turns_and_slow_down_nothing():
    operations = [(0, 1_000_000, ()), (0, 1_000_000, ())]
    assert contended(plan(operations), np.array([0, 0]), {0: np.array([3.0, 3.0])}).total_ns == 2_000_000


def test_a_copy_beside_a_kernel_makes_both_longer():
    # The copy takes 2 ms in place of 1, and meanwhile the kernel does 2 / 1.5 of its 3.
    operations = [(0, 3_000_000, ()), (1, 1_000_000, ())]
    factors = {(0, 1): 1.5, (1, 0): 2}
    found = contended(plan(operations), np.array([0, 1]), slow(operations, factors))
    assert found.end_ns.tolist() == pytest.approx([2_000_000 + 1_666_667, 2_000_000], abs=1_000)


def test_what_was_recorded_beside_each_other_takes_as_long_again():
    operations = [(0, 3_000_000, ()), (1, 1_000_000, ()), (0, 500_000, (1,)), (1, 700_000, (0,))]
    group, slowdown = np.array([0, 1, 0, 1]), slow(operations, {(0, 1): 1.3, (1, 0): 1.7})
    recorded = schedule(plan(operations))
    alone = np.rint(alone_ns(recorded.start_ns, recorded.end_ns, group, slowdown)).astype(np.int64)
    again = contended(replace(plan(operations), duration_ns=alone), group, slowdown)
    assert again.end_ns.tolist() == pytest.approx(recorded.end_ns.tolist(), abs=1_000)


class Simulation:
    """From one start or end to the next: what runs there goes as fast as what runs beside lets it."""

    def __init__(self, operations, factors):
        self.operations, self.factors = operations, factors
        self.left = [Fraction(duration) for _, duration, _ in operations]
        self.end = [None] * len(operations)

    def run(self):
        now = Fraction(0)
        while None in self.end:
            running = self.running()
            step = min(self.left[k] / self.speed(k, running) for k in running)
            now += step
            for k in running:
                self.left[k] -= step * self.speed(k, running)
            for k in running:
                if self.left[k] == 0:
                    self.end[k] = now
        return [float(end) for end in self.end]

    def running(self):
        """The next of each group, where all that it depends on has ended."""
        first = {}
        for k, (group, _, before) in enumerate(self.operations):
            if self.end[k] is None:
                first.setdefault(group, (k, before))
        return [k for k, before in first.values() if all(self.end[j] is not None for j in before)]

    def speed(self, k, running):
        group = self.operations[k][0]
        others = {self.operations[j][0] for j in running if j != k}
        return 1 / (1 + sum(Fraction(self.factors.get((group, other), 1)) - 1 for other in others))


@st.composite
def programs(draw):
    operations = []
    for k in range(draw(st.integers(1, 8))):
        before = draw(st.sets(st.integers(0, k - 1), max_size=2)) if k else set()
        operations.append((draw(st.integers(0, 2)), draw(st.integers(1, 20)) * 100_000, tuple(sorted(before))))
    pairs = [(a, b) for a in range(3) for b in range(3) if a != b]
    return operations, {pair: draw(st.sampled_from([1, Fraction(11, 10), Fraction(13, 10), 2])) for pair in pairs}


@given(programs())
def test_it_is_what_a_simulation_finds(drawn):
    operations, factors = drawn
    group = np.array([group for group, *_ in operations])
    found = contended(plan(operations), group, slow(operations, factors))
    expected = Simulation(operations, factors).run()
    assert found.end_ns.tolist() == pytest.approx(expected, rel=0.001)
    assert found.held_by[0] == MISSING
