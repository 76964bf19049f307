"""Reads the two halves of a large file at once, the second one in a process of its own.

Only where that gives the very trace that one process would read: a file laid out as Kineto or gpu-trace lays it out,
plain or gzipped, with nothing odd in either half. Everything else is `None` here, and read in one piece.

Gzip can be unpacked from its beginning only, so both processes do that, which takes a tenth of the time that the text
takes to read. Both look for the border between the halves by themselves, and find the same one.
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

from .building import WITHOUT_CATEGORY, one_name
from .chrome.document import events_begin
from .merging import concatenate
from .tracefile import BLOCK, TraceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import BinaryIO, NoReturn

    from ..model import Process, Source, Trace

WORTH_IT = 64 << 20
"""Bytes of text from which on a second process saves more than it costs."""

_BORDERS = (b'\n  },\n  {\n    "ph"', b'},\n{"ph"')
"""Between two events, as Kineto writes them and as we do. No string of JSON has a line break in it."""

_WHERE_A_BORDER_IS = 4 * BLOCK
"""Bytes from the middle on in which one is looked for: an event is seldom as long as a thousandth of that."""

_MOST_PACKED = 1032
"""Times that deflate can make a text shorter, at most: https://www.zlib.net/zlib_tech.html"""


class Part(NamedTuple):
    """What a reader makes of a half."""

    trace: Trace
    named: Mapping[int, Process]
    """processes that are named in it, and whose threads are, by process id, whether or not they did anything there"""


class _NoBorder(Exception):
    """There is no border between events where one was looked for."""


@dataclass(frozen=True)
class FirstHalf(TraceFile):
    """A file up to the first border between events at or behind its middle, and what ends the list of events."""

    middle: int = 0

    def blocks(self, size: int = BLOCK, start: int = 0) -> Iterator[bytes]:
        """The content. Raises `_NoBorder` where there is none."""
        left, blocks = self.middle, TraceFile(self.path, self.damage).blocks(size, start)
        for block in blocks:
            if len(block) > left:
                yield block[:left]
                yield _up_to_the_border(block[left:], blocks)[0] + b"\n]}"
                return
            yield block
            left -= len(block)
        raise _NoBorder


@dataclass(frozen=True)
class SecondHalf(TraceFile):
    """The head of a file up to its events, and what follows that border."""

    middle: int = 0
    before: bytes = b""

    def blocks(self, size: int = BLOCK, start: int = 0) -> Iterator[bytes]:
        """The content. Raises `_NoBorder` where there is none."""
        blocks = TraceFile(self.path, self.damage).blocks(size, start + self.middle)
        yield self.before
        yield _up_to_the_border(b"", blocks)[1]
        yield from blocks


def _up_to_the_border(text: bytes, blocks: Iterator[bytes]) -> tuple[bytes, bytes]:
    """What lies in front of the first border, the end of an event, and what has been read of that behind it."""
    for block in blocks:
        text += block
        if len(text) >= _WHERE_A_BORDER_IS:
            break
    found = [(at, border) for border in _BORDERS if (at := text.find(border, 0, _WHERE_A_BORDER_IS)) >= 0]
    if not found:
        raise _NoBorder
    at, border = min(found)
    return text[: at + border.index(b"}") + 1], text[at + border.index(b"{") :]


def read_halves(file: TraceFile, read: Callable[[TraceFile], Part]) -> Trace | None:
    """The trace of a file, by ``read`` on both halves; None where it must be read in one piece."""
    begin = events_begin(file.head) if _can_share(file) else None
    if begin is None:
        return None
    middle = _text_size(file) // 2
    elsewhere = _Elsewhere(SecondHalf(file.path, middle=middle, before=file.head[:begin]), read)
    try:
        parts = [read(FirstHalf(file.path, middle=middle)), elsewhere.result()]
    except _NoBorder:
        return None
    finally:
        elsewhere.end()
    return _joined(parts)


def _can_share(file: TraceFile) -> bool:
    return (
        type(file) is TraceFile  # a file on disk, and nothing that only looks like one
        and hasattr(os, "sched_getaffinity")  # Linux: elsewhere a fork is not there, or not safe
        and _is_alone()
        and len(os.sched_getaffinity(0)) > 1
        and _text_size(file) >= WORTH_IT
    )


def _is_alone() -> bool:
    """Whether this thread is the only one: a fork takes no other along, but the locks that it holds."""
    return threading.active_count() == 1


def _text_size(file: TraceFile) -> int:
    """Bytes of the content; of gzip what its last four bytes say, 0 where that cannot be.

    They say the size of the last member only, modulo 4 GiB: then the halves are no halves, or there is no border.
    """
    size = file.path.stat().st_size
    if not file.is_gzip:
        return size
    with file.path.open("rb") as packed:
        packed.seek(max(0, size - 4))
        said = int.from_bytes(packed.read(4), "little")
    return said if size < said <= _MOST_PACKED * size else 0


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
        return _received(self._source)

    def end(self) -> None:
        """Have the process end, whatever it is doing."""
        self._source.close()
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _give(half: TraceFile, read: Callable[[TraceFile], Part], there: int) -> NoReturn:
    """What the other process does: write the trace, or nothing."""
    with suppress(BaseException):  # the parent reads the file in one piece then, and says what is wrong with it
        part = read(half)
        with os.fdopen(there, "wb") as out:
            _send(part, out)
    os._exit(0)


def _send(part: Part, out: BinaryIO) -> None:
    """Write it, with its columns as they lie in memory: no copy is made of them."""
    columns: list[pickle.PickleBuffer] = []
    rest = pickle.dumps(part, protocol=5, buffer_callback=columns.append)
    pickle.dump((rest, [column.raw().nbytes for column in columns]), out)
    for column in columns:
        out.write(column.raw())


def _received(source: BinaryIO) -> Part | None:
    """What `_send` wrote; None where it wrote nothing, or not all."""
    try:
        rest, sizes = pickle.load(source)
    except EOFError:
        return None
    columns = [bytearray(size) for size in sizes]
    if any(source.readinto(column) < len(column) for column in columns):  # type: ignore[attr-defined]  # BinaryIO has it
        return None
    part: Part = pickle.loads(rest, buffers=columns)
    return part


def _joined(parts: list[Part | None]) -> Trace | None:
    """The whole; None where the halves do not fit, or something in them needs a look at all of the file.

    Takes the parts out of the list, so that they need not be in memory together with the whole.
    """
    traces = [part.trace for part in parts if part]
    if len(traces) != len(parts) or not _fit(*traces):
        return None
    [host] = traces[0].processes
    for process in [part.named[host.pid] for part in parts if part and host.pid in part.named]:
        host = replace(host, name=process.name or host.name, thread_names=_all_names(host, process))
    # Both halves have the head of the file, so what they say of one device is the same.
    devices = sorted({device for trace in traces for device in trace.devices}, key=lambda d: (d.kind != "gpu", d.index))
    source = _whole_source(*(trace.source for trace in traces))
    parts.clear()
    return replace(concatenate(traces, devices=tuple(devices), processes=(host,)), source=source)


def _all_names(first: Process, second: Process) -> dict[int, str]:
    """Of each thread the names that either half gives it."""
    threads = [*dict.fromkeys((*first.thread_names, *second.thread_names))]
    return {t: one_name(half.thread_names.get(t, "") for half in (first, second)) for t in threads}


def _fit(first: Trace, second: Trace) -> bool:
    odd = any(trace.source.damage or trace.source.quarantined for trace in (first, second))
    # What such rows are is told by the name of their process, which one half may not have.
    odd |= any(reason.startswith(WITHOUT_CATEGORY) for trace in (first, second) for reason in trace.source.dropped)
    return not odd and first.epoch_ns == second.epoch_ns and _same_process(first, second)


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
