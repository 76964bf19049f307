"""Kineto's events, a category at a time, as columns."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

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
from ...vocabulary.kineto import ELEMENT_BYTES, OF_THE_PROCESS, OPERATOR, RANGE, SYNC_KINDS, Category, copy_ends
from ..base.columns import as_id, ids
from ..chrome import texts, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...engines import EngineRules
    from ...model import Int64
    from ..base.building import TraceBuilder
    from ..chrome import Event
    from ..chrome.events import Args, Id, WorkArgs

COMMUNICATES = ("record_param_comms", "c10d::", "_c10d_functional", "symm_mem::")
"""How the names of operators begin that talk to other ranks"""
_COMPUTES_TOO = re.compile(r"symm_mem::(fused_|_?async_input_mm|memset32_)")
"""those of them that launch kernels of another kind themselves"""
_RANKS = re.compile(rb"\d+|\.\.\.")
"""in ``"[0, 1, ..., 63]"``: torch leaves out some of more than thirty"""
_ENGINES: dict[int | str | None, Engine] = {engine.key: engine for engine in Engine}
Columns = dict[str, Any]


class Rows:
    """Turns lists of events into rows of a builder's tables."""

    def __init__(self, builder: TraceBuilder, rules: EngineRules) -> None:
        self._builder = builder
        self._rules = rules
        self._lists: dict[bytes, int] = {b"": MISSING}
        self._ends: dict[str, tuple[int, int]] = {}
        self._engines: dict[tuple[str, int], Engine] = {}
        self._host: int | None = None
        self._communicating: set[int] = set()
        self._launched_by: list[tuple[int, Int64]] = []
        """where kernels begin in the table of work, and of each the operator that launched it"""

    def kernels(self, events: list[Event]) -> None:
        """Kernels. One whose arguments name a collective is one, whatever its name.

        So is one that `communication` launched; "External id" is the id of the innermost operator around the launch.
        """
        events, columns = self._timed(events)
        columns |= self._on_device(events, "kernel")
        args = [event.args for event in events]
        columns["engine"][[arg.collective is not None for arg in args]] = Engine.COLLECTIVE
        columns["grid"] = self._list_of(texts([arg.grid for arg in args]))
        columns["block"] = self._list_of(texts([arg.block for arg in args]))
        columns["group"] = [MISSING if arg.group is None else self._group(arg) for arg in args]
        columns["sequence"] = ids([arg.sequence for arg in args])
        collective = columns["engine"] == Engine.COLLECTIVE
        columns["size"] = np.full(len(args), MISSING)
        columns["size"][collective] = [_message(args[row]) for row in np.flatnonzero(collective).tolist()]
        operators = ids([arg.operator for arg in args])
        self._launched_by.append((len(self._builder.column(DeviceWork, "engine")), operators))
        self._builder.add(DeviceWork, **columns)

    def communication(self, events: list[Event]) -> None:
        """Operators, of which those are noted that talk to other ranks."""
        found = (event for event in events if event.name.startswith(COMMUNICATES))
        self._communicating.update(as_id(event.args.operator) for event in found if not _COMPUTES_TOO.match(event.name))

    def copies(self, events: list[Event]) -> None:
        """Copies, with the memory at both ends, and the other device of a copy between two."""
        events, columns = self._timed(events)
        columns |= self._on_device(events, "memcpy")
        ends = np.array([self._memories(event.name) for event in events], dtype=np.int8).reshape(-1, 2)
        columns["source"], columns["target"] = ends[:, 0], ends[:, 1]
        columns["peer"] = self._builder.devices("gpu", ids([event.args.to_device for event in events]))
        columns["size"] = ids([event.args.bytes for event in events])
        self._builder.add(DeviceWork, **columns)

    def fills(self, events: list[Event]) -> None:
        """Memsets."""
        events, columns = self._timed(events)
        columns |= self._on_device(events, "memset")
        columns["size"] = ids([event.args.bytes for event in events])
        self._builder.add(DeviceWork, **columns)

    def cpu_work(self, events: list[Event]) -> None:
        """Work of CPUs: the stream is the thread, and the arguments name the process."""
        events, columns = self._timed(events)
        columns |= self._on_device(events, "operator")
        self._builder.add(DeviceWork, **columns)

    def calls(self, events: list[Event]) -> None:
        """Calls of the runtime and driver API."""
        events, columns = self._timed(events)
        columns |= self._on_host(events)
        columns["correlation"] = ids([event.args.correlation for event in events])
        self._builder.add(HostCalls, **columns)

    def operators(self, events: list[Event]) -> None:
        """The framework's operators."""
        events, columns = self._timed(events)
        for column in OPERATOR:
            columns[column] = self._list_of(texts([getattr(event.args, column) for event in events]))
        columns["record_function"] = _or_none(ids([event.args.record_function for event in events]))
        self._builder.add(HostOperators, **columns, **self._on_host(events))

    def ranges(self, events: list[Event], category: str) -> None:
        """Annotations; and NVTX ranges, whose thread stands in the arguments where the row is not the thread's own.

        So does that a range is one of its whole process.
        """
        events, columns = self._timed(events)
        columns |= self._on_host(events)
        columns["kind"] = np.full(len(events), RangeKind.NVTX if category == Category.NVTX else RangeKind.ANNOTATION)
        if category == Category.NVTX:
            threads = ids([event.args.thread for event in events])
            columns["thread"] = np.where(threads != MISSING, threads, columns["thread"])
            columns["thread"][[event.args.scope == OF_THE_PROCESS for event in events]] = MISSING
            for column in RANGE:
                columns[column] = [self._optional(getattr(event.args, column)) for event in events]
            columns["color"] = [_color(event.args.color) for event in events]
        self._builder.add(Ranges, **columns)

    def syncs(self, events: list[Event]) -> None:
        """Synchronization. Rows of an unknown kind are only counted."""
        known = [event for event in events if event.name in SYNC_KINDS]
        for event in events:
            if event.name not in SYNC_KINDS:
                self._builder.dropped[f"unknown synchronization {event.name!r}"] += 1
        known, columns = self._timed(known)
        del columns["name"]
        devices = _where_missing(ids([event.args.device for event in known]), lambda row: known[row].pid)
        columns |= {
            "kind": [SYNC_KINDS[event.name] for event in known],
            "device": self._builder.devices("gpu", devices, _labels(known)),
            "stream": ids([event.args.stream for event in known]),
            "awaited_stream": ids([event.args.awaited_stream for event in known]),
            "awaited_correlation": ids([event.args.awaited_correlation for event in known]),
            "correlation": ids([event.args.correlation for event in known]),
        }
        self._builder.add(Syncs, **columns)

    def overheads(self, events: list[Event]) -> None:
        """Time the profiler took."""
        events, columns = self._timed(events)
        # Kineto writes -1 for its own; our exports name the process.
        columns["process"] = self._processes([event.pid for event in events])
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
        if self._host is not None or self._builder.default_process == MISSING:
            self._builder.default_process = self._builder.process(self._host or 0)

    def _timed(self, events: list[Event]) -> tuple[list[Event], Columns]:
        """The events that have times, with those and their names."""
        events, start_ns, end_ns = timed(events, self._builder)
        names = self._builder.strings.codes([event.name for event in events])
        return events, {"start_ns": start_ns, "end_ns": end_ns, "name": names}

    def _on_device(self, events: list[Event], kind: str) -> Columns:
        """The device from the right field: a copy between two devices has none, but the one it ran in."""
        args = [event.args for event in events]
        device = ids([arg.device for arg in args])
        device = _where_missing(device, lambda row: args[row].in_device)
        device = _where_missing(device, lambda row: args[row].from_device)
        device = _where_missing(device, lambda row: events[row].pid)
        engines = {name: self._rules.engine(kind, name) for name in {event.name for event in events}}
        # Our own exports state the engine where the name alone would give another.
        engine = [_ENGINES.get(event.args.engine, engines[event.name]) for event in events]
        return {
            "device": self._builder.devices("cpu" if kind == "operator" else "gpu", device, _labels(events)),
            "stream": _where_missing(ids([arg.stream for arg in args]), lambda row: events[row].tid),
            "context": ids([arg.context for arg in args]),
            "process": self._processes([arg.process for arg in args]),
            "correlation": ids([arg.correlation for arg in args]),
            "graph": _or_none(ids([arg.graph for arg in args])),
            "graph_node": _or_none(ids([arg.graph_node for arg in args])),
            "engine": np.array(engine, dtype=np.int8),
        }

    def _processes(self, pids: list[Id]) -> Int64:
        """The processes that our own exports name beside work; Kineto names none."""
        found = ids(pids)
        known = found != MISSING
        found[known] = self._builder.processes(found[known])
        return found

    def _on_host(self, events: list[Event]) -> Columns:
        pids = ids([event.pid for event in events])
        if self._host is None and len(pids):
            self._host = int(pids[0])
        return {"process": self._builder.processes(pids), "thread": ids([event.tid for event in events])}

    def _list_of(self, texts: bytes) -> list[int]:
        """Codes of lists such as ``[132, 1, 1]``, however the file spaces them."""
        each, known = texts.split(b"\0")[:-1], self._lists
        for text in [text for text in dict.fromkeys(each) if text not in known]:  # in their order in the file
            known[text] = self._builder.strings[json.dumps(json.loads(text))]
        return [known[text] for text in each]

    def _group(self, arg: Args | WorkArgs) -> int:
        """The code of a process group. Its ranks belong to it: groups that were split from one share a name."""
        ranks = [rank.decode() for rank in _RANKS.findall(arg.group_ranks)]
        return self._builder.strings[f"{arg.group} [{', '.join(ranks)}]" if ranks else str(arg.group)]

    def _memories(self, name: str) -> tuple[int, int]:
        """Where a copy of this name reads and writes: ``Memcpy HtoD (Pinned -> Device)``."""
        found = self._ends.get(name)
        if found is None:
            found = self._ends[name] = copy_ends(name)
        return found

    def _optional(self, value: object) -> int:
        return self._builder.strings[str(value)] if value is not None else MISSING


def _labels(events: list[Event]) -> list[int | str | None]:
    """The process ids under which rows stand; a copy between devices may stand under that of the other."""
    return [event.pid if event.args.device is not None else None for event in events]


def _or_none(values: Int64) -> Int64:
    """Ids of which 0 is none: those of graphs, of their nodes, and of calls of operators."""
    return np.where(values > 0, values, MISSING)


def _where_missing(values: Int64, other: Callable[[int], object]) -> Int64:
    """Ids, with those that are missing asked for by row."""
    missing = np.flatnonzero(values == MISSING)
    if len(missing):
        values[missing] = ids([other(row) for row in missing.tolist()])
    return values


def _message(arg: Args | WorkArgs) -> int:
    """The bytes of a collective as NCCL counts them; `MISSING` where they are not said.

    PyTorch says the elements that a rank puts in and gets out. Of a collective that collects or scatters, NCCL counts
    the part of one rank, which is the smaller of the two; else both are the same. Of several that one kernel runs
    together, it may say those of one alone.
    """
    if arg.bytes is not None:
        return as_id(arg.bytes)
    if "coalesced" in str(arg.collective):
        return MISSING
    elements = min(as_id(arg.elements_in), as_id(arg.elements_out))
    each = ELEMENT_BYTES.get(str(arg.element), 0)
    return elements * each if elements > 0 and each else MISSING


def _color(value: object) -> int:
    """``#AARRGGBB`` as a number."""
    text = str(value).removeprefix("#")
    try:
        return int(text, 16) if 0 < len(text) <= 8 else MISSING
    except ValueError:
        return as_id(None)
