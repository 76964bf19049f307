"""The laboratory's pages are what was measured, and the recordings beside them have the ratios that they tell."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gpu_trace_analyzers.readers import load
from lab.experiments import experiments
from lab.measured import Lab, recorded
from lab.page import markdown
from lab.what_if.measured import Outcome
from lab.what_if.page import inserted, tables
from lab.what_if.pairs import pairs

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/lab").glob("*.json"))


@pytest.mark.parametrize("measured", PAGES, ids=lambda path: path.stem)
def test_a_page_is_what_was_measured(measured):
    page = measured.with_suffix(".md").read_text("utf-8")
    lab = msgspec.json.decode(measured.read_bytes(), type=Lab)
    title = page.splitlines()[0].removeprefix("# ")
    assert markdown(lab, experiments(), title) == page


@pytest.mark.parametrize("measured", sorted((ROOT / "docs/lab/what-if").glob("*.json")), ids=lambda path: path.stem)
def test_the_tables_of_predictions_are_what_was_measured(measured):
    page = (ROOT / "docs/what-if.md").read_text("utf-8")
    outcomes = msgspec.json.decode(measured.read_bytes(), type=list[Outcome])
    assert inserted(page, tables(outcomes, pairs())) == page


RATIOS = {
    ("compute_and_copy", "non_blocking"): 0.0,
    ("compute_and_copy", "interleaved"): 0.0,
    ("compute_and_copy", "side_stream_pageable"): 0.0,
    ("compute_and_copy", "side_stream_pinned"): 0.980,
    ("data_loading", "pinned"): 0.0,
    ("data_loading", "prefetch"): 0.937,
    ("dependencies", "in_order"): 0.0,
    ("dependencies", "scheduled"): 0.878,
    ("three_at_once", "in_turns"): 0.0,
    ("three_at_once", "all_at_once"): 0.999,
    ("mlp_overlapped", "overlapped"): 0.496,
    ("mlp_scheduled", "scheduled"): 0.897,
}


@pytest.mark.parametrize(("trace", "variant"), RATIOS)
def test_a_recording_has_the_overlap_of_its_experiment(trace, variant):
    found = recorded(load(ROOT / f"samples/traces/one_h200/{trace}.json.gz"), variant, [])
    assert found is not None
    [on] = found.devices
    assert on.overlap_ns / min(on.compute_ns, on.copy_ns) == pytest.approx(RATIOS[trace, variant], abs=0.004)


def test_operations_in_streams_and_in_a_graph_run_at_once():
    trace = load(ROOT / "samples/traces/one_h200/independent_operations.json.gz")
    at_once = {}
    for variant in ("one_stream", "a_stream_each", "in_a_graph"):
        found = recorded(trace, variant, [])
        assert found is not None
        [on] = found.devices
        at_once[variant] = on.stream_busy_ns / on.busy_ns
    assert at_once["one_stream"] == 1.0
    assert 2 < at_once["a_stream_each"] < at_once["in_a_graph"]
