"""A device in a Chrome trace: a process, with a row a stream, a row an engine, and its counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import ALL_COPIES, MISSING, Engine, Role, SyncKind
from gpu_trace_analyzers.questions.overlap import exposed_copy
from gpu_trace_analyzers.questions.streams import streams
from gpu_trace_analyzers.questions.sweep import busy_engines
from gpu_trace_analyzers.vocabulary.kineto import SYNC, SYNCS, WORK, Argument, Category
from gpu_trace_analyzers.vocabulary.perfetto import ACCOUNT, EXPOSED, FINDINGS, LANES, SYNCHRONIZATION

from ..timeline.counters import counters
from ..timeline.titles import ACCOUNT_RANK, EXPOSED_RANK, FINDINGS_RANK, RANKS
from . import json_text
from .rows import JsonTexts, Threads, place, present, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_trace_analyzers.intervals import Intervals
    from gpu_trace_analyzers.model import DeviceWork, Int64
    from gpu_trace_analyzers.questions.scope import Scope

    from ..timeline.account import AccountRows
    from ..timeline.added import Added
    from ..timeline.findings import Finding
    from ..timeline.identities import HostPlaces
    from .json_text import Rows

_KINDS = {
    Category.KERNEL: "kernel",
    Category.MEMCPY: "memcpy",
    Category.MEMSET: "memset",
    Category.CPU_WORK: "operator",
}
"""Of operations, as the rules of engines name them, by category."""
_IS_JSON = frozenset({"grid", "block"})
"""Columns of texts such as ``[132, 1, 1]``, which are lists in the file."""
_STREAMS_RANK, _SYNCS_RANK = 1000, 90


class DeviceRows:
    """One device; its process id is one that no process of the host has. ``tid`` holds the row of each operation.

    ``places`` are those of the host; ``numbers`` say by which number events name each device.
    """

    def __init__(self, scope: Scope, position: int, places: HostPlaces, texts: JsonTexts, numbers: list[int]) -> None:
        self._scope, self._trace = scope, scope.trace
        self._position = position
        self._texts = texts
        self._device = self._trace.devices[position]
        self._numbers = np.array([*numbers, MISSING])
        self._host_pids = np.array(places.pids, dtype=np.int64)
        self.threads = Threads(places.new_pid())
        self.rows = np.flatnonzero(self._trace.work.device == position)
        self.work = self._trace.work[self.rows]
        self.tid = self._stream_rows()

    def events(self, added: Added) -> Iterator[str]:
        """Everything of this device but its arrows."""
        yield from json_text.process(self.threads.pid, self._device.label, self._position)
        for engine in Engine:
            for undirected in (False, True):
                rows = np.flatnonzero((self.work.engine == engine) & (self.work.undirected == undirected))
                if len(rows):
                    yield from self._operations(engine, self.work[rows], self.tid[rows])
        for engine, busy in busy_engines(self._trace, self._position).items():
            yield from self._lane(LANES[engine], RANKS[engine], LANES[engine].lower(), busy)
        exposed = exposed_copy(self._scope, self._position)
        yield from self._lane(EXPOSED, EXPOSED_RANK, "exposed copy", exposed)
        yield from self._findings(added.findings_on(self._position))
        if account := added.account_of(self._position):
            yield from self._account(account)
        yield from self._syncs()
        for counter in counters(self._trace, self._position):
            at_ns, value = counter.steps()
            at = json_text.microseconds(at_ns)
            yield from json_text.counter(counter.title, counter.unit, self.threads.pid, at, value.tolist())
        yield from self.threads.metadata

    def _stream_rows(self) -> Int64:
        which = streams(self._trace, self.work)
        _, first, which = np.unique(which, return_index=True, return_inverse=True)
        numbers = self.work.stream[first].tolist()
        noun = "stream" if self._device.kind == "gpu" else "thread"

        def tid(track: int, lane: int) -> int:
            stream = numbers[track]
            title = f"{noun} {stream}" + (f" ({track + 1})" if numbers.count(stream) > 1 else "")
            return self.threads.tid(title, lane, stream, _STREAMS_RANK + track)

        return place(self.work.start_ns, self.work.end_ns, which.reshape(-1), tid)

    def _operations(self, engine: Engine, work: DeviceWork, tid: Int64) -> Iterator[str]:
        names, pid = self._texts.names(work.name), [self.threads.pid] * len(work)
        args = self._arguments(engine, work)
        return written(self._category(engine, work), names, pid, tid, work.start_ns, work.end_ns, args)

    def _category(self, engine: Engine, work: DeviceWork) -> str:
        if self._device.kind == "cpu":
            return Category.CPU_WORK
        if engine in ALL_COPIES or work.undirected.all():
            return Category.MEMCPY
        return Category.MEMSET if engine == Engine.MEMSET else Category.KERNEL

    def _arguments(self, engine: Engine, work: DeviceWork) -> dict[str, Rows]:
        args: dict[str, Rows] = {
            Argument.DEVICE: [int(self._numbers[self._position])] * len(work),
            Argument.STREAM: present(work.stream),
        }
        for column, argument in WORK.items():
            if column != "process" or self._device.kind == "cpu" or len(self._host_pids) > 1:
                args |= self._argument(argument, column, work)
        return args | self._engine_beyond_names(engine, work)

    def _argument(self, argument: str, column: str, work: DeviceWork) -> dict[str, Rows]:
        """One of them, by what the column holds; no column for none."""
        values = getattr(work, column)
        if (values == MISSING).all():
            return {}
        if column in _IS_JSON:
            return {argument: self._texts.raw(values)}
        if column in work.columns_of(Role.TEXT):
            return {argument: self._texts.of(values)}
        if column in work.columns_of(Role.DEVICE):
            values = self._numbers[values]
        elif column in work.columns_of(Role.PROCESS):
            values = np.where(values == MISSING, MISSING, self._host_pids[values])
        return {argument: present(values)}

    def _engine_beyond_names(self, engine: Engine, work: DeviceWork) -> dict[str, Rows]:
        """The engine of operations whose names alone would give a reader another one; no column for none."""
        kind, rules = _KINDS[self._category(engine, work)], default_rules()
        codes, which = np.unique(work.name, return_inverse=True)
        differ = np.array([rules.engine(kind, self._trace.text(code)) != engine for code in codes.tolist()])
        if not differ.any():
            return {}
        return {Argument.ENGINE: np.where(differ, f'"{engine.key}"', "")[which.reshape(-1)].tolist()}

    def _lane(self, title: str, rank: int, name: str, busy: Intervals) -> Iterator[str]:
        if not busy:
            return iter(())
        count = len(busy)
        tid = np.full(count, self.threads.tid(title, rank=rank))
        pid = [self.threads.pid] * count
        return written(Category.DRAWN, [f'"{name}"'] * count, pid, tid, busy.start_ns, busy.end_ns, {})

    def _findings(self, found: list[Finding]) -> Iterator[str]:
        start_ns = np.array([finding.start_ns for finding in found], dtype=np.int64)
        end_ns = np.array([finding.end_ns for finding in found], dtype=np.int64)
        tid = self._laned(FINDINGS, FINDINGS_RANK, start_ns, end_ns)
        titles = json_text.quoted(finding.title for finding in found)
        args = {"what": json_text.quoted(finding.text for finding in found)}
        return written(Category.DRAWN, titles, [self.threads.pid] * len(found), tid, start_ns, end_ns, args)

    def _account(self, rows: AccountRows) -> Iterator[str]:
        spent, which = rows.spent, rows.which.tolist()
        names = json_text.quoted(each.name for each in spent)
        args = {
            "loss": [f'"{each.loss}"' if each.loss else "" for each in spent],
            "cause": [f'"{each.cause}"' if each.cause else "" for each in spent],
        }
        return written(
            Category.DRAWN,
            [names[n] for n in which],
            [self.threads.pid] * len(which),
            np.full(len(which), self.threads.tid(ACCOUNT, rank=ACCOUNT_RANK)),
            rows.start_ns,
            rows.end_ns,
            {name: [cells[n] for n in which] for name, cells in args.items()},
        )

    def _syncs(self) -> Iterator[str]:
        rows = self._trace.syncs[self._trace.syncs.device == self._position]
        tid = self._laned(SYNCHRONIZATION, _SYNCS_RANK, rows.start_ns, rows.end_ns)
        names = [f'"{SYNCS[SyncKind(kind)]}"' for kind in rows.kind.tolist()]
        args: dict[str, Rows] = {Argument.DEVICE: [int(self._numbers[self._position])] * len(rows)}
        args |= {argument: present(getattr(rows, column)) for column, argument in SYNC.items()}
        pid = [self.threads.pid] * len(rows)
        return written(Category.SYNC, names, pid, tid, rows.start_ns, rows.end_ns, args)

    def _laned(self, title: str, rank: int, start_ns: Int64, end_ns: Int64) -> Int64:
        track = np.zeros(len(start_ns), dtype=np.int64)
        return place(start_ns, end_ns, track, lambda _, lane: self.threads.tid(title, lane, rank=rank))
