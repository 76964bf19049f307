"""Tables in any width: no figure is ever cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.comparison import compare
from gpu_trace_analyzers.reports.changes import to_text
from gpu_trace_analyzers.summary import Summary, summarise
from literal import literal


def recorded(copy: str) -> Summary:
    trace = literal(f"k 0-123456789 @0; h2d {copy} @1; k 300000000-300000001 @6; range a_rather_long_name 0-5")
    devices = tuple(replace(device, name="NVIDIA H200 with a long name") for device in trace.devices)
    return summarise(replace(trace, devices=devices))


@pytest.mark.parametrize("width", [100, 80])
def test_no_figure_of_a_comparison_is_cut(width):
    text = to_text(compare(recorded("123456789-234567891"), recorded("111-101234567")), width=width)
    [row] = [line for line in text.splitlines() if line.startswith("a_rather")]
    assert "…" not in row
    assert row.split()[1:3] == ["GPU", "0"]
    assert "111.1 ms" in row
