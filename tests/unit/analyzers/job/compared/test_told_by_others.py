"""Exposed collectives of a job: until the last rank came, others waited; then the transfer took its time."""

import pytest

from gpu_trace_analyzers.job.compared.alike import Alike
from gpu_trace_analyzers.job.compared.told_by_others import told_by_others
from gpu_trace_analyzers.model import MISSING

from ..jobs import job

HOST = ["node1", "node1"]
GROUP = {"g": [0, 1]}


def moved(collectives, exposed_ns, groups=None, hosts=HOST):
    of = job(hosts, collectives, groups or GROUP, exposed_ns=exposed_ns, exposed_cause=[0] * len(exposed_ns))
    found = told_by_others(Alike(of))
    assert sum(found.values()) == 0
    return found["waiting_for_rank"], found["transfer"]


@pytest.mark.parametrize(
    ("exposed_ns", "wait_and_transfer"),
    [
        ([100, 0], (60, 40)),  # all of the first rank's is exposed: it waits until 70
        ([30, 0], (0, 30)),  # it computed until all had come
        ([50, 20], (10, 60)),
    ],
)
def test_time_until_the_last_rank_came_is_waiting_and_the_rest_is_the_transfer(exposed_ns, wait_and_transfer):
    assert moved([("g", 0, 0, 10, 110), ("g", 0, 1, 70, 110)], exposed_ns) == wait_and_transfer


def test_of_a_group_of_which_a_rank_is_missing_only_waiting_is_known():
    groups = {"g": [0, 1, 2]}
    assert moved([("g", 0, 0, 10, 110), ("g", 0, 1, 70, 110)], [100, 20], groups, [*HOST, "node1"]) == (60, 0)


def test_a_rank_that_left_before_the_last_one_came_did_not_wait_for_it():
    assert moved([("g", 0, 0, 10, 60), ("g", 0, 1, 70, 110)], [50, 20]) == (0, 20)


def test_a_collective_without_a_number_says_nothing():
    assert moved([("g", MISSING, 0, 10, 110), ("g", MISSING, 1, 70, 110)], [100, 20]) == (0, 0)
