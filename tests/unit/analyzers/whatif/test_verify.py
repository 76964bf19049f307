from __future__ import annotations

import pytest

from gpu_trace_analyzers.errors import TraceInconclusive, UsageError
from gpu_trace_analyzers.whatif.answer import WhatIfWindow
from gpu_trace_analyzers.whatif.entry import entry_of
from gpu_trace_analyzers.whatif.verify import by_clock, by_trace
from what_ifs import MS, abstained, after, answered, before

ENTRY = entry_of(answered(), before())


def test_a_prediction_is_held_against_a_time():
    found = by_clock(ENTRY, 113 * MS)
    assert (found.measured_by, found.error_ns, found.within) == ("clock", -1 * MS, True)
    assert (found.gain_ns, found.predicted_gain_ns) == (19 * MS, 20 * MS)
    assert found.gain_error == pytest.approx(1 / 19)
    assert (found.naive_error_ns, found.naive_gain_error) == (-23 * MS, pytest.approx(23 / 19))
    assert (found.operations, found.spent) == (None, None)


def test_gains_are_counted_from_the_clock_where_it_is_known():
    entry = entry_of(answered(unrecorded_ns=130 * MS, before_ns=130 * MS), before())
    found = by_clock(entry, 113 * MS)
    assert (found.gain_ns, found.predicted_gain_ns) == (17 * MS, 18 * MS)


@pytest.mark.parametrize(("measured_ms", "within"), [(110, False), (111, True), (114, True), (115, False)])
def test_a_time_at_the_edge_of_the_interval_is_inside(measured_ms, within):
    assert by_clock(ENTRY, measured_ms * MS).within == within


def test_without_a_gain_its_error_has_no_share():
    assert by_clock(ENTRY, 132 * MS).gain_error is None


def test_the_same_window_of_a_trace_is_measured_as_the_one_before_was():
    found = by_trace(ENTRY, after())
    assert (found.measured_by, found.after) == ("trace", "literal")
    assert (found.measured_ns, found.operations) == (113 * MS, 6)


def test_the_parts_of_both_windows_explain_the_error_exactly():
    found = by_trace(ENTRY, after())
    assert _window_ns(found.spent) - _window_ns(ENTRY.spent) == -found.error_ns == 1 * MS


def _window_ns(parts):
    busy_ns = sum(parts.busy.values()) - parts.overlapped_ns
    return parts.before_first_ns + busy_ns + parts.idle_ns + parts.after_last_ns


def test_a_range_that_the_run_after_does_not_have_is_refused():
    entry = entry_of(answered(window=WhatIfWindow("epoch", 0, 132 * MS, 6, "epoch")), before())
    with pytest.raises(UsageError, match="no range is called 'epoch'"):
        by_trace(entry, after())


def test_another_number_of_steps_is_refused():
    entry = entry_of(answered(window=WhatIfWindow("steps 3 to 5", 0, 132 * MS, 6, None, 3)), before())
    with pytest.raises(UsageError, match="literal: has no steady steps, and 3 steps were predicted; name a range"):
        by_trace(entry, after())


def test_without_a_prediction_nothing_can_be_verified():
    with pytest.raises(TraceInconclusive, match="no prediction to verify: three CUDA graphs"):
        by_clock(entry_of(abstained(), before()), 113 * MS)
