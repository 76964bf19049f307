from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.model import Device
from gpu_trace_analyzers.questions.compute.clocks import low_clock, mean_clock_mhz
from gpu_trace_analyzers.questions.compute.figures import compute_figures
from gpu_trace_analyzers.questions.scope import Scope, Window
from literal import literal

S = 10**9
POWER, IDLE, NONE = 0x4, 0x1, 0x0
MM = 'shapes=[[8,4],[4,2]] types=["c10::Half","c10::Half"]'


def clocks(*pieces, highest=1980):
    """Counters of one GPU: (start, end, MHz, reasons) each, times in ms."""
    lines = [f"counter max_SM_clock 0-{100 * S} {highest} MHz gpu0"]
    for start, end, mhz, reasons in pieces:
        times = f"{start * 10**6}-{end * 10**6}"
        lines += [f"counter SM_clock {times} {mhz} MHz gpu0", f"counter throttle_reasons {times} {reasons} gpu0"]
    return ";".join(lines)


def found(*pieces, work="k 0-1000", window=(0, 1000), **how):
    busy = ";".join(
        f"{kind} {start}000000-{end}000000"
        for kind, _, times in (w.partition(" ") for w in work.split(";"))
        for start, end in [times.split("-")]
    )
    scope = Scope(literal(f"{busy};{clocks(*pieces, **how)}"), None, Window(*(at * 10**6 for at in window)))
    return low_clock(scope, 0)


def test_a_clock_that_a_reason_holds_down_is_said_with_its_mean_and_its_time():
    low = found((0, 200, 1980, NONE), (200, 600, 1400, POWER), (600, 1000, 1500, POWER | 0x20))
    assert (low.ns, low.compute_ns, low.max_mhz) == (800 * 10**6, S, 1980)
    assert low.mean_mhz == 1450
    assert low.reasons == ("power limit", "temperature")


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (((0, 1000, 1400, POWER),), True),
        (((0, 1000, 1400, NONE),), False),
        (((0, 1000, 1400, IDLE),), False),
        (((0, 1000, 1980, POWER),), False),
        (((0, 1000, 1920, POWER),), True),  # 97 % of 1980 are 1920.6
        (((0, 1000, 1921, POWER),), False),
        (((0, 300, 1400, POWER), (300, 1000, 1980, NONE)), True),
        (((0, 299, 1400, POWER), (299, 1000, 1980, NONE)), False),
        (((0, 1000, -1, POWER),), False),
        (((0, 1000, 1400, -1),), False),
    ],
)
def test_both_are_needed_and_for_long_enough(pieces, said):
    assert bool(found(*pieces)) == said


@pytest.mark.parametrize(("end", "said"), [(500, True), (499, False)])
def test_a_tenth_of_the_compute_time_is_needed(end, said):
    pieces = (0, end, 1400, POWER), (end, 5000, 1980, NONE)
    assert bool(found(*pieces, work="k 0-5000", window=(0, 5000))) == said


def test_a_device_that_waits_lowers_its_clock_by_itself():
    assert found((0, 500, 345, POWER), (500, 1000, 1980, NONE), work="k 500-1000") is None
    low = found((0, 1000, 1400, POWER), work="k 500-900")
    assert (low.ns, low.compute_ns) == (400 * 10**6, 400 * 10**6)


def test_only_the_window_counts():
    pieces = (0, 2000, 1400, POWER), (2000, 3000, 1980, NONE)
    assert found(*pieces, work="k 0-3000", window=(0, 2000)) is not None
    assert found(*pieces, work="k 0-3000", window=(2000, 3000)) is None


def test_without_one_of_the_counters_nothing_is_known():
    text = clocks((0, 1000, 1400, POWER)).split(";")
    for left_out in range(len(text)):
        rest = ";".join(text[:left_out] + text[left_out + 1 :])
        assert low_clock(Scope(literal(f"k 0-{S};{rest}"), None, Window(0, S)), 0) is None


def test_another_device_has_its_own():
    trace = literal(f"k 0-{S};gpu1 k 0-{S};{clocks((0, 1000, 1400, POWER))}")
    assert low_clock(Scope(trace, None, Window(0, S)), 0) is not None
    assert low_clock(Scope(trace, None, Window(0, S)), 1) is None


def test_the_mean_clock_of_a_time_needs_the_clock_for_nearly_all_of_it():
    trace = literal(f"k 0-{S};{clocks((0, 900, 1000, NONE), (900, 1000, 2000, NONE))}")
    assert mean_clock_mhz(trace, 0, Intervals.from_pairs([(0, S)])) == 1100
    assert mean_clock_mhz(trace, 0, Intervals.from_pairs([(800 * 10**6, S)])) == 1500
    assert mean_clock_mhz(trace, 0, Intervals.from_pairs([(0, 10 * S // 9)])) == 1100
    assert mean_clock_mhz(trace, 0, Intervals.from_pairs([(0, 10 * S // 9 + 9)])) is None


def test_a_rate_has_its_share_of_the_peak_at_that_clock():
    device = Device("gpu", 0, "NVIDIA H200", capability=(9, 0), multiprocessors=132)
    text = f"op aten::mm 0-10 {MM}; k 10-1000000010 @5;{clocks((0, 2000, 1000, NONE))}"
    (row,) = compute_figures(Scope(replace(literal(text), devices=(device,))), 0)
    assert row.mean_clock_mhz == 1000
    assert row.peak_at_clock_tflop_per_s == pytest.approx(4096 * 132 * 1e-3)
    assert row.share_of_peak_at_clock == pytest.approx(row.tflop_per_s / row.peak_at_clock_tflop_per_s)
