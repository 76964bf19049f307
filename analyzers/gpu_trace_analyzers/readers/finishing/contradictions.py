"""Operations of GPUs whose times contradict the rest of the trace: bounded or set aside, and their device is in doubt.

A call launches before its work begins; a synchronization returns after the work that it waited for; a stream runs its
launches one after the other. What begins where it cannot is set aside; what ends too late is bounded by what it
contradicts. Either way the trace does not have how long it took, so no figure of its device is certain.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, Doubt, Quarantined
from ..base.launchers import launching_call
from ..base.quarantine import without_repetition
from .host_order import SKEW_NS, before_launch, far_from_host, waited_until
from .stream_order import out_of_order, outlasted, streams_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ...model import Int64, Source, Trace

    Mask = NDArray[np.bool_]

BEFORE_LAUNCH = "begins before its launch"
FAR = "more than ten minutes from everything on the host"
OUT_OF_ORDER = "begins out of its stream's order"
OUTLASTS_WAIT = "ends after a synchronization that waited for it"
OUTLASTS_STREAM = "ends after later work of its stream"
CLOCKS = "contradicts the host or its stream and is kept, because most do"

_LISTED = 1000
_CUDA = re.compile("^cu(da)?[A-Z]")


class _Found:
    """For each row of ``Trace.work`` why it is set aside, or why and where it is bounded. Reasons are exclusive."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.kept = np.ones(len(trace.work), dtype=np.bool_)
        self.end_ns = trace.work.end_ns.copy()
        self.reasons: dict[str, Mask] = {}

    def set_aside(self, reason: str, rows: Mask) -> None:
        self._add(reason, rows & self.kept)
        self.kept &= ~rows

    def bound(self, reason: str, until_ns: Int64) -> None:
        """End rows that go on longer; those of which nothing would be left are set aside."""
        late = self.kept & (until_ns < self.end_ns)
        self._add(reason, late)
        self.end_ns = np.where(late, until_ns, self.end_ns)
        self.kept &= ~late | (self.end_ns > self.trace.work.start_ns)

    def take_back(self, rows: Mask) -> None:
        """Leave these rows as the file has them."""
        self.kept |= rows
        self.end_ns = np.where(rows, self.trace.work.end_ns, self.end_ns)
        self.reasons = {reason: found & ~rows for reason, found in self.reasons.items()}

    @property
    def rows(self) -> Mask:
        """All that something was found about."""
        return np.asarray(~self.kept | (self.end_ns != self.trace.work.end_ns))

    def _add(self, reason: str, rows: Mask) -> None:
        self.reasons = {earlier: found & ~rows for earlier, found in self.reasons.items()}
        self.reasons[reason] = rows


def without_contradictions(trace: Trace) -> Trace:
    """The trace without what cannot be true of it; ``Trace.source`` has what that was, and which devices it was on.

    Where more than half of the operations of a device are found, it is not they that are wrong but the clocks, or what
    the file says of launches and streams: they are kept as they are, and the device is in doubt.
    """
    on_gpu = np.array([device.kind == "gpu" for device in trace.devices], dtype=np.bool_)[trace.work.device]
    if not on_gpu.any():
        return trace
    found = _find(trace, on_gpu)
    if not found.rows.any():
        return trace
    unlikely = _devices_that_are_mostly_wrong(trace, found)
    doubts = [Doubt(device, CLOCKS, int((found.rows & (trace.work.device == device)).sum())) for device in unlikely]
    found.take_back(np.isin(trace.work.device, unlikely))
    source = _source(trace, found)
    work = replace(trace.work, end_ns=found.end_ns)[found.kept]
    return replace(trace, work=work, source=replace(source, doubts=without_repetition((*source.doubts, *doubts))))


def _find(trace: Trace, on_gpu: Mask) -> _Found:
    work, calls, found = trace.work, trace.calls, _Found(trace)
    call = launching_call(work, calls)
    known = on_gpu & (call != MISSING)
    called_ns, returned_ns = work.start_ns.copy(), work.start_ns.copy()
    called_ns[known], returned_ns[known] = calls.start_ns[call[known]], calls.end_ns[call[known]]
    found.set_aside(BEFORE_LAUNCH, before_launch(work, called_ns, known))
    found.set_aside(FAR, on_gpu & far_from_host(trace))
    ordered, streams = on_gpu & _has_ordered_streams(trace), streams_of(work)
    found.set_aside(OUT_OF_ORDER, out_of_order(work, streams, called_ns, returned_ns, known & ordered & found.kept))
    waited_ns = waited_until(trace, returned_ns)
    late = on_gpu & (work.end_ns > waited_ns + SKEW_NS)
    found.bound(OUTLASTS_WAIT, np.where(late, np.maximum(waited_ns, work.start_ns), found.end_ns))
    found.bound(OUTLASTS_STREAM, outlasted(work, streams, ordered & found.kept))
    return found


def _has_ordered_streams(trace: Trace) -> Mask:
    """Work of processes that call CUDA, or whose calls the trace does not have."""
    is_cuda = trace.says(trace.calls.name, _CUDA)
    if is_cuda.all():
        return np.ones(len(trace.work), np.bool_)
    calls_others = np.zeros(len(trace.processes) + 1, np.bool_)  # the last is that of `MISSING`, -1
    calls_others[trace.calls.process] = True
    calls_others[trace.calls.process[is_cuda]] = False
    return np.asarray(~calls_others[trace.work.process])


def _devices_that_are_mostly_wrong(trace: Trace, found: _Found) -> list[int]:
    devices = len(trace.devices)
    wrong = np.bincount(trace.work.device[found.rows], minlength=devices)
    return np.flatnonzero(2 * wrong > np.bincount(trace.work.device, minlength=devices)).tolist()


def _source(trace: Trace, found: _Found) -> Source:
    """What the trace's source says, and what was found: a count and the first thousand rows of each reason."""
    source, dropped = trace.source, dict(trace.source.dropped)
    for reason, rows in found.reasons.items():
        if aside := int((rows & ~found.kept).sum()):
            dropped[f"quarantined: {reason}"] = aside
    return replace(
        source,
        dropped=dict(sorted(dropped.items())),
        quarantined=(*source.quarantined, *(row for reason in found.reasons for row in _listed(found, reason))),
        doubts=(*source.doubts, *_doubts(found)),
    )


def _listed(found: _Found, reason: str) -> Iterator[Quarantined]:
    trace, work = found.trace, found.trace.work
    for row in islice(np.flatnonzero(found.reasons[reason]).tolist(), _LISTED):
        start_ns, end_ns = int(work.start_ns[row]), int(work.end_ns[row])
        kept_ns = int(found.end_ns[row]) - start_ns if found.kept[row] else 0
        yield Quarantined(trace.text(int(work.name[row])), reason, start_ns, end_ns - start_ns, kept_ns)


def _doubts(found: _Found) -> Iterator[Doubt]:
    for reason, rows in found.reasons.items():
        devices, counts = np.unique(found.trace.work.device[rows], return_counts=True)
        for device, operations in zip(devices.tolist(), counts.tolist(), strict=True):
            yield Doubt(device, reason, operations)
