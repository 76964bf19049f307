"""A host with which the model does not give back the time by the clock is none."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.whatif.by_clock import by_clock, device_share, within_clock
from gpu_trace_analyzers.whatif.doubts import Belief
from gpu_trace_analyzers.whatif.expected import as_recorded
from gpu_trace_analyzers.whatif.modeled import modeled
from gpu_trace_analyzers.whatif.recording_cost import RecordingCost
from gpu_trace_analyzers.whatif.refusals import another_run
from known import measured, nothing_known

TEXT = "range measured 0-9000; k 1010-1110 @1000; call cudaDeviceSynchronize 1020-1110"
"""The host takes 1,000 us of 1,110 to launch."""
LIKELY = Belief(RecordingCost(), {})


def total_us(launching, clock_us):
    chosen = measured(TEXT)
    known, end = nothing_known(chosen.rows), Belief(RecordingCost(), {}, launching)
    view = within_clock(chosen, known, LIKELY, end, clock_us * 1000)
    return as_recorded(modeled(chosen, known, view)).total_ns / 1000


@pytest.mark.parametrize(
    ("launching", "clock_us", "least_us", "most_us"),
    [
        (0.05, 160, 160, 160),  # as fast as that
        (0.05, 1110, 1110 * 0.99, 1110 * 0.99 + 30),  # within 1 %, in steps of 1/32 of the way
        (0.05, 1000, 1000 * 0.99, 1000 * 0.99 + 30),
        (1.2, 1310, 1310, 1310),
        (1.2, 1200, 1200 * 1.01 - 7, 1200 * 1.01),
        (1.2, 1000, 1110, 1110),  # the likely one is slower already
        (0.05, 1200, 1110, 1110),
    ],
)
def test_no_further_than_the_clock_allows(launching, clock_us, least_us, most_us):
    assert least_us <= total_us(launching, clock_us) <= most_us


@pytest.mark.parametrize(
    ("clock_us", "low_us", "likely_us", "high_us"),
    [
        (1110, 1099, 1110, 1122),
        (1000, 990, 1010, 1010),  # with the host as recorded it would be 1,110
        (1200, 1188, 1188, 1212),
        (160, 160, 161.6, 161.6),
        (1310, 1296.9, 1296.9, 1310),
        (5000, 1310, 1310, 1310),  # no host is that slow
    ],
)
def test_the_likely_host_is_none_either_if_the_clock_rules_it_out(clock_us, low_us, likely_us, high_us):
    chosen = measured(TEXT)
    known, ends = nothing_known(chosen.rows), [Belief(RecordingCost(), {}, launching) for launching in (0.05, 1.2)]
    views = by_clock(chosen, known, [ends[0], LIKELY, ends[1]], clock_us * 1000)
    found = [as_recorded(modeled(chosen, known, view)).total_ns / 1000 for view in views]
    assert found == pytest.approx([low_us, likely_us, high_us], abs=35)
    assert found == sorted(found)


DEVICE = "range measured 0-9000; k 20-1020 @10; call cudaDeviceSynchronize 30-1020"


@pytest.mark.parametrize(
    ("clock_us", "share"),
    [(1020, 1), (1000, 1000 / 1020), (2000, 1), (1015, 1), (1014, 1014 / 1020), (970, 970 / 1020)],
)
def test_operations_took_longer_if_no_host_explains_the_clock(clock_us, share):
    assert device_share(1_020_000, clock_us * 1000) == pytest.approx(share)


@pytest.mark.parametrize("clock_us", [968, 500, 0.001])
def test_a_clock_of_another_run_says_nothing_of_operations(clock_us):
    clock_ns = round(clock_us * 1000)
    assert device_share(1_020_000, clock_ns) == 1
    assert another_run(clock_ns, 1_020_000).startswith("the time by the clock is ")


def test_operations_of_a_view_are_as_much_shorter_and_the_host_is_not():
    chosen = measured(DEVICE)
    view = modeled(chosen, nothing_known(chosen.rows), Belief(RecordingCost(), {}, device=0.98))
    assert as_recorded(view).total_ns == 20_000 + 980_000
