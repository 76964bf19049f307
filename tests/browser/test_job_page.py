"""The page of a job of many ranks: the map tells of each cell by pointer and keys, findings lead to their ranks."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from contrasts import CONTRASTS
from gpu_trace_analyzers.reports.job.html import to_html
from job_answers import MS, healthy, large, with_findings

DESKTOP, NARROW = {"width": 1440, "height": 900}, {"width": 800, "height": 900}
AXIS = 24
PIXEL = "(canvas, [x, y]) => { const scale = canvas.width / canvas.clientWidth;" + (
    "return [...canvas.getContext('2d').getImageData(x * scale, y * scale, 1, 1).data.slice(0, 3)]; }"
)
MARKED = """(canvas, [rows, axis]) => {
  const scale = canvas.width / canvas.clientWidth, high = (canvas.clientHeight - axis) / rows;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const alpha = row => pen.getImageData(2 * scale, (axis + (row + 0.5) * high) * scale, 1, 1).data[3];
  return [...Array(rows).keys()].filter(alpha);
}"""
WRITTEN = """(canvas, y) => {
  const scale = canvas.width / canvas.clientWidth, pen = canvas.getContext('2d');
  return pen.getImageData(8 * scale, y * scale, 200 * scale, 1).data.some(value => value > 0);
}"""


@cache
def large_page():
    return to_html(large())


def one_is_late():
    """Rank 5 is late in the fourth step, and rank 2 was not recorded in the first."""
    answer = healthy()
    late_ns = [[0] * 12 for _ in range(16)]
    late_ns[5][3], late_ns[2][0] = 64 * MS, -1
    return replace(answer, heat=replace(answer.heat, late_ns=tuple(map(tuple, late_ns))))


def place(page, row, column, rows=16, columns=12):
    """The middle of a cell on the canvas."""
    box = page.locator("canvas").bounding_box()
    gutter = 240 if box["width"] >= 760 else 90
    return {
        "x": gutter + (column + 0.5) * (box["width"] - gutter) / columns,
        "y": AXIS + (row + 0.5) * (box["height"] - AXIS) / rows,
    }


def color(page, row, column):
    at = place(page, row, column)
    return page.locator("canvas").evaluate(PIXEL, [at["x"], at["y"]])


@pytest.mark.parametrize("viewport", [DESKTOP, NARROW], ids=["1440", "800"])
def test_a_cell_tells_its_rank_its_host_its_step_and_how_late_it_was(shown, viewport):
    page = shown(to_html(one_is_late()), viewport)
    page.locator("canvas").hover(position=place(page, 5, 3))
    lines = page.inner_text("#tip").splitlines()
    assert lines == [
        "rank 5 · node000",
        "step 6",
        "the other ranks waited 64.00 ms for it",
        "exactly 64,000,000 ns in one step",
    ]
    page.locator("canvas").hover(position=place(page, 2, 0))
    assert "not recorded" in page.inner_text("#tip")
    page.locator("canvas").hover(position=place(page, 9, 9))
    assert "no other rank waited" in page.inner_text("#tip")
    assert page.problems == []


def test_keys_do_what_the_pointer_does(shown):
    page = shown(to_html(one_is_late()), DESKTOP)
    page.focus("canvas")
    page.keyboard.press("Home")
    assert page.inner_text("#tip").startswith("rank 5 · node000\nstep 6\n")
    for key, name in (
        ("ArrowDown", "rank 6"),
        ("ArrowUp", "rank 5"),
        ("ArrowRight", "step 7"),
        ("ArrowLeft", "step 6"),
    ):
        page.keyboard.press(key)
        assert name in page.inner_text("#tip")
    page.keyboard.press("Escape")
    assert page.is_hidden("#tip")


def test_a_row_of_several_ranks_tells_which_was_late(shown):
    page = shown(large_page(), DESKTOP)
    page.locator("canvas").hover(position=place(page, 1, 1, 64, 40))
    assert page.inner_text("#tip").startswith("ranks 64-127 · node008 to node015\nstep 4\n")
    assert "for rank 77, the latest of them" in page.inner_text("#tip")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_late_cell_stands_out_and_one_that_was_not_recorded_is_a_hole(shown, scheme):
    page = shown(to_html(one_is_late()), DESKTOP, scheme)
    usual, late, hole = color(page, 9, 9), color(page, 5, 3), color(page, 2, 0)
    wanted = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--lost-idle').trim()")
    assert late == [int(wanted[i : i + 2], 16) for i in (1, 3, 5)]
    assert usual != late
    assert (
        page.locator("canvas").evaluate(
            "(c, [x, y]) => c.getContext('2d').getImageData(x, y, 1, 1).data[3]", [*place(page, 2, 0).values()]
        )
        == 0
    )
    assert hole == [0, 0, 0]


def test_a_finding_marks_its_ranks_on_the_map(shown):
    page = shown(large_page(), DESKTOP)
    page.emulate_media(reduced_motion="reduce")  # it does not glide there
    page.locator("[data-finding='slow_host:node017:136-143'] button").click()
    assert marked(page) == [2]  # ranks 128 to 191 have 136 to 143
    assert page.locator("canvas").bounding_box()["y"] < DESKTOP["height"]


def test_a_host_marks_its_ranks_too_by_keys(shown):
    page = shown(large_page(), DESKTOP)
    row = page.locator("tr[data-ranks='232-239']")
    row.focus()
    row.press("Enter")
    assert marked(page) == [3]


def marked(page):
    """The rows of the map that have a mark."""
    return page.locator("canvas").evaluate(MARKED, [64, AXIS])


def test_a_rank_that_was_late_has_its_name_beside_its_row(shown):
    """Of 64 rows of 10 pixels every second one has a name; row 33 comes before 32 and 34."""
    answer = healthy(64)
    late_ns = tuple((60 * MS if row == 33 else 0,) * 12 for row in range(64))
    page = shown(to_html(replace(answer, heat=replace(answer.heat, late_ns=late_ns))), DESKTOP)
    high = (page.locator("canvas").bounding_box()["height"] - AXIS) / 64

    def named(row):
        """Whether something is written beside the middle of a row."""
        return page.locator("canvas").evaluate(WRITTEN, AXIS + (row + 0.5) * high)

    assert [row for row in range(30, 37) if named(row)] == [30, 33, 35]


def test_n_and_p_go_through_the_findings(shown):
    page = shown(large_page(), DESKTOP)
    focused = "document.activeElement.closest('[data-finding]').dataset.finding"
    for key, finding in (
        ("n", "slow_host:node017:136-143"),
        ("n", "late_data:12+40-41"),
        ("p", "slow_host:node017:136-143"),
    ):
        page.keyboard.press(key)
        assert page.evaluate(focused) == finding
    page.keyboard.press("p")
    assert page.evaluate(focused) == "damaged:31"  # what is not certain is folded


@pytest.mark.parametrize("width", [1440, 800, 390])
def test_the_answer_is_in_view_and_nothing_scrolls_sideways(shown, width):
    page = shown(large_page(), {"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    first = page.locator("[data-finding]").first.bounding_box()
    assert first["y"] + first["height"] < 900
    assert page.inner_text("h1").startswith("Host node017 is slow")
    assert page.problems == []
    assert [url for url in page.requests if not url.startswith("file:")] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(shown, scheme):
    found = shown(large_page(), DESKTOP, scheme).evaluate(CONTRASTS)
    assert found
    assert [(text, contrast) for text, contrast in found if contrast < 4.5] == []


def test_search_and_sorting_work_as_on_the_page_of_a_trace(shown):
    page = shown(large_page(), DESKTOP)
    page.fill("#search", "tensor parallel")
    assert page.inner_text("#found").startswith("1 of ")
    page.fill("#search", "")
    page.get_by_role("button", name="launching per step").first.click()
    assert page.locator("th[aria-sort=descending]").count() == 1


def test_on_paper_everything_is_open_and_light(shown):
    page = shown(large_page(), DESKTOP, "dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


def test_without_a_map_it_works_too(shown):
    page = shown(to_html(with_findings(heat=None)), NARROW)
    page.keyboard.press("n")
    assert page.problems == []
