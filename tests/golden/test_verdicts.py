"""No recording whose limit is known has a wrong first line, and docs/verdict.md has the table of all of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gpu_trace_analyzers.vocabulary.losses import Owner
from verdicts import (
    ABSTAINED,
    PAGE,
    RIGHT,
    TRACES,
    WRONG,
    causes_told,
    judged,
    outcome,
    recordings,
    rules_of,
    with_tables,
)

OWNERS = {"compute", "collective", "copy", "other", "idle"}


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([("idle", "waiting_for_data")], RIGHT),
        ([("copy", "pageable"), ("idle", "waiting_for_data")], RIGHT),  # two that are close
        ([("idle", "launch_bound")], WRONG),
        ([("copy", "waiting_for_data")], WRONG),
        ([("compute", None)], WRONG),
        ([("idle", "host_unobserved")], ABSTAINED),
        ([("collective", "unknown"), ("idle", "lost_kernels")], ABSTAINED),
        ([("idle", "host_unobserved"), ("idle", "launch_bound")], WRONG),
    ],
)
def test_a_first_line_is_right_wrong_or_abstains(claims, expected):
    assert outcome(frozenset({("idle", "waiting_for_data")}), tuple(claims)) == expected


def test_what_computes_is_right_if_nothing_else_is_named():
    assert outcome(frozenset({("compute", None)}), (("compute", None),)) == RIGHT
    assert outcome(frozenset({("compute", None)}), (("idle", "queued"),)) == WRONG


def test_every_recording_of_an_experiment_has_a_truth():
    paths = {path for recording in recordings() for path in recording.paths}
    known = {file for path in paths for file in ([path] if path.is_file() else path.glob("*.json.gz"))}
    pairs = set((TRACES / "whatif").rglob("*.json.gz"))  # each is the same work twice, for what-if
    assert set(TRACES.rglob("*.json.gz")) - pairs == known
    for path in (TRACES / "truths").glob("*.json"):
        truth = json.loads(path.read_text("utf-8"))
        assert truth.keys() - {"also"} == {"schema", "recordings", "limited", "why"}
        assert {each["by"] for each in (truth["limited"], *truth.get("also", ()))} <= OWNERS


@pytest.fixture(scope="module")
def rows():
    return [judged(recording) for recording in recordings()]


@pytest.mark.slow
def test_no_first_line_is_wrong(rows):
    assert len(rows) > 50
    assert [(row.recording.name, row.text) for row in rows if row.outcome == WRONG] == []
    assert sum(row.outcome == RIGHT for row in rows) > 20


@pytest.mark.slow
def test_the_page_has_the_tables_as_they_are_now(rows):
    page = PAGE.read_text("utf-8")
    assert with_tables(page, rows) == page


def test_the_page_has_each_cause_of_idle_time_and_of_collectives():
    told = causes_told(PAGE.read_text("utf-8"))
    assert set(told[Owner.IDLE]) == set(rules_of(Owner.IDLE))
    assert set(told[Owner.COLLECTIVE]) == set(rules_of(Owner.COLLECTIVE))
    assert set(told[Owner.COPY]) <= set(rules_of(Owner.COPY))


def test_a_first_line_that_names_another_rank_is_wrong():
    [job] = [each for each in recordings() if each.name == "two_h200/ddp_late_data"]
    assert (job.rank, judged(job).outcome) == (1, RIGHT)
    assert judged(replace(job, rank=0)).outcome == WRONG
