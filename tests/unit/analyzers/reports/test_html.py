"""The page: names are text, nothing is loaded from anywhere, and no lane has more spans than can be drawn."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
from hypothesis import given

from gpu_trace_analyzers.model import Device, DeviceWork, Engine, Process, Source, Trace
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.reports.lanes import SPANS_A_LANE, Timeline
from gpu_trace_analyzers.summary import summarise
from literal import literal
from strategies import traces

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
    return to_html(trace, summarise(trace))


def data(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def evil():
    return literal(f"range {EVIL} 0-90; s7 k 0-10 @1 name={EVIL}; s7 d2h 10-30 @2 name={EVIL}; s7 k 30-40 @3")


def test_names_cannot_leave_their_place():
    tags = Tags(page(evil()))
    assert tags.tags.count("script") == 2
    assert "img" not in tags.tags
    assert not [name for _, name in tags.attributes if name.startswith("on")]
    assert EVIL in data(page(evil()))["names"]


def test_nothing_is_loaded_from_anywhere():
    text = page(literal("s7 k 0-10"))
    assert not re.search(r"https?://|url\(|@import", text)
    assert not [(tag, name) for tag, name in Tags(text).attributes if name in ("src", "href")]
    assert "default-src &#x27;none&#x27;" in text


@given(traces())
def test_lanes_cover_exactly_what_was_busy_and_never_overlap(trace):
    summary = summarise(trace)
    if not summary.devices:
        return
    timeline = Timeline(trace, summary)
    for figures, group in zip(summary.devices, timeline.groups, strict=False):
        engines = [lane for lane in group["lanes"] if lane["kind"] != "exposed"]
        busy = [row.busy_ns for row in figures.engines.values() if row.busy_ns]
        assert [sum(span[1] for span in lane["spans"]) for lane in engines] == busy
        exposed = [lane for lane in group["lanes"] if lane["kind"] == "exposed"]
        assert sum(span[1] for lane in exposed for span in lane["spans"]) == figures.exposed_copy_ns
        for lane in group["lanes"]:
            spans = lane["spans"]
            assert all(a[0] + a[1] <= b[0] for a, b in pairwise(spans))
            assert all(span[0] >= 0 and span[0] + span[1] <= timeline.document()["span"] for span in spans)


def test_a_million_operations_are_few_spans_and_the_page_says_so():
    start_ns = np.arange(200_000) * 100
    columns = {"start_ns": start_ns, "end_ns": start_ns + 60, "name": 0, "engine": Engine.COMPUTE, "device": 0}
    full = {name: np.broadcast_to(value, start_ns.shape) for name, value in columns.items()}
    trace = Trace(Source("x", "kineto"), ("k",), (Device("gpu", 0),), (Process(1),), DeviceWork.of(full))
    timeline = Timeline(trace, summarise(trace))
    (lane,) = timeline.groups[0]["lanes"]
    assert len(lane["spans"]) <= SPANS_A_LANE + 1
    assert sum(span[3] for span in lane["spans"]) == 200_000
    assert "are drawn together" in page(trace)
    assert "are drawn together" not in page(literal("s7 k 0-10"))


def test_a_trace_without_device_activity_is_a_sentence():
    text = page(Trace(Source("empty.json", "kineto")))
    assert "empty.json has no device activity" in text
    assert "<canvas" not in text
