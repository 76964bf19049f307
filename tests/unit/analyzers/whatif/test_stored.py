from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.whatif.answer import WhatIfWindow
from gpu_trace_analyzers.whatif.document import EMPTY, SCHEMA, Document, encoded, one
from gpu_trace_analyzers.whatif.entry import entry_of
from gpu_trace_analyzers.whatif.stored import place_of, stored
from what_ifs import MS, abstained, answered, before

STEADY = WhatIfWindow("steps 3 to 5", 0, 9, 6, None, 3)
ENTRY = entry_of(answered(), before())


def test_an_answer_is_read_back_as_it_was_written(tmp_path):
    unanswered = entry_of(abstained(window=STEADY), before())
    document = EMPTY.having(ENTRY).having(unanswered)
    place_of(tmp_path).write_text(encoded(document), encoding="utf-8")
    assert stored(tmp_path) == document
    assert (document.of("measured"), document.of(None), document.of("other")) == (ENTRY, unanswered, None)


def test_a_new_answer_of_a_window_takes_the_place_of_the_old_one():
    again = entry_of(answered(recorded_ns=7), before())
    assert EMPTY.having(ENTRY).having(again).entries == (again,)


def test_sums_stand_in_place_of_the_schedule():
    assert ENTRY.critical_path == {"compute": 90 * MS, "copy_d2h": 10 * MS, "waiting": 12 * MS}
    spent = ENTRY.spent
    assert (spent.before_first_ns, spent.busy) == (10 * MS, {"compute": 90 * MS, "copy_d2h": 30 * MS})
    assert (spent.overlapped_ns, spent.idle_ns, spent.after_last_ns) == (20 * MS, 0, 2 * MS)


def test_the_printed_document_has_the_fixed_names():
    found = json.loads(one("a.json", ENTRY))
    assert (found["schema"], found["path"], found["status"], found["reason"]) == (SCHEMA, "a.json", "answered", "")
    assert found["expected"] == {
        "predicted_ns": 112 * MS,
        "low_ns": 111 * MS,
        "high_ns": 114 * MS,
        "extra_bytes": 0,
        "in_used_memory_ns": None,
    }
    assert found["bound"]["predicted_ns"] == 100 * MS
    fixed = {"id", "cause", "predicted_ns", "gain_ns", "error_ns", "extra_bytes"}
    assert all(fixed <= remedy.keys() for remedy in found["remedies"])
    assert {"window", "recorded_ns", "replay_ns", "unknown_dependency_share"} <= found.keys()


@pytest.mark.parametrize(
    ("trace", "place"),
    [("seed.json.gz", "seed.whatif.json"), ("report.sqlite", "report.whatif.json"), ("t.pftrace", "t.whatif.json")],
)
def test_beside_a_trace_file_it_has_its_name(tmp_path, trace, place):
    assert place_of(tmp_path / trace) == tmp_path / place


def test_of_a_run_it_is_in_its_folder(tmp_path):
    (tmp_path / "run.json").touch()
    assert place_of(tmp_path / "trace.json.gz") == place_of(tmp_path) == tmp_path / "whatif.json"
    assert place_of(tmp_path / "trace_rank1.json.gz") == tmp_path / "trace_rank1.whatif.json"


def test_nothing_was_predicted_of_a_trace_without_the_file(tmp_path):
    assert stored(tmp_path / "seed.json.gz") == EMPTY


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "truncated"),
        ("[]", "Expected"),
        (msgspec.json.encode(Document("gpu-trace.run/1", ())).decode(), "schema is 'gpu-trace.run/1'"),
    ],
)
def test_another_file_of_that_name_is_refused(tmp_path, text, why):
    place_of(tmp_path).write_text(text, encoding="utf-8")
    with pytest.raises(TraceUnreadable, match=f"whatif.json: has no predictions .*{why}.*; delete it"):
        stored(tmp_path)


def test_every_key_is_in_the_page():
    page = (Path(__file__).parents[4] / "docs/what-if.md").read_text("utf-8")
    assert {key for key in keys(Document) if f"`{key}`" not in page} == set()


def keys(struct):
    """Those of a struct and of all inside it."""
    for field in msgspec.structs.fields(struct):
        yield field.name
        inside = [field.type, *get_args(field.type), *(each for a in get_args(field.type) for each in get_args(a))]
        for each in inside:
            if isinstance(each, type) and issubclass(each, msgspec.Struct):
                yield from keys(each)
