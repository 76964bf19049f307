"""A report of many devices stays readable: the worst are shown, the rest is counted, and programs get all."""

from __future__ import annotations

import re

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.reports.markdown import to_markdown
from gpu_trace_analyzers.reports.text import DEVICES_SHOWN, ROWS_SHOWN, to_text
from literal import literal


def of(devices: int):
    """Device d exposes 10 d ns of its copying, but for the last two, which expose nothing: one of them is idle."""
    text = [f"gpu{d} k 0-50; gpu{d} d2h 50-{50 + 10 * d}; gpu{d} nccl 900-910" for d in range(devices - 2)]
    text += [f"gpu{devices - 2} k 0-50", f"gpu{devices - 1} k 0-50; gpu{devices - 1} k 900-910"]
    return literal(";".join(text))


def headlines(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^GPU (\d+): (?!as)", text, re.M)]


def different(devices: int):
    """Device d spends d times 4 % of its time in a memset."""
    return literal("; ".join(f"gpu{d} k 0-{1000 - 40 * d}; gpu{d} memset {1000 - 40 * d}-1000" for d in range(devices)))


@pytest.mark.parametrize("devices", [3, 8])
def test_of_few_devices_all_are_shown(devices):
    text = to_text(Analysis(different(devices)).summary)
    assert headlines(text) == list(range(devices))
    assert "more device" not in text
    assert "not compared" not in text


def test_of_many_devices_those_that_lose_most_are_shown_in_their_order_and_the_rest_is_counted():
    text = to_text(Analysis(different(12)).summary, width=140)
    assert headlines(text) == list(range(4, 12))
    assert "and 4 more devices that lose less of their time" in text
    assert "66 pairs of devices not compared, because more than 8 were active" in text


def test_devices_that_are_alike_are_told_as_one_in_a_terminal_alone():
    analysis = Analysis(of(12))
    text, page = to_text(analysis.summary, width=140), to_html(analysis, analysis.summary)
    assert headlines(text) == [0, 3, 6, 9, 10]
    assert "GPU 1, GPU 2, GPU 11: as GPU 0" in text
    assert "more device" not in text
    assert page.count("<h2>GPU ") == 12
    assert "as GPU 0" not in page


def test_those_that_are_like_one_that_is_left_out_are_counted_too():
    text = to_text(Analysis(of(12)).summary, width=140, brief=True)
    [left_out] = re.findall(r"and (\d+) more devices", text)
    named = [each for line in re.findall(r"^(.*): as GPU", text, re.M) for each in line.split(", ")]
    assert len(headlines(text)) == 2
    assert int(left_out) == 12 - 2 - len(named)


def test_two_devices_are_both_shown_however_alike():
    assert headlines(to_text(Analysis(literal("k 0-10; gpu1 k 0-10")).summary)) == [0, 1]


def test_lines_do_not_grow_with_devices():
    many = to_text(Analysis(of(200)).summary)
    assert many.count("\n") < 25 * DEVICES_SHOWN + 2 * ROWS_SHOWN
    assert len(to_document(Analysis(of(40)).summary)["devices"]) == 40


def test_every_report_counts_the_pairs_that_it_does_not_have():
    trace = of(9)
    analysis = Analysis(trace)
    summary = analysis.summary
    for report in (to_text(summary), to_markdown(summary), to_html(analysis, summary)):
        assert "36 pairs of devices not compared" in report
