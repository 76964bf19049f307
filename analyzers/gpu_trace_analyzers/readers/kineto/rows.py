"""Kineto's events, a category at a time, as rows of tables."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engines import KINDS
from ...model import (
    MISSING,
    DeviceWork,
    Engine,
    HostCalls,
    HostOperators,
    Overheads,
    RangeKind,
    Ranges,
    Syncs,
)
from ...vocabulary.kineto import ELEMENT_BYTES, OF_THE_PROCESS, OPERATOR, RANGE, SYNC, SYNC_KINDS, Category, copy_ends
from ..chrome import Lookup, timed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...engines import EngineRules
    from ...model import Int64
    from ..base.building import TraceBuilder
    from ..base.identity import DeviceKind
    from ..chrome import Distinct, Spans, Values
    from ..chrome.events import Id

COMMUNICATES = ("record_param_comms", "c10d::", "_c10d_functional", "symm_mem::")
"""How the names of operators begin that talk to other ranks"""
_COMPUTES_TOO = re.compile(r"symm_mem::(fused_|_?async_input_mm|memset32_)")
"""those of them that launch kernels of another kind themselves"""
_RANKS = re.compile(rb"\d+|\.\.\.")
"""in ``"[0, 1, ..., 63]"``: torch leaves out some of more than thirty"""
_ENGINES: dict[int | str | None, Engine] = {engine.key: engine for engine in Engine}
ON_DEVICE = (
    *("device", "in_device", "from_device", "engine", "stream"),
    *("context", "process", "correlation", "graph", "graph_node"),
)
OF_COLLECTIVES = ("collective", "elements_in", "elements_out", "element", "group", "group_ranks", "sequence")
OF_KERNELS = (*ON_DEVICE, *OF_COLLECTIVES, "grid", "block", "bytes", "operator")
OF_COPIES = (*ON_DEVICE, "to_device", "bytes")
OF_FILLS = (*ON_DEVICE, "bytes")
OF_CALLS = ("correlation",)
OF_OPERATORS = (*OPERATOR, "record_function", "operator")
OF_NVTX = (*RANGE, "thread", "scope", "color")
OF_SYNCS = ("device", *SYNC)
"""Arguments of which the rows of each kind are made."""
_MOST_ELEMENTS = 1 << 58
"""more than any message has: their bytes fit int64"""
Columns = dict[str, Any]


class Rows:
    """Turns events into rows of a builder's tables."""

    def __init__(self, builder: TraceBuilder, rules: EngineRules, distinct: Distinct) -> None:
        self._builder = builder
        self._distinct = distinct
        self._know = _Known(builder, rules, distinct)
        self._host: int | None = None
        self._host_of_ranges: int | None = None
        self._communicating: set[int] = set()
        self._launched_by: list[tuple[int, Int64]] = []
        """where kernels begin in the table of work, and of each the operator that launched it"""

    def kernels(self, spans: Spans) -> None:
        """Kernels. One whose arguments name a collective is one, whatever its name.

        So is one that `communication` launched; "External id" is the id of the innermost operator around the launch.
        """
        spans, columns = self._timed(spans)
        columns |= self._on_device(spans, "kernel")
        columns["engine"][spans.argument("collective").present] = Engine.COLLECTIVE
        columns["grid"] = self._know.list[spans.as_written("grid")]
        columns["block"] = self._know.list[spans.as_written("block")]
        columns["group"] = self._groups(spans)
        columns["sequence"] = spans.argument("sequence").ids()
        columns["size"] = np.where(columns["engine"] == Engine.COLLECTIVE, self._messages(spans), MISSING)
        operators = np.array(spans.argument("operator").ids())
        self._launched_by.append((len(self._builder.column(DeviceWork, "engine")), operators))
        self._builder.add(DeviceWork, **columns)

    def communication(self, spans: Spans) -> None:
        """Operators, of which those are noted that talk to other ranks."""
        talk = self._know.communicates[spans.name] > 0
        if talk.any():
            self._communicating.update(spans[talk].argument("operator").ids().tolist())

    def copies(self, spans: Spans) -> None:
        """Copies, with the memory at both ends, and the other device of a copy between two."""
        spans, columns = self._timed(spans)
        columns |= self._on_device(spans, "memcpy")
        columns["source"], columns["target"] = self._know.source[spans.name], self._know.target[spans.name]
        columns["peer"] = self._builder.devices("gpu", spans.argument("to_device").ids())
        columns["size"] = spans.argument("bytes").ids()
        self._builder.add(DeviceWork, **columns)

    def fills(self, spans: Spans) -> None:
        """Memsets."""
        spans, columns = self._timed(spans)
        columns |= self._on_device(spans, "memset")
        columns["size"] = spans.argument("bytes").ids()
        self._builder.add(DeviceWork, **columns)

    def cpu_work(self, spans: Spans) -> None:
        """Work of CPUs: the stream is the thread, and the arguments name the process."""
        spans, columns = self._timed(spans)
        columns |= self._on_device(spans, "operator")
        self._builder.add(DeviceWork, **columns)

    def calls(self, spans: Spans) -> None:
        """Calls of the runtime and driver API."""
        spans, columns = self._timed(spans)
        columns |= self._on_host(spans)
        columns["correlation"] = spans.argument("correlation").ids()
        self._builder.add(HostCalls, **columns)

    def operators(self, spans: Spans) -> None:
        """The framework's operators."""
        self.communication(spans)
        spans, columns = self._timed(spans)
        for column in OPERATOR:
            columns[column] = self._know.list[spans.as_written(column)]
        columns["record_function"] = _or_none(spans.argument("record_function").ids())
        self._builder.add(HostOperators, **columns, **self._on_host(spans))

    def ranges(self, spans: Spans, category: str) -> None:
        """Annotations; and NVTX ranges, whose thread stands in the arguments where the row is not the thread's own.

        So does that a range is one of its whole process.
        """
        spans, columns = self._timed(spans)
        columns |= self._on_host(spans, category)
        columns["kind"] = np.full(len(spans), RangeKind.NVTX if category == Category.NVTX else RangeKind.ANNOTATION)
        if category == Category.NVTX:
            columns["thread"] = _or_else(spans.argument("thread").ids(), columns["thread"])
            columns["thread"][spans.argument("scope").each(self._know.is_of_the_process) > 0] = MISSING
            for column in RANGE:
                columns[column] = spans.argument(column).each(self._know.text)
            columns["color"] = spans.argument("color").each(self._know.color)
        self._builder.add(Ranges, **columns)

    def syncs(self, spans: Spans) -> None:
        """Synchronization. Rows of an unknown kind are only counted."""
        is_known = self._know.sync_kind[spans.name] != MISSING
        for code in spans.name[~is_known].tolist():
            self._builder.dropped[f"unknown synchronization {self._distinct.by_code[code]!r}"] += 1
        spans, columns = self._timed(spans if is_known.all() else spans[is_known])
        del columns["name"]
        device = spans.argument("device").ids()
        columns |= {
            "kind": self._know.sync_kind[spans.name],
            "device": self._devices("gpu", _or_else(device, spans.pid.ids()), spans),
            "stream": spans.argument("stream").ids(),
            "awaited_stream": spans.argument("awaited_stream").ids(),
            "awaited_correlation": spans.argument("awaited_correlation").ids(),
            "correlation": spans.argument("correlation").ids(),
        }
        self._builder.add(Syncs, **columns)

    def overheads(self, spans: Spans) -> None:
        """Time the profiler took."""
        spans, columns = self._timed(spans)
        # Kineto writes -1 for its own; our exports name the process.
        columns["process"] = self._processes(spans.pid)
        self._builder.add(Overheads, **columns)

    def close(self) -> None:
        """Once all events are in: rows without a process of their own get that of the host.

        Two processes may use one id for two operators, so there no kernel is told by its operator.
        """
        operators = np.array(sorted(self._communicating - {MISSING, 0}), dtype=np.int64)
        if len(operators) and self._builder.has_one_process:
            engine = self._builder.column(DeviceWork, "engine")
            for first, launched_by in self._launched_by:
                own = engine[first : first + len(launched_by)]
                own[(own == Engine.COMPUTE) & np.isin(launched_by, operators)] = Engine.COLLECTIVE
        host = self._host_of_ranges if self._host is None else self._host
        if host is not None or self._builder.default_process == MISSING:
            self._builder.default_process = self._builder.process(host or 0)

    def _timed(self, spans: Spans) -> tuple[Spans, Columns]:
        """The spans that have times, with those and their names."""
        spans, start_ns, end_ns = timed(spans, self._builder)
        return spans, {"start_ns": start_ns, "end_ns": end_ns, "name": self._know.text[spans.name]}

    def _on_device(self, spans: Spans, kind: str) -> Columns:
        """The device from the right field: a copy between two devices has none, but the one it ran in."""
        device = spans.argument("device").ids()
        for field in "in_device", "from_device":
            device = _or_else(device, spans.argument(field).ids())
        device = _or_else(device, spans.pid.ids())
        # Our own exports state the engine where the name alone would give another.
        engine = _or_else(spans.argument("engine").each(self._know.stated_engine), self._know.engine[kind][spans.name])
        return {
            "device": self._devices("cpu" if kind == "operator" else "gpu", device, spans),
            "stream": _or_else(spans.argument("stream").ids(), spans.tid.ids()),
            "context": spans.argument("context").ids(),
            "process": self._processes(spans.argument("process")),
            "correlation": spans.argument("correlation").ids(),
            "graph": _or_none(spans.argument("graph").ids()),
            "graph_node": _or_none(spans.argument("graph_node").ids()),
            "engine": engine,
        }

    def _devices(self, kind: DeviceKind, numbers: Int64, spans: Spans) -> Int64:
        """The devices of these numbers, told apart by the process ids under which their rows stand.

        A copy between devices may stand under that of the other. Many rows one behind the other are of one device.
        """
        pid, is_stated = spans.pid, spans.argument("device").present
        first = _where_changed(numbers, pid.numbers, pid.other, is_stated)
        labels = [label if stated else None for label, stated in zip(pid.at(first), is_stated[first], strict=True)]
        return np.repeat(self._builder.devices(kind, numbers[first], labels), np.diff(first, append=len(spans)))

    def _processes(self, pids: Values) -> Int64:
        """The processes that our own exports name beside work; Kineto names none."""
        ids = pids.ids()
        known = ids != MISSING
        found = np.full(len(ids), MISSING, dtype=np.int64)
        found[known] = self._builder.processes(ids[known])
        return found

    def _on_host(self, spans: Spans, category: str = "") -> Columns:
        """NVTX ranges may be of a process that the script forked: they name the host if no other row does."""
        pids = spans.pid.ids()
        if len(pids) and category == Category.NVTX:
            self._host_of_ranges = int(pids[0]) if self._host_of_ranges is None else self._host_of_ranges
        elif len(pids) and self._host is None:
            self._host = int(pids[0])
        return {"process": self._builder.processes(pids), "thread": spans.tid.ids()}

    def _groups(self, spans: Spans) -> Int64:
        """The codes of process groups. Their ranks belong to them: groups that were split from one share a name."""
        group, ranks = spans.argument("group"), spans.as_written("group_ranks")
        rows = np.flatnonzero(group.present)
        pairs = list(zip(group.at(rows), ranks[rows].tolist(), strict=True))
        known = {pair: self._group(*pair) for pair in dict.fromkeys(pairs)}  # in their order in the file
        codes = np.full(len(spans), MISSING, dtype=np.int64)
        codes[rows] = [known[pair] for pair in pairs]
        return codes

    def _group(self, name: Id, ranks: int) -> int:
        each = [rank.decode() for rank in _RANKS.findall(self._distinct.by_code[ranks])]
        return self._builder.strings[f"{name} [{', '.join(each)}]" if each else str(name)]

    def _messages(self, spans: Spans) -> Int64:
        """The bytes of collectives as NCCL counts them; `MISSING` where they are not said.

        PyTorch says the elements that a rank puts in and gets out. Of a collective that collects or scatters, NCCL
        counts the part of one rank, which is the smaller of the two; else both are the same. Of several that one kernel
        runs together, it may say those of one alone.
        """
        stated = spans.argument("bytes")
        elements = np.minimum(spans.argument("elements_in").ids(), spans.argument("elements_out").ids())
        each = spans.argument("element").each(self._know.element_bytes)
        said = (elements > 0) & (elements < _MOST_ELEMENTS) & (each > 0)
        said &= spans.argument("collective").each(self._know.is_coalesced) <= 0
        size = np.where(said, elements * each, MISSING)
        return np.where(stated.present, stated.ids(), size)


class _Known:
    """What is known of each distinct value."""

    def __init__(self, builder: TraceBuilder, rules: EngineRules, distinct: Distinct) -> None:
        look_up = partial(Lookup, distinct.by_code)
        self.text = look_up(lambda value: builder.strings[str(value)])
        # such as ``[132, 1, 1]``, however the file spaces it
        self.list = look_up(lambda text: builder.strings[json.dumps(json.loads(text))] if text else MISSING)
        self.engine = {kind: look_up(partial(rules.engine, kind)) for kind in KINDS}
        self.stated_engine = look_up(lambda value: _ENGINES.get(value, MISSING))
        self.communicates = look_up(lambda name: name.startswith(COMMUNICATES) and not _COMPUTES_TOO.match(name))
        self.source = look_up(lambda name: copy_ends(name)[0])
        self.target = look_up(lambda name: copy_ends(name)[1])
        self.sync_kind = look_up(lambda name: SYNC_KINDS.get(name, MISSING))
        self.color = look_up(_color)
        self.is_of_the_process = look_up(OF_THE_PROCESS.__eq__)
        self.is_coalesced = look_up(lambda name: "coalesced" in str(name))
        self.element_bytes = look_up(lambda name: ELEMENT_BYTES.get(name, 0))


def _or_none(values: Int64) -> Int64:
    """Ids of which 0 is none: those of graphs, of their nodes, and of calls of operators."""
    return np.where(values > 0, values, MISSING)


def _or_else(values: Int64, others: Int64) -> Int64:
    """Numbers, and others where those are missing."""
    return np.where(values != MISSING, values, others)


def _where_changed(*columns: NDArray[Any]) -> Int64:
    """The rows, of which the first is one, that differ from the one before in any column."""
    changed = np.zeros(len(columns[0]), dtype=np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changed)


def _color(value: object) -> int:
    """``#AARRGGBB`` as a number."""
    text = str(value).removeprefix("#")
    try:
        return int(text, 16) if 0 < len(text) <= 8 else MISSING
    except ValueError:
        return MISSING
