"""What is true of the job: its faults, what each of them costs, and the clocks."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .conditions import conditions
from .schedule import schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .clocks import Clock
    from .faults import Fault
    from .shape import Shape
    from .template import Template


def truth(
    template: Template,
    shape: Shape,
    steps: int,
    faults: Sequence[Fault],
    clocks: Sequence[Clock],
    job_ns: int,
    skew_ns: int = 0,
) -> dict[str, Any]:
    """As JSON. A fault costs what the job takes less without it; costs of faults that hide each other do not add up."""
    without = {tuple(faults): job_ns}

    def takes_ns(left: Sequence[Fault]) -> int:
        if tuple(left) not in without:
            without[tuple(left)] = schedule(template, conditions(template, shape, steps, left, skew_ns)).job_ns
        return without[tuple(left)]

    slowing = [fault for fault in faults if fault.kind not in ("missing", "truncated")]
    without[tuple(slowing)] = job_ns
    costs = {fault: job_ns - takes_ns([other for other in slowing if other is not fault]) for fault in slowing}
    return {
        "schema": "gpu-trace.fleet-truth/1",
        "seed": shape.seed,
        "ranks": shape.ranks,
        "steps": steps,
        "skew_ns": skew_ns,
        "job_ns": job_ns,
        "job_without_faults_ns": takes_ns([]),
        "faults": [_fault(fault, shape, costs.get(fault, 0)) for fault in faults],
        "hosts": [
            {"host": shape.host_name(host), "ranks": list(shape.ranks_of(host)), **asdict(clock)}
            for host, clock in enumerate(clocks)
        ],
        "groups": [
            {"name": shape.group_name(number), "first_rank": ranks[0], "last_rank": ranks[-1]}
            for number, ranks in enumerate(shape.groups)
        ],
    }


def _fault(fault: Fault, shape: Shape, cost_ns: int) -> dict[str, Any]:
    stated = {key: value for key, value in asdict(fault).items() if value is not None}
    if fault.part is not None:
        stated["part"] = shape.group_name(fault.part)
    if fault.part is not None and fault.rank is not None:
        stated["own_part"] = shape.group_name(fault.rank // shape.part_size)
    return stated | {"host": shape.host_name(fault.host), "cost_ns": cost_ns}
