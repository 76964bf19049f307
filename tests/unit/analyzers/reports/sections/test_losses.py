from __future__ import annotations

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.reports.sections.losses import MOST_SHOWN, device_losses
from literal import literal


def losses_of(text: str):
    summary = Analysis(literal(text)).summary
    return device_losses(summary.devices[0], summary)


def rows(text: str) -> list[list[tuple[str, int, str]]]:
    return [[(row.what, row.ns, row.often) for row in causes.rows] for causes in losses_of(text)]


def test_losses_of_less_than_half_a_percent_are_folded():
    assert rows("k 0-990; memset 990-995; k 995-1000") == [[("other operations", 5, "1 interval")]]
    assert rows("k 0-991; memset 991-995; k 995-1000") == [[("other operations", 4, "1 interval")]]
    kept, folded = losses_of("k 0-500; h2d 500-510 @0; memset 510-513; k 513-1000")
    assert (kept.title, [row.ns for row in kept.rows]) == ("", [10])
    assert (folded.title, [row.ns for row in folded.rows]) == ("Smaller losses", [3])


def test_the_rows_add_up_to_what_was_not_compute():
    found = losses_of("k 0-500; h2d 500-510; memset 510-513; nccl 513-600; k 700-1000")
    assert sum(row.ns for causes in found for row in causes.rows) == 200
    assert all(row.whole_ns == 1000 for causes in found for row in causes.rows)
    assert len(found[0].rows) <= MOST_SHOWN


def test_a_copy_that_nothing_waited_for_says_so():
    (kept,) = losses_of("k 0-100 @0; h2d 100-150 @1; k 160-1000 @158-159")[:1]
    assert [row.saving for row in kept.rows if row.what == "exposed copies"] == ["nothing waited for it"]
