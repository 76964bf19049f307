from __future__ import annotations

from dataclasses import replace

import pytest

from accounts import accounted
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.prices import priced
from gpu_trace_analyzers.questions.scope import Window
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.sections.job_verdict import answer
from gpu_trace_analyzers.reports.sections.losses import device_losses
from gpu_trace_analyzers.reports.tidy import to_tables
from gpu_trace_analyzers.whatif.answer import WhatIfWindow
from gpu_trace_analyzers.whatif.entry import entry_of
from what_ifs import MS, abstained, answered, before

REMEDY = answered().remedies[0]
SUMMARY = Analysis(before()).summary


def entry(start_ms=0, end_ms=132, **remedy):
    window = WhatIfWindow("measured", start_ms * MS, end_ms * MS, 6, "measured")
    return entry_of(answered(window=window, remedies=(replace(REMEDY, **remedy),)), before())


def summarized(text):
    """A summary with the account that ``text`` writes, in the window of `before`."""
    return replace(SUMMARY, account=accounted(text, window=Window(10 * MS, 130 * MS)))


def test_a_predicted_gain_takes_the_place_of_the_upper_limit():
    found = priced(SUMMARY, [entry()])
    assert answer(SUMMARY).endswith("same stream as compute (fix saves up to 30.0 ms)")
    assert answer(found).endswith("same stream as compute (fix saves about 20.0 ms ±1.00 ms)")
    (causes,) = device_losses(found.devices[0], found)
    assert [row.saving for row in causes.rows] == ["fix saves about 20.0 ms ±1.00 ms"]


def test_programs_read_both():
    (device,) = to_document(priced(SUMMARY, [entry()]))["account"]["devices"]
    (loss,) = device["losses"]
    assert (loss["at_most_ns"], loss["about_ns"], loss["error_ns"]) == (30 * MS, 20 * MS, MS)
    (row,) = to_tables(SUMMARY)["losses"]
    assert (row["about_ns"], row["error_ns"]) == (None, None)


def test_the_loss_whose_end_saves_most_comes_first():
    summary = summarized("compute 50; copy same_stream 40; idle synchronized 30")
    found = priced(summary, [entry(gain_ns=10)]).account
    assert [loss.cause for loss in summary.account.first.losses] == ["same_stream"]
    assert [loss.cause for loss in found.first.losses] == ["synchronized"]
    assert [loss.cause for loss in found.devices[0].losses] == ["synchronized", "same_stream"]


def test_what_saves_nothing_does_not_come_first():
    found = priced(SUMMARY, [entry(gain_ns=-1)])
    assert answer(found) == (
        "computed for 75.0 % of the time: products (100.0 % of compute); "
        "in exposed copies for 25.0 %: same stream as compute"
    )
    (causes,) = device_losses(found.devices[0], found)
    assert [row.saving for row in causes.rows] == ["fix saves nothing"]


@pytest.mark.parametrize(("start_ms", "end_ms"), [(30, 130), (0, 150)])
def test_a_prediction_of_about_the_same_window_counts(start_ms, end_ms):
    assert priced(SUMMARY, [entry(start_ms, end_ms)]).account.devices[0].losses[0].about_ns == 20 * MS


@pytest.mark.parametrize(("start_ms", "end_ms"), [(35, 130), (0, 170), (200, 300)])
def test_a_prediction_of_another_window_does_not_count(start_ms, end_ms):
    assert priced(SUMMARY, [entry(start_ms, end_ms)]) is SUMMARY


def test_of_several_predictions_that_of_the_window_counts():
    others = [entry(100, 130, gain_ns=1), entry(), entry(0, 150, gain_ns=2)]
    assert priced(SUMMARY, others).account.devices[0].losses[0].about_ns == 20 * MS


def test_a_window_without_a_prediction_hides_no_other():
    abstains = entry_of(abstained(window=WhatIfWindow("steps 0 to 9", 10 * MS, 130 * MS, 6)), before())
    assert priced(SUMMARY, [abstains, entry()]).account.devices[0].losses[0].about_ns == 20 * MS


def test_of_several_changes_for_a_loss_the_first_is_its_price():
    first = entry()
    both = replace(answered(), remedies=(REMEDY, replace(REMEDY, id="pinned", gain_ns=5 * MS)))
    assert priced(SUMMARY, [entry_of(both, before())]) == priced(SUMMARY, [first])


def test_a_loss_that_is_ended_in_vain_saves_nothing():
    found = priced(SUMMARY, [entry_of(answered(remedies=(), vain=("same_stream",)), before())])
    (loss,) = found.account.devices[0].losses
    assert (loss.about_ns, loss.error_ns) == (0, 0)
    assert found.account.first.losses == ()


def test_without_a_prediction_or_an_account_nothing_changes():
    no_account = replace(SUMMARY, account=None)
    assert priced(SUMMARY, []) is SUMMARY
    assert priced(no_account, [entry()]) is no_account


def test_the_first_line_of_a_job_stays_and_has_the_price():
    summary = summarized("compute 50; copy same_stream 40; idle synchronized 30 | compute 50; copy same_stream 45")
    found = priced(summary, [entry(gain_ns=35)]).account
    priced_losses = [loss for each in found.devices for loss in each.losses if loss.about_ns is not None]
    assert [(loss.device, loss.about_ns) for loss in priced_losses] == [(1, 35)]
    assert [(loss.device, loss.about_ns) for loss in found.first.losses] == [(1, 35)]
