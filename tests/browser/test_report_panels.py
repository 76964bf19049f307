"""The page around its timeline: the answer is on top, every loss leads to its place, and all of it works by keys."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache

import pytest

from contrasts import CONTRASTS
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Source, Trace
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.html import to_html
from literal import literal
from report_pages import TRACES, page_of, recorded_page
from what_ifs import answered, before

DESKTOP, NARROW = {"width": 1440, "height": 900}, {"width": 800, "height": 900}
ANSWERED = (
    "seed_nonblocking",
    "seed_blocking",
    "mlp_overlap",
    "limits_h200/host_work_late_launch",
    "limits_h200/loader_no_workers",
    "two_h200/ddp_late_data",
    "two_h200/pipeline",
)
IN_VIEW = "({ viewStartNs, viewEndNs }) => [Number(viewStartNs), Number(viewEndNs)]"


@cache
def account(name):
    path = TRACES / name
    trace = load(path if path.is_dir() else TRACES / f"{name}.json.gz")
    return to_document(Analysis(trace).summary)["account"]


@cache
def with_tables(name):
    analysis = Analysis(load(TRACES / f"{name}.json.gz"))
    return to_html(analysis, replace(analysis.summary, work=analysis.work.of_top(20)))


def view(page):
    return page.evaluate(f"({IN_VIEW})(document.getElementById('timeline').dataset)")


def zero(page):
    return int(page.get_attribute("#timeline", "data-zero-ns"))


@pytest.mark.parametrize("name", ANSWERED)
def test_the_loss_of_the_verdict_is_the_first_finding_and_leads_to_its_longest_place(shown, name):
    found = account(name)
    wanted = found["verdict"]["loss"]
    loss = next(each for device in found["devices"] for each in device["losses"] if each["id"] == wanted)
    page = shown(recorded_page(name), DESKTOP)
    first = page.locator("[data-finding]").first
    assert first.get_attribute("data-finding") == wanted
    for selector in ("[data-finding] >> nth=0", "canvas"):  # all of the first, and a part of the other
        assert page.locator(selector).bounding_box()["y"] < DESKTOP["height"]
    box = first.bounding_box()
    assert box["y"] + box["height"] <= DESKTOP["height"]
    assert found["verdict"]["text"].casefold() in page.inner_text("h1").casefold()
    first.click()
    start_ns, end_ns = loss["start_ns"] - zero(page), loss["end_ns"] - zero(page)
    since, until = view(page)
    assert since <= start_ns < end_ns <= until
    assert until - since <= max(20 * (end_ns - start_ns), 1000)  # it fills a good part of the view
    assert page.problems == []


@pytest.mark.parametrize("selector", [".losses [data-finding] >> nth=-1", ".account-bar [data-finding] >> nth=-1"])
def test_each_part_of_the_account_leads_to_its_place(shown, selector):
    page = shown(recorded_page("mlp_overlap"), DESKTOP)
    part = page.locator(selector)
    start_ns, end_ns = (int(part.get_attribute(f"data-{end}-ns")) for end in ("start", "end"))
    part.dispatch_event("click") if "bar" in selector else part.press("Enter")
    since, until = view(page)
    assert since <= start_ns < end_ns <= until < 50 * (end_ns - start_ns) + since + 1000


@pytest.mark.parametrize("name", ["seed_nonblocking", "two_h200/ddp_late_data", "limits_h200/loader_no_workers"])
@pytest.mark.parametrize("width", [800, 390])
def test_it_fits_without_scrolling_sideways(shown, name, width):
    page = shown(recorded_page(name), {"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = """width => [...document.querySelectorAll('main *:not(.scroll *)')].filter(
        each => each.getBoundingClientRect().right > width + 1).map(each => each.outerHTML.slice(0, 80))"""
    assert page.evaluate(outside, width) == []


def test_at_800_pixels_all_columns_of_the_operations_are_in_view(shown):
    page = shown(with_tables("limits_h200/loader_slow_workers"), {"width": 800, "height": 900})
    rooms = "[...document.querySelectorAll('.scroll')].map(each => each.scrollWidth - each.clientWidth)"
    assert set(page.evaluate(rooms)) == {0}


# Colors ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["limits_h200/loader_no_workers", "two_h200/ddp_late_data", "mlp_overlap"])
def test_text_stands_out_from_what_is_below_it(shown, name, scheme):
    page = shown(recorded_page(name), DESKTOP, scheme)
    page.evaluate("() => { for (const each of document.querySelectorAll('details')) each.open = true; }")
    found = page.evaluate(CONTRASTS)
    assert len(found) > 100
    assert [(text, contrast) for text, contrast in found if contrast < 4.5] == []


def color(page, name):
    return page.evaluate("name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()", name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_button_turns_it_dark_and_light_and_nothing_is_stored(shown, scheme):
    page = shown(recorded_page("seed_nonblocking"), DESKTOP, scheme)
    pixels = "document.querySelector('canvas').toDataURL()"
    before, drawn = color(page, "--page"), page.evaluate(pixels)
    assert before == {"light": "#f6f7f9", "dark": "#11141a"}[scheme]
    page.click("#theme")
    assert color(page, "--page") != before
    page.wait_for_function(f"drawn => {pixels} !== drawn", arg=drawn)
    page.click("#theme")
    assert color(page, "--page") == before
    assert page.context.storage_state() == {"cookies": [], "origins": []}
    assert page.problems == []


# Keys -----------------------------------------------------------------------------------------------------------------


def test_what_can_be_clicked_can_be_reached_by_tab_and_shows_that_it_was(shown):
    page = shown(with_tables("limits_h200/loader_no_workers"), DESKTOP)
    met = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        at = page.evaluate("""() => {
            const at = document.activeElement, style = getComputedStyle(at);
            const what = at.id || at.dataset.do || at.getAttribute('role') || at.className || at.tagName;
            return [what, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 1];
        }""")
        met.add(tuple(at))
    shown_by = {what for what, ring in met if ring}
    assert {"search", "theme", "longest", "in", "treeitem", "TR", "BUTTON", "SUMMARY"} <= shown_by
    assert {what for what, ring in met if not ring} <= {"BODY"}


def test_slash_searches_and_escape_shows_all_again(shown):
    page = shown(with_tables("limits_h200/loader_no_workers"), DESKTOP)
    rows = page.locator("main tbody tr:visible")
    every = rows.count()
    page.keyboard.press("/")
    page.keyboard.type("gemm")
    kept = rows.all_inner_texts()
    assert kept
    assert all("gemm" in text for text in kept)
    assert page.inner_text("#found") == f"{len(kept)} of {every} rows"
    page.keyboard.press("Escape")
    assert rows.count() == every


# Tables ---------------------------------------------------------------------------------------------------------------


def operations_section(page):
    return page.locator("section", has=page.locator("h2", has_text=re.compile("^Operations")))


def operations(page, column):
    table = operations_section(page).locator("table")
    place = [text.split(",")[0] for text in table.locator("th").all_inner_texts()].index(column)
    heading = table.locator("th").nth(place)
    return heading, lambda: [row.split("\t")[place] for row in table.locator("tbody tr").all_inner_texts()]


NS = {"ns": 1, "µs": 10**3, "ms": 10**6, "s": 10**9}


def ns(text):
    number, unit = text.split()
    return float(number.replace(",", "")) * NS[unit]


@pytest.mark.parametrize("how", ["click", "Enter"])
def test_a_heading_sorts_both_ways_and_then_as_it_was(shown, how):
    page = shown(with_tables("limits_h200/loader_no_workers"), DESKTOP)
    heading, column = operations(page, "max")
    as_it_was, orders = column(), []
    for _ in range(3):
        button = heading.locator("button")
        button.click() if how == "click" else button.press(how)
        orders.append((heading.get_attribute("aria-sort"), column()))
    assert orders == [
        ("descending", sorted(as_it_was, key=ns, reverse=True)),
        ("ascending", sorted(as_it_was, key=ns)),
        (None, as_it_was),
    ]
    assert as_it_was != orders[0][1]


def test_words_sort_by_the_alphabet_and_only_one_column_at_a_time(shown):
    page = shown(with_tables("limits_h200/loader_no_workers"), DESKTOP)
    (word, names), (figure, _) = operations(page, "operation"), operations(page, "count")
    figure.locator("button").click()
    word.locator("button").click()
    ordered = names()
    assert [name[0].casefold() for name in ordered] == sorted(name[0].casefold() for name in ordered)
    assert (word.get_attribute("aria-sort"), figure.get_attribute("aria-sort")) == ("ascending", None)


def test_the_row_of_an_operation_brings_the_longest_of_them_into_view(shown):
    page = shown(with_tables("limits_h200/loader_no_workers"), DESKTOP)
    row = operations_section(page).locator("tbody tr").first
    row.press("Enter")
    since, until = view(page)
    start_ns, end_ns = (int(row.get_attribute(f"data-{end}-ns")) for end in ("start", "end"))
    assert since <= start_ns < end_ns <= until < since + 50 * (end_ns - start_ns)


# What the host did ----------------------------------------------------------------------------------------------------

STACKS = """
k 0-10 @0; k 1000-1010 @1000
sample 20-30 main@/u/a.py:1|load@/u/a.py:2|read@/e/lib/python3.11/site-packages/b.py:3
sample 30-40 main@/u/a.py:1|load@/u/a.py:2
sample 40-50 main@/u/a.py:1|think@/u/a.py:9
sample 50-60
"""


def frames(page):
    """Name, left edge and width of each frame, as shares of the graph."""
    return page.evaluate("""() => {
        const graph = document.querySelector('.flames').getBoundingClientRect();
        return Object.fromEntries([...document.querySelectorAll('.flames > *')].map(each => {
            const { left, width } = each.getBoundingClientRect();
            return [each.textContent, [(left - graph.left) / graph.width, width / graph.width]];
        }));
    }""")


def close(found, wanted):
    return found.keys() == wanted.keys() and all(
        abs(a - b) < 0.002 for name in wanted for a, b in zip(found[name], wanted[name], strict=True)
    )


def test_a_function_is_as_wide_as_its_samples(shown):
    page = shown(page_of(literal(STACKS)), DESKTOP)
    wanted = {"all samples": (0, 1), "main": (0, 0.75), "load": (0, 0.5), "read": (0, 0.25), "think": (0.5, 0.25)}
    assert close(frames(page), wanted)
    assert page.inner_text(".told") == "4 samples in idle time, 1 without a readable stack"
    page.get_by_text("load", exact=True).click()
    assert close(frames(page), {"all samples": (0, 1), "main": (0, 1), "load": (0, 1), "read": (0, 0.5)})
    page.get_by_role("button", name="whole").click()
    assert close(frames(page), wanted)


def test_pointing_at_a_function_tells_its_samples_and_its_line(shown):
    page = shown(page_of(literal(STACKS)), DESKTOP)
    page.get_by_text("load", exact=True).hover()
    assert page.inner_text(".told") == "load: 2 of 4 samples (50.0 %), 1 in itself\n/u/a.py, mostly line 2"


def test_arrows_go_through_the_functions_and_enter_zooms(shown):
    page = shown(page_of(literal(STACKS)), DESKTOP)
    at = "document.activeElement.textContent"
    page.locator(".flames > *").first.focus()
    for key, name in (("Down", "main"), ("Down", "load"), ("Right", "think"), ("Left", "load"), ("Up", "main")):
        page.keyboard.press(f"Arrow{key}")
        assert page.evaluate(at) == name
    page.keyboard.press("Enter")
    assert frames(page)["main"][1] > 0.999
    assert page.evaluate(at) == "main"
    page.keyboard.press("Escape")
    assert close({"main": frames(page)["main"]}, {"main": (0, 0.75)})


def test_the_search_marks_functions_and_counts_each_sample_once(shown):
    page = shown(page_of(literal(STACKS.replace("think", "reload"))), DESKTOP)
    page.keyboard.press("/")
    page.keyboard.type("load")
    assert page.locator(".flames .found").all_inner_texts() == ["load", "reload"]
    assert page.inner_text(".told").endswith("3 (75.0 %) have “load” in their stacks")


def test_a_recorded_graph_has_every_sample(shown):
    page = shown(recorded_page("limits_h200/loader_no_workers"), DESKTOP)
    data = json.loads(page.evaluate("document.getElementById('stacks').textContent"))
    (thread,) = data["threads"]
    assert sum(thread["own"]) + thread["unread"] == thread["total"] > 100
    assert re.match(rf"{thread['total']} samples in idle time", page.inner_text(".told"))


# Before and after, and paper ------------------------------------------------------------------------------------------


def test_before_and_after_are_bars_on_one_scale(shown):
    analysis = Analysis(before())
    page = shown(to_html(analysis, analysis.summary, answered()), DESKTOP)
    now, then = (page.locator(f".times .{kind} rect").first.bounding_box()["width"] for kind in ("now", "then"))
    assert abs(then / now - 112 / 132) < 0.005
    assert "saves 20.0 ms (15.2 %)" in page.inner_text("#before-after")


def test_on_paper_all_is_open_and_light_and_nothing_is_left_to_press(shown):
    page = shown(recorded_page("mlp_overlap"), DESKTOP, "dark")
    drawn = page.evaluate("document.querySelector('canvas').toDataURL()")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert color(page, "--page") == "#f6f7f9"
    assert page.evaluate("document.querySelector('canvas').toDataURL()") != drawn  # at once, for paper does not wait
    page.emulate_media(media="print")
    assert page.locator("details:not([open])").count() == 0
    for selector in (".top", ".bar"):
        assert not page.locator(selector).first.is_visible()
    assert page.locator("canvas").is_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    assert color(page, "--page") == "#11141a"


def test_a_page_without_a_device_has_no_problem(shown):
    page = shown(page_of(Trace(Source("empty.json", "kineto"))), NARROW)
    page.keyboard.press("/")
    page.keyboard.type("anything")
    page.click("#theme")
    assert page.inner_text("h1") == "No device activity"
    assert page.problems == []


def test_n_and_p_go_to_each_loss_once(shown):
    page = shown(
        page_of(literal("s7 k 0-1000; s7 d2h 1000-3000 @2; s7 k 3000-4000; s7 k 5000-5500; s7 d2h 5500-5600")), DESKTOP
    )
    ids = page.evaluate("[...new Set([...document.querySelectorAll('[data-finding]')].map(e => e.dataset.finding))]")
    assert len(ids) > 1
    views = []
    for key in "n" * len(ids) + "np":
        page.keyboard.press(key)
        views.append(tuple(view(page)))
    assert len({*views[: len(ids)]}) == len(ids)
    assert (views[len(ids)], views[len(ids) + 1]) == (views[0], views[len(ids) - 1])
