"""Which collectives of a job should take as long as each other."""

import pytest

from gpu_trace_analyzers.job.compared.alike import Alike

from ..jobs import job


@pytest.mark.parametrize(
    ("hosts", "compared"), [(["x", "x", "y", "y"], [True, True]), (["x", "x", "y", "z"], [False, False])]
)
def test_transfers_within_a_machine_are_not_compared_with_those_between_machines(hosts, compared):
    collectives = [("a", 0, 0, 1, 5), ("a", 0, 1, 2, 5), ("b", 0, 2, 1, 9), ("b", 0, 3, 2, 9)]
    alike = Alike(job(hosts, collectives, {"a": (0, 1), "b": (2, 3)}))
    assert alike.transfers.compared.tolist() == compared


@pytest.mark.parametrize(("further", "compared"), [(False, True), (True, False)])
def test_ranks_that_call_more_collectives_in_a_step_are_not_compared_with_others(further, compared):
    collectives = [(name, 0, rank, 0, 1) for name, rank in (("a", 0), ("a", 1), ("b", 2), ("b", 3))]
    collectives += [("b", 1, rank, 2, 3) for rank in (2, 3) if further]
    compute_ns = [rank for _, _, rank, _, _ in collectives]
    alike = Alike(job(["x"] * 4, collectives, {"a": (0, 1), "b": (2, 3)}, compute_ns=compute_ns))
    usual_ns = alike.sets.median(alike.job.kept.collectives.compute_ns)
    assert (usual_ns[0] == usual_ns[-1]) == compared
    assert alike.sets.compared.all()
