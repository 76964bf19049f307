"""What is compared of several runs a side: devices, ranges and causes by their names."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.comparison import compare
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.reports.changes import to_json, to_text
from literal import literal


def summaries(*texts):
    return [Analysis(literal(text)).summary for text in texts]


def changes(row):
    return {change.figure: change for change in row.changes}


RUNS = [f"range a 0-5; k 0-{10 + n} @1; h2d {20 + n}-{24 + n} @2" for n in range(6)]


def test_each_figure_has_the_values_of_all_runs():
    found = compare(summaries(*RUNS[:3]), summaries(*RUNS[2:5]))
    [device], [of_range] = found.devices, found.ranges
    compute = changes(device)["compute_ns"]
    assert (compute.of_before.runs, compute.of_after.runs) == ((10, 11, 12), (12, 13, 14))
    assert (compute.before, compute.after, compute.within_spread) == (11, 13, True)
    assert changes(of_range)["compute_ns"] == compute
    assert compare(summaries(*RUNS[:3]), summaries(*RUNS[3:6])).devices[0].changes[1].within_spread is False


def test_a_cause_that_a_run_does_not_have_took_nothing_there():
    found = compare(summaries(RUNS[0], "k 0-10 @1", RUNS[0]), summaries(RUNS[0], RUNS[0]))
    [exposed] = found.exposed
    [change] = exposed.changes
    assert (change.of_before.runs, change.of_after.runs) == ((4, 0, 4), (4, 4))
    assert (change.before, change.after, change.within_spread) == (4, 4, True)


def test_without_an_account_the_text_has_the_causes_of_the_whole_span():
    [with_account] = summaries(RUNS[0])
    without = replace(with_account, account=None)
    assert "  exposed: " not in to_text(compare([with_account], [with_account]))
    assert "  exposed: " in to_text(compare([without], [without]))


def test_a_range_that_a_run_does_not_have_has_no_median_there():
    found = compare(summaries(RUNS[0], "k 0-10 @1"), summaries(RUNS[0], RUNS[1]))
    [row] = found.ranges
    change = changes(row)["window_ns"]
    assert (row.in_before, row.in_after) == (True, True)
    assert (change.of_before.runs[1], change.before, change.within_spread) == (None, None, None)
    [written] = json.loads(to_json(found))["ranges"]
    assert written["changes"]["window_ns"]["runs"]["before"]["values"][1] is None
    assert written["changes"]["window_ns"]["within_spread"] is None
    [line] = [line for line in to_text(found).splitlines() if line.startswith("a ")]
    assert line.split()[:4] == ["a", "GPU", "0", "–"]


def test_runs_of_different_devices_have_no_median_and_sides_may_differ():
    one, two = "k 0-10 @1", "k 0-10 @1; gpu1 k 0-10 @2"
    with pytest.raises(UsageError, match="literal has GPU 0, literal has GPU 0, GPU 1"):
        compare(summaries(one, two), summaries(one))
    with pytest.raises(UsageError, match="same devices"):
        compare(summaries(one), summaries(two, one))
    found = compare(summaries(one, one), summaries(two, two))
    assert [(row.device, row.in_before, row.in_after) for row in found.devices] == [
        ("GPU 0", True, True),
        ("GPU 1", False, True),
    ]
    assert [account.compute.share.before for account in found.accounts] == [1.0, None]


@pytest.mark.parametrize("sides", [([], summaries(RUNS[0])), (summaries(RUNS[0]), [])])
def test_a_side_needs_a_run(sides):
    with pytest.raises(UsageError, match="a side without runs"):
        compare(*sides)


def test_the_device_whose_first_loss_changed_most_is_named_first():
    before = "k 0-50 @1; k 90-100 @90; gpu1 k 0-40 @2; gpu1 k 90-100 @91"
    after = "k 0-80 @1; k 90-100 @90; gpu1 k 0-85 @2; gpu1 k 90-100 @91"
    found = compare(summaries(before), summaries(after))
    assert found.first.device == "GPU 1"
    assert to_text(found).startswith("GPU 1: idle 50.0 % -> 5.0 %: ")
    assert json.loads(to_json(found))["account"]["text"].startswith("GPU 1: idle 50.0 % -> 5.0 %: ")
