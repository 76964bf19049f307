"""The place of a process in a distributed job, by the variables that launchers set."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_TORCH = ("RANK", "WORLD_SIZE")
"""of torchrun, ``accelerate launch`` and ``deepspeed``"""
_OF_OTHERS = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),  # a batch script, which runs once, has the first of these alone
    ("LOCAL_RANK", "LOCAL_WORLD_SIZE"),
)
"""Open MPI and Slurm set these for programs of one process, too."""


def in_job(environ: Mapping[str, str]) -> tuple[int, int] | None:
    """The rank, and the number of ranks; None outside a job."""
    if place := _place(environ, *_OF_TORCH):
        return place
    places = (_place(environ, *names) for names in _OF_OTHERS)
    return next((place for place in places if place and place[1] > 1), None)


def _place(environ: Mapping[str, str], rank: str, size: str) -> tuple[int, int] | None:
    number, count = environ.get(rank, ""), environ.get(size, "")
    return (int(number), int(count)) if number.isdecimal() and count.isdecimal() else None
