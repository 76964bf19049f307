"""Whatever on the page has a place in time brings it into view: by a click, by Enter, or by the event itself."""

from __future__ import annotations

import json

import pytest

from literal import literal
from report_pages import page_of, recorded_page

EVENTS = """() => {
  window.asked = [];
  document.addEventListener("gpu-trace:show", ({ detail }) => window.asked.push(detail));
}"""
PLACE = """([tag, places]) => {
  for (const [start, end, more] of places) {
    const element = document.createElement(tag);
    element.textContent = `from ${start} to ${end}`;
    element.tabIndex = 0;
    Object.assign(element.dataset, { startNs: start, endNs: end, ...more });
    document.querySelector("main").prepend(element);
  }
}"""


def view(page):
    return tuple(int(page.get_attribute("#timeline", f"data-view-{end}-ns")) for end in ("start", "end"))


def placed(page, *places, tag="p"):
    page.evaluate(EVENTS)
    page.evaluate(PLACE, [tag, places])


@pytest.mark.parametrize("tag", ["p", "button"])
@pytest.mark.parametrize("how", ["click", "Enter"])
def test_a_place_comes_into_view_whole_and_takes_a_third_of_it(shown, how, tag):
    page = shown(recorded_page("seed_nonblocking"))
    placed(page, (3_000_000, 3_600_000, {}), tag=tag)
    element = page.get_by_text("from 3000000")
    element.click() if how == "click" else element.press("Enter")
    assert view(page) == (2_400_000, 4_200_000)
    assert page.evaluate("asked") == [{"start_ns": 3_000_000, "end_ns": 3_600_000, "rank": None, "device": None}]
    assert page.problems == []


def test_the_timeline_comes_into_the_window(shown):
    page = shown(recorded_page("ddp_rank0"), {"width": 1280, "height": 300})
    placed(page, (1000, 2000, {}))
    page.evaluate("scrollTo(0, 0)")
    page.emulate_media(reduced_motion="reduce")
    page.get_by_text("from 1000 to").click()
    top = page.evaluate("document.querySelector('canvas').getBoundingClientRect().top")
    assert 0 <= top <= 300


def test_of_a_rank_its_own_lanes_come_into_the_window(shown):
    page = shown(recorded_page("two_h200/ddp"), {"width": 1280, "height": 200})
    page.emulate_media(reduced_motion="reduce")
    top = "document.querySelector('canvas').getBoundingClientRect().top"
    tops = []
    for rank in (0, 1):
        page.evaluate(f"""document.dispatchEvent(new CustomEvent("gpu-trace:show",
            {{ detail: {{ start_ns: 0, end_ns: 1000, rank: {rank} }} }}))""")
        tops.append(page.evaluate(top))
    assert tops[1] < tops[0] - 100


def test_the_first_and_the_last_nanosecond_can_be_shown(shown):
    page = shown(page_of(literal("s7 k 0-1000; s7 k 9000-10000")))
    placed(page, (0, 10, {}), (9990, 10000, {}))
    page.get_by_text("from 0 to").click()
    assert view(page) == (0, 200)
    page.get_by_text("from 9990 to").click()
    assert view(page) == (9800, 10000)


def test_n_and_p_go_round_the_findings(shown):
    page = shown(recorded_page("seed_nonblocking"))
    page.evaluate("document.querySelectorAll('[data-finding]').forEach((e) => delete e.dataset.finding)")
    placed(
        page, (30_000, 31_000, {"finding": "c"}), (20_000, 21_000, {"finding": "b"}), (10_000, 11_000, {"finding": "a"})
    )
    for key in ("n", "n", "n", "n", "p"):
        page.keyboard.press(key)
    assert [each["start_ns"] for each in page.evaluate("asked")] == [10_000, 20_000, 30_000, 10_000, 30_000]


def test_keys_move_what_is_in_view(shown):
    page = shown(page_of(literal("s7 k 0-1000; s7 k 9000-10000")))
    page.focus("canvas")
    found = {}
    for key in ("w", "ArrowUp", "d", "ArrowRight", "a", "ArrowLeft", "s", "ArrowDown", "Home"):
        page.keyboard.press(key)
        found[key] = view(page)
    assert found == {
        "w": (2500, 7500),
        "ArrowUp": (3750, 6250),
        "d": (4500, 7000),
        "ArrowRight": (5250, 7750),
        "a": (4500, 7000),
        "ArrowLeft": (3750, 6250),
        "s": (2500, 7500),
        "ArrowDown": (0, 10000),
        "Home": (0, 10000),
    }


def test_keys_that_are_typed_are_text(shown):
    page = shown(recorded_page("seed_nonblocking"))
    placed(page, (10_000, 11_000, {"finding": "a"}), tag="p")
    page.evaluate("document.querySelector('main').prepend(document.createElement('input'))")
    page.focus("input")
    page.keyboard.type("np")
    assert page.evaluate("asked") == []
    assert page.input_value("input") == "np"


def glided(page):
    """What is drawn at the beginning of a glide, on its way and at its end, in the words above the lanes."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.clock.install(time=0)  # which does not run what was asked for before
    page.clock.pause_at(60_000)
    page.get_by_text("from 3000000").click()
    assert view(page) == (2_400_000, 4_200_000)  # at once
    said = []
    for ms in (50, 50, 500):
        page.clock.run_for(ms)
        said.append(page.inner_text("#shown"))
    return said


def test_the_eye_follows_to_what_was_asked_for(shown_apart):
    page = shown_apart(recorded_page("seed_nonblocking"))
    placed(page, (3_000_000, 3_600_000, {}))
    first, second, last = glided(page)
    assert last == "1.800 ms from 2.40 ms"
    assert len({first, second, last}) == 3


def test_who_wants_no_motion_sees_none(shown_apart):
    page = shown_apart(recorded_page("seed_nonblocking"))
    page.emulate_media(reduced_motion="reduce")
    placed(page, (3_000_000, 3_600_000, {}))
    assert glided(page) == 3 * ["1.800 ms from 2.40 ms"]


def test_the_steps_of_the_account_are_in_view_first(shown):
    page = shown(recorded_page("two_h200/ddp"))
    first = view(page)
    assert first[1] - first[0] < 0.05 * int(json.loads(page.inner_html("#data"))["span"])
    page.click("[data-do=all]")
    assert view(page) == (0, json.loads(page.inner_html("#data"))["span"])
    page.click("[data-do=steady]")
    assert view(page) == first
