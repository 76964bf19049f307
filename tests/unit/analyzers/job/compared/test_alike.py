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
