"""The work of GPUs as render stages: what Perfetto's own rows for GPUs show, one row a stream."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import KERNELS
from gpu_trace_analyzers.questions.streams import streams
from gpu_trace_analyzers.vocabulary.perfetto_fields import ComputeKernelLaunch, Dim3, ExtraData, TracePacket
from gpu_trace_analyzers.vocabulary.perfetto_fields import GpuRenderStageEvent as Event

from ..timeline.identities import keys
from . import packets
from .bulk import Parts, constant, decimal, join, message, number, pieces, where
from .protos import protos
from .wire import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import DeviceWork, Int64, Trace

    from ..timeline.identities import HostPlaces
    from .packets import OwnClock

    Row = dict[str, object]

_BATCH = 1 << 13
Stage = protos.InternedGpuRenderStageSpecification

_NUMBERS = re.compile(r"\d+")


class RenderStages:
    """All work of all GPUs of a trace.

    A stream is a hardware queue. A kernel's name is a stage: every version of the viewer shows a stage's name as that
    of the slice, where only new ones know kernels. Queues and stages share one table of ids.
    """

    def __init__(self, trace: Trace, places: HostPlaces, clock: OwnClock) -> None:
        self._trace = trace
        self._places = places
        self._clock = clock
        on_gpu = np.array([device.kind == "gpu" for device in trace.devices] or [False])
        chosen = on_gpu[trace.work.device]
        self._work = trace.work if chosen.all() else trace.work[chosen]  # a copy is as large as all that is written
        self._queues, self._queue = _queues(trace, self._work)
        self._launch = _Launches(trace, self._work)

    def packets(self) -> Iterator[bytes]:
        """What the ids stand for, then the events, a batch at a time."""
        if len(self._work):
            yield packets.gpu_info(device.label for device in self._trace.devices if device.kind == "gpu")
            yield from packets.interned("graphics_contexts", self._contexts())
            yield from packets.interned("gpu_specifications", [*self._queue_rows(), *self._stage_rows()])
        for rows in pieces(len(self._work), _BATCH):
            yield join(rows.stop - rows.start, self._events(rows))

    def _contexts(self) -> Iterator[Row]:
        for iid, pid in enumerate(self._places.pids, 1):
            yield {"iid": iid, "pid": pid, "api": protos.InternedGraphicsContext.CUDA}

    def _queue_rows(self) -> Iterator[Row]:
        for iid, (position, stream) in enumerate(self._queues, 1):
            device = self._trace.devices[position]
            whose = replace(device, name="").label
            name, description = f"{whose} · stream {stream}", device.label
            yield {"iid": iid, "name": packets.valid(name), "description": packets.valid(description)}

    def _stage_rows(self) -> Iterator[Row]:
        codes, first = np.unique(self._work.name, return_index=True)
        for code, engine in zip(codes.tolist(), self._work.engine[first].tolist(), strict=True):
            category = Stage.COMPUTE if engine in KERNELS else Stage.OTHER
            yield {"iid": self._stage(code), "name": packets.valid(self._trace.text(code)), "category": category}

    def _stage(self, code: int) -> int:
        return len(self._queues) + code + 2

    def _events(self, rows: slice) -> Parts:
        work = self._work[np.arange(rows.start, rows.stop)]
        event = number(Event.EVENT_ID, np.arange(rows.start + 1, rows.stop + 1))
        event += number(Event.DURATION, work.end_ns - work.start_ns)
        event += number(Event.HW_QUEUE_IID, self._queue[rows] + 1)
        event += number(Event.STAGE_IID, work.name.astype(np.int64) + len(self._queues) + 2)
        event += number(Event.GPU_ID, work.device)
        event += where(work.process >= 0, number(Event.CONTEXT, np.maximum(work.process, 0) + 1))
        event += _extra("correlation", work.correlation) + _extra("bytes", work.size)
        event += self._launch.parts(work)
        return self._clock.timed(work.start_ns, message(TracePacket.GPU_RENDER_STAGE_EVENT, event))


class _Launches:
    """Grid and block of kernels as numbers, read once for each distinct text."""

    def __init__(self, trace: Trace, work: DeviceWork) -> None:
        codes = np.unique(np.concatenate((work.grid, work.block)))
        self._table = np.zeros((int(codes.max(initial=0)) + 1, 3), dtype=np.int64)
        for code in codes[codes >= 0].tolist():
            found = [min(int(text), 2**32 - 1) for text in _NUMBERS.findall(trace.text(code))[:3]]
            self._table[code, : len(found)] = found

    def parts(self, work: DeviceWork) -> Parts:
        """The launch of each row that has one."""
        has_one = (work.grid >= 0) & (work.block >= 0)
        if not has_one.any():
            return []
        launch = message(ComputeKernelLaunch.GRID_SIZE, self._dimensions(work.grid))
        launch += message(ComputeKernelLaunch.WORKGROUP_SIZE, self._dimensions(work.block))
        return where(has_one, message(Event.LAUNCH, launch))

    def _dimensions(self, codes: NDArray[np.int32]) -> Parts:
        sizes = self._table[np.maximum(codes, 0)]
        return [part for axis, field in enumerate((Dim3.X, Dim3.Y, Dim3.Z)) for part in number(field, sizes[:, axis])]


def _queues(trace: Trace, work: DeviceWork) -> tuple[list[tuple[int, int]], Int64]:
    """Device and number of each stream of a device, whatever its process and context, and for each row its place."""
    devices_streams, which = keys(work.device, streams(trace, work))
    first = np.unique(which, return_index=True)[1]
    return list(zip((d for d, _ in devices_streams), work.stream[first].tolist(), strict=True)), which


def _extra(name: str, values: NDArray[np.integer]) -> Parts:
    """A named argument; the format has text only."""
    if not (values >= 0).any():
        return []
    parts = message(
        Event.EXTRA_DATA, [constant(fields((ExtraData.NAME, name))), *decimal(ExtraData.VALUE, np.maximum(values, 0))]
    )
    return where(values >= 0, parts)
