"""The page in a browser: it draws, zooms, tells, goes nowhere, and fits a phone."""

from __future__ import annotations

import base64
import json
import re
import zlib

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.reports.html import to_html
from literal import literal
from many_kernels import many_kernels
from page_lanes import data
from report_pages import page_of, recorded_page
from what_ifs import answered, before

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
COLORS = """() => {
  const c = document.querySelector('canvas'), found = new Set();
  const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  for (let i = 0; i < pixels.length; i += 4) found.add(pixels.slice(i, i + 3).join());
  return [...found];
}"""
EXPOSED = {"light": "203,42,64", "dark": "255,107,123"}


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["ddp_rank1", "mlp_overlap", "seed_nonblocking"])
def test_it_draws_exposed_copies_and_fits(shown, name, viewport, scheme):
    page = shown(recorded_page(name), viewport, scheme)
    assert EXPOSED[scheme] in page.evaluate(COLORS)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.problems == []
    assert len(page.requests) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_draws_what_is_predicted(shown, scheme):
    analysis = Analysis(before())
    page = shown(to_html(analysis, analysis.summary, answered()), PHONE, scheme)
    assert {"light": "48,52,63", "dark": "213,219,230"}[scheme] in page.evaluate(COLORS)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.problems == []


def test_the_next_exposed_copy_is_told(shown):
    page = shown(page_of(literal("s7 k 0-1000; s7 d2h 1000-3000 @2 name=Memcpy; s7 k 3000-4000")))
    page.click("[data-do=next]")
    assert "same stream as compute" in page.inner_text("#tip")
    assert "2.000 µs · from 1.000 µs to 3.000 µs" in page.inner_text("#tip")


def test_the_next_exposed_copies_are_told_in_the_order_of_their_time(shown):
    page = shown(page_of(literal("s7 d2h 0-10; s7 d2h 20-30; gpu1 d2h 0-5; gpu1 d2h 12-15; gpu1 k 40-50")))
    told = []
    for _ in range(5):
        page.click("[data-do=next]")
        told.append(re.search(r"from (.*)", page.inner_text("#tip"))[1])
    first = ["0 ns to 10 ns", "0 ns to 5 ns", "12 ns to 15 ns", "20 ns to 30 ns"]
    assert told == [*first, first[0]]


def tip_at(page, ns, lane):
    """What is told of an instant, in a lane by its number from above."""
    page.locator("canvas").scroll_into_view_if_needed()
    box, (since, until) = page.query_selector("canvas").bounding_box(), view(page)
    px = 168 + (ns - since) / (until - since) * (box["width"] - 168)
    page.mouse.move(box["x"] + px, box["y"] + 22 + 26 + lane * 26 + 8)
    return page.inner_text("#tip")


def test_the_tip_tells_the_operation_its_engine_its_stream_its_range_and_its_exact_time(shown):
    page = shown(page_of(literal("range step 0-9; s7 k 0-1000003 @5 name=gemm; s13 d2h 2000000-3000000 @8 name=out")))
    assert tip_at(page, 500_000, 0).split("\n") == [
        "gemm",
        "compute · stream 7 · range step",
        "1.000 ms · from 0.0000 ms to 1.0000 ms",
        "exactly 1,000,003 ns, from 0 to 1,000,003",
    ]
    assert tip_at(page, 2_500_000, 1).split("\n")[:2] == ["out", "copy D2H · stream 13 · range step"]
    assert tip_at(page, 2_500_000, 2).split("\n")[1] == "exposed copy · stream 13 · range step"


def test_a_gap_is_never_told_as_work(shown):
    page = shown(page_of(literal("s7 k 0-1000000; s7 k 2000000-3000000")))
    assert tip_at(page, 1_500_000, 0) == ""
    assert "exactly 1,000,000 ns, from 1,000,000 to 2,000,000" in tip_at(page, 1_500_000, 1)
    assert tip_at(page, 500_000, 1) == ""


def test_zoom_changes_the_picture_and_all_brings_it_back(shown):
    page = shown(recorded_page("seed_nonblocking"))
    canvas = "document.querySelector('canvas').toDataURL()"
    before = page.evaluate(canvas)
    page.click("[data-do=in]")
    page.wait_for_function(f"before => {canvas} !== before", arg=before)
    page.click("[data-do=all]")
    page.wait_for_function(f"before => {canvas} === before", arg=before)


def test_names_stay_text(shown):
    evil = "</script><script>alert(1)</script><img/src=x/onerror=alert(2)>"
    page = shown(
        page_of(literal(f"range {evil} 0-9; s7 k 0-10 @1 name={evil}; s7 d2h 10-30 @2 name={evil}; s7 k 30-40 @3"))
    )
    page.click("[data-do=next]")
    assert page.query_selector("img") is None
    assert page.problems == []
    assert evil in page.inner_text("body")


# What a lane shows is its figure ------------------------------------------------------------------------------------

# Of each lane (a band of rows without any gap) the share of its pixels that is painted: of a pixel whose color is half
# that of the lane and half the ground's, half.
PAINTED = """colors => {
  const c = document.querySelector('canvas'), wide = c.width - 168, bands = [];
  const { data } = c.getContext('2d').getImageData(168, 0, wide, c.height);
  const solid = y => {
    for (let x = 0; x < wide; x++) if (data[4 * (y * wide + x) + 3] < 255) return false;
    return true;
  };
  for (let y = 0, rows = 0; y <= c.height; y++) {
    if (y < c.height && solid(y)) { rows++; continue; }
    if (rows > 10) bands.push([y - rows, rows]);
    rows = 0;
  }
  const ground = [233, 236, 241];
  return colors.map((color, lane) => {
    const [top, rows] = bands[lane], way = color.map((part, i) => part - ground[i]);
    const length = way.reduce((sum, part) => sum + part * part, 0);
    let painted = 0;
    for (let p = 4 * top * wide; p < 4 * (top + rows) * wide; p += 4) {
      const along = way.reduce((sum, part, i) => sum + part * (data[p + i] - ground[i]), 0) / length;
      painted += Math.min(1, Math.max(0, along));
    }
    return painted / rows / wide;
  });
}"""
LANES = {
    "compute": [29, 125, 69],
    "copy_d2h": [31, 102, 201],
    "exposed": [203, 42, 64],
    "memset": [102, 112, 128],
}
NO_NAMES = "CanvasRenderingContext2D.prototype.fillText = () => {}"  # white on a lane, they would count as ground


@pytest.fixture(scope="module")
def many():
    trace = many_kernels()
    return trace, page_of(trace)


def view(page):
    return tuple(float(page.get_attribute("canvas", f"data-{end}")) for end in ("from", "to"))


def zoomed(page, clicks):
    """Into the middle, each time to half of it; until that is drawn."""
    since, until = view(page)
    for _ in range(clicks):
        page.click("[data-do=in]")
    part = (until - since) / 2**clicks
    page.wait_for_function(
        "part => (({ from, to }) => Math.abs(to - from - part) < 1)(document.querySelector('canvas').dataset)", arg=part
    )


def figures(trace, since_ns, until_ns):
    """The share of a stretch that each lane was busy, as ``gpu-trace summary --from --to`` has it."""
    (device,) = Analysis(trace, from_ns=round(since_ns), to_ns=round(until_ns)).figures
    busy = {engine.key: row.busy_ns for engine, row in device.engines.items()} | {"exposed": device.exposed_copy_ns}
    return {lane: busy.get(lane, 0) / device.span_ns for lane in LANES}


@pytest.mark.parametrize("clicks", [0, 7, 11])
def test_what_a_lane_shows_as_busy_is_its_figure_at_every_zoom(many, shown, clicks):
    trace, html = many
    page = shown(html, before=NO_NAMES)
    zoomed(page, clicks)
    wanted = figures(trace, *view(page))
    for (lane, figure), found in zip(wanted.items(), page.evaluate(PAINTED, [*LANES.values()]), strict=True):
        print(f"{lane}: painted {found:.5f}, figure {figure:.5f}")
        assert abs(found - figure) < max(0.01 * figure, 0.0003), lane


def test_the_page_of_many_kernels_tells_them_apart(many, shown):
    trace, html = many
    page = shown(html)
    page.query_selector("canvas").scroll_into_view_if_needed()
    box = page.query_selector("canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 55)
    assert re.search(r"^\d+ operations, \d+\.\d % of the .* here", page.inner_text("#tip"))
    zoomed(page, 13)
    told = set()
    for px in range(0, int(box["width"]) - 170, 3):  # each is 5 pixels wide, or more
        page.mouse.move(box["x"] + 169 + px, box["y"] + 55)
        told.add(page.inner_text("#tip"))
    single = {text.rsplit("from", 1)[1] for text in told if "operations" not in text and "from" in text}
    since, until = view(page)
    work = trace.work[trace.work.engine == Engine.COMPUTE]
    start, end = work.start_ns - trace.work.start_ns[0], work.end_ns - trace.work.start_ns[0]
    assert len(single) == ((end > since) & (start < until)).sum()


def test_ticks_of_the_axis_differ(many, shown):
    _, html = many
    page = shown(
        html,
        before="""
        const fill = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
          if (y === 12) (window.ticks ??= []).push(text);
          fill.call(this, text, x, y);
        };""",
    )
    for _ in range(23):
        page.evaluate("window.ticks = []")
        page.click("[data-do=in]")
        page.wait_for_function("() => window.ticks.length >= 3")
        ticks = page.evaluate("window.ticks")
        assert len(set(ticks)) == len(ticks), ticks
    assert all(re.fullmatch(r"\+\d+(\.\d)? ns", tick) for tick in ticks[1:])  # behind a round time
    assert re.fullmatch(r"\d+\.\d{3} ms", ticks[0])


def test_the_axis_stays_in_sight_when_lanes_are_scrolled_up(shown):
    page = shown(recorded_page("two_h200/ddp"), {"width": 1280, "height": 300})
    strip = page.locator(".strip")
    assert not strip.is_visible()
    page.evaluate("scrollBy(0, document.querySelector('canvas').getBoundingClientRect().top + 100)")
    strip.wait_for()
    assert strip.bounding_box()["y"] == 0
    before = strip.inner_text()
    assert re.search(r"\d s", before)
    page.evaluate("document.querySelector('canvas').focus({ preventScroll: true })")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => document.querySelector('.strip').innerText !== before", arg=before)


def of_many_devices(html, count):
    """A page with the lanes of its only device again and again: to analyze so many takes a minute."""
    found = data(html)
    columns = zlib.decompress(base64.b64decode(found["spans"])) * count
    found |= {"groups": found["groups"] * count, "spans": base64.b64encode(zlib.compress(columns)).decode()}
    return re.sub(
        r'(id="data">).*?(</script>)', lambda part: part[1] + json.dumps(found) + part[2], html, flags=re.DOTALL
    )


def test_lanes_of_more_devices_than_a_canvas_has_pixels_for_are_drawn(shown):
    page = shown(of_many_devices(page_of(literal("s7 k 0-10; s7 k 20-30")), 500))
    assert page.evaluate("document.querySelector('canvas').clientHeight") > 32767
    assert page.evaluate("document.querySelector('canvas').height") <= 32767
    compute = page.evaluate("getComputedStyle(document.body).getPropertyValue('--engine-compute')")
    assert compute in page.evaluate("""() => {
      const canvas = document.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(200, canvas.height - 200, 1, 200);
      const hex = (at) => "#" + [...data.slice(at, at + 3)].map((part) => part.toString(16).padStart(2, "0")).join("");
      return Array.from({ length: 200 }, (_, y) => hex(4 * y));
    }""")
    assert page.problems == []


def test_a_window_without_room_for_the_lanes_is_no_problem(shown):
    page = shown(page_of(literal("s7 k 0-1000; s7 d2h 1000-3000 @2 name=Memcpy")))
    page.evaluate("document.getElementById('timeline').style.width = '0'")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("document.querySelector('canvas').width") == 0
    assert page.problems == []
