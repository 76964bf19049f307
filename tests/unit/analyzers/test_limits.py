"""What may break a limit and is in no figure makes a check inconclusive, never passed; losses have limits too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from accounts import accounted
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.limits import Limits, LossLimit, Outcome, UpperLimit, check
from gpu_trace_analyzers.model import Doubt, Engine, Memory
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


def loss_limit(name):
    """A limit that every loss keeps."""
    return Limits(max_losses=(LossLimit(name, UpperLimit(share=1.0)),))


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
    "limits",
    [
        Limits(),
        Limits(range_name="r"),
        Limits(max_idle=UpperLimit(ns=5), range_name="r"),
        Limits(max_exposed_collective=UpperLimit(ns=5), range_name="r"),
        replace(loss_limit("idle"), range_name="r"),
    ],
)
def test_limits_that_ask_nothing_or_nothing_a_range_has_are_an_error(limits):
    with pytest.raises(UsageError):
        check(Analysis(literal("range r 0-9; k 0-10 @1")).summary, limits)


def of_loss(account, name, **at_most):
    """What a limit of a loss comes to on one device that has this account."""
    summary = replace(Analysis(literal("k 0-10")).summary, account=accounted(account))
    [row] = check(summary, Limits(max_losses=(LossLimit(name, UpperLimit(**at_most)),)))
    assert row.figure == f"{name} loss"
    return row


SPENT = "compute 50; idle queued 20; idle profiler 10; copy pageable 15; other memset 5"


@pytest.mark.parametrize(("name", "ns"), [("idle", 30), ("queued", 20), ("copy", 15), ("memset", 5), ("collective", 0)])
def test_losses_of_an_owner_or_a_cause_are_added_up_and_a_loss_that_is_the_limit_holds(name, ns):
    assert [of_loss(SPENT, name, ns=at_most).outcome for at_most in (ns, ns - 1)] == [Outcome.OK, Outcome.FAILED]
    assert of_loss(SPENT, name, share=ns / 100).outcome is Outcome.OK
    if ns:
        row = of_loss(SPENT, name, share=(ns - 0.5) / 100)
        assert (row.outcome, row.value, row.whole_ns) == (Outcome.FAILED, ns, 100)


def test_a_cause_of_several_owners_is_added_up_over_them():
    row = of_loss("compute 1; copy unknown 2; other unknown 3; idle unknown 4; collective unknown 5", "unknown", ns=0)
    assert (row.outcome, row.value) == (Outcome.FAILED, 14)


@pytest.mark.parametrize(
    ("name", "most_ns", "outcome"),
    [
        ("queued", 19, Outcome.FAILED),
        ("queued", 20, Outcome.INCONCLUSIVE),
        ("queued", 26, Outcome.INCONCLUSIVE),
        ("queued", 27, Outcome.OK),
        ("profiler", 6, Outcome.INCONCLUSIVE),
        ("profiler", 7, Outcome.OK),
        ("idle", 27, Outcome.OK),
        ("idle", 26, Outcome.FAILED),
        ("unknown", 4, Outcome.OK),
        ("lost_kernels", 3, Outcome.OK),
        ("pageable", 0, Outcome.OK),
    ],
)
def test_idle_time_without_a_known_cause_may_have_the_asked_one(name, most_ns, outcome):
    account = "compute 70; idle queued 20; idle unknown 4; idle lost_kernels 3; other memset 3"
    row = of_loss(account, name, ns=most_ns)
    assert row.outcome is outcome
    if outcome is Outcome.INCONCLUSIVE:
        known = "20 ns" if name == "queued" else "0 ns"
        assert (row.value, row.reason) == (None, f"{known}, and 7 ns more has no known cause")


@pytest.mark.parametrize("name", ["", "compute", "Idle", "idle ", "late"])
def test_a_name_that_no_loss_has_is_an_error_with_those_that_there_are(name):
    with pytest.raises(UsageError, match=r"owners are collective, copy, other, idle; causes are .*pageable.*unknown"):
        LossLimit(name, UpperLimit(ns=0))


@pytest.mark.parametrize(("name", "likely"), [("idel", "idle"), ("waiting_for_dat", "waiting_for_data")])
def test_a_name_that_is_misspelled_is_recognized(name, likely):
    with pytest.raises(UsageError, match=rf"did you mean {likely}\? owners are"):
        LossLimit(name, UpperLimit(ns=0))


def test_each_device_has_its_own_account():
    trace = literal("k 0-10 @1; gpu1 k 0-5 @4; gpu1 k 8-10 @5")
    rows = check(Analysis(trace).summary, Limits(max_losses=(LossLimit("idle", UpperLimit(ns=2)),)))
    assert [(row.subject, row.outcome, row.value, row.whole_ns) for row in rows] == [
        ("GPU 0", Outcome.OK, 0, 10),
        ("GPU 1", Outcome.FAILED, 3, 10),
    ]


@pytest.mark.parametrize("name", ["copy", "pageable", "copy_bound"])
def test_losses_of_copies_are_in_doubt_as_copies_are_and_idle_time_is_not(name):
    every = UpperLimit(share=1.0)
    for prepared, reason in ((as_copies, "direction"), (lambda trace: trace, "unknown kind")):
        summary = Analysis(prepared(literal(BESIDES))).summary
        rows = check(summary, Limits(max_losses=(LossLimit(name, every), LossLimit("idle", every))))
        expected = [Outcome.INCONCLUSIVE, Outcome.OK, Outcome.OK, Outcome.OK]
        assert [row.outcome for row in rows] == expected
        assert reason in rows[0].reason


def test_exposed_collectives_have_a_limit_of_the_whole_span():
    trace = literal("k 0-10 @1; s8 nccl 5-25 @2; gpu1 k 0-10 @3")
    for limit, outcome in (
        (UpperLimit(ns=15), Outcome.OK),
        (UpperLimit(ns=14), Outcome.FAILED),
        (UpperLimit(share=0.75), Outcome.OK),
        (UpperLimit(share=0.74), Outcome.FAILED),
    ):
        rows = check(Analysis(trace).summary, Limits(max_exposed_collective=limit))
        assert [(row.figure, row.outcome) for row in rows] == [
            ("exposed collectives", outcome),
            ("exposed collectives", Outcome.OK),
        ]


@pytest.mark.parametrize("limits", [Limits(max_exposed_collective=UpperLimit(share=1.0)), loss_limit("collective")])
def test_operations_of_unknown_kind_may_be_collectives_and_copies_in_an_unknown_direction_are_not(limits):
    trace = literal("k 0-10 @1; nccl 10-20 @2; s8 unknown 12-18 @3")
    [row] = check(Analysis(trace).summary, limits)
    reason = "operations of unknown kind may be collectives (1 on this device)"
    assert (row.outcome, row.reason) == (Outcome.INCONCLUSIVE, reason)
    [row] = check(Analysis(as_copies(trace)).summary, limits)
    assert row.outcome is Outcome.OK


def test_times_that_cannot_be_true_make_a_loss_inconclusive():
    trace = literal("k 0-10")
    trace = replace(trace, source=replace(trace.source, doubts=(Doubt(0, "begins before its launch", 3),)))
    [row] = check(Analysis(trace).summary, loss_limit("idle"))
    assert (row.outcome, row.value) == (Outcome.INCONCLUSIVE, None)
    assert "3 × begins before its launch" in row.reason


def test_a_window_in_which_a_device_was_not_recorded_has_no_account():
    summary = replace(Analysis(literal("k 0-10")).summary, account=accounted("compute 0"))
    [row] = check(summary, loss_limit("idle"))
    assert (row.outcome, row.reason) == (
        Outcome.INCONCLUSIVE,
        "no time of this device was recorded in the window of the account",
    )


def test_old_limits_keep_the_whole_span_where_the_account_has_a_window_of_its_own():
    summary = replace(
        Analysis(literal("k 0-10 @1; k 90-100 @2")).summary, account=accounted("compute 10; idle queued 1")
    )
    idle, loss = check(summary, Limits(max_idle=UpperLimit(ns=79), max_losses=loss_limit("idle").max_losses))
    assert (idle.value, idle.outcome) == (80, Outcome.FAILED)
    assert (loss.value, loss.whole_ns, loss.outcome) == (1, 11, Outcome.OK)
