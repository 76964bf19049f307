from __future__ import annotations

from pathlib import Path

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions.scope import Window
from gpu_trace_analyzers.questions.steady.window import SlowStep, Steady, StepKind
from gpu_trace_analyzers.reports.sections.verdict import kinds_line, window_line
from gpu_trace_analyzers.summary import Summary

TRACES = Path(__file__).parents[5] / "samples/traces"
STEPS = {"steps": "ProfilerStep#*", "first_step": 3, "last_step": 39}
W = Window(0, 9)


class Told:
    """What the lines need of a summary."""

    def __init__(self, steady: Steady) -> None:
        self.account, self.steady, self.work = self, steady, None


@pytest.mark.parametrize(
    ("steady", "expected"),
    [
        (Steady(None, "whole"), "the whole recording"),
        (Steady(None, "whole", none_found=True), "no steps found: the whole recording"),
        (
            Steady(W, "whole", left_out_ns=5 * 10**9, after_profilers_ns=5 * 10**9, none_found=True),
            "no steps found: the recording; 5.00 s left out, with the wait for the last profiler to start"
            " (--whole shows all)",
        ),
        (
            Steady(W, "steps", **STEPS, left_out_ns=4_900_000_000, warm_up_steps=3, warm_up_ns=4_800_000_000),
            "steps 3 to 39 of ProfilerStep#*; 4.90 s left out, with 3 warm-up steps (--whole shows all)",
        ),
        (
            Steady(W, "steps", **STEPS, left_out_ns=10**9, warm_up_steps=1, after_profilers_ns=9),
            "steps 3 to 39 of ProfilerStep#*; 1.00 s left out, with 1 warm-up step and the wait for the last profiler"
            " to start (--whole shows all)",
        ),
        (Steady(W, "steps", **STEPS), "steps 3 to 39 of ProfilerStep#*"),
        (
            Steady(W, "asked", steps="iter *", first_step=7, last_step=7, left_out_ns=7),
            "step 7 of iter *; 7 ns left out",
        ),
        (Steady(W, "steps", first_step=0, last_step=49), "steps 0 to 49 of the launch sequence"),
        (Steady(W, "asked", left_out_ns=10**6), "the window of --from and --to; 1.00 ms left out"),
    ],
)
def test_what_the_account_speaks_of(steady, expected):
    found = steady.found_by == "steps"
    assert window_line(Told(steady)) == (f"verdict of {expected}; tables of the whole recording" if found else expected)


def test_kinds_and_the_slowest_step():
    kinds = (StepKind(18, 880, 22, 0), StepKind(6, 120, 1, 9, "evaluate"))
    two = "2 kinds of steps: 88.0 % in 18 steps of 22 operations, 12.0 % in 6 steps with evaluate"
    slow = (SlowStep(12, 137_700_000, 72_400_000), SlowStep(2, 116_700_000, 72_400_000))
    one = "slowest step 12, 137.7 ms (usually 72.4 ms)"
    assert kinds_line(Told(Steady(W, "steps", kinds=kinds[:1]))) == ""
    assert kinds_line(Told(Steady(W, "steps", kinds=kinds))) == two
    assert kinds_line(Told(Steady(W, "steps", kinds=kinds[:1], slow=slow))) == one
    assert kinds_line(Told(Steady(W, "steps", kinds=kinds, slow=slow))) == f"{two}; {one}"


def test_of_nothing_nothing_is_said():
    source = Analysis(TRACES / "two_streams.json.gz").trace.source
    assert window_line(Summary(source, (), (), ())) == kinds_line(Summary(source, (), (), ())) == ""
