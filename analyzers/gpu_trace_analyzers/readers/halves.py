"""Reads the two halves of a large file at once, the second one in a process of its own.

Only where that gives the very trace that one process would read: a plain file, laid out as Kineto or gpu-trace lays it
out, with nothing odd in either half. Everything else is `None` here, and read in one piece.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from .chrome.document import events_begin
from .merging import concatenate
from .tracefile import BLOCK, TraceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import NoReturn

    from ..model import Process, Source, Trace

WORTH_IT = 64 << 20
"""Bytes of a file from which on a second process saves more than it costs."""

_BORDERS = (b'\n  },\n  {\n    "ph"', b'},\n{"ph"')
"""Between two events, as Kineto writes them and as we do. No string of JSON has a line break in it."""


class Part(NamedTuple):
    """What a reader makes of a half."""

    trace: Trace
    named: Mapping[int, Process]
    """processes that are named in it, and whose threads are, by process id, whether or not they did anything there"""


@dataclass(frozen=True)
class _Half(TraceFile):
    """A stretch of a file that has its list of events to itself, with the texts that make it whole."""

    before: bytes = b""
    start: int = 0
    end: int = 0
    after: bytes = b""

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """``before``, the stretch, ``after``."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            yield self.before
            while (left := self.end - file.tell()) > 0 and (block := file.read(min(size, left))):
                yield block
        yield self.after


def read_halves(file: TraceFile, read: Callable[[TraceFile], Part]) -> Trace | None:
    """The trace of a file, by ``read`` on both halves; None where it must be read in one piece."""
    if not _can_share(file) or (halves := _halves(file)) is None:
        return None
    elsewhere = _Elsewhere(halves[1], read)
    try:
        first = read(halves[0])
        second = elsewhere.result()
    finally:
        elsewhere.end()
    return None if second is None else _joined(first, second)


def _can_share(file: TraceFile) -> bool:
    return (
        type(file) is TraceFile  # a file on disk, and nothing that only looks like one
        and hasattr(os, "fork")
        and _is_alone()
        and len(os.sched_getaffinity(0)) > 1
        and not file.is_gzip
        and file.path.stat().st_size >= WORTH_IT
    )


def _is_alone() -> bool:
    """Whether this thread is the only one: a fork takes no other along, but the locks that it holds."""
    return threading.active_count() == 1


def _halves(file: TraceFile) -> tuple[TraceFile, TraceFile] | None:
    """Both halves, the second with the head of the file in front; None where no border between events is found."""
    begin = events_begin(file.head)
    size = file.path.stat().st_size
    with file.path.open("rb") as content:
        content.seek(size // 2)
        middle = content.read(4 * BLOCK)
    found = [(at, border) for border in _BORDERS if (at := middle.find(border)) >= 0]
    if begin is None or not found:
        return None
    at, border = min(found)
    closes = size // 2 + at + border.index(b"}") + 1
    opens = size // 2 + at + border.index(b"{")
    first = _Half(file.path, end=closes, after=b"\n]}")
    return first, _Half(file.path, before=file.head[:begin], start=opens, end=size)


class _Elsewhere:
    """A process that reads a half, and the pipe through which it gives the trace."""

    def __init__(self, half: TraceFile, read: Callable[[TraceFile], Part]) -> None:
        here, there = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of the idle threads of NumPy's BLAS, which nothing here calls.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if not self._pid:
            _give(half, read, there)
        os.close(there)
        self._source = os.fdopen(here, "rb")

    def result(self) -> Part | None:
        """The trace; None where the process could not read it."""
        data = self._source.read()
        part: Part | None = pickle.loads(data) if data else None
        return part

    def end(self) -> None:
        """Have the process end, whatever it is doing."""
        self._source.close()
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _give(half: TraceFile, read: Callable[[TraceFile], Part], there: int) -> NoReturn:
    """What the other process does: write the trace, or nothing."""
    with suppress(BaseException):  # the parent reads the file in one piece then, and says what is wrong with it
        data = pickle.dumps(read(half), protocol=5)
        with os.fdopen(there, "wb") as out:
            out.write(data)
    os._exit(0)


def _joined(first: Part, second: Part) -> Trace | None:
    """The whole; None where the halves do not fit, or something in them needs a look at all of the file."""
    odd = any(half.trace.source.damage or half.trace.source.quarantined for half in (first, second))
    if odd or first.trace.epoch_ns != second.trace.epoch_ns or not _same_process(first.trace, second.trace):
        return None
    [host] = first.trace.processes
    named = [half.named[host.pid] for half in (first, second) if host.pid in half.named]
    for process in named:
        host = replace(host, name=process.name or host.name, thread_names={**host.thread_names, **process.thread_names})
    # Both halves have the head of the file, so what they say of one device is the same.
    devices = sorted(
        {*first.trace.devices, *second.trace.devices}, key=lambda device: (device.kind != "gpu", device.index)
    )
    whole = concatenate((first.trace, second.trace), devices=tuple(devices), processes=(host,))
    return replace(whole, source=_whole_source(first.trace.source, second.trace.source))


def _same_process(first: Trace, second: Trace) -> bool:
    """Whether both have the one process that launched everything; a half without a row of the host does not know it."""
    if len(first.processes) != 1 or len(second.processes) != 1:
        return False
    knows = any(len(table) for table in (second.calls, second.operators, second.ranges))
    return not knows or first.processes[0].pid == second.processes[0].pid


def _whole_source(first: Source, second: Source) -> Source:
    reasons = sorted(first.dropped.keys() | second.dropped.keys())
    return replace(
        second,
        events=first.events + second.events,
        dropped={reason: first.dropped.get(reason, 0) + second.dropped.get(reason, 0) for reason in reasons},
        expected=first.expected | second.expected,
        metadata={**first.metadata, **second.metadata},
    )
