from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions.steady.window import Steady
from gpu_trace_analyzers.reports.sections.job_verdict import brief
from gpu_trace_analyzers.reports.sections.verdict import device_verdict, extent, verdict
from literal import literal


def first_line(text: str, **asked) -> str:
    analysis = Analysis(literal(text), **asked)
    account = analysis.account
    return verdict(account.first, account.steady)


def test_the_largest_loss_comes_first_with_its_share_and_cause():
    line = first_line("k 0-100 @0; h2d 100-200 @1; k 200-300 @2; memset 300-310; k 310-1000")
    assert line == "in exposed copies for 10.0 % of the time: same stream as compute (once, fix saves up to 100 ns)"


def test_two_that_are_close_are_both_said():
    line = first_line("k 0-100 @0; h2d 100-200 @1; k 200-300 @2; memset 300-390; k 390-1000")
    first, second = line.split("; ")
    assert first.startswith("in exposed copies for 10.0 % of the time: same stream as compute")
    assert second.startswith("in other operations for 9.0 %: memsets")


def test_where_every_loss_is_small_it_computed():
    assert first_line("k 0-990; memset 990-1000") == "computed for 99.0 % of the time"
    assert first_line("k 0-980; memset 980-1000").startswith("in other operations for 2.0 %")


def test_a_loss_that_cannot_be_saved_does_not_come_first_but_is_said():
    line = first_line("k 0-100 @0; h2d 100-150 @1; k 160-1000 @158-159")
    assert line == "computed for 94.0 % of the time; in exposed copies for 5.0 %: same stream as compute"


def test_a_cause_that_is_not_known_is_not_named():
    assert first_line("k 0-100; s9 nccl 100-200; k 200-300").endswith("of the time: cause not seen (once)")


@pytest.mark.parametrize(
    ("steady", "words"),
    [
        (Steady(None, "whole"), "the time"),
        (Steady(None, "asked"), "the window"),
        (Steady(None, "steps", "step*", 3, 3), "step 3"),
        (Steady(None, "steps", "step*", 3, 1039), "steps 3 to 1,039"),
    ],
)
def test_what_the_account_speaks_of(steady, words):
    assert extent(steady) == words


def test_the_second_line_is_the_overlap_of_copies_and_the_third_that_of_collectives():
    summary = Analysis(literal("k 0-100 @0; h2d 100-200 @1; k 200-300 @2; nccl 300-400; k 400-500")).summary
    said = device_verdict(summary.devices[0], summary)
    assert said.below == ("none of 100 ns copy time hidden: same stream as compute", *said.below[1:])
    assert said.below[1] == "exposed collectives 100 ns of 100 ns (100.0 %)"


def test_the_shortest_answer_names_the_device_of_several():
    two = Analysis(literal("k 0-100; memset 100-1000; k 1000-1010; gpu1 k 0-1000")).summary
    assert brief(two).startswith("GPU 0: in other operations for 89.1 % of the time: memsets")
    assert brief(replace(two, account=None)) == "no device activity"
