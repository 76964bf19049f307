"""When events are counted: never before there can be enough of them, and less often after countings in vain."""

from __future__ import annotations

import pytest

from gpu_trace.boot import budget
from gpu_trace.boot.budget import Budget

LATER = 1000 * 10_000 + 1
"""for a budget of 1000"""


@pytest.fixture
def process(monkeypatch):
    """What the process is said to have grown to and computed for."""
    now = {"bytes": 0, "ns": 0, "clock": 0}
    monkeypatch.setattr(budget, "_resident_bytes", lambda: now["bytes"])
    monkeypatch.setattr(budget.time, "process_time_ns", lambda: now["ns"])
    monkeypatch.setattr(budget.time, "monotonic_ns", lambda: now["clock"])
    return now


@pytest.mark.parametrize(("level", "each"), [("gpu", 200), ("ops", 200), ("full", 400)])
def test_both_memory_and_time_must_have_gone(process, level, each):
    asked = Budget(1000, level)
    process["clock"] = LATER
    process.update(bytes=1000 * each + 1, ns=0)
    assert not asked.may_be_spent()
    process.update(bytes=1000 * each, ns=1000 * 800 + 1)
    assert not asked.may_be_spent()
    process.update(bytes=1000 * each + 1)
    assert asked.may_be_spent()


def test_what_was_counted_is_taken_off_and_growth_counts_from_then_on(process):
    asked = Budget(1000, "gpu")
    process.update(bytes=10**9, ns=10**10)
    assert not asked.spend(600)
    assert not asked.may_be_spent()
    process.update(clock=2 * LATER, bytes=10**9 + 400 * 200 + 1, ns=10**10 + 400 * 800 + 1)
    assert asked.may_be_spent()
    assert asked.spend(390)


def test_countings_in_vain_become_rare(process):
    asked = Budget(1000, "gpu")
    for patience in (2, 4, 8):
        assert not asked.spend(0)
        process["bytes"] += 1000 * 200 * patience
        process["ns"] += 1000 * 800 * patience
        assert not asked.may_be_spent()
        process["bytes"] += 1
        process["ns"] += 1
        process["clock"] += LATER
        assert asked.may_be_spent()
        asked.begin()


def test_but_not_rarer_than_a_gigabyte_and_a_minute_of_work(process):
    asked = Budget(2_000_000, "gpu")
    for _ in range(30):
        assert not asked.spend(0)
    process.update(bytes=(1 << 30) + 1, ns=60 * 10**9 + 1)
    assert asked.may_be_spent()


def test_what_a_script_allocates_to_begin_with_is_not_counted_at_once_unless_it_is_a_gigabyte(process):
    asked = Budget(1000, "gpu")
    process.update(bytes=1 << 30, ns=10**10, clock=LATER - 1)
    assert not asked.may_be_spent()
    process["bytes"] += 1
    assert asked.may_be_spent()
    process.update(bytes=1 << 20, clock=LATER)
    assert asked.may_be_spent()
