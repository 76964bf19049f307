"""What the browser gets of a trace, and what it shows first."""

from __future__ import annotations

import json
import shutil

import pytest

from gpu_trace.opening.prepare import prepare
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import UsageError
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


def worst_of(prepared):
    """The slice of the worst place, as a viewer reads it."""
    (worst,) = [row for row in decode(prepared.file).slices if row.name.startswith("worst place: ")]
    return worst


@pytest.mark.parametrize("name", ["seed_blocking", "mlp_overlap", "ddp_rank0", "mxnet_one_worker"])
def test_it_lands_at_the_worst_place_which_is_that_of_the_verdict(name, recorded, tmp_path):
    found = prepare(recorded(name), tmp_path)
    worst = worst_of(found)
    assert found.view.selected == (worst.start_ns, worst.end_ns)
    assert found.view.start_ns <= worst.start_ns < worst.end_ns <= found.view.end_ns
    account = Analysis(load(recorded(name))).account
    loss = account.first.losses[0]
    assert found.view.selected == (loss.evidence.start_ns, loss.evidence.end_ns)
    assert loss.title in worst.name


def test_on_a_clock_without_a_sign_the_view_moves_with_the_trace(tmp_path):
    rows = ((at_us, {"device": 0, "stream": 7}) for at_us in (-1, 0))
    events = [
        {"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": ts, "dur": 0.1, "args": args}
        for ts, args in rows
    ]
    (tmp_path / "early.json").write_text(json.dumps({"schemaVersion": 1, "traceEvents": events}))
    found = prepare(tmp_path / "early.json", tmp_path)
    worst = worst_of(found)
    assert found.view.selected == (worst.start_ns, worst.end_ns) == (100, 1000)


def test_a_trace_that_lost_nothing_is_shown_whole(recorded, tmp_path):
    found = prepare(recorded("two_streams"), tmp_path)
    assert (found.view.selected, found.view.start_ns) == (None, None)
    assert not [row for row in decode(found.file).slices if row.name.startswith("worst place")]


def test_it_lands_where_it_is_told_to(recorded, tmp_path):
    whole = load(recorded("seed_blocking")).work
    first, last = int(whole.start_ns[0]), int(whole.end_ns.max())
    views = [prepare(recorded("seed_blocking"), tmp_path, at=at).view for at in ("none", (1000, 5000), (1000, 1 << 60))]
    assert [(view.start_ns, view.end_ns, view.selected) for view in views] == [
        (None, None, None),
        (first + 1000, first + 5000, None),
        (first + 1000, last, None),
    ]


def test_a_place_that_cannot_be_shown_is_refused(recorded, tmp_path):
    with pytest.raises(UsageError, match=r"--at 3,600.0 s..3,601.0 s shows nothing; the work of .* lasts"):
        prepare(recorded("seed_blocking"), tmp_path, at=(3600 * 10**9, 3601 * 10**9))
    with pytest.raises(UsageError, match="is shown as it is"):
        prepare(recorded("seed_blocking"), tmp_path, as_is=True, at=(0, 1000))
