from __future__ import annotations

import re
from dataclasses import replace

from gpu_trace_analyzers.reports.panels.before_after import before_after_panel
from gpu_trace_analyzers.whatif.answer import Expected
from gpu_trace_analyzers.whatif.entry import entry_of
from what_ifs import MS, abstained, answered, before


def drawn(found):
    return before_after_panel(entry_of(found, before()))


def bars(text):
    """Of each bar its kind, time and width in percent."""
    found = re.findall(r'<svg class="(\w+)".*?<rect width="([\d.]+)%" height="16" data-ns="(\d+)"', text)
    return [(kind, int(ns) // MS, float(width)) for kind, width, ns in found]


def test_bars_have_one_scale_and_the_gain_is_told():
    text = drawn(answered())
    assert bars(text) == [("now", 132, 100.0), ("then", 112, 84.8485), ("change", 112, 84.8485)]
    assert "its own dependencies allow" in text
    assert "saves 20.0 ms (15.2 %)" in text
    assert "between 111.0 ms and 114.0 ms" in text


def test_a_prediction_that_may_be_longer_than_the_run_stays_inside_the_bar():
    text = drawn(answered(expected=Expected(112 * MS, 111 * MS, 264 * MS)))
    assert bars(text)[0] == ("now", 132, 50.0)


def test_a_gain_that_is_next_to_nothing_is_none():
    text = drawn(answered(before_ns=112 * MS, unrecorded_ns=112 * MS, remedies=()))
    assert "saves nothing" in text


def test_of_many_changes_three_have_a_bar():
    (remedy,) = answered().remedies
    many = tuple(replace(remedy, id=f"c{i}") for i in range(5))
    assert [kind for kind, *_ in bars(drawn(answered(remedies=many)))] == ["now", "then", *["change"] * 3]


def test_without_a_prediction_there_is_nothing_to_compare():
    assert drawn(abstained()) == ""
