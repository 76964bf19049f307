"""What recording adds to an operator, and to a call of CUDA: measured in this process, once its sessions are saved.

On small tensors of a CPU, which none of the script's modes sees; nothing random is drawn, no GPU's memory is used.
"""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .execution_trace import ExecutionTrace
    from .session import Session

BATCHES = 24
_ROUNDS = 4
OPERATORS = 9 * _ROUNDS
"""of a batch, which takes about a millisecond while it is recorded"""
_CALLS = 64


def measured(session: Callable[[], Session], trace: ExecutionTrace, with_gpu: bool) -> tuple[int, int | None]:
    """In ns, of an operator and of a call of CUDA; None without a GPU. ``session`` begins one. Raises as that does."""
    torch = sys.modules["torch"]
    with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
        operators, calls = _operators(torch), _calls(torch) if with_gpu else None
        batches = [operators, calls] if calls else [operators]
        bare = [_times(batch) for batch in batches]
        recorded = _recorded(batches, session, trace)
        bare = [times + _times(batch) for times, batch in zip(bare, batches, strict=True)]
    added = [max(0, _median(took) - _median(alone)) for took, alone in zip(recorded, bare, strict=True)]
    return added[0] // OPERATORS, added[1] // _CALLS if calls else None


def _recorded(
    batches: list[Callable[[], None]], session: Callable[[], Session], trace: ExecutionTrace
) -> list[list[int]]:
    """How long each batch takes, again and again, while it is recorded."""
    trace.begin_calibrating()
    try:
        under_way = session()
        try:
            return [_times(batch) for batch in batches]
        finally:
            under_way.stop()
    finally:
        trace.end()


def _operators(torch: Any) -> Callable[[], None]:
    """A batch of operators, some of which call others, as in any script: each counts."""
    ones, tensor = torch._C._VariableFunctions.ones, torch._C.TensorBase
    a, b = (ones((2, 2), dtype=torch.float32, device="cpu") for _ in range(2))

    def batch() -> None:
        for _ in range(_ROUNDS):
            tensor.to(a, torch.float64)  # _to_copy, which calls empty_strided and copy_
            tensor.t(a)  # transpose, which calls as_strided
            tensor.add_(a, b)
            tensor.view(a, -1)

    return batch


def _calls(torch: Any) -> Callable[[], None]:
    """A batch of calls that only ask: of ``cudaStreamIsCapturing``, which CUPTI records as it does any other."""
    is_capturing = torch._C._cuda_isCurrentStreamCapturing

    def batch() -> None:
        for _ in range(_CALLS):
            is_capturing()

    return batch


def _times(batch: Callable[[], None]) -> list[int]:
    times = []
    for _ in range(BATCHES):
        began = time.perf_counter_ns()
        batch()
        times.append(time.perf_counter_ns() - began)
    return times


def _median(times: list[int]) -> int:
    return sorted(times)[len(times) // 2]
