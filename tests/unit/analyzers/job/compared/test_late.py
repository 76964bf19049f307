"""By how much ranks come late to collectives, and the map of it."""

from gpu_trace_analyzers.job.compared.late import heat, lateness
from gpu_trace_analyzers.model import MISSING

from ..jobs import job

SAME = ["node1"] * 3


def test_the_last_rank_is_late_by_the_time_since_the_last_but_one():
    late = lateness(job(SAME, [("g", 0, 0, 10, 100), ("g", 0, 1, 70, 100), ("g", 0, 2, 30, 100)]))
    assert late.awaited_ns.tolist() == [0, 40, 0]
    assert late.came_last.tolist() == [0, 1, 0]
    assert late.compared.tolist() == [1, 1, 1]


def test_lateness_below_what_clocks_tell_is_none():
    # the ends of the two machines are apart by 0 to 40, so a rank that is 20 later may not be
    apart = (0, 40, 10, 30, 20, 0, 40)
    rows = [("g", n, 0, 1000 * n, 1000 * n + 500) for n in range(len(apart))]
    rows += [("g", n, 1, 1000 * n + 20, 1000 * n + 500 + apart[n]) for n in range(len(apart))]
    of = job(["a", "b"], rows)
    assert of.clocks.uncertainty_ns[1] > 0
    assert lateness(of).awaited_ns.sum() == 0


def test_a_collective_that_one_rank_alone_has_says_nothing():
    of = job(SAME, [("g", 0, 0, 10, 100)])
    assert lateness(of).awaited_ns.tolist() == [0, 0, 0]
    assert heat(of) is None


def test_the_map_has_each_step_and_rank_with_a_hole_where_there_was_nothing():
    rows = [("g", n, rank, 100 * n + (50 if rank == n else 0), 100 * n + 90) for n in (0, 1) for rank in (0, 1)]
    found = heat(job(["node1", "node1", "node2", "node2"], [*rows, ("h", 0, 3, 0, 9)], step=[0, 0, 1, 1, 0]))
    assert found.late_ns == ((50, 0), (0, 50), (MISSING, MISSING), (MISSING, MISSING))
    assert found.late_rank == ((0, MISSING), (MISSING, 1), (MISSING, MISSING), (MISSING, MISSING))
    assert found.hosts == ("node1", "node1", "node2", "node2")


def test_many_ranks_share_a_row_that_names_the_one_that_was_late_most():
    ranks = range(130)
    rows = [("g", 0, rank, 70 if rank == 77 else 0, 90) for rank in ranks]
    found = heat(job([f"node{rank // 8}" for rank in ranks], rows))
    assert (found.ranks_each, len(found.late_ns)) == (3, 44)
    assert found.late_ns[77 // 3] == (70,)
    assert found.late_rank[77 // 3] == (77,)
    assert found.hosts[77 // 3] == "node9"
    assert found.hosts[2] == "node0 to node1"
