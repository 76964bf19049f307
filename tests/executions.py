"""Programs written as one sees them, and the trace and the execution trace that a run of them would leave.

An operator a line; what it calls is indented below it, what it launches itself stands behind ``:``, in that order.

    empty() -> y
    add(a, b) -> y : k          # a kernel of aten::add; y is new memory
        add(a, b, out=y!) : k
    add_(y[0:4]!, a) : k s13    # ! marks what the schema says is written; a kernel on stream 13
    copy_(h@cpu!, y) : d2h
    _foreach_mul_([a, b]!, 2) : k k
    view(y) -> y[::2]           # a result of an argument's memory is a view of it
    mul(a) -> z=y : k           # z is new memory at the address of y
    ?custom(a) -> z : k         # without a schema; ?? for one that the execution trace does not have
    t2 mul(a) : k               # on thread 2
    none : k                    # work without an operator, or of the one that it is indented below
    call cudaStreamSynchronize

Arguments may also be numbers, ``True``, ``False`` and ``None``, a ``sparse`` tensor, one that is ``undefined``, and an
``object``. The kernels of ``triton_...`` are of that backend.

A tensor has `ELEMENTS` elements of 4 bytes unless its part is said, of memory on GPU 0 unless ``@cpu`` or ``@1`` is
said where it is first named. Time passes by 10 ns with each begin, launch and end.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_trace_analyzers.dependencies.edges import Because
from gpu_trace_analyzers.dependencies.execution_trace import execution_trace_of
from gpu_trace_analyzers.dependencies.find import dependencies
from gpu_trace_analyzers.questions.launches import launches
from literal import literal

if TYPE_CHECKING:
    from gpu_trace_analyzers.dependencies.edges import Dependencies
    from gpu_trace_analyzers.dependencies.execution_trace import ExecutionTrace
    from gpu_trace_analyzers.model import Int64, Trace

ELEMENTS = 8
PID = 100
_LINE = re.compile(r"( *)(?:t(\d+) )?(\?{0,2})([\w:]+)(?:\((.*)\))?(?: -> (.*?))?(?: : (.*))?$")
_TENSOR = re.compile(r"(\w+)(?:=(\w+))?(?:@(\w+))?(?:\[([\d:]*)\])?$")
_NOT_ATEN = ("record_param_comms", "triton_add")
_OTHERS: dict[str, Any] = {
    "True": True,
    "False": False,
    "None": {"value": "<None>", "shape": [], "stride": [], "type": "None"},
    "object": {"value": "<Object>", "shape": [], "stride": [], "type": "Object"},
    "sparse": {"value": [7, 0, 0, 0, 0, ""], "shape": [8], "stride": []},
    "undefined": {"value": [7, 0, 0, 0, 0, ""], "shape": [], "stride": [], "type": "Tensor(nullptr (uninitialized))"},
}
_KINDS = r"k|h2d|d2h|d2d|p2p|memset|nccl"


@dataclass
class Run:
    """What a run left."""

    trace: Trace
    rows: Int64
    json: bytes
    """of the execution trace"""
    text: str
    """the trace, as ``literal`` reads it"""

    @property
    def execution(self) -> ExecutionTrace:
        return execution_trace_of(self.json, "et.json")

    @property
    def dependencies(self) -> Dependencies:
        return dependencies(self.trace, self.rows, self.execution)

    @property
    def edges(self) -> set[tuple[int, int, str]]:
        """(before, after, why), with operations in the order of their launches."""
        edges = self.dependencies.edges
        triples = zip(edges.before.tolist(), edges.after.tolist(), edges.because.tolist(), strict=True)
        return {(before, after, Because(because).name) for before, after, because in triples}


def run(program: str) -> Run:
    """The run of a program."""
    return _Running(program).done()


@dataclass
class _Operator:
    indent: int
    thread: int
    id: int
    begin: int
    name: str
    node: dict[str, Any] | None
    operator: bool


@dataclass
class _Running:
    program: str
    clock: int = 0
    work: int = 0
    ids: int = 1
    text: list[str] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    storages: dict[str, int] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    running: list[_Operator] = field(default_factory=list)

    def done(self) -> Run:
        for line in self.program.splitlines():
            line = line.partition("#")[0].rstrip()
            if line.strip():
                self._line(line)
        self._end(0)
        text = "\n".join(self.text)
        trace = literal(text)
        rows = np.argsort(launches(trace).at_ns, kind="stable")
        document = {"schema": "1.1.1-chakra.0.0.4", "pid": PID, "nodes": self.nodes}
        return Run(trace, rows, json.dumps(document).encode(), text)

    def _line(self, line: str) -> None:
        if line.split()[0] == "call":
            at = self._tick()
            self.text.append(f"call {line.split()[1]} {at}-{at + 5}")
            return
        found = _LINE.match(line)
        assert found, f"no line of a program: {line}"
        indent, thread, unknown, name, given, results, work = found.groups()
        self._end(len(indent))
        at = int(thread or (self.running[-1].thread if self.running else 1))
        if name == "none":
            self._launch(work, at)
            return
        arguments, kinds = self._values(_split(given or ""))
        made, _ = self._values(_split(results or ""))
        schema = "" if unknown or name in _NOT_ATEN else _schema(name, kinds, arguments, made)
        full = name if "::" in name or unknown or name in _NOT_ATEN else f"aten::{name}"
        caller = self.running[-1].id if self.running else 1
        self.ids += 1
        node = _node(self.ids, full, caller, arguments, made, schema)
        self.running.append(_Operator(len(indent), at, self.ids, self._tick(), full, node, unknown != "??"))
        self._launch(work or "", at)

    def _end(self, indent: int) -> None:
        while self.running and self.running[-1].indent >= indent:
            one = self.running.pop()
            self.text.append(f"op {one.name} {one.begin}-{self._tick()} t{one.thread} rf={one.id}")
            if one.operator:
                self.nodes.append(one.node)

    def _launch(self, work: str, thread: int) -> None:
        for kind, told in re.findall(rf"\b({_KINDS})\b((?: (?!(?:{_KINDS})\b)[\w=]+)*)", work):
            at, start = self._tick(), 1_000_000 + 100 * self.work
            self.work += 1
            self.text.append(f"{told} {kind} {start}-{start + 50} @{at}-{at + 5} t{thread}")

    def _tick(self) -> int:
        self.clock += 10
        return self.clock

    def _values(self, texts: list[str]) -> tuple[list[Any], list[tuple[str, bool]]]:
        """The values, and of each its name (empty if none is said) and whether it is written."""
        values, kinds = [], []
        for text in texts:
            written, text = text.endswith("!"), text.rstrip("!")
            name, _, rest = text.partition("=")
            named = name in ("out", "training", "running_mean", "input_tensors", "output_tensors")
            kinds.append((name if named else "", written))
            values.append(self._value(rest if named else text))
        return values, kinds

    def _value(self, text: str) -> Any:
        if text.startswith("["):
            return [self._value(part) for part in _split(text[1:-1])]
        if text in _OTHERS:
            return _OTHERS[text]
        return int(text) if text.lstrip("-").isdigit() else self._tensor(text)

    def _tensor(self, text: str) -> dict[str, Any]:
        found = _TENSOR.match(text)
        assert found, f"no tensor: {text}"
        name, address, device, part = found.groups()
        at = address or name
        if at not in self.storages:
            self.ids += 1
            self.storages[at] = self.ids
        self.storages[name] = self.storages[at]
        self.devices.setdefault(name, {"cpu": "cpu", None: "cuda:0"}.get(device, f"cuda:{device}"))
        first, end, step = ([int(word) if word else None for word in (part or "").split(":")] + [None] * 2)[:3]
        step = 1 if step is None else step  # 0 repeats the first element
        count = -(-((ELEMENTS if end is None else end) - (first or 0)) // (step or 1))
        value = [self.storages[name] + 1000, self.storages[name], first or 0, count, 4, self.devices[name]]
        return {"name": name, "value": value, "shape": [count], "stride": [step]}


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^\[]*\])", text) if part.strip()]


def _schema(name: str, kinds: list[tuple[str, bool]], arguments: list[Any], made: list[Any]) -> str:
    views = {_name(value) for value in made} & {_name(value) for value in arguments}
    told = []
    for i, ((named, written), value) in enumerate(zip(kinds, arguments, strict=True)):
        mark = "!" if written else ""
        alias = f"({chr(97 + i)}{mark})" if written or _name(value) in views else ""
        kind = f"Tensor{alias}{'[]' * isinstance(value, list)}" if isinstance(value, dict | list) else "Scalar"
        told += ["*"] * (named == "out") + [f"{kind} {named or f'a{i}'}"]
    results = ["Tensor(a)" if _name(value) in views else "Tensor" for value in made]
    if any(written for _, written in kinds):
        results = ["Tensor(a!)"]
    full = name if "::" in name else f"aten::{name}"
    return f"{full}({', '.join(told)}) -> ({', '.join(results)})"


def _name(value: Any) -> Any:
    return value["name"] if isinstance(value, dict) and "name" in value else object()


def _node(id_: int, name: str, caller: int, arguments: list[Any], results: list[Any], schema: str) -> dict[str, Any]:
    backend = "triton" if name.startswith("triton_") else ""
    attributes = {"rf_id": id_, "op_schema": schema, "kernel_backend": backend}
    return {
        "id": id_,
        "name": name,
        "ctrl_deps": caller,
        "inputs": _values(arguments),
        "outputs": _values(results),
        "attrs": [{"name": key, "type": "", "value": value} for key, value in attributes.items()],
    }


def _values(values: list[Any]) -> dict[str, list[Any]]:
    return {
        "values": [_each(value, "value") for value in values],
        "shapes": [_each(value, "shape") for value in values],
        "types": [_type(value) for value in values],
        "strides": [_each(value, "stride") for value in values],
    }


def _each(value: Any, key: str) -> Any:
    if isinstance(value, list):
        return [_each(one, key) for one in value]
    return value[key] if isinstance(value, dict) else value if key == "value" else []


def _type(value: Any) -> str:
    if isinstance(value, list):
        return f"GenericList[{','.join(map(_type, value))}]"
    return value.get("type", "Tensor(float)") if isinstance(value, dict) else type(value).__name__.capitalize()
