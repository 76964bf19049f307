"""Values over time: those that gpu-trace recorded, and memory as PyTorch's allocators report it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np

from ...model import MISSING, Counters
from ...vocabulary.counters import ALLOCATED, BYTES, RESERVED
from ..base.building import VALUES_OF_NO_DEVICE
from ..base.columns import ids
from ..chrome.times import stamped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64
    from ..base.building import TraceBuilder
    from ..chrome import DecodedSpans, Event, Spans

DAMAGED = "damaged values of counters"
OTHER_MEMORY = "memory of a device that is not read"

OF_MEMORY = ("device_type", "device_id", "allocated", "reserved")
"""Arguments of which rows of memory are made."""

_HOST, _GPUS = 0, (1, 6, 12)
"""``c10::DeviceType``: CPU; CUDA, HIP and XPU"""
_Integer = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]


class _Recorded(msgspec.Struct):
    """What gpu-trace writes beside the value that viewers draw."""

    value: _Integer
    unit: str = ""
    device: _Integer = MISSING
    process: _Integer | None = None
    thread: _Integer = MISSING


_decode_all = msgspec.json.Decoder(list[_Recorded]).decode
_decode = msgspec.json.Decoder(_Recorded).decode


class CounterRows:
    """Adds values to a builder; when each ends is known once all are in."""

    def __init__(self, builder: TraceBuilder) -> None:
        self._builder = builder

    def recorded(self, spans: DecodedSpans) -> None:
        """Values that gpu-trace recorded."""
        spans, at_ns = stamped(spans, self._builder)
        events, at_ns, found = self._readable(spans.events, at_ns)
        pids = [row.process if row.process is not None else event.pid for event, row in zip(events, found, strict=True)]
        self._add(
            at_ns,
            np.array([row.device for row in found], dtype=np.int64),
            name=self._builder.strings.codes([event.name for event in events]),
            unit=self._builder.strings.codes([row.unit for row in found]),
            value=np.array([row.value for row in found], dtype=np.int64),
            process=self._builder.processes(ids(pids)),
            thread=np.array([row.thread for row in found], dtype=np.int64),
        )

    def memory(self, spans: Spans) -> None:
        """What was allocated on a device, or of host memory, after each allocation and each release.

        PyTorch reports no reserved host memory.
        """
        spans, at_ns = stamped(spans, self._builder)
        kind, number, allocated, reserved = (spans.argument(field).ids() for field in OF_MEMORY)
        on_gpu = np.isin(kind, _GPUS) & (number >= 0)
        has = (allocated >= 0) & (on_gpu | (kind == _HOST))
        self._drop(OTHER_MEMORY, ~has)
        device = np.where(on_gpu, number, MISSING)
        process, thread = self._builder.processes(spans.pid.ids()), spans.tid.ids()
        unit = self._builder.strings[BYTES]
        for name, value, kept in (ALLOCATED, allocated, has), (RESERVED, reserved, has & on_gpu & (reserved >= 0)):
            count = int(kept.sum())
            code = self._builder.strings[name] if count else MISSING
            columns = {"name": np.full(count, code), "unit": np.full(count, unit), "value": value[kept]}
            self._add(at_ns[kept], device[kept], process=process[kept], thread=thread[kept], **columns)

    def _readable(self, events: list[Event], at_ns: Int64) -> tuple[list[Event], Int64, list[_Recorded]]:
        """The events whose values can be read, with their times and those; the others are counted as dropped."""
        raws = [bytes(event.recorded) or b"{}" for event in events]
        try:
            return events, at_ns, _decode_all(b"[" + b",".join(raws) + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            each = [_one(raw) for raw in raws]
        kept = np.array([row is not None for row in each], dtype=np.bool_)
        self._drop(DAMAGED, ~kept)
        events = [event for event, row in zip(events, each, strict=True) if row is not None]
        return events, at_ns[kept], [row for row in each if row is not None]

    def _add(self, at_ns: Int64, number: Int64, **columns: NDArray[np.integer]) -> None:
        distinct, places = np.unique(number, return_inverse=True)
        device = self._builder.devices("gpu", distinct)[places.reshape(-1)]
        known = (device != MISSING) | (number == MISSING)
        self._drop(VALUES_OF_NO_DEVICE, ~known)
        kept = {name: values[known] for name, values in columns.items()}
        self._builder.add(Counters, start_ns=at_ns[known], end_ns=at_ns[known], device=device[known], **kept)

    def _drop(self, reason: str, which: NDArray[np.bool_]) -> None:
        self._builder.dropped[reason] += int(which.sum())


def _one(raw: bytes) -> _Recorded | None:
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
