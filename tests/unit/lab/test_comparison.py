"""Overlap by the clocks and by the trace: the formula, and that what they differ by is named to the nanosecond."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.comparison import Comparison, compared
from lab.experiments import ROOT, Experiment, experiments
from lab.measured import OnDevice, Ran, Recorded, Variant

NS = st.integers(1, 10**12)


def test_the_book_s_example_on_an_h200():
    found = Comparison(131_000, 58_000, 132_400, 132_200, 130_700, 57_900, 56_800)
    assert found.by_clocks == pytest.approx(0.976, abs=5e-4)
    assert found.by_trace == pytest.approx(0.981, abs=5e-4)
    assert found.agrees


@given(NS, NS, NS, NS, NS, NS, st.integers(0, 10**12))
def test_what_the_clocks_did_not_see_sums_to_the_difference(alone_a, alone_b, both, wall, busy_a, busy_b, overlap):
    found = Comparison(alone_a, alone_b, both, wall, busy_a, busy_b, min(overlap, busy_a, busy_b))
    saved = alone_a + alone_b - both
    assert saved - found.overlap_ns == -sum(found.unseen_ns.values())


def test_work_that_takes_turns_has_no_overlap_however_slow_its_parts_became():
    found = Comparison(100, 50, 180, 200, 100, 80, 0)
    assert (found.by_trace, found.by_clocks) == (0.0, -0.6)
    assert not found.agrees
    assert found.unseen_ns == {"first": 0, "second": 30, "idle": 20, "recording": -20}


def on(compute_ns: int, copy_ns: int, overlap_ns: int) -> OnDevice:
    return OnDevice("GPU 0", compute_ns + copy_ns - overlap_ns, compute_ns, copy_ns, overlap_ns, 0, 0, 1)


COPYING = Experiment("t", "s", "b", parts=(("compute",), ("pinned", "any")), other_parts={"slow": "pageable"})


def ran(*names: str) -> Ran:
    ns = {"compute": 100, "pinned": 50, "pageable": 400}
    recorded = Recorded(130, [on(100, 50, 30)])
    return Ran("s", "what", [], [Variant(name, ns.get(name, 120), recorded) for name in names])


@pytest.mark.parametrize(("variant", "other"), [("both", 50), ("slow", 400)])
def test_a_variant_is_compared_with_its_own_parts(variant, other):
    everything = ran("compute", "pinned", "pageable", "both", "slow")
    found = compared(COPYING, everything, everything.by_name[variant])
    assert found == Comparison(100, other, 120, 130, 100, 50, 30)


@pytest.mark.parametrize("variant", ["compute", "pinned", "pageable"])
def test_a_part_is_compared_with_nothing(variant):
    everything = ran("compute", "pinned", "pageable")
    assert compared(COPYING, everything, everything.by_name[variant]) is None


def test_without_one_of_the_parts_there_is_no_comparison():
    partly = ran("compute", "both")
    assert compared(COPYING, partly, partly.by_name["both"]) is None


def test_devices_are_compared_by_the_time_that_both_computed():
    experiment = Experiment("t", "s", "b", overlap_of="devices", parts=(("first",), ("second",)))
    recorded = Recorded(106, [on(100, 0, 0), on(90, 0, 0)], together_ns=85, shorter_ns=90)
    variants = [Variant("first", 100, None), Variant("second", 90, None), Variant("both", 105, recorded)]
    found = compared(experiment, Ran("s", "w", [], variants), variants[2])
    assert found == Comparison(100, 90, 105, 106, 100, 90, 85)


@pytest.mark.parametrize("experiment", experiments(), ids=lambda experiment: experiment.sample)
def test_the_parts_of_an_experiment_are_variants_of_its_sample(experiment):
    source = (ROOT / experiment.script).read_text(encoding="utf-8")
    named = {name for names in experiment.parts for name in names}
    named |= {*experiment.other_parts, *experiment.other_parts.values()}
    assert [name for name in named if f'"{name}"' not in source] == []
