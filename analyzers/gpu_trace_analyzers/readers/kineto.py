"""Kineto's Chrome JSON, as torch.profiler writes it, and as `gpu-trace run` writes it with NVTX rows added.

One event is one JSON object; ``cat`` says what it is. Rows of ``gpu_user_annotation`` repeat host ranges on the GPU's
own rows and are never work; nor are ``cuda_sync`` rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import TraceUnreadable
from ..model import (
    MISSING,
    DeviceWork,
    Engine,
    HostCalls,
    HostOperators,
    Memory,
    Overheads,
    RangeKind,
    Ranges,
    SyncKind,
    Syncs,
    Trace,
)
from .building import TraceBuilder
from .stamps import nanoseconds

if TYPE_CHECKING:
    from ..engines import EngineRules


class _Event(msgspec.Struct):
    ph: str = ""
    cat: str = ""
    name: str = ""
    pid: Any = None
    tid: Any = None
    ts: msgspec.Raw = msgspec.Raw(b"")
    dur: msgspec.Raw = msgspec.Raw(b"")
    args: dict[str, Any] = {}


class _File(msgspec.Struct):
    traceEvents: list[_Event]  # noqa: N815  # the name in the file
    baseTimeNanoseconds: int | None = None  # noqa: N815
    deviceProperties: list[dict[str, Any]] = []  # noqa: N815
    distributedInfo: dict[str, Any] = {}  # noqa: N815


_WORK = {"kernel": "kernel", "gpu_memcpy": "memcpy", "memcpy": "memcpy", "gpu_memset": "memset", "memset": "memset"}
_CALLS = {"cuda_runtime", "cuda_driver", "runtime", "driver", "hip_runtime", "xpu_runtime"}
_MEMORIES = {"pageable": Memory.PAGEABLE, "pinned": Memory.PINNED, "device": Memory.DEVICE, "managed": Memory.MANAGED}
_ENDS = re.compile(r"\((\w+) -> (\w+)\)")
_SYNCS = {
    "Context Sync": SyncKind.CONTEXT,
    "Stream Sync": SyncKind.STREAM,
    "Event Sync": SyncKind.EVENT,
    "Stream Wait Event": SyncKind.STREAM_WAIT,
}


def read(data: bytes, path: str, rules: EngineRules, operators: bool) -> Trace:
    """Read a whole file at once."""
    try:
        document = msgspec.json.decode(data, type=_File)
    except msgspec.DecodeError as error:
        raise TraceUnreadable(
            path, f"is no Kineto trace ({error})", "give a trace.json or trace.json.gz of torch.profiler"
        ) from error
    reading = _Reading(TraceBuilder(path, "kineto"), rules, operators)
    return reading.trace(document)


class _Reading:
    def __init__(self, builder: TraceBuilder, rules: EngineRules, operators: bool) -> None:
        self.builder = builder
        self.rules = rules
        self.operators = operators
        self.pid = 0

    def trace(self, document: _File) -> Trace:
        builder = self.builder
        builder.events = len(document.traceEvents)
        builder.epoch_ns = document.baseTimeNanoseconds
        builder.rank = document.distributedInfo.get("rank", MISSING)
        builder.world_size = document.distributedInfo.get("world_size", MISSING)
        for properties in document.deviceProperties:
            builder.name_device("gpu", properties["id"], properties["name"])
        self.pid = next((e.pid for e in document.traceEvents if e.cat.lower() in _CALLS | {"cpu_op"}), 0)
        for event in document.traceEvents:
            self.event(event)
        return builder.build()

    def event(self, event: _Event) -> None:
        if event.ph != "X":
            return
        category = event.cat.lower()
        start_ns, duration_ns = nanoseconds(str(bytes(event.ts), "utf-8")), nanoseconds(str(bytes(event.dur), "utf-8"))
        if not self.builder.believable(event.name, start_ns, duration_ns) or start_ns is None or duration_ns is None:
            return
        times = {"start_ns": start_ns, "end_ns": start_ns + duration_ns, "name": self.builder.strings.code(event.name)}
        if category in _WORK:
            self.work(event, _WORK[category], times)
        elif category in _CALLS:
            self.host(HostCalls, event, times, correlation=event.args.get("correlation", MISSING))
        elif category == "cpu_op" and self.operators:
            self.host(HostOperators, event, times)
        elif category in ("user_annotation", "nvtx"):
            self.range(event, category, times)
        elif category == "cuda_sync":
            self.sync(event, times)
        elif category == "overhead":
            self.builder.rows(Overheads).add(**times, process=self.builder.process(self.pid))

    def work(self, event: _Event, kind: str, times: dict[str, int]) -> None:
        args, builder = event.args, self.builder
        index = args.get("device", args.get("inDevice", event.pid))
        engine = Engine.COLLECTIVE if "Collective name" in args else self.rules.engine(kind, event.name)
        ends = _ENDS.search(event.name) if kind == "memcpy" else None
        peer = builder.device("gpu", args["toDevice"]) if "toDevice" in args else MISSING
        builder.rows(DeviceWork).add(
            **times, engine=engine, device=builder.device("gpu", index), stream=args.get("stream", event.tid),
            process=builder.process(self.pid), correlation=args.get("correlation", MISSING),
            size=args.get("bytes", MISSING),
            source=_MEMORIES.get(ends[1].lower(), Memory.UNKNOWN) if ends else MISSING,
            target=_MEMORIES.get(ends[2].lower(), Memory.UNKNOWN) if ends else MISSING, peer=peer,
            grid=self.dimensions(args.get("grid")), block=self.dimensions(args.get("block")),
        )  # fmt: skip

    def dimensions(self, value: object) -> int:
        return self.builder.strings.code(str(value)) if value is not None else MISSING

    def host(self, table: Any, event: _Event, times: dict[str, int], **more: object) -> None:
        self.builder.rows(table).add(**times, process=self.builder.process(event.pid), thread=event.tid, **more)

    def range(self, event: _Event, category: str, times: dict[str, int]) -> None:
        args, code = event.args, self.builder.strings.code
        more: dict[str, int] = {
            column: code(args[column]) for column in ("domain", "category", "payload") if column in args
        }
        if "color" in args:
            more["color"] = int(args["color"].lstrip("#"), 16)
        kind = RangeKind.NVTX if category == "nvtx" else RangeKind.ANNOTATION
        thread = args.get("thread", event.tid)
        self.builder.rows(Ranges).add(
            **times, **more, kind=kind, process=self.builder.process(event.pid), thread=thread
        )

    def sync(self, event: _Event, times: dict[str, int]) -> None:
        args, builder = event.args, self.builder
        kind = _SYNCS.get(event.name)
        if kind is None:
            builder.dropped[f"unknown synchronisation {event.name}"] += 1
            return
        builder.rows(Syncs).add(
            **times, kind=kind, device=builder.device("gpu", args.get("device", 0)), stream=args.get("stream", MISSING),
            awaited_stream=args.get("wait_on_stream", MISSING),
            awaited_correlation=args.get("wait_on_cuda_event_record_corr_id", MISSING),
            process=builder.process(self.pid), correlation=args.get("correlation", MISSING),
        )  # fmt: skip
