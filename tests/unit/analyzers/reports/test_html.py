"""The page: names are text, nothing is loaded from anywhere, and its lanes are exactly what was busy."""

from __future__ import annotations

import base64
import hashlib
import html as html_text
import re
from html.parser import HTMLParser

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.model import Source, Trace
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.reports.lanes import Timeline
from gpu_trace_analyzers.reports.packing import packed
from literal import literal
from many_kernels import many_kernels
from page_lanes import data, lanes, unpacked
from report_pages import recorded_page
from strategies import traces
from what_ifs import MS, abstained, answered, before

EVIL = "</script><script>alert(1)</script><img/src=x/onerror=alert(2)>&lt\"'<!--"


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name) for name, _ in attrs]


def page(trace):
    analysis = Analysis(trace)
    return to_html(analysis, analysis.summary)


def evil():
    return literal(f"range {EVIL} 0-90; s7 k 0-10 @1 name={EVIL}; s7 d2h 10-30 @2 name={EVIL}; s7 k 30-40 @3")


def test_names_cannot_leave_their_place():
    tags = Tags(page(evil()))
    assert tags.tags.count("script") == 2
    assert "img" not in tags.tags
    assert not [name for _, name in tags.attributes if name.startswith("on")]
    assert EVIL in data(page(evil()))["names"]


def test_an_idle_time_that_the_verdict_does_not_speak_of_says_what_it_is_a_share_of():
    text = recorded_page("limits_h200/loader_slow_workers")
    assert "Idle for 88.9 % of steps 1 to 23" in text
    assert "<b>97.8 %</b><span>of the span idle</span>" in text


def test_nothing_is_loaded_from_anywhere():
    text = page(literal("s7 k 0-10"))
    assert not re.search(r"https?://|url\(|@import", text)
    assert not [(tag, name) for tag, name in Tags(text).attributes if name in ("src", "href")]
    assert "default-src &#x27;none&#x27;" in text


def test_the_policy_allows_the_styles_and_the_script_of_the_page_and_nothing_else():
    text = page(literal("k 0-10 @0; k 1000-1010 @1000; sample 20-30 f@a.py:1"))
    policy = html_text.unescape(re.search(r'Security-Policy" content="([^"]*)"', text)[1])
    allowed = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    for kind, blocks in (
        ("style-src", re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL)),
        ("script-src", re.findall(r"<script>(.*?)</script>", text, re.DOTALL)),
    ):
        hashes = (base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in blocks)
        assert sorted(allowed.pop(kind).split()) == sorted(f"'sha256-{each}'" for each in hashes)
    assert allowed == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}
    assert not [name for _, name in Tags(text).attributes if name == "style"]


@given(st.lists(st.integers(0, 2**62)))
def test_columns_come_back_as_they_were(numbers):
    assert [*unpacked(packed([np.array(numbers, dtype=np.int64)]))] == numbers


@given(traces())
def test_lanes_are_every_operation_and_what_they_cover_is_the_figure(trace):
    analysis = Analysis(trace)
    summary = analysis.summary
    if not summary.devices:
        return
    document = Timeline(analysis, summary).document()
    for figures, (_, found) in zip(summary.devices, lanes(document), strict=False):
        busy = [row.busy_ns for row in figures.engines.values() if row.busy_ns]
        engines = [[span.times for span in spans] for _, kind, spans in found if kind.startswith("engine-")]
        assert [Intervals.from_pairs(times).total_ns for times in engines] == busy
        work = trace.work_of(figures.position)
        assert sum(map(len, engines)) == (work.end_ns > work.start_ns).sum()
        lost = {kind: spans for _, kind, spans in found if kind.startswith("lost-")}
        for kind, ns in (("lost-copy", figures.exposed_copy_ns), ("lost-collective", figures.exposed_collective_ns)):
            assert sum(span.end - span.start for span in lost.get(kind, [])) == ns
        assert idle_ns(lost.get("lost-idle"), engines) == figures.idle_ns
        for spans in (spans for _, kind, spans in found if kind != "lost-idle"):
            assert all(0 <= span.start < span.end <= document["span"] for span in spans)


def idle_ns(idle, engines):
    """How long it was, after checking that there is a name for each piece of it, and no piece without one."""
    if idle is None:
        return 0
    gaps = Intervals.from_pairs(idle.recorded) - Intervals.from_pairs(times for lane in engines for times in lane)
    inside = [cut for cut in idle.cuts if any(start < cut < end for start, end in gaps)]
    assert inside == idle.cuts == sorted({*idle.cuts})
    assert len(idle.names) == len(gaps) + len(idle.cuts)
    return gaps.total_ns


def test_a_page_of_many_kernels_holds_each_of_them_and_is_small():
    trace = many_kernels(20_000)
    text = page(trace)
    ((_, found), (_, _)) = lanes(data(text))
    kernels, works = next(spans for name, _, spans in found if name == "compute"), trace.work
    chosen = works[works.engine == 0]
    assert [span.start for span in kernels] == (chosen.start_ns - works.start_ns[0]).tolist()
    assert [span.end for span in kernels] == (chosen.end_ns - works.start_ns[0]).tolist()
    assert [span.name for span in kernels] == [trace.text(code) for code in chosen.name.tolist()]
    assert len(text) - len(page(literal("k 0-10"))) < 8 * len(works)


def predicted_page(found):
    analysis = Analysis(before())
    return to_html(analysis, analysis.summary, found)


def test_what_is_predicted_of_a_device_stands_below_it_on_the_same_clock():
    groups = dict(lanes(data(predicted_page(answered()))))
    assert [*groups] == ["GPU 0", "GPU 0, predicted", "Ranges on the host"]
    first_ns = 10 * MS  # of the device, where the page begins
    spans = {
        name: [(span.start + first_ns, span.end + first_ns) for span in found]
        for name, _, found in groups["GPU 0, predicted"]
    }
    ms = {name: [(start // MS, end // MS) for start, end in found] for name, found in spans.items()}
    assert ms == {
        "compute": [(10, 40), (40, 70), (70, 100)],
        "copy D2H": [(40, 50), (70, 80), (100, 110)],
        "critical path": [(10, 40), (40, 70), (70, 100), (100, 110)],
    }


def test_the_page_says_what_was_predicted():
    text = predicted_page(answered())
    assert "<h2>What if</h2>" in text
    assert "its own dependencies allow 112.0 ms" in text
    assert "critical path of the prediction" in text


def test_without_an_answer_the_page_has_its_reason_and_no_predicted_lanes():
    text = predicted_page(abstained())
    assert "no prediction: three CUDA graphs" in text
    assert [title for title, _ in lanes(data(text))] == ["GPU 0", "Ranges on the host"]
    assert "critical path of the prediction" not in text


def test_a_trace_without_device_activity_is_a_sentence():
    text = page(Trace(Source("empty.json", "kineto")))
    assert "empty.json has no device activity" in text
    assert "<canvas" not in text
