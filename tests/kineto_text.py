"""Hypothesis strategies for Kineto files: events drawn as data, and written in the layouts that exist."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from gpu_trace_analyzers.readers.base.tracefile import TraceFile

NAMES = [
    "aten::mm",
    "record_param_comms",
    "c10d::allreduce_",
    "symm_mem::fused_all_gather_matmul",
    "sm80_xmma_gemm",
    "ncclDevKernel_AllReduce",
    "cudaLaunchKernel",
    "Memcpy HtoD (Pinned -> Device)",
    "Memcpy DtoH (Device -> Pageable)",
    "Memcpy PtoP (Device -> Device)",
    "Memcpy sideways",
    "Memset (Device)",
    'a "quoted" name',
    "back\\slash",
    '"ph": "X", "cat": "kernel"',
    '  },\n  {\n    "ph": "X", "cat": "kernel"',
    "naïve Ω \N{SNOWMAN} 😀",
    "",
    "Stream Sync",
    "Stream Wait Event",
    "void f<(int)3>(float*, {1}, [2])",
]
CATEGORIES = ["kernel", "gpu_memcpy", "gpu_memset", "cuda_runtime", "cuda_driver", "cpu_op", "user_annotation"]
CATEGORIES += ["gpu_user_annotation", "cuda_sync", "overhead", "nvtx", "python_function", "kernel_of_tomorrow"]

microseconds = st.tuples(st.integers(0, 5000), st.integers(0, 999)).map(lambda t: f"{4555785412000 + t[0]}.{t[1]:03}")
durations = st.tuples(st.integers(0, 50), st.integers(1, 999)).map(lambda t: f"{t[0]}.{t[1]:03}")
small = st.integers(0, 3)


class Text(str):
    """A number as it is to stand in the file."""

    __slots__ = ()


@st.composite
def spans(draw: st.DrawFn) -> dict[str, Any]:
    category = draw(st.sampled_from(CATEGORIES))
    on_gpu = category.startswith(("kernel", "gpu_", "cuda_sync"))
    pid = draw(small) if on_gpu else -1 if category == "overhead" else 77
    event: dict[str, Any] = {"ph": "X", "cat": category, "name": draw(st.sampled_from(NAMES)), "pid": pid}
    event["tid"] = draw(st.sampled_from([7, 13, 77, -5]))
    event |= {"ts": Text(draw(microseconds)), "dur": Text(draw(durations))}
    args = draw(arguments(category))
    if on_gpu and "device" in args:
        event["pid"] = args["device"]  # in a file of one process, which is what all of these are
    return event | ({"args": args} if args else {})


def arguments(category: str) -> st.SearchStrategy[dict[str, Any]]:
    known: dict[str, st.SearchStrategy[Any]] = {"External id": small, "correlation": st.integers(0, 2**40)}
    if category.startswith(("kernel", "gpu_mem")):
        known |= {"stream": st.sampled_from([7, 13]), "bytes": st.integers(0, 2**40)}
    if category == "kernel":
        known |= {"device": small, "grid": st.lists(small, min_size=3, max_size=3)}
        known |= {
            "Collective name": st.just("allreduce"),
            "Process Group Name": st.sampled_from(["0", "mesh"]),
            "Process Group Ranks": st.sampled_from(["[0, 1]", "[2]", "[0, 1, ..., 63]", [0, 1]]),
            "est. achieved occupancy %": st.just(Text("0.5")),
            "block": st.just([32, 1, 1]),
        }
    if category == "gpu_memcpy":
        known |= {"fromDevice": small, "inDevice": small, "toDevice": small}
    if category == "cuda_sync":
        known |= {"stream": small, "wait_on_stream": small, "wait_on_cuda_event_record_corr_id": small}
    if category == "nvtx":
        known |= {"domain": st.just("NCCL"), "color": st.just("#FF00AA11"), "payload": st.just("3"), "thread": small}
    if category == "cpu_op":
        known |= {
            "Input Dims": st.sampled_from([[[8, 4], [4, 2]], [[8, 4], []], [[{"a": 1}, {"ph": "X"}]]]),
            "Input type": st.just(["float", "c10::Half"]),
            "Concrete Inputs": st.just(["", "[1, 2]"]),
        }
    return st.fixed_dictionaries({}, optional=known)


@st.composite
def allocations(draw: st.DrawFn, ts: Text) -> dict[str, Any]:
    event = {"ph": "i", "cat": "cpu_instant_event", "s": "t", "name": "[memory]", "pid": 77, "tid": draw(small)}
    args = {"Total Reserved": draw(small), "Total Allocated": draw(st.integers(0, 2**40)), "Bytes": -8}
    kind = draw(st.sampled_from([0, 1, 1, 6, 13]))
    args |= {"Device Id": -1 if kind == 0 else draw(small), "Device Type": kind, "Addr": 2**63 + 5}
    if draw(st.booleans()):
        args |= {"finished": False, "Ev Idx": 7}
    return event | {"ts": ts, "args": args}


@st.composite
def recorded_values(draw: st.DrawFn, ts: Text) -> dict[str, Any]:
    beside = {"unit": draw(st.sampled_from(["MHz", ""])), "value": draw(st.integers(-(2**63), 2**63 - 1))}
    beside |= draw(st.fixed_dictionaries({}, optional={"device": small, "thread": small, "process": st.just(78)}))
    event = {"ph": "C", "cat": "recorded_counter", "name": "SM clock", "pid": 77, "tid": 0, "ts": ts}
    return event | {"args": {beside["unit"] or "value": beside["value"]}, "gpu_trace": beside}


@st.composite
def others(draw: st.DrawFn) -> dict[str, Any]:
    """Flow arrows, metadata, instants, allocations, values of counters."""
    ts = Text(draw(microseconds))
    return draw(
        st.sampled_from(
            [
                {"ph": "s", "id": 5, "pid": 77, "tid": 77, "ts": ts, "cat": "ac2g", "name": "ac2g"},
                {"ph": "f", "id": 5, "pid": 0, "tid": 7, "ts": ts, "cat": "ac2g", "name": "ac2g", "bp": "e"},
                {"name": "process_name", "ph": "M", "ts": ts, "pid": 77, "tid": 0, "args": {"name": "python"}},
                {"name": "thread_name", "ph": "M", "ts": ts, "pid": 77, "tid": 78, "args": {"name": "worker"}},
                {"name": "Record Window End", "ph": "i", "s": "g", "pid": "", "tid": "", "ts": ts},
                draw(allocations(ts)),
                draw(allocations(ts)),
                draw(recorded_values(ts)),
                {"ph": "C", "name": "rate", "pid": 77, "tid": 0, "ts": ts, "args": {"GB/s": Text("0.5"), "n": 1}},
                {"ph": "X", "cat": "Trace", "ts": ts, "dur": Text("9.500"), "pid": "Spans", "tid": "p", "name": "p"},
            ]
        )
    )


event_lists = st.lists(st.one_of(spans(), spans(), spans(), others()), max_size=25)


def number(text: str) -> Any:
    return Text(text)


def to_json(value: Any, **how: Any) -> str:
    """JSON in which a `Text` stands as it is."""
    plain: list[str] = []

    def marked(part: Any) -> Any:
        if isinstance(part, Text):
            plain.append(str(part))
            return f"\x00{len(plain) - 1}\x00"
        if isinstance(part, dict):
            return {key: marked(inner) for key, inner in part.items()}
        return [marked(inner) for inner in part] if isinstance(part, list) else part

    text = json.dumps(marked(value), **how)
    for place, inner in enumerate(plain):
        text = text.replace(f'"\\u0000{place}\\u0000"', inner)
    return text


def as_kineto(event: dict[str, Any]) -> str:
    """The layout of Kineto's writer, for spans and arrows."""
    fields = dict(event)
    args = fields.pop("args", None)
    rows = to_json(fields, ensure_ascii=False)[1:-1].replace(', "ts"', ',\n    "ts"')
    inner = f',\n    "args": {{\n      {to_json(args, ensure_ascii=False)[1:-1]}\n    }}' if args is not None else ""
    return f"  {{\n    {rows}{inner}\n  }}"


def as_kineto_2026(event: dict[str, Any]) -> str:
    """The layout of Kineto's writer from PyTorch 2.13 on: a field a line."""
    fields = dict(event)
    args = fields.pop("args", None)
    rows = ",\n    ".join(to_json({key: value}, ensure_ascii=False)[1:-1] for key, value in fields.items())
    if event["ph"] == "i":
        rows = rows.replace(",\n", ",\n    \n", 1)
    inner = (
        f'\n    ,\n    "args": {{\n      {to_json(args, ensure_ascii=False)[1:-1]}\n    }}' if args is not None else ""
    )
    return f"  {{\n    {rows}{inner}\n  }}"


LAYOUTS = {
    "kineto": as_kineto,
    "kineto 2026": as_kineto_2026,
    "compact": lambda event: to_json(event, separators=(",", ":")),
    "spaced": lambda event: "  " + to_json(event),
    "indented": lambda event: to_json(event, indent=4),
    "kineto 2021": lambda event: as_kineto(event).replace('", "name"', '",\n    "name"', 1),
}


@dataclass(frozen=True)
class File:
    """A drawn file: its events, and the text of each in order."""

    events: list[dict[str, Any]]
    texts: list[str]
    before: str
    after: str
    size: int = 1 << 20

    @property
    def content(self) -> bytes:
        return (self.before + ",\n".join(self.texts) + self.after).encode("utf-8", "surrogateescape")

    def spans(self) -> list[tuple[int, int]]:
        """Where each event's bytes lie."""
        at, found = len(self.before.encode()), []
        for text in self.texts:
            found.append((at, at + len(text.encode("utf-8", "surrogateescape"))))
            at = found[-1][1] + 2
        return found


HEAD = '\n  {\n    "schemaVersion": 1,\n    "baseTimeNanoseconds": 1790857026000000000,\n'
HEAD += '    "distributedInfo": {"rank": 3, "world_size": 8},\n  "traceEvents": [\n'
SHELLS = [(HEAD, '\n  ],\n  "traceName": "x.json"\n}'), ("[\n", "\n]"), ('{"traceEvents":[', "]}"), ("[", "]\n\n")]


@st.composite
def files(draw: st.DrawFn) -> File:
    events = draw(event_lists)
    mostly = draw(st.sampled_from(list(LAYOUTS)))
    layouts = st.sampled_from([mostly] * 8 + list(LAYOUTS))
    texts = [LAYOUTS[draw(layouts)](event) for event in events]
    before, after = draw(st.sampled_from(SHELLS))
    return File(events, texts, before, after, draw(st.sampled_from([1 << 20, 3000, 700, 160, 61])))


@dataclass(frozen=True)
class InMemory(TraceFile):
    """A trace file that is not on disk, handed out in blocks of any size."""

    content: bytes = b""
    size: int = 1 << 20
    path: Path = field(default=Path("drawn.json"))

    @property
    def raw_head(self) -> bytes:  # type: ignore[override]
        return self.content[: 1 << 16]

    def blocks(self, size: int = 0):
        for at in range(0, len(self.content), self.size):
            yield self.content[at : at + self.size]
