"""Steps behind the window are timed in parts as long as it, from idle devices to idle devices, and not for ever."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gpu_trace.boot import unrecorded_steps
from gpu_trace.boot.bounds import Bounds
from gpu_trace.boot.unrecorded_steps import UnrecordedSteps


class Notes(list):
    def write(self, key, *values):
        self.append((key.name, *values))


@pytest.fixture
def clock(monkeypatch):
    """Its ``ns`` is the time; waiting for the devices takes a thousand, and works unless ``hangs``."""
    state = SimpleNamespace(ns=0, hangs=False, captures=False, waits=0)

    def wait(_):
        state.ns, state.waits = state.ns + 1000, state.waits + 1
        return not state.hangs

    monkeypatch.setattr(unrecorded_steps.time, "monotonic_ns", lambda: state.ns)
    monkeypatch.setattr(unrecorded_steps.devices, "synchronized_within", wait)
    monkeypatch.setattr(unrecorded_steps.captures, "under_way", lambda: state.captures)
    return state


def steps(timed, clock, count):
    for _ in range(count):
        clock.ns += 10
        timed.step()


def test_each_part_ends_with_idle_devices(clock):
    timed = UnrecordedSteps(3, notes := Notes())
    steps(timed, clock, 7)
    assert notes == [("unrecorded", 3, 1030), ("unrecorded", 3, 1030)]


def test_after_five_parts_the_script_is_left_alone(clock):
    timed = UnrecordedSteps(2, notes := Notes())
    steps(timed, clock, 100)
    assert (len(notes), clock.waits) == (5, 5)


@pytest.mark.parametrize(("hangs", "captures", "waits"), [(True, False, 1), (False, True, 0)])
def test_devices_that_cannot_be_waited_for_end_it(hangs, captures, waits, clock):
    clock.hangs, clock.captures = hangs, captures
    timed = UnrecordedSteps(2, notes := Notes())
    steps(timed, clock, 50)
    assert (notes, clock.waits) == ([], waits)


class Recorder:
    belongs_here = True

    def __init__(self):
        self.is_wanted, self.edges = False, []

    def start(self):
        self.is_wanted = True
        self.edges.append("start")

    def finish_early(self):
        self.is_wanted = False
        self.edges.append("finish")


@pytest.mark.parametrize("dependencies", [True, False])
def test_it_begins_with_the_end_of_the_steps_that_were_asked_for(dependencies, clock, monkeypatch):
    settings = SimpleNamespace(
        duration_s=0.0, level="ops", dependencies=dependencies, events=10**6, steps=(1, 3), step_range="", range_name=""
    )
    monkeypatch.setattr(Bounds, "_listen", lambda _: None)
    monkeypatch.setattr(Bounds, "_in_the_background", lambda *_: None)
    bounds = Bounds(settings, ours := Recorder(), notes := Notes(), None)
    bounds._may_begin = True
    for _ in range(8):
        clock.ns += 10
        bounds._stepped()
    assert ours.edges == ["start", "finish"]
    assert notes[1:] == [("unrecorded", 2, 1020)] * 2 * dependencies
