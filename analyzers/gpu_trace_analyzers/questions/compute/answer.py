"""What was the computing of a device in the steady window? For a verdict that found no loss worth a first line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model import MISSING
from ..once import once
from .clocks import low_clock
from .figures import compute_figures
from .tensor_cores import without_tensor_cores

if TYPE_CHECKING:
    from ..account.losses import DeviceAccount
    from ..scope import Scope
    from .clocks import LowClock
    from .figures import ComputeFigures
    from .tensor_cores import WithoutTensorCores


@dataclass(frozen=True, slots=True)
class ComputeAnswer:
    """What one device computed in a window."""

    device: int
    """position in ``Trace.devices``"""
    compute_ns: int
    rows: tuple[ComputeFigures, ...]
    """the longest first"""
    has_shapes: bool
    """whether any shapes were recorded, without which no rate is known"""
    without_tensor_cores: WithoutTensorCores | None
    low_clock: LowClock | None


@once
def compute_answer(scope: Scope, account: DeviceAccount) -> ComputeAnswer:
    """That of one device in the window of its account, which ``scope`` has too."""
    return ComputeAnswer(
        device=account.device,
        compute_ns=account.compute_ns,
        rows=compute_figures(scope, account.device),
        has_shapes=bool((scope.trace.operators.shapes != MISSING).any()),
        without_tensor_cores=without_tensor_cores(scope, account),
        low_clock=low_clock(scope, account.device),
    )
