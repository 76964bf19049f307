"""The ``*.trace.json.gz`` that JAX's and TensorFlow's profiler writes for a viewer.

Chrome JSON of ``M`` and ``X`` events without categories. A GPU is a process named ``/device:GPU:0``, its streams are
threads named ``Stream #7(Compute)``; the other threads of that process (``XLA Ops``, ``Steps``) repeat the same work
under other names, and are not counted. Arguments are strings.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import MISSING, DeviceWork, Engine, HostCalls, HostOperators, Memory, RangeKind, Ranges
from .base.building import LEFT_OUT, NOT_READ, TraceBuilder
from .base.columns import as_id, ids
from .chrome import DecodedSpans, Distinct, EventStream, timed

if TYPE_CHECKING:
    from ..engines import EngineRules
    from ..model import Trace
    from .base.tracefile import TraceFile
    from .chrome import Event

NAME = "xla"

_RECOGNISED = re.compile(rb'"args"\s*:\s*\{\s*"name"\s*:\s*"/(?:device:(?:GPU|TPU):\d+|host:CPU)')
_GPU = re.compile(r"/device:GPU:(\d{1,4})\b(?: \((.*)\))?")
_STREAM = re.compile(r"Stream #(\d{1,9})")
_CALL = re.compile(r"(?:cu|cuda|hip)[A-Z]\w+")
_MEMORIES = {
    "pageable": Memory.PAGEABLE,
    "pinned": Memory.PINNED,
    "device": Memory.DEVICE,
    "managed": Memory.MANAGED,
    "unified": Memory.MANAGED,
}
_DERIVED = "derived rows, which repeat the work of the streams"


def recognizes(file: TraceFile) -> bool:
    """Whether processes are named as XLA names them."""
    return file.head.lstrip()[:1] == b"{" and _RECOGNISED.search(file.head) is not None


def read(file: TraceFile, rules: EngineRules, operators: bool) -> Trace:
    """Read a file; ``operators`` also keeps the events of the host that are neither API calls nor steps."""
    reading = _Reading(TraceBuilder(file, NAME), rules, operators)
    return reading.trace()


class _Reading:
    """Collects the spans of each row of the viewer, for what a row is may be said after it."""

    def __init__(self, builder: TraceBuilder, rules: EngineRules, operators: bool) -> None:
        self.builder = builder
        self.rules = rules
        self.operators = operators
        self.processes: dict[int, str] = {}
        self.threads: dict[tuple[int, int], str] = {}
        self.spans: defaultdict[tuple[int, int], list[Event]] = defaultdict(list)

    def trace(self) -> Trace:
        stream = EventStream(self.builder.file)
        for batch in stream:
            for event in batch.mixed:
                self.take(event)
        self.builder.events = stream.events
        self.builder.dropped.update(stream.lost)
        for (pid, tid), events in self.spans.items():
            gpu = _GPU.search(self.processes.get(pid, ""))
            if gpu:
                self.row_of_a_gpu(int(gpu[1]), gpu[2] or "", self.threads.get((pid, tid), ""), events)
            elif self.processes.get(pid, "").startswith("/device:"):
                self.builder.dropped[f"rows of {self.processes[pid]}, {NOT_READ}"] += len(events)
            else:
                self.row_of_the_host(pid, tid, events)
        return self.builder.build()

    def take(self, event: Event) -> None:
        if event.ph == "X":
            self.spans[as_id(event.pid), as_id(event.tid)].append(event)
        elif event.ph == "M" and event.name == "process_name":
            self.processes[as_id(event.pid)] = str(event.args.name)
        elif event.ph == "M" and event.name == "thread_name":
            self.threads[as_id(event.pid), as_id(event.tid)] = str(event.args.name)
        elif event.ph != "M":
            self.builder.dropped[f"events of phase {event.ph!r}"] += 1

    def row_of_a_gpu(self, index: int, model: str, thread: str, events: list[Event]) -> None:
        stream = _STREAM.match(thread)
        if not stream:
            self.builder.dropped[_DERIVED] += len(events)
            self.builder.expected.add(_DERIVED)
            return
        spans, start_ns, end_ns = timed(DecodedSpans(events, Distinct()), self.builder)
        events = spans.events
        device = self.builder.device("gpu", index)
        self.builder.name_device("gpu", index, model)
        details = [_details(event) for event in events]
        self.builder.add(
            DeviceWork,
            start_ns=start_ns,
            end_ns=end_ns,
            name=self.builder.strings.codes(event.name for event in events),
            engine=[self.engine(event, detail) for event, detail in zip(events, details, strict=True)],
            device=np.full(len(events), device),
            stream=np.full(len(events), int(stream[1])),
            process=np.full(len(events), self.builder.process(0)),
            correlation=ids([event.args.correlation_id for event in events]),
            size=[as_id(detail.get("size", detail.get("num_bytes"))) for detail in details],
            source=[_memory(event, detail.get("kind_src")) for event, detail in zip(events, details, strict=True)],
            target=[_memory(event, detail.get("kind_dst")) for event, detail in zip(events, details, strict=True)],
            peer=[self.peer(event, detail) for event, detail in zip(events, details, strict=True)],
        )

    def engine(self, event: Event, detail: dict[str, str]) -> Engine:
        """By the event's name; a copy whose name says nothing, by the memories at its ends."""
        if event.args.memset_details is not None or event.name.lower().startswith("memset"):
            return self.rules.engine("memset", event.name)
        if not _is_copy(event):
            return self.rules.engine("kernel", event.name)
        named = self.rules.engine("memcpy", event.name)
        if named != Engine.UNKNOWN or "kind_src" not in detail or "kind_dst" not in detail:
            return named
        ends = ("Device" if detail[end] == "device" else "Host" for end in ("kind_src", "kind_dst"))
        return self.rules.engine("memcpy", " -> ".join(ends))

    def peer(self, event: Event, detail: dict[str, str]) -> int:
        """The device that a copy between two writes to."""
        return self.builder.device("gpu", int(detail["dest"][:4])) if _is_peer_copy(event, detail) else MISSING

    def row_of_the_host(self, pid: int, tid: int, events: list[Event]) -> None:
        self.builder.name_process(0, self.processes.get(pid, "").removeprefix("/host:"))
        self.builder.name_thread(0, tid, self.threads.get((pid, tid), ""))
        calls = [event for event in events if _CALL.match(event.name)]
        steps = [event for event in events if event.args.step_num is not None]
        used = {id(event) for event in calls + steps}
        others = [event for event in events if id(event) not in used]
        self.add_host(HostCalls, tid, calls, lambda kept: {"correlation": [as_id(e.args.correlation_id) for e in kept]})
        self.add_host(Ranges, tid, steps, lambda kept: {"kind": np.full(len(kept), RangeKind.ANNOTATION)})
        if self.operators:
            self.add_host(HostOperators, tid, others, lambda _: {})
        else:
            self.builder.dropped[LEFT_OUT[NAME]] += len(others)
            self.builder.expected.add(LEFT_OUT[NAME])

    def add_host(self, table: Any, tid: int, events: list[Event], more: Any) -> None:
        spans, start_ns, end_ns = timed(DecodedSpans(events, Distinct()), self.builder)
        kept = spans.events
        self.builder.add(
            table,
            start_ns=start_ns,
            end_ns=end_ns,
            name=self.builder.strings.codes(event.name for event in kept),
            process=np.full(len(kept), self.builder.process(0)),
            thread=np.full(len(kept), tid),
            **more(kept),
        )


def _details(event: Event) -> dict[str, str]:
    """``kind_src:pinned kind_dst:device size:1024`` as a dictionary."""
    text = event.args.memcpy_details or event.args.memset_details
    words = text.split() if isinstance(text, str) else []
    return {key: value for key, _, value in (word.partition(":") for word in words)}


def _is_copy(event: Event) -> bool:
    return event.args.memcpy_details is not None or event.name.lower().startswith("memcpy")


def _memory(event: Event, word: str | None) -> int:
    """The memory that a word names; of a copy that says none, an unknown one."""
    if word is None:
        return Memory.UNKNOWN if _is_copy(event) else MISSING
    return _MEMORIES.get(word.lower(), Memory.UNKNOWN)


def _is_peer_copy(event: Event, detail: dict[str, str]) -> bool:
    return "p2p" in event.name.lower() and detail.get("dest", "").isdigit()
