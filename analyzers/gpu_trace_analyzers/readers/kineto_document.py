"""What a Kineto file says of itself beside its events: clock, rank, devices, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..model import MISSING

if TYPE_CHECKING:
    from .building import TraceBuilder
    from .chrome import Document

_NOT_SHOWN = {"schemaVersion", "displayTimeUnit", "baseTimeNanoseconds", "traceName"}


def describe(builder: TraceBuilder, document: Document) -> None:
    """Take clock, rank, names of devices and metadata from the document around the events; what is odd is left out."""
    base_ns = document.get("baseTimeNanoseconds")
    if builder.epoch_ns is None and _is_int(base_ns):
        builder.epoch_ns = base_ns
    distributed = document.get("distributedInfo")
    if isinstance(distributed, dict):
        builder.rank = _count(distributed.get("rank"))
        builder.world_size = _count(distributed.get("world_size"))
    devices = document.get("deviceProperties")
    known = [device for device in devices if isinstance(device, dict)] if isinstance(devices, list) else []
    for device in known:
        if _is_int(device.get("id")):
            builder.name_device("gpu", device["id"], str(device.get("name", "")))
    # ROCm numbers devices in its rows otherwise than in this list; where all are alike that does not matter.
    if len(names := {str(device.get("name", "")) for device in known}) == 1:
        builder.name_other_devices("gpu", names.pop())
    builder.metadata |= {
        key: str(value)
        for key, value in document.items()
        if key not in _NOT_SHOWN and isinstance(value, (str, int, float)) and value != ""
    }


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _count(value: Any) -> int:
    """A rank or a number of ranks, which some launchers write as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    return value if _is_int(value) and 0 <= value < 1 << 30 else MISSING
