from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Source
from gpu_trace_analyzers.questions.ranges import RangeFigures
from gpu_trace_analyzers.questions.unowned import Unowned
from gpu_trace_analyzers.readers.finishing.contradictions import without_contradictions
from gpu_trace_analyzers.reports.sections.notes import range_notes, reading_notes
from gpu_trace_analyzers.reports.sections.ranges import range_table
from gpu_trace_analyzers.summary import Summary
from literal import literal


def with_domains() -> Summary:
    def row(name: str, domain: str, device: int | None, count: int) -> RangeFigures:
        return RangeFigures(name=name, domain=domain, count=count, host_ns=1, depth=0, device=device, instances=count)

    rows = (
        row("step", "", 0, 3),
        row("step", "", 1, 3),
        row("ncclAllReduce", "NCCL", 0, 5),
        row("ncclAllReduce", "NCCL", 1, 5),
        row("conv", "cuDNN", None, 2),
        row("mine", "training", None, 1),
    )
    return Summary(Source("t", "kineto"), (), (), rows)


def test_ranges_of_libraries_are_not_shown_and_counted_once_however_many_devices_they_used():
    summary = with_domains()
    assert [row.name for row in summary.shown_ranges] == ["step", "step", "mine"]
    assert range_notes(summary) == ["7 ranges of NCCL, cuDNN not shown; --all-domains shows them"]


def test_ranges_of_libraries_are_shown_when_asked_for():
    summary = replace(with_domains(), with_libraries=True)
    assert summary.shown_ranges == summary.ranges
    assert range_notes(summary) == []


def test_operations_that_no_range_has_are_told_with_the_thread_that_launched_most():
    summary = replace(with_domains(), with_libraries=True)
    told = "1,300 of 5,000 GPU operations were launched outside every range"
    assert range_notes(replace(summary, unowned=Unowned(1300, 5000))) == [told]
    assert range_notes(replace(summary, unowned=Unowned(1300, 5000, 1200, "pt_autograd_0"))) == [
        f"{told}, 1,200 of them by pt_autograd_0"
    ]


def test_names_that_kineto_lost_are_told():
    rows = tuple(
        RangeFigures("unknown", "", count=3, host_ns=1, depth=0, device=device, instances=3) for device in (0, 1)
    )
    told = ["3 ranges are named `unknown`, which Kineto writes for every name that is not ASCII"]
    assert reading_notes(Summary(Source("t", "kineto"), (), (), rows)) == told
    assert reading_notes(Summary(Source("t", "nsys-sqlite"), (), (), rows)) == []


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (
            "k 10-110 @0; call cudaLaunchKernel 50-51",
            ["1 kernel was launched after the last recorded one, because the recording ended first"],
        ),
        (
            "k 10-110 @50; call cudaLaunchKernel 0-1",
            ["1 kernel was launched and not recorded, so busy times are too low"],
        ),
    ],
)
def test_what_was_launched_at_the_very_end_is_no_loss(text, notes):
    assert reading_notes(Analysis(literal(text)).summary) == notes


def test_launches_whose_work_is_set_aside_were_recorded():
    early = "k 1-10 @9000000; k 20000000-20000010 @10000000; k 30000000-30000010 @11000000"
    notes = reading_notes(Analysis(without_contradictions(literal(early))).summary)
    assert "1 kernel was launched and not recorded, or set aside, so busy times are too low" in notes


def test_ranges_that_lie_too_deep_are_told_and_their_rows_are_indented_no_further():
    rows = tuple(
        RangeFigures(name="step", domain="", count=1, host_ns=1, depth=depth, device=None) for depth in (1, 4000)
    )
    summary = Summary(Source("t", "kineto"), (), (), rows, buried=3872)
    assert range_notes(summary) == [
        "3,872 ranges are nested in 32 or more others and shown without operations; check that ranges end"
    ]
    assert [row[0] for row in range_table(rows, summary).rows] == ["  step", f"{'  ' * 12}… step"]
