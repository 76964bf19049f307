"""The trace of one process, from what its sessions left: as a file, and in memory as a reader makes it of that file.

Reading a file takes longer than all questions of the summary. So the trace in memory is made of the records themselves;
only what is text already, or of which there is little, is read as text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from gpu_trace_analyzers.readers import completed, kineto
from gpu_trace_analyzers.readers.base.tracefile import TraceFile

from ..cupti_recording import columns as cupti_columns
from ..cupti_recording import kineto_rows as cupti_rows
from ..cupti_recording.slices import slices
from ..nvtx_recording import columns as nvtx_columns
from ..nvtx_recording import kineto_rows as nvtx_rows
from . import trace_file
from .kineto_places import placed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gpu_trace_analyzers.engines import EngineRules
    from gpu_trace_analyzers.model import Trace
    from gpu_trace_analyzers.readers.base.building import TraceBuilder

    from ..cupti_recording.slices import AllSlices
    from ..nvtx_recording.records import ProcessRanges
    from .sessions import Recorded, Session

    Row = Mapping[str, Any] | msgspec.Raw
    """an event, or its text"""

_SEPARATOR = b",\n"


@dataclass(frozen=True, slots=True, eq=False)
class _PlacedSession:
    """One session. ``text`` are the events that are text, in pieces; ``shown`` is where the other rows are shown."""

    text: list[memoryview]
    recorded: Recorded | None
    shown: AllSlices | None


class ProcessTrace:
    """The trace of a process. ``path`` is that of its file, whether or not it was written yet."""

    def __init__(
        self,
        path: Path,
        pid: int,
        base_ns: int,
        head: bytes,
        sessions: Sequence[Session],
        programs: Sequence[ProcessRanges],
        rows: Iterable[Row],
    ) -> None:
        """``head`` stands in front of the events, ``programs`` have the NVTX ranges, ``rows`` are all others."""
        self.path = path
        self.pid, self._base_ns = pid, base_ns
        self._head, self._programs = head, programs
        self._sessions, names = _placed(sessions)
        self._rows = [msgspec.json.encode(row) for row in chain(names, rows)]

    def write(self) -> None:
        """Write the file, whole or not at all. Raises OSError."""
        ranges = chain.from_iterable(nvtx_rows.chrome_rows(program, self._base_ns) for program in self._programs)
        trace_file.write(self.path, self._document(_all_rows, map(msgspec.json.encode, ranges)))

    def forget(self) -> None:
        """Free what the trace is made of, once a process that writes it has that."""
        self._sessions, self._programs, self._rows = [], [], []

    def in_memory(self, rules: EngineRules) -> Trace:
        """What a reader makes of the file, with all operators."""
        names = chain.from_iterable(map(nvtx_rows.lane_names, self._programs))
        text = _TextInMemory(self.path, pieces=lambda: self._document(_rows_of_text, map(msgspec.json.encode, names)))
        return completed(kineto.read(text, rules, operators=True, besides=self._add_to(rules)), rules, operators=True)

    def _add_to(self, rules: EngineRules) -> Callable[[TraceBuilder], None]:
        """What adds to a builder the rows that are no text."""

        def add(builder: TraceBuilder) -> None:
            if (host := self._host) is not None:
                builder.default_process = builder.process(host)
            for session in self._sessions:
                if session.recorded and session.shown:
                    recorded, (shown, _) = session.recorded, _parted(session.recorded, session.shown)
                    cupti_columns.add(builder, rules, recorded.activities, recorded.process, shown)
            for program in self._programs:
                nvtx_columns.add(builder, program, self._base_ns)

        return add

    @property
    def _host(self) -> int | None:
        """The process of the first row of the host that is not text; None where there is none."""
        of_calls = [self.pid for session in self._sessions if session.shown and len(session.shown.calls)]
        return next(iter([*of_calls, *(program.pid for program in self._programs if len(program))]), None)

    def _document(
        self, of_records: Callable[[Recorded, AllSlices], Iterable[str]], others: Iterable[bytes]
    ) -> Iterator[bytes | memoryview]:
        """The text of a trace, with some of the rows of records, and other rows."""
        yield self._head + b'"traceEvents": [\n'
        groups = chain(
            *(_text_of(session, of_records) for session in self._sessions),
            ([row] for row in chain(self._rows, others)),
        )
        separator = b""
        for pieces in groups:
            yield separator
            yield from pieces
            separator = _SEPARATOR
        yield b"\n]}\n"


def _placed(sessions: Sequence[Session]) -> tuple[list[_PlacedSession], list[dict[str, Any]]]:
    """The sessions with their rows where every viewer shows them, and rows that name those places."""
    shown = [slices(one.recorded.activities, one.recorded.process) if one.recorded else None for one in sessions]
    rows = [kinds.each() if kinds else () for kinds in shown]
    found, names = placed([(one.text.events, kinds) for one, kinds in zip(sessions, rows, strict=True)])
    every = zip(sessions, shown, found, strict=True)
    return [
        _PlacedSession(new.text, session.recorded, kinds and kinds.placed(new.slices)) for session, kinds, new in every
    ], names


def _text_of(
    session: _PlacedSession, of_records: Callable[[Recorded, AllSlices], Iterable[str]]
) -> Iterator[Sequence[bytes | memoryview]]:
    """Rows of a session, some at a time, those of each time in pieces."""
    if any(map(len, session.text)):
        yield session.text
    if session.recorded and session.shown:
        for rows in of_records(session.recorded, session.shown):
            yield [rows.encode()]


def _all_rows(recorded: Recorded, shown: AllSlices) -> Iterator[str]:
    yield from cupti_rows.name_rows(recorded.activities, recorded.process, shown)
    yield from cupti_rows.rows(recorded.activities, recorded.process, shown, recorded.of_kernels)


def _rows_of_text(recorded: Recorded, shown: AllSlices) -> Iterator[str]:
    """The rows of records that are read as text, since there are few of them."""
    yield from cupti_rows.name_rows(recorded.activities, recorded.process, shown)
    _, few = _parted(recorded, shown)
    yield from cupti_rows.rows(recorded.activities, recorded.process, few, recorded.of_kernels)


def _parted(recorded: Recorded, shown: AllSlices) -> tuple[AllSlices, AllSlices]:
    """The rows of which there are many, and the others: overhead, and kernels that say more than their record."""
    none = {name: getattr(shown, name)[:0] for name in ("copies", "memsets", "syncs", "calls")}
    if not recorded.of_kernels:
        return replace(shown, overheads=shown.overheads[:0]), replace(shown, kernels=shown.kernels[:0], **none)
    correlations = recorded.activities.records["correlation"][shown.kernels.at]
    say_more = np.isin(correlations, list(recorded.of_kernels))
    many = replace(shown, kernels=shown.kernels[~say_more], overheads=shown.overheads[:0])
    return many, replace(shown, kernels=shown.kernels[say_more], **none)


@dataclass(frozen=True)
class _TextInMemory(TraceFile):
    """A file that was not written yet."""

    pieces: Callable[[], Iterable[bytes | memoryview]] = tuple

    def blocks(self, size: int = 0) -> Iterator[bytes]:  # noqa: ARG002  # pieces are small
        """The content, in pieces as they come."""
        return map(bytes, self.pieces())
