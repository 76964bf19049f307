"""What is worth a note on a device's timeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gpu_trace_analyzers.questions.overlap import COMPUTE, active_devices
from gpu_trace_analyzers.questions.sweep import layers, union
from gpu_trace_analyzers.reports.units import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_trace_analyzers.intervals import Intervals
    from gpu_trace_analyzers.model import Trace


@dataclass(frozen=True, slots=True)
class Finding:
    """A note on ``[start_ns, end_ns)`` of a device, given by its position in ``Trace.devices``."""

    device: int
    start_ns: int
    end_ns: int
    title: str
    text: str

    def later(self, by_ns: int) -> Finding:
        """The same on a clock that shows ``by_ns`` more."""
        return replace(self, start_ns=self.start_ns + by_ns, end_ns=self.end_ns + by_ns)


def exposed_copy(trace: Trace, device: int) -> Intervals:
    """When the device copied and computed nothing."""
    busy = layers(trace.work_of(device))
    return union(busy, trace.devices[device].default_copies) - union(busy, COMPUTE)


def exposed_copies(trace: Trace) -> Iterator[Finding]:
    """A finding for each stretch of exposed copy."""
    for device in active_devices(trace):
        for start_ns, end_ns in exposed_copy(trace, device):
            text = f"{duration(end_ns - start_ns)} of copying while the device computed nothing"
            yield Finding(device, start_ns, end_ns, "exposed copy", text)
