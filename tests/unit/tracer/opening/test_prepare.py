"""What the browser gets of a trace, and what it shows first."""

from __future__ import annotations

import shutil

import pytest

from gpu_trace.opening.prepare import prepare
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.whatif.beside import what_if_of
from gpu_trace_analyzers.whatif.document import EMPTY, encoded
from gpu_trace_analyzers.whatif.entry import entry_of
from gpu_trace_analyzers.whatif.stored import place_of
from perfetto_decoding import decode


@pytest.fixture
def trace(recorded, tmp_path):
    """A trace with an execution trace beside it."""
    for ending in ("json.gz", "et.json.gz"):
        shutil.copy(recorded("two_streams").parent / f"whatif/seed_nonblocking.{ending}", tmp_path / f"run.{ending}")
    return tmp_path / "run.json.gz"


def predicted(prepared):
    return {row.track[-1] for row in decode(prepared.file).slices if row.args["category"] == "prediction"}


def test_a_window_that_was_predicted_is_drawn_and_pinned(trace, tmp_path):
    loaded = load(trace, operators=True)
    entry = entry_of(what_if_of(loaded, trace, range_name="measured"), loaded)
    place_of(trace).write_text(encoded(EMPTY.having(entry)), encoding="utf-8")
    found = prepare(trace, tmp_path)
    assert predicted(found) == {f"Predicted: {name}" for name in ("critical path", "Compute", "Copy device to host")}
    assert "Predicted: Compute|" in found.view.pinned


@pytest.mark.parametrize("stored", ["", "{"], ids=["not asked", "damaged"])
def test_without_a_prediction_there_is_what_was_recorded(stored, trace, tmp_path):
    if stored:
        place_of(trace).write_text(stored, encoding="utf-8")
    found = prepare(trace, tmp_path)
    assert predicted(found) == set()
    assert "Predicted" not in found.view.pinned
