from __future__ import annotations

import pytest

from gpu_trace_analyzers.whatif.entry import entry_of, spent_entry
from gpu_trace_analyzers.whatif.spent import spent
from gpu_trace_analyzers.whatif.verify import verified
from what_ifs import MS, after, answered, before

ENTRY = entry_of(answered(), before())


def test_a_prediction_is_held_against_a_time():
    found = verified(ENTRY, ENTRY.expected, "after", 113 * MS)
    assert (found.measured_by, found.error_ns, found.within) == ("clock", -1 * MS, True)
    assert (found.gain_ns, found.predicted_gain_ns) == (19 * MS, 20 * MS)
    assert found.gain_error == pytest.approx(1 / 19)
    assert (found.naive_error_ns, found.naive_gain_error) == (-23 * MS, pytest.approx(23 / 19))
    assert (found.operations, found.spent) == (None, None)


def test_gains_are_counted_from_the_clock_where_it_is_known():
    entry = entry_of(answered(unrecorded_ns=130 * MS, before_ns=130 * MS), before())
    found = verified(entry, entry.expected, "after", 113 * MS)
    assert (found.gain_ns, found.predicted_gain_ns) == (17 * MS, 18 * MS)


@pytest.mark.parametrize(("measured_ms", "within"), [(110, False), (111, True), (114, True), (115, False)])
def test_a_time_at_the_edge_of_the_interval_is_inside(measured_ms, within):
    assert verified(ENTRY, ENTRY.expected, "after", measured_ms * MS).within == within


def test_without_a_gain_its_error_has_no_share():
    assert verified(ENTRY, ENTRY.expected, "after", 132 * MS).gain_error is None


def test_the_parts_of_both_windows_explain_the_error_exactly():
    work = after().work
    measured = spent_entry(spent(work.start_ns, work.end_ns, work.engine, 113 * MS))
    found = verified(ENTRY, ENTRY.expected, "after", 113 * MS, operations=6, spent=measured)
    assert found.measured_by == "trace"
    assert _window_ns(found.spent) - _window_ns(ENTRY.spent) == -found.error_ns == 1 * MS


def _window_ns(parts):
    busy_ns = sum(parts.busy.values()) - parts.overlapped_ns
    return parts.before_first_ns + busy_ns + parts.idle_ns + parts.after_last_ns
