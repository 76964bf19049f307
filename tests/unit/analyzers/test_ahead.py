"""Of a large trace a second thread asks ahead, which changes no answer."""

from __future__ import annotations

import os
import threading

import pytest

from gpu_trace_analyzers import ahead
from gpu_trace_analyzers.ahead import asked_ahead
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.document import to_json
from literal import literal

KERNELS = "; ".join(f"k {10 * n}-{10 * n + 5}" for n in range(4))


@pytest.fixture
def two_processors(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


@pytest.mark.usefixtures("two_processors")
@pytest.mark.parametrize(("large", "in_thread"), [(4, True), (5, False)])
def test_only_of_a_large_trace(large, in_thread, monkeypatch):
    monkeypatch.setattr(ahead, "LARGE", large)
    asked, ended = [], threading.Event()
    questions = [lambda: asked.append(threading.current_thread().name), ended.set]
    with asked_ahead(literal(KERNELS), questions):
        assert ended.wait(10 if in_thread else 0) is in_thread
    assert asked == ["gpu-trace ahead"] * in_thread


def test_not_with_one_processor(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    monkeypatch.setattr(ahead, "LARGE", 0)
    asked = []
    with asked_ahead(literal(KERNELS), [lambda: asked.append(1)]):
        pass
    assert asked == []


@pytest.mark.usefixtures("two_processors")
def test_not_where_the_system_allows_no_more_threads(monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ahead, "LARGE", 0)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    asked = []
    with asked_ahead(literal(KERNELS), [lambda: asked.append(1)]):
        pass
    assert asked == []


@pytest.mark.usefixtures("two_processors")
def test_the_thread_ends_with_the_block_and_goes_on_behind_a_question_that_fails(monkeypatch):
    monkeypatch.setattr(ahead, "LARGE", 0)
    is_asked, asked = threading.Event(), []

    def fail():
        raise ZeroDivisionError

    def ask_long():
        is_asked.set()
        threading.Event().wait(0.2)
        asked.append("long")

    with asked_ahead(literal(KERNELS), [fail, ask_long, lambda: asked.append("the next")]):
        assert is_asked.wait(10)
    assert asked == ["long"]
    assert "gpu-trace ahead" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.usefixtures("two_processors")
@pytest.mark.parametrize("name", ["two_streams", "ddp_rank0", "gpu1_and_gpu2"])
def test_every_figure_is_the_same(name, recorded, monkeypatch):
    trace = load(recorded(name))
    alone = to_json(Analysis(load(recorded(name))).summary)
    monkeypatch.setattr(ahead, "LARGE", 0)
    assert to_json(Analysis(trace).summary) == alone


@pytest.mark.usefixtures("two_processors")
def test_an_error_is_that_of_the_question(monkeypatch):
    monkeypatch.setattr(ahead, "LARGE", 0)
    with pytest.raises(UsageError, match="no_such_range"):
        _ = Analysis(literal(KERNELS), step_range="no_such_range").summary
