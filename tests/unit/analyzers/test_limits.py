"""What may have copied and is in no figure makes a check of copies inconclusive, never passed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.limits import Limits, Outcome, UpperLimit, check
from gpu_trace_analyzers.model import Engine, Memory
from gpu_trace_analyzers.reports.sections.device import overlap_lines
from gpu_trace_analyzers.reports.sections.overlap import overlap_line
from literal import literal

ASKED = Limits(min_overlap=0.0, max_exposed_copy=UpperLimit(ns=1 << 40), max_idle=UpperLimit(ns=1 << 40))
OF_A_RANGE = Limits(min_overlap=0.0, max_exposed_copy=UpperLimit(ns=1 << 40), range_name="r")
BESIDES = "range r 0-9; k 0-10 @1; s8 h2d 5-15 @2; s8 unknown 12-18 @3; gpu1 k 0-10 @4; gpu1 s8 h2d 5-15 @5"


def as_copies(trace):
    """The trace, its unknown work being copies."""
    source = np.where(trace.work.engine == Engine.UNKNOWN, Memory.UNKNOWN, trace.work.source).astype(np.int8)
    return replace(trace, work=replace(trace.work, source=source))


def outcomes(trace, limits):
    return [(row.subject, row.figure, row.outcome, row.reason) for row in check(Analysis(trace).summary, limits)]


@pytest.mark.parametrize(
    ("prepared", "reason"),
    [
        (as_copies, "the direction of copies is unknown (1 on this device)"),
        (lambda trace: trace, "operations of unknown kind may be copies (1 on this device)"),
    ],
)
def test_only_the_copies_of_that_device_are_in_doubt(prepared, reason):
    trace = prepared(literal(BESIDES))
    assert outcomes(trace, ASKED) == [
        ("GPU 0", "overlap ratio", Outcome.INCONCLUSIVE, reason),
        ("GPU 0", "exposed copy", Outcome.INCONCLUSIVE, reason),
        ("GPU 0", "idle", Outcome.OK, ""),
        ("GPU 1", "overlap ratio", Outcome.OK, ""),
        ("GPU 1", "exposed copy", Outcome.OK, ""),
        ("GPU 1", "idle", Outcome.OK, ""),
    ]
    of_range = [("r on GPU 0", "hidden share of copies"), ("r on GPU 0", "exposed copy")]
    of_range += [("r on GPU 1", "hidden share of copies"), ("r on GPU 1", "exposed copy")]
    expected = [Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE, Outcome.OK, Outcome.OK]
    assert [row[:3] for row in outcomes(trace, OF_A_RANGE)] == [
        (*row, outcome) for row, outcome in zip(of_range, expected, strict=True)
    ]


def test_the_verdict_never_says_that_nothing_was_copied():
    (figures,) = Analysis(as_copies(literal("k 0-10; s8 unknown 5-15; s8 unknown 12-18"))).summary.devices
    assert (figures.undirected, figures.undirected_ns) == (2, 13)
    assert overlap_line(figures) == "10 ns compute time, 13 ns of copies in an unknown direction; overlap unknown"
    (figures,) = Analysis(literal("unknown 5-15")).summary.devices
    assert overlap_line(figures) == "0 ns compute time, 10 ns of operations of unknown kind; overlap unknown"
    (figures, _) = Analysis(as_copies(literal(BESIDES))).summary.devices
    assert (
        "not in these figures: 6 ns of copies in an unknown direction; gpu-trace info lists the names"
        in overlap_lines(figures)
    )
    (figures,) = Analysis(literal("k 0-10")).summary.devices
    assert overlap_line(figures) == "10 ns compute time, no copies to hide"


@pytest.mark.parametrize(("limit", "outcome"), [(0.9, Outcome.OK), (0.9000001, Outcome.FAILED)])
def test_a_ratio_that_is_the_limit_holds(limit, outcome):
    trace = literal("k 0-90 @1; s8 h2d 0-100 @2; k 200-210 @3; range r 0-300")
    assert [row.outcome for row in check(Analysis(trace).summary, Limits(min_overlap=limit))] == [outcome]
    assert [row.outcome for row in check(Analysis(trace).summary, Limits(min_overlap=limit, range_name="r"))] == [
        outcome
    ]


@pytest.mark.parametrize(("text", "lacking"), [("k 0-10", "copied"), ("h2d 0-10", "computed")])
def test_without_copies_or_compute_there_is_no_ratio_and_the_reason_says_which(text, lacking):
    [(_, figure, outcome, reason)] = outcomes(literal(text), Limits(min_overlap=0.5))
    assert (figure, outcome, reason.split()[-1]) == ("overlap ratio", Outcome.INCONCLUSIVE, lacking)


@pytest.mark.parametrize(
    ("limit", "most_ns"), [(UpperLimit(ns=5), 5), (UpperLimit(share=0.5), 10), (UpperLimit(ns=0), 0)]
)
def test_a_time_that_is_the_limit_holds(limit, most_ns):
    assert (limit.holds(most_ns, 20), limit.holds(most_ns + 1, 20)) == (True, False)


@pytest.mark.parametrize(
    "limits", [Limits(), Limits(range_name="r"), Limits(max_idle=UpperLimit(ns=5), range_name="r")]
)
def test_limits_that_ask_nothing_or_nothing_a_range_has_are_an_error(limits):
    with pytest.raises(UsageError):
        check(Analysis(literal("range r 0-9; k 0-10 @1")).summary, limits)
