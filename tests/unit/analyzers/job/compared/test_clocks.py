"""Clocks of machines, found from the ends of collectives."""

import numpy as np
import pytest

from gpu_trace_analyzers.job.compared import clocks
from gpu_trace_analyzers.model import MISSING

from ..jobs import job

SECOND = 10**9
JOB = 1_790_000_000 * SECOND


def shown(true_ns, offset_ns, drift_ppb):
    return JOB + true_ns + offset_ns + true_ns * drift_ppb // SECOND


def of_machines(machines, groups, skew_ns=0, count=40, seed=1):
    """A job of a rank per (offset, drift); ``groups`` are lists of ranks, each of which ends ``count`` collectives."""
    random = np.random.default_rng(seed)
    rows = []
    for number, ranks in enumerate(groups):
        for sequence in range(count):
            end_ns = (sequence + 1) * SECOND // 4 + number * 1000
            for rank in ranks:
                at_ns = shown(end_ns + int(random.normal(0, skew_ns)), *machines[rank])
                rows.append((f"g{number}", sequence, rank, at_ns - 1000, at_ns))
    return job([f"node{rank}" for rank in range(len(machines))], rows)


def error_ns(of, machines, rank, at_ns):
    """By how much a time is wrong after correction, against the clock of the first machine."""
    fixed = of.clocks.corrected(np.array([shown(at_ns, *machines[rank])]), np.array([rank]))
    return abs(int(fixed[0]) - shown(at_ns, *machines[0]))


@pytest.mark.parametrize("at_ns", [0, 5 * SECOND, 10 * SECOND])
def test_an_offset_and_a_drift_are_found_within_ten_microseconds(at_ns):
    machines = [(0, 0), (5_000_000, 20_000), (-4_000_000, -15_000)]
    of = of_machines(machines, [[0, 1, 2]], skew_ns=8_000)
    assert max(error_ns(of, machines, rank, at_ns) for rank in (1, 2)) < 10_000


def test_machines_that_never_meet_are_compared_by_way_of_others():
    machines = [(0, 0), (3_000_000, 0), (-2_000_000, 0)]
    of = of_machines(machines, [[0, 1], [1, 2]])
    assert error_ns(of, machines, 2, 3 * SECOND) < 10
    assert of.clocks.compared.tolist()[1:] == [40, 40]


def test_uncertainty_adds_up_on_the_way():
    of = of_machines([(0, 0)] * 3, [[0, 1], [1, 2]], skew_ns=5_000)
    first, second = of.clocks.uncertainty_ns.tolist()[1:]
    assert first >= of.clocks.residual_ns[1] > 0
    assert second > first


def test_a_quarter_of_wrong_measurements_moves_nothing():
    machines = [(0, 0), (1_000_000, 10_000)]
    rows = []
    for sequence in range(40):
        end_ns = (sequence + 1) * SECOND // 4
        for rank, machine in enumerate(machines):
            at_ns = shown(end_ns, *machine) + (900_000 if rank and sequence % 4 == 3 else 0)
            rows.append(("g", sequence, rank, at_ns - 1000, at_ns))
    of = job(["a", "b"], rows)
    assert error_ns(of, machines, 1, 5 * SECOND) < 10
    assert of.clocks.residual_ns[1] < 10


def test_drift_below_the_skew_of_ends_is_none():
    of = of_machines([(0, 0), (0, 0)], [[0, 1]], skew_ns=5_000)
    assert of.clocks.drift_ppb.tolist() == [0, 0]


def test_a_machine_that_meets_no_other_is_taken_as_it_is():
    of = of_machines([(0, 0), (0, 0), (7_000_000, 0)], [[0, 1], [2]])
    assert (of.clocks.compared[2], of.clocks.offset_ns[2], of.clocks.uncertainty_ns[2]) == (0, 0, MISSING)


def test_a_broadcast_says_nothing_where_there_are_collectives_that_none_leaves_before_all_have_come():
    assert clocks.MUTUAL.search("ncclDevKernel_AllReduce_Sum")
    assert not clocks.MUTUAL.search("ncclDevKernel_Broadcast_RING")


def test_ranks_of_one_machine_have_one_clock():
    rows = [
        ("g", sequence, rank, 100 * sequence, 100 * sequence + 50 + rank) for sequence in range(3) for rank in (0, 1)
    ]
    of = job(["node1", "node1"], rows)
    assert of.hosts == ("node1",)
    assert of.end_ns.tolist() == of.kept.collectives.end_ns.tolist()


def test_a_rank_without_a_machine_is_on_one_of_its_own():
    of = job([None, "node1", None], [])
    assert of.hosts == ("rank 0", "node1", "rank 2")
    assert of.named_hosts == {"node1"}
