"""``gpu-trace.job/1``: its keys stay, it is small however many ranks there are, and its numbers are exact."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from gpu_trace_analyzers.reports.job.document import SCHEMA, to_json
from gpu_trace_analyzers.reports.job.findings import id_of
from job_answers import EACH_KIND, MS, bare, found, healthy, heat, large, nothing, operations

LARGEST = 100_000
"""bytes"""
QUANTILES = {"least": int, "low": int, "median": int, "high": int, "most": int, "most_rank": int}
STRETCHES = [[int]]
KEYS = {
    "schema": str,
    "path": str,
    "ranks": int,
    "world_size": int,
    "hosts_in_all": int,
    "verdict": {"text": str, "finding": str},
    "window_ns": int,
    "job_ns": int,
    "ideal_ns": int,
    "step_ns": QUANTILES,
    "warm_up_steps": int,
    "findings": [
        {
            "id": str,
            "kind": str,
            "ranks": STRETCHES,
            "ranks_in_all": int,
            "host": str,
            "conclusive": bool,
            "cost_ns": int,
            "error_ns": int,
            "sentence": str,
            "remedy": str,
        }
    ],
    "findings_in_all": int,
    "account": [{"owner": str, "ns": int, "of_rank": QUANTILES, "causes": [{"cause": str, "ns": int}]}],
    "hosts": [{"host": str, "ranks": STRETCHES, "compute_ns": int, "host_ns": int, "idle_ns": int}],
    "groups": [
        {
            "title": str,
            "groups": int,
            "size": int,
            "collectives": int,
            "wait_ns": int,
            "transfer_ns": int,
            "bus_gb_per_s": float,
            "by_size": [{"bytes": int, "collectives": int, "bus_gb_per_s": float}],
        }
    ],
    "groups_by_order": int,
    "groups_not_matched": int,
    "stages": [{"stage": int, "ranks": STRETCHES, "bubble_ns": int, "window_ns": int}],
    "clocks": [
        {
            "host": str,
            "ranks": int,
            "offset_ns": int,
            "drift_ppb": int,
            "residual_ns": int,
            "uncertainty_ns": int,
            "compared": int,
        }
    ],
    "missing": STRETCHES,
    "missing_in_all": int,
    "damaged": [{"rank": int, "problem": str}],
    "damaged_in_all": int,
    "operations": [{"rank": int, "start_ns": int, "ns": int, "name": str, "engine": str}],
    "operation_lengths": [{"engine": str, "count": int, "ns": int, "median_ns": int, "p90_ns": int, "p99_ns": int}],
    "heat": {
        "first_step": int,
        "steps_each": int,
        "ranks_each": int,
        "hosts": [str],
        "late_ns": [[int]],
        "late_rank": [int],
    },
}


def schema_of(value):
    """The keys and types of a document; of a list those of its first row that has all of them."""
    if isinstance(value, dict):
        return {key: schema_of(each) for key, each in value.items()}
    if value == []:
        return []
    if isinstance(value, list):
        rows = [schema_of(each) for each in value]
        return [next((row for row in rows if "NoneType" not in str(row) and "[]" not in str(row)), *rows[:1])]
    return type(value)


@cache
def worst() -> object:
    """As large as each part may be: ranks that alternate, long names, late ranks everywhere."""
    alternating = tuple((rank, rank) for rank in range(0, 4096, 2))
    answer = large()
    late = heat(4096, 640, Random(2), lambda rank, step: True)
    return replace(
        answer,
        findings=tuple(
            replace(found("late_data", alternating[i:]), sentence="w" * 240, remedy="r" * 160) for i in range(32)
        ),
        findings_in_all=4000,
        missing=alternating,
        damaged=tuple((4000 + i, "d" * 240) for i in range(32)),
        hosts=tuple(replace(each, host=f"{i:02}" + "h" * 62) for i, each in enumerate(answer.hosts)),
        clocks=tuple(replace(each, host=f"{i:02}" + "h" * 62) for i, each in enumerate(answer.clocks)),
        heat=replace(late, late_ns=tuple(tuple(ns + 900 * MS for ns in row) for row in late.late_ns)),
        operations=operations(4096, Random(3), 100),
    )


def test_its_keys_stay():
    assert schema_of(json.loads(to_json(large()))) == KEYS
    assert SCHEMA == "gpu-trace.job/1"


@pytest.mark.parametrize("answer", [healthy(), bare(), nothing()])
def test_it_has_all_keys_even_if_there_is_nothing_in_them(answer):
    assert list(json.loads(to_json(answer))) == list(KEYS)


def test_what_is_not_known_is_null():
    document = json.loads(to_json(bare()))
    assert [document[key] for key in ("world_size", "step_ns", "heat")] == [None] * 3
    assert json.loads(to_json(nothing()))["damaged"][0]["rank"] is None


def test_it_is_small_however_large_the_job_is():
    assert len(to_json(worst()).encode()) <= LARGEST


def test_what_is_left_out_is_counted():
    document = json.loads(to_json(worst()))
    assert document["missing_in_all"] == document["findings"][0]["ranks_in_all"] == 2048
    assert (document["findings_in_all"], document["damaged_in_all"]) == (4000, 1)
    assert len(document["missing"]) < 2048


def test_times_are_exact_and_owners_add_up():
    answer = large()
    document = json.loads(to_json(answer))
    assert sum(row["ns"] for row in document["account"]) == document["window_ns"] == answer.window_ns
    for row in document["account"][1:]:
        assert sum(cause["ns"] for cause in row["causes"]) == row["ns"]


def test_the_verdict_names_its_finding():
    document = json.loads(to_json(large()))
    assert document["verdict"]["finding"] == document["findings"][0]["id"] == "slow_host:node017:136-143"
    assert json.loads(to_json(healthy()))["verdict"]["finding"] is None


def test_ids_tell_findings_apart():
    assert len({id_of(each) for each in EACH_KIND}) == len(EACH_KIND)
    assert id_of(found("late_data", ((8, 15), (20, 20)))) == "late_data:8-15+20"


def test_the_map_names_the_latest_rank_of_each_row():
    heat = json.loads(to_json(large()))["heat"]
    assert (heat["ranks_each"], len(heat["late_rank"])) == (64, 64)
    assert heat["late_rank"][1] == 77
    assert 136 <= heat["late_rank"][2] <= 143


def test_each_row_has_a_line():
    lines = to_json(large()).splitlines()
    assert sum('"kind":' in line for line in lines) == len(EACH_KIND)
