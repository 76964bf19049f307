"""What a Kineto file says of itself beside its events: clock, rank, host, devices, versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ...model import MISSING, Device, RecordedDependencies, Windows
from ...vocabulary.kineto import Key
from ..base.stamps import LIMIT_NS

if TYPE_CHECKING:
    from ..base.building import TraceBuilder
    from ..chrome import Document


class StatedDevice(msgspec.Struct):
    """The device that rows call by ``number``; the rest is that of `Device`."""

    number: int
    kind: Literal["gpu", "cpu"]
    index: int
    name: str = ""
    rank: int = MISSING
    owner: str = ""
    uuid: str = ""
    capability: tuple[int, int] | None = None
    multiprocessors: int = MISSING
    memory: int = MISSING


class StatedProcess(msgspec.Struct):
    """The process of this id; the rest is that of `Process`."""

    pid: int
    rank: int
    world_size: int
    host: str = ""


class StatedWindow(msgspec.Struct):
    """When the process was recorded, in ns on the clock of the rows."""

    pid: int
    start_ns: int
    end_ns: int


class StatedDoubt(msgspec.Struct):
    """Of the device of this kind and number; the rest is that of `Doubt`."""

    number: int
    kind: Literal["gpu", "cpu"]
    reason: str
    operations: int


class StatedDependencies(msgspec.Struct, omit_defaults=True):
    """Of the execution trace of a process; the rest is that of `RecordedDependencies`."""

    pid: int
    operators: int
    cost_ns_per_operator: int = MISSING
    cost_ns_per_call: int = MISSING
    unrecorded_step_ns: int = MISSING


class Stated(msgspec.Struct):
    """What traces of several processes, or with pauses, have beside their rows, under `Key.STATED`."""

    devices: list[StatedDevice] = []
    processes: list[StatedProcess] = []
    windows: list[StatedWindow] = []
    doubts: list[StatedDoubt] = []
    dependencies: list[StatedDependencies] = []


_FILE_OF_WORKER = re.compile(r"(?P<host>.+)_(?P<pid>\d{1,9})\.\d+\.pt\.trace\.json(?:\.gz)?")
_SIZES = ("computeMajor", "computeMinor", "numSms", "totalGlobalMem")
_NOT_SHOWN = {Key.STATED, Key.SCHEMA, Key.UNIT, Key.BASE_NS, Key.HOST, "traceName"}


def describe(builder: TraceBuilder, document: Document) -> None:
    """Take clock, rank, host, names of devices and metadata from around the events; what is odd is left out."""
    base_ns = document.get(Key.BASE_NS)
    if builder.epoch_ns is None and _is_int(base_ns):
        builder.epoch_ns = base_ns
    distributed = document.get(Key.DISTRIBUTED)
    if isinstance(distributed, dict):
        builder.rank = _count(distributed.get("rank"))
        builder.world_size = _count(distributed.get("world_size"))
    host = document.get(Key.HOST)
    builder.host = host if isinstance(host, str) else _host_in_name(builder)
    devices = document.get(Key.DEVICES)
    known = [device for device in devices if isinstance(device, dict)] if isinstance(devices, list) else []
    for device in known:
        if _is_int(device.get("id")):
            uuid = device.get("uuid")
            builder.name_device("gpu", device["id"], str(device.get("name", "")), uuid if isinstance(uuid, str) else "")
            builder.size_device(device["id"], *map(device.get, _SIZES))
    # ROCm numbers devices in its rows otherwise than in this list; where all are alike that does not matter.
    if len(names := {str(device.get("name", "")) for device in known}) == 1:
        builder.name_other_devices("gpu", names.pop())
    _take_stated(builder, document.get(Key.STATED))
    builder.metadata |= {
        key: str(value)
        for key, value in document.items()
        if key not in _NOT_SHOWN and isinstance(value, (str, int, float)) and value != ""
    }


def _host_in_name(builder: TraceBuilder) -> str:
    """The machine in the name that ``tensorboard_trace_handler`` gives a file, if the process of that name is in it.

    It takes other names of a worker as well, which need not have a machine.
    """
    found = _FILE_OF_WORKER.fullmatch(builder.file.path.name)
    return found["host"] if found and builder.has_process(int(found["pid"])) else ""


def _take_stated(builder: TraceBuilder, value: Any) -> None:
    """Identity of devices, ranks, hosts and windows of recording; what is odd is left out."""
    try:
        stated = msgspec.convert(value or {}, Stated)
    except msgspec.ValidationError:
        return
    for device in stated.devices:
        stated_fields = (getattr(device, name) for name in StatedDevice.__struct_fields__[1:])
        builder.stated_devices[device.kind, device.number] = Device(*stated_fields)
    builder.stated_ranks |= {process.pid: (process.rank, process.world_size) for process in stated.processes}
    builder.stated_hosts |= {process.pid: process.host for process in stated.processes}
    builder.stated_doubts += [(doubt.kind, doubt.number, doubt.reason, doubt.operations) for doubt in stated.doubts]
    builder.dependencies += [RecordedDependencies(*msgspec.structs.astuple(each)) for each in stated.dependencies]
    sound = [window for window in stated.windows if -LIMIT_NS < window.start_ns <= window.end_ns < LIMIT_NS]
    builder.add(
        Windows,
        start_ns=[window.start_ns for window in sound],
        end_ns=[window.end_ns for window in sound],
        process=[builder.process(window.pid) for window in sound],
    )


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _count(value: Any) -> int:
    """A rank or a number of ranks, which some launchers write as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    return value if _is_int(value) and 0 <= value < 1 << 30 else MISSING
