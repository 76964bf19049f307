"""The figures of machines are of a step."""

from dataclasses import replace

from gpu_trace_analyzers.job.compared.figures import hosts
from gpu_trace_analyzers.job.compared.matched_job import Job
from gpu_trace_analyzers.job.kept.tables import Steps

from ..jobs import job

COLLECTIVES = [("g", 0, 0, 10, 100), ("g", 0, 1, 70, 100)]


def test_a_machine_without_steps_has_no_figures():
    without = job(["a", "b"], COLLECTIVES)
    assert hosts(without) == ()
    steps = Steps.of({"rank": [1], "step": [0], "start_ns": [0], "end_ns": [50], "compute_ns": [40], "host_ns": [3]})
    found = hosts(Job(replace(without.kept, steps=steps)))
    assert [(row.host, row.compute_ns, row.host_ns) for row in found] == [("b", 40, 3)]
