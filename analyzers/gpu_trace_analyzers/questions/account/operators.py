"""Which operators take the time in which a CPU computes?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..once import once
from ..overlap import COMPUTE
from ..recorded import recorded

if TYPE_CHECKING:
    from ..scope import Scope


@dataclass(frozen=True, slots=True)
class OperatorTime:
    """The own time of the operators of one name, on all threads: without that of the operators that they call."""

    name: str
    ns: int


@once
def operator_times(scope: Scope, position: int) -> tuple[OperatorTime, ...]:
    """Those that compute on a CPU device, in the time that was recorded of it; the longest first."""
    trace, time = scope.trace, recorded(scope, position)
    work = trace.work[(trace.work.device == position) & trace.work.does(COMPUTE)]
    names, which = np.unique(work.name, return_inverse=True)
    ns = np.zeros(len(names), np.int64)
    np.add.at(ns, which.reshape(-1), time.covered_ns(work.start_ns, work.end_ns))
    order = np.argsort(-ns, kind="stable")
    return tuple(OperatorTime(trace.text(int(names[i])), int(ns[i])) for i in order if ns[i])
