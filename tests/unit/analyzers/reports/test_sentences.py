from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Source
from gpu_trace_analyzers.questions.evidence import Evidence, Fact
from gpu_trace_analyzers.questions.ranges import RangeFigures
from gpu_trace_analyzers.questions.ranks import RankFigures
from gpu_trace_analyzers.questions.unowned import Unowned
from gpu_trace_analyzers.readers.finishing.contradictions import without_contradictions
from gpu_trace_analyzers.reports.sections.causes import evidence_line
from gpu_trace_analyzers.reports.sections.job import rank_line
from gpu_trace_analyzers.reports.sections.notes import range_notes, reading_notes
from gpu_trace_analyzers.reports.sections.ranges import range_table
from gpu_trace_analyzers.summary import Summary
from literal import literal


def test_evidence_without_an_operation_has_no_gap_where_its_name_would_be():
    found = Evidence(0, 959_000_000, "", None, "", "", None, "", Fact("its last work had ended"))
    assert evidence_line(found) == "longest 959.0 ms: its last work had ended"


def test_evidence_of_an_operation_says_where_it_ran_and_what_launched_it():
    found = Evidence(0, 2000, "copy", 7, "stream 7", "cudaMemcpyAsync", 1500, "step", Fact("it waited", 1000))
    shown = "longest 2.00 µs: copy on stream 7 in step, cudaMemcpyAsync took 1.50 µs: it waited (1.00 µs)"
    assert evidence_line(found) == shown


def with_domains() -> Summary:
    def row(name: str, domain: str, device: int | None, count: int) -> RangeFigures:
        return RangeFigures(name=name, domain=domain, count=count, host_ns=1, device=device, instances=count)

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
    rows = tuple(RangeFigures("unknown", "", count=3, host_ns=1, device=device, instances=3) for device in (0, 1))
    told = ["3 ranges are named `unknown`: Kineto writes this word for every name that is not ASCII"]
    assert reading_notes(Summary(Source("t", "kineto"), (), (), rows)) == told
    assert reading_notes(Summary(Source("t", "nsys-sqlite"), (), (), rows)) == []


def test_where_several_groups_may_be_taken_for_one_the_slowest_rank_is_said_with_that_doubt():
    def said(in_doubt: bool) -> str:
        rows = tuple(RankFigures(rank, (rank,), 0, 4, rank, 1000 * rank, in_doubt) for rank in range(3))
        return rank_line(replace(with_domains(), ranks=rows))

    sentence = "slowest: rank 2; it came last to 2 of 4 collectives, and the others waited 2.00 µs for it"
    assert said(False) == sentence
    assert said(True) == f"{sentence} (process groups are not known here: all ranks are taken for one)"


@pytest.mark.parametrize(
    ("by_order", "said"),
    [
        (0, "4 collectives, and"),
        (4, "4 collectives, matched by order alone, and"),
        (1, "4 collectives, 1 of them matched by order alone, and"),
    ],
)
def test_what_only_order_matches_is_told(by_order, said):
    rows = tuple(RankFigures(rank, (rank,), 0, 4, rank, 1000 * rank, by_order=by_order) for rank in range(2))
    assert f"it came last to 1 of {said} the others waited" in rank_line(replace(with_domains(), ranks=rows))


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (
            "k 10-110 @0; call cudaLaunchKernel 50-51",
            ["1 kernel was launched after the last recorded one: the recording ended first"],
        ),
        ("k 10-110 @50; call cudaLaunchKernel 0-1", ["1 kernel was launched and not recorded: busy times are too low"]),
    ],
)
def test_what_was_launched_at_the_very_end_is_no_loss(text, notes):
    assert reading_notes(Analysis(literal(text)).summary) == notes


def test_launches_whose_work_is_set_aside_were_recorded():
    early = "k 1-10 @9000000; k 20000000-20000010 @10000000; k 30000000-30000010 @11000000"
    notes = reading_notes(Analysis(without_contradictions(literal(early))).summary)
    assert "1 kernel was launched and not recorded, or set aside: busy times are too low" in notes


def test_ranges_that_lie_too_deep_are_told_and_their_rows_are_indented_no_further():
    rows = tuple(
        RangeFigures(name="step", domain="", count=1, host_ns=1, depth=depth, device=None) for depth in (1, 4000)
    )
    summary = Summary(Source("t", "kineto"), (), (), rows, buried=3872)
    assert range_notes(summary) == [
        "3,872 ranges lie in 32 others or more, without operations of their own here: does each range end?"
    ]
    assert [row[0] for row in range_table(rows, summary).rows] == ["  step", f"{'  ' * 12}… step"]
