"""Does an optimizer launch its kernels one parameter at a time?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ...issued import launch_order
from ...stretches import pick

if TYPE_CHECKING:
    from ....model import Int64
    from ...stretches import Stretches

MANY = 100
"""Launches in one step of an optimizer: the multi-tensor kernels of a large model are fewer."""

_STEP = re.compile(r"^Optimizer\.step#")
_TOGETHER = re.compile(r"multi_tensor|fused", re.IGNORECASE)
"""Kernels that update many parameters at once."""
_REMEDY = "update parameters together (foreach=True or fused=True in the optimizer)"


def optimizer_remedy(stretches: Stretches, members: Int64) -> str:
    """What helps where most of some gaps end with work that an optimizer launched one by one; else empty."""
    trace = stretches.trace
    named = [code for code in np.unique(trace.ranges.name).tolist() if code >= 0 and _STEP.search(trace.text(code))]
    steps = trace.ranges[np.isin(trace.ranges.name, named)]
    if not len(steps) or not len(members):
        return ""
    owned = launch_order(trace).owned(steps)
    inside = pick(owned.astype(np.int8), stretches.after[members]) == 1
    ns = stretches.ns[members]
    kernels = {trace.text(code) for code in np.unique(trace.work.name[owned]).tolist()}
    one_by_one = owned.sum() >= MANY * len(steps) and not any(map(_TOGETHER.search, kernels))
    return _REMEDY if one_by_one and 2 * int(ns[inside].sum()) > int(ns.sum()) else ""
