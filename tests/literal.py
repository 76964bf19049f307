"""Traces written as one sees them: ``literal("s7 k 0-10 @1; s13 d2h 5-15 @2-4; call cudaStreamSynchronize 4-16")``.

Statements end at ``;`` or at the end of a line:

    [gpu1] [s7] KIND START-END [@START[-END]] [tN] [MEMORY] [name=TEXT] [size=BYTES] [group=TEXT] [seq=N]   device work
         [grid=LIST] [block=LIST]
         [graph=GRAPH.NODE] [launch=N]  of a replay; rows of one launch have one number, and one of them the call
    call NAME START-END [tN]            a host call that launches nothing, or whose work is lost
    op NAME START-END [tN] [shapes=LIST] [types=LIST] [values=LIST] [rf=N]   an operator; a LIST has no spaces
    range NAME START-END [tN|process]   a named range (NVTX), of a thread or of the whole process
    overhead START-END [NAME]           time that the profiler took, or that CUPTI says something took
    sample START-END [tN] [STATE] [STACK]   a sampled stack
    counter NAME START-END VALUE [UNIT] [gpuN] [tN]   a recorded value; _ in NAME is a blank

STACK is FUNCTION@FILE:LINE|FUNCTION@FILE:LINE, outermost first; STATE one of running, waiting, holds_lock,
waits_for_lock.
KIND is one of k (kernel), nccl, h2d, d2h, p2p, d2d, memset, unknown; MEMORY of pageable, pinned, managed. ``@`` gives
the launching call, one ns long unless its end is said too. Default: device 0, stream 7, thread 1, pinned copies.
Times are ns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gpu_trace_analyzers.model import (
    MISSING,
    Counters,
    Device,
    DeviceWork,
    Engine,
    HostCalls,
    HostOperators,
    Memory,
    Overheads,
    Process,
    RangeKind,
    Ranges,
    Samples,
    Source,
    ThreadState,
    Trace,
)
from gpu_trace_analyzers.readers.base.frames import FrameTable

KINDS = {
    "k": Engine.COMPUTE,
    "nccl": Engine.COLLECTIVE,
    "h2d": Engine.COPY_H2D,
    "d2h": Engine.COPY_D2H,
    "p2p": Engine.COPY_P2P,
    "d2d": Engine.COPY_D2D,
    "memset": Engine.MEMSET,
    "unknown": Engine.UNKNOWN,
}
CALLS = {"h2d": "cudaMemcpyAsync", "d2h": "cudaMemcpyAsync", "p2p": "cudaMemcpyAsync", "d2d": "cudaMemcpyAsync"}


def microseconds(text: str) -> str:
    """The same statements with their times, which are in µs, in ns."""
    return re.sub(r"(?<=[\s@-])(\d+)(?=[-\s;]|$)", r"\g<1>000", text)


@dataclass
class _Writing:
    strings: list[str] = field(default_factory=list)
    work: list[dict[str, int]] = field(default_factory=list)
    calls: list[dict[str, int]] = field(default_factory=list)
    ranges: list[dict[str, int]] = field(default_factory=list)
    overheads: list[dict[str, int]] = field(default_factory=list)
    operators: list[dict[str, int]] = field(default_factory=list)
    samples: list[dict[str, int]] = field(default_factory=list)
    frames: FrameTable = field(default_factory=FrameTable)
    counters: list[dict[str, int]] = field(default_factory=list)
    devices: int = 1

    def code(self, text: str) -> int:
        if text not in self.strings:
            self.strings.append(text)
        return self.strings.index(text)


def literal(text: str, kind: str = "gpu") -> Trace:
    """The trace that ``text`` writes, checked. ``kind`` is that of all its devices."""
    out = _Writing()
    for statement in re.split(r"[;\n]", text):
        words = statement.split()
        if words:
            kinds = {"call": _call, "range": _range, "overhead": _overhead, "sample": _sample}
            kinds |= {"counter": _counter, "op": _operator}
            kinds.get(words[0], _work)(out, words)
    trace = Trace(
        source=Source("literal", "literal", len(out.work)),
        strings=tuple(out.strings),
        devices=tuple(Device(kind, i) for i in range(out.devices)),
        processes=(Process(100),),
        work=DeviceWork.of(_columns(out.work)),
        calls=HostCalls.of(_columns(out.calls)),
        ranges=Ranges.of(_columns(out.ranges)),
        overheads=Overheads.of(_columns(out.overheads)),
        operators=HostOperators.of(_columns(out.operators)),
        samples=Samples.of(_columns(out.samples)),
        stack_frames=out.frames.rows(),
        counters=Counters.of(_columns(out.counters)),
    )
    trace.check()
    return trace


def _times(word: str) -> dict[str, int]:
    start, _, end = word.partition("-")
    return {"start_ns": int(start), "end_ns": int(end or int(start) + 1)}


def _thread(words: list[str]) -> int:
    return next((int(word[1:]) for word in words if re.fullmatch(r"t\d+", word)), 1)


def _call(out: _Writing, words: list[str]) -> None:
    out.calls.append(
        _times(words[2]) | {"name": out.code(words[1]), "process": 0, "thread": _thread(words), "correlation": 10_000}
    )


def _range(out: _Writing, words: list[str]) -> None:
    thread = MISSING if "process" in words[3:] else _thread(words)
    row = {"name": out.code(words[1]), "kind": int(RangeKind.NVTX), "process": 0, "thread": thread}
    out.ranges.append(_times(words[2]) | row | {"domain": MISSING, "category": MISSING, "payload": MISSING})


def _operator(out: _Writing, words: list[str]) -> None:
    told = dict(word.split("=", 1) for word in words if "=" in word)
    lists = {name: out.code(told[name]) if name in told else MISSING for name in ("shapes", "types", "values")}
    row = {"name": out.code(words[1]), "process": 0, "thread": _thread(words)}
    out.operators.append(_times(words[2]) | row | lists | {"record_function": int(told.get("rf", MISSING))})


def _overhead(out: _Writing, words: list[str]) -> None:
    out.overheads.append(_times(words[1]) | {"name": out.code(" ".join(words[2:]) or "overhead"), "process": 0})


def _sample(out: _Writing, words: list[str]) -> None:
    frame = MISSING
    for place in next((word for word in words if "@" in word), "").split("|"):
        if place:
            function, _, where = place.partition("@")
            file, _, line = where.rpartition(":")
            frame = out.frames.position(frame, out.code(function), out.code(file), int(line))
    state = next((ThreadState[word.upper()] for word in words if word.upper() in ThreadState.__members__), 0)
    row = {"frame": frame, "state": int(state), "process": 0, "thread": _thread(words)}
    out.samples.append(_times(words[1]) | row)


def _counter(out: _Writing, words: list[str]) -> None:
    name, times, value, *told = words[1:]
    device = next((int(word[3:]) for word in told if re.fullmatch(r"gpu\d+", word)), MISSING)
    unit = next((word for word in told if not re.fullmatch(r"(gpu|t)\d+", word)), "")
    thread = _thread(told) if any(re.fullmatch(r"t\d+", word) for word in told) else MISSING
    out.devices = max(out.devices, device + 1)
    row = {"name": out.code(name.replace("_", " ")), "unit": out.code(unit), "value": int(value)}
    out.counters.append(_times(times) | row | {"device": device, "process": 0, "thread": thread})


def _work(out: _Writing, words: list[str]) -> None:
    kind = next(word for word in words if word in KINDS)
    told = dict(word.split("=", 1) for word in words if "=" in word)
    device = next((int(word[3:]) for word in words if re.fullmatch(r"gpu\d+", word)), 0)
    stream = next((int(word[1:]) for word in words if re.fullmatch(r"s\d+", word)), 7)
    host = int(Memory.PAGEABLE if "pageable" in words else Memory.PINNED)
    ends = {"h2d": (host, int(Memory.DEVICE)), "d2h": (int(Memory.DEVICE), host)}.get(kind, (MISSING, MISSING))
    ends = (int(Memory.MANAGED),) * 2 if "managed" in words else ends
    launch = next((word[1:] for word in words if word.startswith("@")), None)
    correlation = int(told.get("launch", len(out.work) + 1 if launch else MISSING))
    graph, _, node = told.get("graph", "").partition(".")
    out.devices = max(out.devices, device + 1)
    times = _times(next(word for word in words if re.fullmatch(r"\d+-\d+", word)))
    out.work.append(
        times
        | {"name": out.code(told.get("name", kind)), "engine": int(KINDS[kind]), "device": device, "stream": stream}
        | {"process": 0, "correlation": correlation, "size": int(told.get("size", MISSING))}
        | {"source": ends[0], "target": ends[1]}
        | {name: out.code(told[name]) if name in told else MISSING for name in ("group", "grid", "block")}
        | {"sequence": int(told.get("seq", MISSING))}
        | {"graph": int(graph or MISSING), "graph_node": int(node or MISSING)}
    )
    if launch:
        name = out.code(CALLS.get(kind, "cudaLaunchKernel"))
        row = {"name": name, "process": 0, "thread": _thread(words), "correlation": correlation}
        out.calls.append(_times(launch) | row)


def _columns(rows: list[dict[str, int]]) -> dict[str, list[int]]:
    rows = sorted(rows, key=lambda row: (row["start_ns"], row["end_ns"]))
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}
