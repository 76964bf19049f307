"""The flame graph's data has every sample, and a page without one says why."""

from __future__ import annotations

import json
import re

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.reports.panels.flames import flames_panel
from literal import literal
from report_pages import TRACES

TWO = "k 0-10 @0; k 1000-1010 @1000"


def drawn(analysis):
    return flames_panel(analysis, analysis.summary)


def document(text):
    return json.loads(re.search(r'<script type="application/json" id="stacks">(.*?)</script>', text)[1])


@pytest.mark.parametrize(
    ("trace", "reason"),
    [
        (
            TWO,
            "this trace has no sampled stacks. gpu-trace run records them, unless --no-stacks is given. Idle: 990 ns",
        ),
        (f"{TWO}; sample 5-20 f@a.py:1", "none of 1 sample was taken in the idle time"),
    ],
)
def test_without_a_graph_a_sentence_says_why(trace, reason):
    text = drawn(Analysis(literal(trace)))
    assert reason in text
    assert "<script" not in text


def test_a_device_that_was_never_idle_has_no_panel():
    assert drawn(Analysis(literal("k 0-10; k 10-20"))) == ""


def test_texts_stand_once_and_functions_behind_their_callers():
    trace = literal(f"{TWO}; sample 20-30 main@/u/a.py:1|load@/u/a.py:2; sample 30-40 load@/u/a.py:2; sample 40-50 t2")
    found = document(drawn(Analysis(trace)))
    first, second = found["threads"]
    paths = []
    for caller, name in zip(first["caller"], first["name"], strict=True):
        paths.append((paths[caller] if caller >= 0 else ()) + (found["texts"][name],))
    assert dict(zip(paths, zip(first["samples"], first["own"], strict=True), strict=True)) == {
        ("main",): (1, 0),
        ("main", "load"): (1, 1),
        ("load",): (1, 1),
    }
    assert sorted(found["texts"]) == ["/u/a.py", "load", "main"]
    assert (first["total"], first["unread"], second["total"], second["unread"]) == (2, 0, 1, 1)


def options(analysis):
    """Of each thread that can be chosen what it is called, and whether it is chosen at first."""
    text = drawn(analysis)
    found = re.findall(r"<option value=\"(\d+)\"( selected)?>(.*?)</option>", text)
    assert [number for number, *_ in found] == [str(i) for i in range(len(document(text)["threads"]))]
    assert sum(chosen != "" for _, chosen, _ in found) == 1
    return {words: bool(chosen) for _, chosen, words in found}


def test_the_thread_that_launches_is_chosen():
    found = options(Analysis(literal(f"{TWO}; sample 20-30 t2 f@a.py:1; sample 30-40 g@a.py:1")))
    assert [*found.values()] == [True, False]
    assert "which launches: 1 sample" in next(iter(found))


@pytest.mark.parametrize(("name", "threads"), [("loader_slow_workers", 10), ("host_work_lock", 2)])
def test_a_thread_that_was_in_the_function_of_the_verdict_is_chosen(name, threads):
    """A worker of the loader, and the thread that held the lock."""
    found = options(Analysis(TRACES / f"limits_h200/{name}.json.gz"))
    assert len(found) == threads
    assert "launches" in next(iter(found))
    assert [of_verdict for words, of_verdict in found.items() if "launches" in words] == [False]


def test_names_cannot_leave_the_block():
    text = drawn(Analysis(literal(f"{TWO}; sample 20-30 </script><img>@/u/a.py:1")))
    assert "<img>" not in text
    assert "</script><img>" in document(text)["texts"]
