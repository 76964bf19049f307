"""What is found of jobs written by hand: twelve ranks on three machines, which compute and reduce in every step.

Times are µs there. A rank takes 1000 to compute, its host 200 to launch that, and waits 10 for data; rank and step may
take another time of each. Nothing but compute is on the way to the next collective, unless the host or the data take
longer.
"""

from dataclasses import replace

import numpy as np
import pytest

from gpu_trace_analyzers.job.compared.compared_job import ComparedJob
from gpu_trace_analyzers.job.compared.matched_job import Job
from gpu_trace_analyzers.job.findings.every import every
from gpu_trace_analyzers.job.findings.whose import MOST_ALONE
from gpu_trace_analyzers.job.kept.tables import Steps
from gpu_trace_analyzers.model import MISSING

from ..jobs import job, lacking_one, without_numbers

RANKS, STEPS = 12, 8
HOSTS = [f"node{rank // 4}" for rank in range(RANKS)]
ALL = range(RANKS)


def steps(compute=None, host=None, data=None, transfer=20, hosts=HOSTS, numbered=True, lacking=None, kernels=None):
    """The findings of that job: arguments are {(rank, step): µs}, or {rank: µs} for every step.

    ``numbered``: whether the traces number collectives. ``lacking``: a rank whose trace lacks its second.
    ``kernels``: how many each rank launches in a step, {rank: number}, of which 10 are the same ones.
    """
    ranks = len(hosts)
    compute_us, host_us, data_us = (
        _filled(usual, ranks, given) for usual, given in ((1000, compute), (200, host), (10, data))
    )
    own_us = np.maximum(compute_us, host_us + data_us)
    begun = np.zeros(ranks, np.int64)
    rows, before = [], []
    for step in range(STEPS):
        arrived = begun + own_us[:, step]
        ended = int(arrived.max()) + transfer
        rows += [("g", step, rank, int(arrived[rank]), ended) for rank in range(ranks)]
        before += [step - 1 if step else MISSING] * ranks
        begun = np.full(ranks, ended)
    order = sorted(range(len(rows)), key=lambda row: (rows[row][2], rows[row][1]))
    first = np.arange(STEPS) > 0
    part = {
        "compute_ns": np.where(first, compute_us, MISSING), "host_ns": np.where(first, host_us, MISSING),
        "data_ns": np.where(first, data_us, MISSING), "device_ns": compute_us,
        "tail_ns": np.zeros_like(compute_us),
    }  # fmt: skip
    released_us = np.array([rows[row][4] for row in order]).reshape(ranks, STEPS)
    launched = np.column_stack((np.zeros(ranks, np.int64), released_us[:, :-1])) + host_us + data_us
    places = [before[row] for row in order]
    columns = {name: 1000 * np.where(ns == MISSING, 0, ns).ravel() for name, ns in part.items()}
    for name in ("compute_ns", "host_ns", "data_ns"):
        columns[name][(part[name] == MISSING).ravel()] = MISSING
    of = job(
        hosts,
        [(*rows[row][:3], 1000 * rows[row][3], 1000 * rows[row][4]) for row in order],
        {"g": range(ranks)},
        **columns,
        launched_ns=1000 * launched.ravel(),
        resumed_ns=1000 * launched.ravel(),
        step=[rows[row][1] for row in order],
        behind=places,
        released_by=places,
        host_released_by=places,
    )
    of = Job(replace(of.kept, steps=_launching(kernels, ranks))) if kernels is not None else of
    kept = of.kept if numbered else without_numbers(of.kept)
    return every(ComparedJob(Job(kept if lacking is None else lacking_one(kept, lacking))))


def _launching(kernels, ranks):
    of = [kernels.get(rank, 10) for rank in range(ranks)]
    return Steps.of({"rank": range(ranks), "step": [0] * ranks, "kernels": of, "kernels_digest": of})


def _filled(usual, ranks, given):
    found = np.full((ranks, STEPS), usual)
    for where, value in (given or {}).items():
        found[where] = value
    return found


def told(findings):
    return [(each.kind, each.ranks, each.cost_ns // 1000, each.conclusive) for each in findings]


def test_nothing_is_found_where_all_ranks_are_alike():
    assert steps() == ()


FAULTS = [
    {},
    {"compute": {5: 1300}},
    {"compute": {4: 1300, 5: 1310, 6: 1290, 7: 1300}},
    {"compute": {(5, 3): 9000}},
    {"host": dict.fromkeys(range(4, 8), 1400)},
    {"host": {(0, 3): 9000, (0, 6): 9000}},
    {"data": {(2, 3): 5000, (2, 5): 4000}},
    {"data": {3: 3000, 7: 4000}, "hosts": [None] * RANKS},
]


@pytest.mark.parametrize("fault", FAULTS)
def test_without_numbers_the_same_is_found(fault):
    assert steps(**fault, numbered=False) == steps(**fault)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("lacking", [0, 5])
def test_without_numbers_nothing_is_found_if_a_rank_lacks_one(fault, lacking):
    assert [each for each in steps(**fault, numbered=False, lacking=lacking) if each.kind != "clock_uncertain"] == []


def test_nothing_is_found_where_ranks_differ_by_chance():
    random = np.random.default_rng(1)
    noise = {(rank, step): int(random.normal(1000, 20)) for rank in ALL for step in range(STEPS)}
    hosts = {(rank, step): int(random.normal(200, 30)) for rank in ALL for step in range(STEPS)}
    assert steps(compute=noise, host=hosts) == ()


def test_a_gpu_that_takes_longer_is_found_with_what_that_costs():
    (found,) = steps(compute={5: 1300})
    assert told([found]) == [("slow_gpu", ((5, 5),), 300 * (STEPS - 1), True)]
    assert found.host == "node1"
    assert found.sentence.startswith("rank 5 computes ")


@pytest.mark.parametrize(("us", "kinds"), [(1015, []), (1055, ["late_rank"]), (1070, ["slow_gpu"])])
def test_gpus_differ_by_a_few_percent_and_a_rank_that_is_late_for_no_known_reason_is_named_if_it_costs_enough(
    us, kinds
):
    assert [each.kind for each in steps(compute={5: us})] == kinds


@pytest.mark.parametrize(
    ("kernels", "beside", "remedy"),
    [
        (None, "", "if it has no more work than others, check the clocks"),
        ({}, "with the same kernels", "check the clocks"),
        ({5: 12}, "with 12 kernels in place of 10", "balance the work of the ranks"),
        ({5: 9}, "with kernels of other names or grids", "balance the work of the ranks"),
        (dict.fromkeys(ALL, 10) | {rank: rank for rank in ALL if rank < 9}, "", "if it has"),
    ],
)
def test_whether_a_gpu_that_takes_longer_has_the_same_work_is_said_if_it_is_known(kernels, beside, remedy):
    (found,) = steps(compute={5: 1300}, kernels=kernels)
    assert found.sentence.partition("where other ranks compute ")[2].partition(", ")[2] == beside
    assert found.remedy.startswith(remedy)


def test_what_a_rank_or_machine_did_longer_in_one_step_does_not_make_it_slow():
    assert [each.kind for each in steps(compute={(5, 3): 9000})] == ["late_rank"]
    assert [each.kind for each in steps(host={(5, 3): 9000})] == ["late_rank"]
    assert steps(host={(rank, 3): 9000 for rank in range(4, 8)}) == ()


def test_what_a_rank_does_longer_in_a_few_steps_is_found():
    assert [each.kind for each in steps(host={(0, 3): 9000, (0, 6): 9000})] == ["slow_host"]


def test_a_slow_gpu_that_costs_nothing_is_named_and_not_certain():
    found = steps(compute={5: 1300}, data={(7, step): 500 for step in range(STEPS)} | {7: 3000})
    assert [(each.kind, each.conclusive) for each in found] == [("late_data", True), ("slow_gpu", False)]


def test_slow_gpus_of_a_whole_machine_are_one_finding():
    found = steps(compute={4: 1300, 5: 1310, 6: 1290, 7: 1300})
    assert told(found) == [("slow_gpu", ((4, 7),), 310 * (STEPS - 1), True)]


def test_many_slow_gpus_are_one_finding():
    hosts = [f"node{rank // 4}" for rank in range(48)]
    slow = range(0, 48, 4)
    assert len(slow) > MOST_ALONE
    (found,) = steps(compute=dict.fromkeys(slow, 1300), hosts=hosts)
    assert found.ranks == tuple((rank, rank) for rank in slow)
    assert found.host == ""


def test_data_that_come_late_in_some_steps_are_found_where_they_do():
    (found,) = steps(data={(2, 3): 5000, (2, 5): 4000})
    assert told([found]) == [("late_data", ((2, 2),), (200 + 5000 - 1000) + (200 + 4000 - 1000), True)]
    assert "2 batches" in found.sentence


def test_data_that_come_late_while_the_gpu_has_enough_to_do_are_nothing():
    assert steps(data={2: 400}) == ()


def test_a_slow_machine_is_found_and_certain_only_where_it_costs_anything():
    (found,) = steps(host=dict.fromkeys(range(4, 8), 270))
    assert told([found]) == [("slow_host", ((4, 7),), 0, False)]
    assert found.host == "node1"
    usual, slow = dict.fromkeys(ALL, 1200), dict.fromkeys(range(4, 8), 1600)
    (found,) = steps(host=usual | slow)
    assert told([found]) == [("slow_host", ((4, 7),), 400 * (STEPS - 1), True)]


def test_one_slow_process_is_not_its_machine():
    (found,) = steps(host={5: 1700})
    assert told([found]) == [("slow_host", ((5, 5),), 710 * (STEPS - 1), True)]
    assert "host code of rank 5" in found.sentence


def test_a_rank_that_is_late_makes_no_other_one_late():
    found = steps(compute={5: 1300}, host=dict.fromkeys(ALL, 250))
    assert [each.ranks for each in found] == [((5, 5),)]


def test_what_costs_most_comes_first():
    found = steps(compute={5: 1300}, data={9: 4000})
    assert [each.kind for each in found] == ["late_data", "slow_gpu"]
