"""What a device lost has lanes, named for the causes of the account; the work in them is named by stream and range."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.lanes import Timeline
from literal import literal
from page_lanes import lanes
from report_pages import TRACES, page_of


def found(trace):
    """The first device's lanes by name."""
    analysis = Analysis(trace)
    (_, of_device), *_ = lanes(Timeline(analysis, analysis.summary).document())
    return {name: spans for name, _, spans in of_device}


def test_an_exposed_collective_has_its_cause_its_stream_and_its_range():
    (span,) = found(literal("range step 0-9; k 0-10 @1; s9 nccl 5-30 @2; k 30-40 @3"))["exposed collective"]
    assert span.times == (10, 30)
    assert (span.stream, span.range) == ("stream 9", "step")
    assert "exposed collective" not in found(literal("k 0-30 @1; s9 nccl 5-30 @2"))


def test_a_gap_has_a_piece_for_each_of_its_causes():
    trace = literal("k 0-10 @1; call cudaDeviceSynchronize 2-50; k 70-80 @60")
    idle = found(trace)["idle"]
    assert idle.recorded == [(0, 80)]
    account = Analysis(trace).account.devices[0]
    assert {*idle.names} == {loss.title for loss in account.losses}
    assert len(idle.names) == len(idle.cuts) + 1 > 1


def test_of_what_the_account_leaves_out_no_cause_is_known():
    trace = load(TRACES / "two_h200/ddp")
    lost = found(trace)
    names = {*lost["idle"].names}
    titles = {loss.title for device in Analysis(trace).account.devices for loss in device.losses}
    assert "outside steps 0 to 5" in names
    assert names - {"outside steps 0 to 5"} <= titles
    assert {span.name for span in lost["exposed collective"]} & titles


@pytest.mark.parametrize(
    ("text", "there"), [("k 0-10; d2h 10-20", True), ("k 0-10; nccl 10-20", True), ("k 0-10", False)]
)
def test_the_button_of_exposed_intervals_is_there_if_they_are(text, there):
    assert ('data-do="next"' in page_of(literal(text))) == there
