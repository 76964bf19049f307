"""A device in a Chrome trace: a process, with a row a stream, a row an engine, and its counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import ALL_COPIES, MISSING, Engine, SyncKind
from gpu_trace_analyzers.questions.overlap import exposed_copy
from gpu_trace_analyzers.questions.streams import streams
from gpu_trace_analyzers.questions.sweep import busy_engines

from ..timeline.counters import counters
from ..timeline.titles import EXPOSED, EXPOSED_RANK, RANKS, TITLES
from . import json_text
from .rows import Texts, Threads, place, present, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_trace_analyzers.intervals import Intervals
    from gpu_trace_analyzers.model import DeviceWork, Int64
    from gpu_trace_analyzers.questions.scope import Scope

    from ..timeline.findings import Finding
    from ..timeline.identities import HostPlaces
    from .json_text import Rows

OURS = "gpu_trace"
"""Category of what is drawn, not recorded."""
_KINDS = {"kernel": "kernel", "gpu_memcpy": "memcpy", "gpu_memset": "memset", "cpu_work": "operator"}
"""Of operations, as the rules of engines name them, by category."""
_STREAMS_RANK, _SYNCS_RANK, _FINDINGS_RANK = 1000, 90, 1
_SYNC_NAMES = {
    SyncKind.CONTEXT: '"Context Sync"',
    SyncKind.STREAM: '"Stream Sync"',
    SyncKind.EVENT: '"Event Sync"',
    SyncKind.STREAM_WAIT: '"Stream Wait Event"',
}


class DeviceRows:
    """One device; its process id is one that no process of the host has. ``tid`` holds the row of each operation.

    ``places`` are those of the host; ``numbers`` say by which number events name each device.
    """

    def __init__(self, scope: Scope, position: int, places: HostPlaces, texts: Texts, numbers: list[int]) -> None:
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

    def events(self, findings: list[Finding]) -> Iterator[str]:
        """Everything of this device but its arrows."""
        yield from json_text.process(self.threads.pid, self._device.label, self._position)
        for engine in Engine:
            for undirected in (False, True):
                rows = np.flatnonzero((self.work.engine == engine) & (self.work.undirected == undirected))
                if len(rows):
                    yield from self._operations(engine, self.work[rows], self.tid[rows])
        for engine, busy in busy_engines(self._trace, self._position).items():
            yield from self._lane(TITLES[engine], RANKS[engine], TITLES[engine].lower(), busy)
        exposed = exposed_copy(self._scope, self._position)
        yield from self._lane(EXPOSED, EXPOSED_RANK, "exposed copy", exposed)
        yield from self._findings([finding for finding in findings if finding.device == self._position])
        yield from self._syncs()
        for counter in counters(self._trace, self._position):
            at = json_text.microseconds(counter.at_ns)
            yield from json_text.counter(counter.title, counter.unit, self.threads.pid, at, counter.value.tolist())
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
            return "cpu_work"
        if engine in ALL_COPIES or work.undirected.all():
            return "gpu_memcpy"
        return "gpu_memset" if engine == Engine.MEMSET else "kernel"

    def _arguments(self, engine: Engine, work: DeviceWork) -> dict[str, Rows]:
        args: dict[str, Rows] = {
            "device": [int(self._numbers[self._position])] * len(work),
            "stream": present(work.stream),
            "context": present(work.context),
        }
        if self._device.kind == "cpu" or len(self._host_pids) > 1:
            args["process"] = present(np.where(work.process == MISSING, MISSING, self._host_pids[work.process]))
        args["correlation"] = present(work.correlation)
        if (work.graph != MISSING).any():
            args |= {"graph id": present(work.graph), "graph node id": present(work.graph_node)}
        args |= self._engine_beyond_names(engine, work)
        category = self._category(engine, work)
        if engine in ALL_COPIES or category in ("gpu_memcpy", "gpu_memset") or engine == Engine.COLLECTIVE:
            args["bytes"] = present(work.size)
        if engine in ALL_COPIES or category == "gpu_memcpy":
            args["toDevice"] = present(self._numbers[work.peer])
        if category == "kernel":
            args |= {"grid": self._texts.raw(work.grid), "block": self._texts.raw(work.block)}
        if engine == Engine.COLLECTIVE:
            args["Process Group Name"] = self._texts.of(work.group)
            args["Seq"] = present(work.sequence)
        return args

    def _engine_beyond_names(self, engine: Engine, work: DeviceWork) -> dict[str, Rows]:
        """The engine of operations whose names alone would give a reader another one; no column for none."""
        kind, rules = _KINDS[self._category(engine, work)], default_rules()
        codes, which = np.unique(work.name, return_inverse=True)
        differ = np.array([rules.engine(kind, self._trace.text(code)) != engine for code in codes.tolist()])
        if not differ.any():
            return {}
        return {"gpu_trace_engine": np.where(differ, f'"{engine.key}"', "")[which.reshape(-1)].tolist()}

    def _lane(self, title: str, rank: int, name: str, busy: Intervals) -> Iterator[str]:
        if not busy:
            return iter(())
        count = len(busy)
        tid = np.full(count, self.threads.tid(title, rank=rank))
        pid = [self.threads.pid] * count
        return written(OURS, [f'"{name}"'] * count, pid, tid, busy.start_ns, busy.end_ns, {})

    def _findings(self, found: list[Finding]) -> Iterator[str]:
        found = sorted(found, key=lambda finding: (finding.start_ns, -finding.end_ns))
        start_ns = np.array([finding.start_ns for finding in found], dtype=np.int64)
        end_ns = np.array([finding.end_ns for finding in found], dtype=np.int64)
        tid = self._laned("Findings", _FINDINGS_RANK, start_ns, end_ns)
        titles = json_text.quoted(finding.title for finding in found)
        args = {"what": json_text.quoted(finding.text for finding in found)}
        return written(OURS, titles, [self.threads.pid] * len(found), tid, start_ns, end_ns, args)

    def _syncs(self) -> Iterator[str]:
        rows = self._trace.syncs[self._trace.syncs.device == self._position]
        tid = self._laned("Synchronization", _SYNCS_RANK, rows.start_ns, rows.end_ns)
        names = [_SYNC_NAMES[SyncKind(kind)] for kind in rows.kind.tolist()]
        args: dict[str, Rows] = {
            "device": [int(self._numbers[self._position])] * len(rows),
            "stream": present(rows.stream),
            "wait_on_stream": present(rows.awaited_stream),
            "wait_on_cuda_event_record_corr_id": present(rows.awaited_correlation),
            "correlation": present(rows.correlation),
        }
        pid = [self.threads.pid] * len(rows)
        return written("cuda_sync", names, pid, tid, rows.start_ns, rows.end_ns, args)

    def _laned(self, title: str, rank: int, start_ns: Int64, end_ns: Int64) -> Int64:
        track = np.zeros(len(start_ns), dtype=np.int64)
        return place(start_ns, end_ns, track, lambda _, lane: self.threads.tid(title, lane, rank=rank))
