"""What a notebook shows of a summary: the verdict, a bar that is the account, and small tables, all of it escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from gpu_trace import Analysis
from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.reports.text import to_text
from literal import literal

VOID = {"br", "img", "hr"}


class Tree(HTMLParser):
    """Every tag with its attributes, and that each is closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def shown(recorded):
    return Analysis(recorded("seed_nonblocking"))


def test_it_is_whole_html_without_scripts_and_style_sheets(shown):
    tree = Tree(shown._repr_html_())
    assert tree.open == []
    assert {tag for tag, _ in tree.tags} <= {"div", "b", "span", "table", "thead", "tbody", "tr", "th", "td"}
    assert not any(name.startswith("on") or name in ("src", "href") for _, attrs in tree.tags for name in attrs)


def test_it_begins_with_the_verdict(shown):
    assert (
        Tree(shown._repr_html_())
        .texts[0]
        .startswith("GPU 0 (NVIDIA H200): in exposed copies for 30.7 % of the time: same stream")
    )


def test_the_bar_is_the_account(shown):
    (account,) = shown.account.devices
    widths = [float(width) for width in re.findall(r'style="width:([\d.]+)%', shown._repr_html_())]
    assert sum(widths) == pytest.approx(100, abs=0.001)
    assert widths[0] == pytest.approx(100 * account.compute_ns / account.window_ns, abs=0.0001)


def test_colors_of_text_are_those_around_it(shown):
    colors = set(re.findall(r"[^-]color:([^;\"]+)", shown._repr_html_()))
    assert colors <= {"#3f8f5f", "#a35fc0", "#d9544f", "#7f8c8d", "#d99a2b"}  # of swatches alone


def test_names_are_text(shown):
    name = "<script>alert(1)</script>"
    trace = literal("s7 k 0-10 @1; s7 d2h 20-30 @2")
    named = replace(trace, devices=(replace(trace.devices[0], name=name),))
    html = Analysis(named)._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_many_devices_are_counted():
    trace = literal(";".join(f"gpu{n} k 0-1000 @{n + 1}" for n in range(9)))
    html = Analysis(trace)._repr_html_()
    assert "and 5 more devices" in html
    assert len(html) < 20_000


def test_it_is_small(shown):
    assert len(shown._repr_html_()) < 10_000


def test_a_trace_without_devices_is_shown():
    assert "no device activity" in Analysis(literal("range a 0-10"))._repr_html_()


def test_a_summary_shows_itself_and_prints_as_the_command_does(shown):
    summary = shown.summary
    assert summary._repr_html_() == shown._repr_html_()
    assert repr(summary).startswith(f"Summary of {summary.source.path}: in exposed copies")
    assert str(summary) == to_text(summary, brief=True)
    assert summary.text(verbose=True, width=70) == to_text(summary, width=70)
    assert "\n" not in repr(summary)


def test_an_analysis_shows_its_trace_in_one_line(shown):
    assert repr(shown) == f"Analysis of {shown.trace!r}"
    assert shown.summary.devices[0].engines[Engine.COMPUTE].count == 50
