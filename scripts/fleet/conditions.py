"""What is each rank like, with these faults? All but the faults is the same without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .schedule import Conditions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .faults import Fault
    from .shape import Shape
    from .template import Template

MOST_SKEW_NS = 200_000
"""between the first steps of the ranks"""


def conditions(template: Template, shape: Shape, steps: int, faults: Iterable[Fault], skew_ns: int = 0) -> Conditions:
    """Each step of each rank is one of those recorded, which the seed draws; ``skew_ns``: of ends of collectives."""
    random = np.random.default_rng([shape.seed, 1])
    late_ns = np.zeros((shape.ranks, steps), np.int64)
    host, kernels = (np.full(shape.ranks, 1000, np.int64) for _ in range(2))
    transfers = np.full(len(shape.groups), 1000, np.int64)
    elsewhere = {}
    for fault in faults:
        if fault.kind == "slow_host" and fault.permille is not None:
            host[list(shape.ranks_of(fault.host))] = fault.permille
        elif fault.kind == "slow_gpu" and fault.permille is not None:
            kernels[fault.rank] = fault.permille
        elif fault.kind == "slow_link":
            transfers[fault.part] = fault.permille
        elif fault.late_ns is not None:
            late_ns[fault.rank, list(fault.steps)] = fault.late_ns
        elif fault.rank is not None and fault.part is not None:
            elsewhere[fault.rank] = fault.part
    return Conditions(
        sample=random.integers(0, len(template.anchors), (shape.ranks, steps)),
        start_ns=random.integers(0, MOST_SKEW_NS, shape.ranks),
        late_ns=late_ns,
        host_permille=host,
        kernel_permille=kernels,
        transfer_permille=transfers,
        left_ns=np.random.default_rng([shape.seed, 4]).integers(
            0, skew_ns + 1, (shape.ranks, steps, len(template.collectives))
        ),
        groups=shape.calls(len(template.collectives), elsewhere),
    )
