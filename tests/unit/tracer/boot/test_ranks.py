"""Which place in a distributed job do the variables of a launcher give a process?"""

from __future__ import annotations

import pytest

from gpu_trace.boot.ranks import in_job

TORCH = {"RANK": "3", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
OPEN_MPI = {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4"}
SLURM = {"SLURM_PROCID": "5", "SLURM_STEP_NUM_TASKS": "6"}


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({}, None),
        (TORCH, (3, 8)),
        ({**SLURM, **OPEN_MPI, **TORCH}, (3, 8)),  # torchrun, started by a launcher on each node
        ({"RANK": "0", "WORLD_SIZE": "1"}, (0, 1)),
        ({"RANK": "0"}, None),
        ({"RANK": "first", "WORLD_SIZE": "2"}, None),
        (OPEN_MPI, (1, 4)),
        (SLURM, (5, 6)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "6"}, None),  # a batch script runs once, whatever it may start
        ({"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, None),
        ({"LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}, (1, 2)),
        ({"LOCAL_RANK": "-1"}, None),
    ],
)
def test_the_first_launcher_that_says_both(environ, place):
    assert in_job({"HOME": "/", **environ}) == place
