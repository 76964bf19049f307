"""A job run again: what would it take if some ranks had taken less of their own time? Times are ns."""

import numpy as np

from gpu_trace_analyzers.job.compared.replay import Less, Replay
from gpu_trace_analyzers.model import MISSING

from ..jobs import job

# Two ranks that compute, then reduce, three times; rank 1 computes 100 where rank 0 computes 40. A transfer takes 10.
ENDS = (110, 220, 330)
BEGINS = {0: (40, 150, 260), 1: (100, 210, 320)}
OWN = {0: 40, 1: 100}


def balanced(**columns):
    rows = [("g", n, rank, BEGINS[rank][n], ENDS[n]) for rank in (0, 1) for n in range(3)]
    own = [OWN[rank] for rank in (0, 1) for _ in range(3)]
    before = [MISSING, 0, 1] * 2
    launched = [1 + place for place in range(3)] * 2
    given = {
        "launched_ns": launched, "compute_ns": own, "host_ns": [1] * 6, "data_ns": [0] * 6, "behind": before,
        "released_by": before, "device_ns": own, "resumed_ns": launched, "tail_ns": own,
        "host_released_by": [MISSING] * 6,
    }  # fmt: skip
    return job(["node1"] * 2, rows, {"g": [0, 1]}, **(given | columns))


def takes(of, **less):
    return Replay(of).job_ns(Less.nothing(of).with_(**{name: np.array(ns) for name, ns in less.items()}))


def test_with_nothing_changed_it_takes_what_it_took():
    of = balanced()
    assert takes(of) == Replay(of).recorded_ns == 330 - 40


def test_what_the_last_rank_computes_less_is_gained_until_the_other_one_is_last():
    # the first step begins when it did: nothing is known of what is before it but the launch
    assert takes(balanced(), compute_ns=[0, 0, 0, 0, 50, 50]) == 290 - 100
    assert takes(balanced(), compute_ns=[0, 0, 0, 0, 90, 90]) == 290 - 120


def test_what_a_rank_that_waits_computes_less_gains_nothing():
    assert takes(balanced(), compute_ns=[0, 30, 30, 0, 0, 0]) == 290


def test_a_shorter_transfer_is_gained_by_all():
    assert takes(balanced(), transfer_ns=[5, 5, 5]) == 290 - 15


def test_a_host_that_launches_late_decides_when_its_devices_resume():
    of = balanced(resumed_ns=[1, 2, 3, 1, 110, 220], launched_ns=[1, 2, 3, 1, 115, 225])
    assert takes(of) == 290
    # the devices of rank 1 were released at 110, the launch was no later: nothing is gained by an earlier one
    assert takes(of, host_ns=[0, 0, 0, 0, 20, 20]) == 290


def test_a_host_that_is_the_last_to_be_ready_gains_what_it_takes_less():
    # rank 1 resumes 60 after it was released, and then computes 40
    late = {
        "resumed_ns": [1, 2, 3, 60, 170, 280], "launched_ns": [1, 2, 3, 61, 171, 281],
        "device_ns": [40] * 6, "tail_ns": [40] * 6, "host_released_by": [MISSING] * 3 + [MISSING, 0, 1],
    }  # fmt: skip
    of = balanced(**late)
    assert takes(of) == 290
    assert takes(of, host_ns=[0, 0, 0, 0, 25, 25]) == 290 - 50


def test_a_host_that_is_free_runs_ahead_of_what_is_gained():
    # never released by a collective: its launches stay where they are, so a shorter transfer gains one only
    late = {"resumed_ns": [1, 2, 3, 60, 170, 280], "device_ns": [40] * 6, "tail_ns": [40] * 6}
    assert takes(balanced(**late), transfer_ns=[5, 5, 5]) == 290 - 5


def test_a_rank_that_leaves_before_the_last_comes_gains_only_its_own():
    rows = [("g", 0, 0, 10, 20), ("g", 0, 1, 50, 60), ("g", 1, 0, 30, 70), ("g", 1, 1, 65, 70)]
    of = job(["node1"] * 2, rows, {"g": [0, 1]}, device_ns=[0] * 4, tail_ns=[0] * 4, compute_ns=[0] * 4)
    assert takes(of) == Replay(of).recorded_ns
    assert takes(of, delay_ns=[0, 0, 5, 0]) == 60
