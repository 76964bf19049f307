"""The page in a browser: it draws, zooms, tells, goes nowhere, and fits a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.summary import summarise
from literal import literal

TRACES = Path(__file__).parents[2] / "samples/traces"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
COLORS = """() => {
  const c = document.querySelector('canvas'), found = new Set();
  const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  for (let i = 0; i < pixels.length; i += 4) found.add(pixels.slice(i, i + 3).join());
  return [...found];
}"""
EXPOSED = {"light": "224,58,78", "dark": "255,92,110"}


@pytest.fixture
def shown(chromium, tmp_path):
    contexts = []

    def show(trace, viewport=DESKTOP, scheme="light"):
        file = tmp_path / "page.html"
        file.write_text(to_html(trace, summarise(trace)), encoding="utf-8")
        context = chromium.new_context(viewport=viewport, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.problems, page.requests = [], []
        page.on("console", lambda message: page.problems.append(message.text))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("dialog", lambda dialog: (page.problems.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready=true]")
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["ddp_rank1", "mlp_overlap", "seed_nonblocking"])
def test_it_draws_exposed_copies_and_fits(shown, name, viewport, scheme):
    page = shown(load(TRACES / f"{name}.json.gz"), viewport, scheme)
    assert EXPOSED[scheme] in page.evaluate(COLORS)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.problems == []
    assert len(page.requests) == 1


def test_the_next_exposed_copy_is_told(shown):
    page = shown(literal("s7 k 0-1000; s7 d2h 1000-3000 @2 name=Memcpy; s7 k 3000-4000"))
    page.click("[data-do=next]")
    assert "same stream as the compute" in page.inner_text("#tip")
    assert "2.00 µs · from 1.00 µs to 3.00 µs" in page.inner_text("#tip")


def test_zoom_changes_the_picture_and_all_brings_it_back(shown):
    page = shown(load(TRACES / "seed_nonblocking.json.gz"))
    canvas = "document.querySelector('canvas').toDataURL()"
    before = page.evaluate(canvas)
    page.click("[data-do=in]")
    page.wait_for_function(f"before => {canvas} !== before", arg=before)
    page.click("[data-do=all]")
    page.wait_for_function(f"before => {canvas} === before", arg=before)


def test_names_stay_text(shown):
    evil = "</script><script>alert(1)</script><img/src=x/onerror=alert(2)>"
    page = shown(literal(f"range {evil} 0-9; s7 k 0-10 @1 name={evil}; s7 d2h 10-30 @2 name={evil}; s7 k 30-40 @3"))
    page.click("[data-do=next]")
    assert page.query_selector("img") is None
    assert page.problems == []
    assert evil in page.inner_text("body")
