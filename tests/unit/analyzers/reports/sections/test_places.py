from __future__ import annotations

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions.account.where import Lines
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.reports.markdown import to_markdown
from gpu_trace_analyzers.reports.sections.job_verdict import answer
from gpu_trace_analyzers.reports.sections.places import full_place, short_place
from gpu_trace_analyzers.reports.text import to_text
from literal import literal

GAP = "k 0-10 @0; k 1000-1010 @1000; range enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__ 5-1000"
FILE = "/home/me/<b>/data_loading.py"


def analysis(samples: int, until: int = 1000) -> Analysis:
    every = (until - 10) // samples
    times = [(10 + i * every, 10 + (i + 1) * every) for i in range(samples)]
    stack = f"main@{FILE}:80|Images.__getitem__@{FILE}:30"
    return Analysis(literal(GAP + "".join(f"; sample {start}-{end} waiting {stack}" for start, end in times)))


@pytest.mark.parametrize(
    ("lines", "short", "full"),
    [
        (Lines("/u/train.py", 57, 57, "batches", 3), "train.py:57 in batches", "/u/train.py:57 in batches"),
        (Lines("/u/a.py", 55, 58, "f.<locals>.g", 3), "a.py:55-58 in g", "/u/a.py:55-58 in f.<locals>.g"),
        (Lines("/u/a.py", 5, 5, "f.<locals>.<lambda>", 3), "a.py:5 in <lambda>", "/u/a.py:5 in f.<locals>.<lambda>"),
        (Lines("/u/data/__init__.py", 1, 1, "f", 3), "data/__init__.py:1 in f", "/u/data/__init__.py:1 in f"),
        (Lines("<stdin>", 1, 1, "<module>", 3), "<stdin>:1 in <module>", "<stdin>:1 in <module>"),
    ],
)
def test_a_place_is_short_in_text_and_whole_elsewhere(lines, short, full):
    assert (short_place(lines), full_place(lines)) == (short, full)


def test_the_first_line_and_the_loss_name_the_line():
    text = to_text(analysis(9).summary)
    place = "waiting for the next batch at data_loading.py:30 in Images.__getitem__ (once, fix saves up to 990 ns)"
    assert place in " ".join(text.split())
    assert "\n    at data_loading.py:30 in Images.__getitem__ (9 of 9 samples)\n    fix: " in text
    assert answer(analysis(9).summary).endswith(place)


def test_where_it_mostly_computed_the_line_of_the_rest_is_named():
    stacks = "; ".join(f"sample {900 + 10 * i}-{910 + 10 * i} holds_lock f@/u/a.py:7" for i in range(10))
    loaded = answer(Analysis(literal(f"s1 k 0-900; s1 k 1000-1010; {stacks}", kind="cpu")).summary)
    assert loaded.endswith(": host busy at a.py:7 in f")


def test_what_was_not_sampled_is_said():
    assert "(9 of 9 samples; 198 ns not sampled)" in to_text(analysis(9, until=802).summary)


def test_too_few_samples_are_in_no_text_but_in_the_document():
    summary = analysis(2).summary
    assert "data_loading" not in to_text(summary) + to_markdown(summary)
    (loss,) = to_document(summary)["account"]["devices"][0]["losses"]
    assert loss["where"] == [{"file": FILE, "line": 30, "function": "Images.__getitem__", "samples": 2}]
    assert (loss["lines"], loss["samples"], loss["unsampled_ns"]) == (None, 2, 0)


def test_markdown_has_the_line_and_the_page_has_its_whole_path():
    asked = analysis(9)
    assert "\n  - at data\\_loading.py:30 in Images.\\_\\_getitem\\_\\_ (9 of 9 samples)\n" in to_markdown(
        asked.summary
    )
    page = to_html(asked, asked.summary)
    assert '<p title="/home/me/&lt;b&gt;/data_loading.py:30 in Images.__getitem__">at data_loading.py:30 in' in page


def test_the_document_has_the_lines_that_text_names():
    (loss,) = to_document(analysis(9).summary)["account"]["devices"][0]["losses"]
    place = {"file": FILE, "first_line": 30, "last_line": 30, "function": "Images.__getitem__", "samples": 9}
    assert (loss["lines"], loss["samples"]) == (place, 9)


def test_a_line_that_is_not_known_is_null():
    stack = "".join(f"; sample {10 + 110 * i}-{120 + 110 * i} f@/u/a.py:-1" for i in range(9))
    (loss,) = to_document(Analysis(literal(GAP + stack)).summary)["account"]["devices"][0]["losses"]
    assert loss["where"] == [{"file": "/u/a.py", "line": None, "function": "f", "samples": 9}]
    assert loss["lines"] is None


def test_without_samples_the_document_has_none():
    (loss,) = to_document(Analysis(literal(GAP)).summary)["account"]["devices"][0]["losses"]
    assert (loss["where"], loss["lines"], loss["samples"], loss["unsampled_ns"]) == ([], None, None, None)
