"""An analysis asks each question once, whatever of it is shown, exported or checked."""

from __future__ import annotations

import inspect
import os
import pkgutil
import shutil
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.recording.summary_files import write
from gpu_trace_analyzers import analysis as module
from gpu_trace_analyzers import questions
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.limits import Limits, check
from gpu_trace_analyzers.model import Engine, Trace
from gpu_trace_analyzers.questions.explained import Rule
from gpu_trace_analyzers.questions.overlap import device_figures
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.readers import load
from literal import literal
from strategies import traces

TRACES = Path(__file__).parents[3] / "samples/traces"


def kept():
    """Every function of questions/ whose answer is kept, by the code that answers it."""
    names = [found.name for found in pkgutil.iter_modules(questions.__path__)]
    modules = [import_module(f"{questions.__name__}.{name}") for name in names]
    functions = [value for each in modules for value in vars(each).values() if inspect.isfunction(value)]
    return {asked.__wrapped__.__code__: asked.__name__ for asked in functions if hasattr(asked, "__wrapped__")}


class Counting:
    """Counts, while it is entered, how often each question is answered of one thing with the same other arguments."""

    def __init__(self):
        self.questions = kept()
        self.of = []  # holds what is asked: ids of objects that are gone are used again
        self.answered = Counter()

    def __enter__(self):
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_):
        sys.setprofile(None)

    def _called(self, frame, event, _argument):
        if event == "call" and frame.f_code in self.questions:
            of, *others = (frame.f_locals[name] for name in frame.f_code.co_varnames[: frame.f_code.co_argcount])
            self.of.append(of)
            self.answered[(self.questions[frame.f_code], id(of), *others)] += 1

    def times(self, name):
        """How often one was answered in all."""
        return sum(count for (asked, *_), count in self.answered.items() if asked == name)


def refuse():
    raise OSError


@pytest.mark.parametrize("name", ["seed_nonblocking", "mlp_overlap", "ddp_rank0", "gpu1_and_gpu2"])
def test_a_run_asks_each_question_once(name, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fork", refuse)  # what a fork asks is not seen here
    shutil.copy(TRACES / f"{name}.json.gz", tmp_path / "trace.json.gz")
    with Counting() as counted:
        analysis = Analysis(tmp_path / "trace.json.gz")
        summary = analysis.summary
        assert write(analysis, tmp_path) == {}
    assert [asked for asked, times in counted.answered.items() if times > 1] == []
    for question in ("launches", "launch_order", "causes", "idle_causes", "range_figures", "unmatched", "rank_figures"):
        assert counted.times(question) == 1
    assert counted.times("busy_engines") == len(summary.devices)
    assert counted.times("explain_idle") == 0  # its sums do not keep the stretches
    windows = 1 if summary.account.steady.window is None else 2  # all of the recording, and that of the account
    for question in ("device_figures", "cells_of"):
        assert counted.times(question) == len(summary.devices)
    for question in ("exposed_copy", "recorded"):
        assert counted.times(question) == windows * len(summary.devices)
    # Of the whole by the rules of causes, and of the account by its own, which ask for the former in their window.
    assert counted.times("explain") == (1 + windows) * len(summary.devices)


def test_checks_and_asking_again_ask_nothing_more():
    analysis = Analysis(TRACES / "mlp_overlap.json.gz")
    assert analysis.to_compare.devices
    assert all(len(analysis.idle_of(device).rule) for device in analysis.devices)  # no summary keeps them
    with Counting() as counted:
        check(analysis.summary, Limits(min_overlap=0.5))
        names = [name for name, of in vars(Analysis).items() if not name.startswith("_") and not inspect.isfunction(of)]
        shown = [name for name in names if name not in ("window", "idle_stacks")]  # no summary has the stacks
        assert all(getattr(analysis, name) is not None for name in shown)
        for device in analysis.devices:
            assert analysis.exposed_copies_of(device) is analysis.exposed_copies_of(device)
            assert analysis.idle_of(device) is analysis.idle_of(device)
    assert counted.answered == {}


def test_a_trace_keeps_what_depends_on_it_alone():
    trace = load(TRACES / "mlp_overlap.json.gz")
    first = Analysis(trace).summary
    with Counting() as counted:
        second = Analysis(trace, from_ns=0, to_ns=10**6).summary
    assert second.devices != first.devices
    assert counted.times("device_figures") == len(first.devices)
    assert all(counted.times(name) == 0 for name in ("launches", "launch_order", "rank_figures", "busy_engines"))


def test_whatever_the_analysis_asks_is_kept():
    functions = [value for value in vars(module).values() if inspect.isfunction(value)]
    asked = [value for value in functions if value.__module__.startswith(questions.__name__)]
    assert len(asked) > 10
    assert [question.__name__ for question in asked if not hasattr(question, "__wrapped__")] == []


def test_every_question_about_a_trace_is_in_the_summary_or_in_a_method():
    public = {name for name in vars(Analysis) if not name.startswith("_")}
    named = {"launches", "launch_order", "figures", "exposed_copies", "idle", "ranges", "steps", "collectives", "ranks"}
    assert named | {"pairs", "unmatched", "unowned", "summary"} <= public


@given(traces(), st.none() | st.sets(st.sampled_from(Engine), min_size=1))
def test_answers_are_those_of_the_questions(trace, copies):
    analysis = Analysis(trace, copies)
    assert isinstance(analysis.trace, Trace)
    for device, figures in zip(analysis.devices, analysis.figures, strict=True):
        fresh = device_figures(Scope(trace, copies), device)
        assert (figures.copies, figures.engines, figures.overlap_ns) == (fresh.copies, fresh.engines, fresh.overlap_ns)
        assert int(analysis.exposed_copies_of(device).stretches.ns.sum()) == fresh.exposed_copy_ns
        assert int(analysis.idle_of(device).stretches.ns.sum()) == fresh.idle_ns
        assert analysis.figures_of(device) is figures


def test_a_window_counts_from_the_first_operation():
    trace = literal("s7 k 100-110; s7 k 120-130; s8 d2h 125-140")
    assert Analysis(trace, from_ns=5).window == Window(105, 140)
    assert Analysis(trace, to_ns=30).window == Window(100, 130)
    assert Analysis(trace).window is None
    assert Analysis(trace, to_ns=30).figures[0].copy_ns == 5
    with pytest.raises(UsageError, match=r"--from 40 ns leaves nothing; the work of .* lasts 40 ns"):
        Analysis(trace, from_ns=40)
    with pytest.raises(UsageError, match="this trace has none"):
        Analysis(literal("call cudaMalloc 0-1"), from_ns=0)


def test_rules_of_your_own():
    analysis = Analysis(literal("s7 k 0-10 @1; s7 d2h 10-30 @2; s7 k 30-40 @3"))
    (usual,) = analysis.exposed_copies
    long = Rule("long", "a long copy", "", lambda stretches: stretches.during, lambda *_: None)
    assert usual.cause == "same_stream"
    assert analysis.exposed_copies_of(0, [long]).have("long").all()
    assert [row.cause for row in analysis.exposed_copies] == ["same_stream"]


def test_no_step_of_that_name():
    analysis = Analysis(literal("range batch 0-5; s7 k 1-2 @1"), step_range="bach")
    assert [row.name for row in analysis.ranges] == ["batch"]
    with pytest.raises(UsageError, match="'bach'"):
        analysis.steps  # noqa: B018
