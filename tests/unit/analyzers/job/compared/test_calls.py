"""How many collectives ranks call in a step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gpu_trace_analyzers.job.compared.calls import calls_per_step
from gpu_trace_analyzers.job.compared.group_kinds import group_kinds

from ..jobs import job


def test_calls_are_of_a_step_whatever_number_of_steps_and_few_further_calls_do_not_count():
    groups = {"pair": [0, 1], "all": [0, 1, 2]}
    calls = {("pair", 0): 9, ("pair", 1): 3, ("all", 0): 6, ("all", 1): 2, ("all", 2): 5}
    rows = [(name, number, rank, 0, 1) for (name, rank), times in calls.items() for number in range(times)]
    kept = job(["node1"] * 3, rows, groups).kept
    kept = replace(kept, ranks=replace(kept.ranks, steps=np.array([4, 1, 0])))
    assert calls_per_step(kept, group_kinds(kept)).tolist() == [[2, 2], [3, 2], [0, 0]]


def test_a_job_without_groups_has_none():
    kept = job(["node1"] * 2, [("a", 0, 0, 0, 1)]).kept
    assert calls_per_step(kept, group_kinds(kept)).shape == (2, 0)
