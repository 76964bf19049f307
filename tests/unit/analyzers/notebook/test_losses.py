"""The bars of the losses add up to the window of each device."""

from __future__ import annotations

import sys

import pytest

from gpu_trace import Analysis, UsageError
from literal import literal

TWO = "s7 k 0-1000 @1; s7 d2h 1000-1500 @2; gpu1 k 0-700 @3; gpu1 k 1200-1500 @4"


def test_the_parts_of_a_device_add_up_to_its_window_exactly(recorded):
    analysis = Analysis(recorded("ddp_rank0"))
    figure = analysis.plot_losses()
    assert sum(ns for bar in figure.data for ns in bar.customdata) == analysis.account.devices[0].window_ns


def test_each_device_has_a_bar():
    analysis = Analysis(literal(TWO))
    figure = analysis.summary.plot_losses()
    totals: dict[str, int] = {}
    for bar in figure.data:
        for label, ns in zip(bar.y, bar.customdata, strict=True):
            totals[label] = totals.get(label, 0) + ns
    assert totals == {"GPU 0": 1500, "GPU 1": 1500}


def test_its_title_is_the_verdict(recorded):
    title = Analysis(recorded("seed_nonblocking")).plot_losses().layout.title.text
    assert title.startswith("in exposed copies for 30.7 %")


def test_a_trace_without_devices_has_an_empty_figure():
    assert [bar.y for bar in Analysis(literal("range a 0-10")).plot_losses().data] == [()]


def test_without_plotly_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(UsageError, match=r"^figures need plotly, .* run pip install 'gpu-trace\[notebook\]'$"):
        Analysis(literal(TWO)).plot_losses()
    with pytest.raises(UsageError, match="figures need plotly"):
        Analysis(literal(TWO)).plot_timeline()
