"""A slow reader of Kineto files, written for the tests: one event after the other, with exact decimals.

It shares nothing with the readers but the engine rules, and gives tables as lists of plain tuples.
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import Engine, RangeKind, SyncKind

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Trace

SYNCS = {"Context Sync": 0, "Stream Sync": 1, "Event Sync": 2, "Stream Wait Event": 3}
TALKS = {"record_param_comms", "c10d::allreduce_"}
"""of the operators in `kineto_text.NAMES`, those that launch collectives"""
MULTIPLIES = "aten::mm"
"""the one whose arithmetic is known"""
KINDS = {"kernel": "kernel", "gpu_memcpy": "memcpy", "gpu_memset": "memset"}


def ns(value: Any) -> int:
    return int((Decimal(value) * 1000 + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


def parse(text: str) -> list[dict[str, Any]]:
    found = json.loads(text, parse_float=Decimal)
    return found if isinstance(found, list) else found["traceEvents"]


def tables(events: list[dict[str, Any]], operators: bool) -> dict[str, Counter[tuple[Any, ...]]]:
    out: dict[str, Counter[tuple[Any, ...]]] = {name: Counter() for name in READ_BACK}
    talking = {
        event.get("args", {}).get("External id", 0)
        for event in events
        if event.get("cat") == "cpu_op" and event["name"] in TALKS
    } - {0}
    for event in events:
        if event.get("ph") == "X" and "dur" in event:
            row(out, event, event.get("args", {}), operators, talking)
        elif event.get("name") == "[memory]":
            memory(out["counters"], event, event["args"])
        elif event.get("cat") == "recorded_counter":
            beside = event["gpu_trace"]
            what = event["name"], beside["unit"], beside["value"], beside.get("device", -1)
            pid, thread = beside.get("process", event["pid"]), beside.get("thread", -1)
            out["counters"][(ns(event["ts"]), *what, pid, thread)] += 1
    return out


def memory(out: Counter[Any], event: dict[str, Any], args: dict[str, Any]) -> None:
    device = {0: -1, 1: args["Device Id"], 6: args["Device Id"]}.get(args["Device Type"])
    whose = device, event["pid"], event["tid"]
    if device is not None:
        out[(ns(event["ts"]), "memory allocated", "bytes", args["Total Allocated"], *whose)] += 1
    if device is not None and device >= 0:
        out[(ns(event["ts"]), "memory reserved", "bytes", args["Total Reserved"], *whose)] += 1


def group_of(args: dict[str, Any]) -> str:
    named = [str(args[key]) for key in ("Process Group Name", "Process Group Ranks") if key in args]
    return " ".join(named) if "Process Group Name" in args else ""


def message(args: dict[str, Any]) -> int:
    """Bytes of a collective, by its elements and their type; -1 if PyTorch does not say."""
    return args["In msg nelems"] * {"Float": 4}[args["dtype"]] if "In msg nelems" in args else -1


def row(
    out: dict[str, Counter[Any]], event: dict[str, Any], args: dict[str, Any], operators: bool, talking: set[int]
) -> None:
    start = ns(event["ts"])
    end, name, category = start + ns(event["dur"]), event["name"], event["cat"]
    if category in KINDS and end > start:
        engine = default_rules().engine(KINDS[category], name)
        if category == "kernel" and "Collective name" in args:
            engine = Engine.COLLECTIVE
        device = next((args[key] for key in ("device", "inDevice", "fromDevice") if key in args), event["pid"])
        has_bytes = category != "kernel" or engine == Engine.COLLECTIVE
        size = args.get("bytes", message(args)) if has_bytes else -1
        if engine == Engine.COMPUTE and args.get("External id") in talking:
            engine = Engine.COLLECTIVE
        peer = args.get("toDevice", -1) if category == "gpu_memcpy" else -1
        grid = str(args["grid"]) if "grid" in args and category == "kernel" else ""
        group = group_of(args) if category == "kernel" else ""
        stream = args.get("stream", event["tid"])
        out["work"][start, end, name, engine, device, stream, args.get("correlation", -1), size, peer, grid, group] += 1
    elif category in ("cuda_runtime", "cuda_driver"):
        out["calls"][start, end, name, event["pid"], event["tid"], args.get("correlation", -1)] += 1
    elif category == "cpu_op" and (operators or (name == MULTIPLIES and "Input Dims" in args)):
        lists = [
            json.dumps(args[key]) if key in args else "" for key in ("Input Dims", "Input type", "Concrete Inputs")
        ]
        number = args.get("Record function id", 0) or -1
        out["operators"][(start, end, name, event["pid"], event["tid"], *lists, number)] += 1
    elif category in ("user_annotation", "nvtx"):
        nvtx = category == "nvtx"
        kind = RangeKind.NVTX if nvtx else RangeKind.ANNOTATION
        color = int(args["color"][1:], 16) if nvtx and "color" in args else -1
        thread = args.get("thread", event["tid"]) if nvtx else event["tid"]
        domain, payload = (args.get(key, "") if nvtx else "" for key in ("domain", "payload"))
        out["ranges"][start, end, name, kind, event["pid"], thread, domain, color, payload] += 1
    elif category == "cuda_sync" and name in SYNCS:
        stream, awaited = args.get("stream", -1), args.get("wait_on_stream", -1)
        record = args.get("wait_on_cuda_event_record_corr_id", -1)
        out["syncs"][start, end, SyncKind(SYNCS[name]), event["pid"], stream, awaited, record] += 1
    elif category == "overhead":
        out["overheads"][start, end, name] += 1


def _device(trace: Trace, position: int) -> int:
    return trace.devices[position].index if position >= 0 else -1


READ_BACK: dict[str, Any] = {
    "work": lambda t, r: (
        *(r["start_ns"], r["end_ns"], t.text(r["name"]), r["engine"], _device(t, r["device"]), r["stream"]),
        *(r["correlation"], r["size"], _device(t, r["peer"]), t.text(r["grid"]), t.text(r["group"])),
    ),
    "calls": lambda t, r: (
        *(r["start_ns"], r["end_ns"], t.text(r["name"]), t.processes[r["process"]].pid, r["thread"], r["correlation"]),
    ),
    "operators": lambda t, r: (
        *(r["start_ns"], r["end_ns"], t.text(r["name"]), t.processes[r["process"]].pid, r["thread"]),
        *(t.text(r[column]) for column in ("shapes", "types", "values")),
        r["record_function"],
    ),
    "ranges": lambda t, r: (
        *(r["start_ns"], r["end_ns"], t.text(r["name"]), r["kind"], t.processes[r["process"]].pid, r["thread"]),
        *(t.text(r["domain"]), r["color"], t.text(r["payload"])),
    ),
    "syncs": lambda t, r: (
        *(r["start_ns"], r["end_ns"], r["kind"], _device(t, r["device"]), r["stream"]),
        *(r["awaited_stream"], r["awaited_correlation"]),
    ),
    "overheads": lambda t, r: (r["start_ns"], r["end_ns"], t.text(r["name"])),
    "counters": lambda t, r: (
        *(r["start_ns"], t.text(r["name"]), t.text(r["unit"]), r["value"], _device(t, r["device"])),
        *(t.processes[r["process"]].pid, r["thread"]),
    ),
}


def read_back(trace: Trace) -> dict[str, Counter[tuple[Any, ...]]]:
    """The tables of a trace in the same form."""
    out = {}
    for name, to_tuple in READ_BACK.items():
        table = getattr(trace, name)
        columns = {column: getattr(table, column).tolist() for column in table.columns()}
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        out[name] = Counter(to_tuple(trace, row) for row in rows)
    return out
