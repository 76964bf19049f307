"""A host with which the model does not give back the time by the clock is none."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.whatif.by_clock import device_share, within_clock
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
    clock_ns = None if clock_us is None else clock_us * 1000
    view = within_clock(chosen, nothing_known(chosen.rows), LIKELY, Belief(RecordingCost(), {}, launching), clock_ns)
    return as_recorded(view).total_ns / 1000


@pytest.mark.parametrize(("launching", "ends_us"), [(0.05, 160), (1.2, 1310)])
def test_without_a_clock_it_is_the_end(launching, ends_us):
    assert total_us(launching, None) == ends_us


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


DEVICE = "range measured 0-9000; k 20-1020 @10; call cudaDeviceSynchronize 30-1020"


@pytest.mark.parametrize(
    ("clock_us", "share"),
    [(None, 1), (1020, 1), (1000, 1000 / 1020), (2000, 1), (1015, 1), (1014, 1014 / 1020), (970, 970 / 1020)],
)
def test_operations_took_longer_if_no_host_explains_the_clock(clock_us, share):
    chosen = measured(DEVICE)
    fastest = modeled(chosen, nothing_known(chosen.rows), LIKELY)
    assert device_share(fastest, None if clock_us is None else clock_us * 1000) == pytest.approx(share)


@pytest.mark.parametrize("clock_us", [968, 500, 0.001])
def test_a_clock_of_another_run_says_nothing_of_operations(clock_us):
    chosen = measured(DEVICE)
    fastest = modeled(chosen, nothing_known(chosen.rows), LIKELY)
    clock_ns = round(clock_us * 1000)
    assert device_share(fastest, clock_ns) == 1
    assert another_run(clock_ns, as_recorded(fastest).total_ns).startswith("the time by the clock is ")


def test_operations_of_a_view_are_as_much_shorter_and_the_host_is_not():
    chosen = measured(DEVICE)
    view = modeled(chosen, nothing_known(chosen.rows), Belief(RecordingCost(), {}, device=0.98))
    assert as_recorded(view).total_ns == 20_000 + 980_000
