"""Does a device multiply in float32 without its tensor cores, and what could they save at most?

Rule: a GPU of compute capability 8.0 or later computes for at least half of the window, at least a fifth of that in
products or convolutions of float32 without tensor cores. It is silent where TF32 is used for the same kind of work:
then the library has it, and does not take it for these shapes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...model import MISSING, Engine
from ..account.first import first_of
from ..once import once
from ..recorded import recorded
from ..sweep import busy_engines, union
from .figures import what_of
from .kernels import KINDS, PRECISIONS, Kind, Precision, is_of_vectors
from .operators import multiplying
from .peaks import peak_tflop_per_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int8, Int64, Trace
    from ..account.losses import DeviceAccount
    from ..scope import Scope

_FIRST_WITH_TF32 = (8, 0)
_LEAST_COMPUTE = 2
"""how often the compute time goes into the window at most"""
_LEAST_FLOAT32 = 5
"""how often these kernels go into the compute time at most"""
_KINDS = (Kind.PRODUCT, Kind.CONVOLUTION)


@dataclass(frozen=True, slots=True)
class WithoutTensorCores:
    """Products or convolutions of float32 that ran without tensor cores."""

    kinds: tuple[Kind, ...]
    ns: int
    """length of the union of their kernels in the window"""
    compute_ns: int
    """the compute time of the window"""
    unknown: int
    """kernels of products and convolutions whose names do not say in which precision they multiply"""
    at_most_ns: int | None
    """what TF32 can save at most, at the two peaks; None where these are not known"""


@once
def without_tensor_cores(scope: Scope, account: DeviceAccount) -> WithoutTensorCores | None:
    """The answer for one device in the window of its account; None where there is nothing to say."""
    trace, device = scope.trace, scope.trace.devices[account.device]
    if device.capability is None or device.capability < _FIRST_WITH_TF32 or first_of(account).losses:
        return None
    if _LEAST_COMPUTE * account.compute_ns < account.window_ns:
        return None
    rows = _kernels(scope, account.device)
    kinds, precisions = (column[rows] for column in what_of(trace))
    found = [kind for kind in _KINDS if _is_left_out(kinds == KINDS.index(kind), precisions)]
    chosen = np.isin(kinds, [KINDS.index(kind) for kind in found]) & (precisions == PRECISIONS.index(Precision.FLOAT32))
    busy_ns = _busy_ns(scope, rows[chosen])
    if not busy_ns or _LEAST_FLOAT32 * busy_ns < account.compute_ns:
        return None
    at_most_ns = _at_most_ns(scope, account.device, busy_ns)
    return WithoutTensorCores(tuple(found), busy_ns, account.compute_ns, _unknown(trace, rows), at_most_ns)


def _at_most_ns(scope: Scope, position: int, busy_ns: int) -> int | None:
    """What is left of the kernels at the peak of TF32 stays, and so does all that other engines do."""
    device = scope.trace.devices[position]
    slow, fast = (peak_tflop_per_s(device, each) for each in (Precision.FLOAT32, Precision.TF32))
    if not slow or not fast:
        return None
    others = union(busy_engines(scope.trace, position), tuple(set(Engine) - {Engine.COMPUTE}))
    rest = recorded(scope, position) - others
    return min(busy_ns - math.ceil(busy_ns * slow / fast), rest.total_ns)


def _is_left_out(own: NDArray[np.bool_], precisions: Int8) -> bool:
    """Whether some of these kernels are of float32, and none is of TF32."""
    said = precisions[own]
    return bool((said == PRECISIONS.index(Precision.FLOAT32)).any()) and not bool(
        (said == PRECISIONS.index(Precision.TF32)).any()
    )


def _kernels(scope: Scope, position: int) -> Int64:
    """The kernels of a device with a part in the window."""
    work = scope.trace.work
    own = (work.device == position) & (work.engine == Engine.COMPUTE)
    if scope.window is not None:
        own &= scope.window.meets(work.start_ns, work.end_ns)
    return np.flatnonzero(own)


def _busy_ns(scope: Scope, rows: Int64) -> int:
    work = scope.trace.work
    busy = Intervals.of(work.start_ns[rows], work.end_ns[rows])
    if scope.window is not None:
        busy = busy & Intervals.from_pairs([(scope.window.start_ns, scope.window.end_ns)])
    return busy.total_ns


def _unknown(trace: Trace, rows: Int64) -> int:
    """Kernels that multiply matrices in a precision that neither a name nor an operator says."""
    kinds, precisions = (column[rows] for column in what_of(trace))
    unsaid = np.isin(kinds, [KINDS.index(kind) for kind in _KINDS]) & (
        precisions == PRECISIONS.index(Precision.UNKNOWN)
    )
    unsaid &= multiplying(trace).call_of[rows] == MISSING
    names, often = np.unique(trace.work.name[rows[unsaid]], return_counts=True)
    named = zip(names.tolist(), often.tolist(), strict=True)
    return sum(times for code, times in named if not is_of_vectors(trace.strings[code]))
