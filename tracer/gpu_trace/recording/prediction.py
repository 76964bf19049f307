"""What is predicted of a run that recorded its dependencies: as ``gpu-trace whatif`` says it, without being asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gpu_trace_analyzers.errors import TraceInconclusive
from gpu_trace_analyzers.prices import priced
from gpu_trace_analyzers.units import count
from gpu_trace_analyzers.whatif.beside import execution_trace_beside, what_if_of
from gpu_trace_analyzers.whatif.document import EMPTY, encoded
from gpu_trace_analyzers.whatif.entry import entry_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpu_trace_analyzers.model import Trace
    from gpu_trace_analyzers.summary import Summary
    from gpu_trace_analyzers.whatif.answer import WhatIf
    from gpu_trace_analyzers.whatif.document import Entry

LARGEST = 20_000
"""Device operations of a run that is predicted without being asked; each takes 0.3 ms with all changes."""


@dataclass(frozen=True)
class Prediction:
    """An answer about the steady steps of a run, and its trace."""

    found: WhatIf
    trace: Trace

    @cached_property
    def entry(self) -> Entry:
        """The answer as it is stored."""
        return entry_of(self.found, self.trace)

    @property
    def document(self) -> str:
        """The text of ``whatif.json``."""
        return encoded(EMPTY.having(self.entry))

    def prices(self, summary: Summary) -> Summary:
        """The summary with what fixes save as it is predicted."""
        return priced(summary, [self.entry])


def prediction(trace: Trace, files: Sequence[Path]) -> Prediction | None:
    """That of a run whose processes have these trace files.

    None without an execution trace, without a GPU, or of several processes. Raises `GpuTraceError` where the run has no
    GPU work, or too much to be predicted unasked, or its execution trace cannot be read.
    """
    has_gpu = any(device.kind == "gpu" for device in trace.devices)
    if len(files) != 1 or not has_gpu or execution_trace_beside(files[0]) is None:
        return None
    if len(trace.work) > LARGEST:
        raise TraceInconclusive(
            f"{count(len(trace.work))} device operations take long to predict; gpu-trace whatif does"
        )
    return Prediction(what_if_of(trace, files[0]), trace)
