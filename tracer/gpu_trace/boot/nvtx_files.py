"""NVTX events from Python, in files as the injection library writes them, where that was not built."""

from __future__ import annotations

import os
import sys
import time
from _thread import RLock, _local, get_ident, get_native_id
from struct import Struct

from . import nvtx_layout
from .contract import EVENTS, TEXTS, nvtx_file
from .nvtx_layout import ADDRESS, CATEGORY, CHUNK, END, MARK, PARENT, POP, PUSH, START, STRING, THREAD_END

_EVENT, _HEADER, _TEXT = Struct(nvtx_layout.EVENT), Struct(nvtx_layout.HEADER), Struct(nvtx_layout.TEXT)
_PER_CHUNK = CHUNK // _EVENT.size
_MOST_CHUNKS = nvtx_layout.MOST_BYTES // CHUNK
_NOTHING_MORE = (0, 0, 0, 0)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    More = tuple[int, int, int, int]
    """Category, ARGB, kind of payload (nvtxPayloadType_t; 0: none), and its 8 bytes as a number."""


class NvtxFiles:
    """Writes each event into a file at once, so that none is lost however the process ends.

    No descriptor stays open, as in ``nvtx_recording/injection.c``; a mapping made by Python's mmap would keep one.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._lock = RLock()
        self._pid = 0
        self._last_range = time.time_ns()
        self._depth = 0
        self._events = self._texts = ""
        self._chunks = self._used = self._lost = 0
        self._strings: dict[str, int] = {}
        self._categories: dict[str, dict[str, int]] = {}
        self._own, self._threads = _local(), 0

    def push(self, name: str, domain: str = "", more: More = _NOTHING_MORE) -> int:
        """Open a range of this thread; how deep it lies."""
        self._record(PUSH, 0, name, domain, more)
        self._depth += 1
        return self._depth - 1

    def pop(self, domain: str = "") -> int:
        """Close the innermost range of this thread and domain."""
        self._record(POP, 0, "", domain)
        self._depth = max(self._depth - 1, 0)
        return self._depth

    def start(self, name: str, domain: str = "", more: More = _NOTHING_MORE) -> int:
        """Open a range that any thread may end; its number."""
        with self._lock:
            self._last_range += 1
            self._record(START, self._last_range, name, domain, more)
            return self._last_range

    def end(self, number: int, domain: str = "") -> None:
        """Close a range that `start` opened."""
        self._record(END, number, "", domain)

    def mark(self, name: str, domain: str = "", more: More = _NOTHING_MORE) -> None:
        """Note a moment."""
        self._record(MARK, 0, name, domain, more)

    def category(self, domain: str, name: str) -> int:
        """The number of a category, new or known."""
        with self._lock:
            self._open_here()
            known = self._categories.setdefault(domain, {})
            if name not in known:
                known[name] = len(known) + 1
                self._write_text(CATEGORY, known[name], self._number(domain), name)
            return known[name]

    def _record(self, kind: int, number: int, name: str, domain: str, more: More = _NOTHING_MORE) -> None:
        at_ns = time.time_ns()
        with self._lock:
            if self._pid != os.getpid():
                self._open_here()
            thread: _Thread = getattr(self._own, "thread", None) or self._new_thread()
            if not self._write_event(kind, at_ns, number or thread.number, name, domain, more, thread):
                self._lost += 1
                self._write_header()

    def _new_thread(self) -> _Thread:
        self._threads += 1
        thread = self._own.thread = _Thread(self._threads, self._thread_ends)
        self._write_text(ADDRESS, thread.id, get_ident() & 0xFFFFFFFF, "")
        return thread

    def _thread_ends(self, thread: _Thread) -> None:
        if self._pid != os.getpid():  # a forked child, where the other threads of its parent never lived
            return
        with self._lock:
            self._write_event(THREAD_END, time.time_ns(), thread.number, "", "", _NOTHING_MORE, thread)

    def _write_event(
        self, kind: int, at_ns: int, number: int, name: str, domain: str, more: More, thread: _Thread
    ) -> bool:
        """Whether there is room for it."""
        at, (category, color, payload_type, payload) = self._next_place(), more
        if at is None:
            return False
        event = _EVENT.pack(
            at_ns, number, payload, self._number(name), self._number(domain), category, color,
            thread.id, payload_type, color > 0, 0, kind,
        )  # fmt: skip
        return _write(self._events, event, at)

    def _next_place(self) -> int | None:
        """Where in the file the next event goes; None where there is no room for it."""
        if self._used == _PER_CHUNK and not self._take_chunk():
            return None
        self._used += 1
        return (self._chunks - 1) * CHUNK + (self._used - 1) * _EVENT.size

    def _take_chunk(self) -> bool:
        if self._chunks >= _MOST_CHUNKS or not _reserve(self._events, self._chunks * CHUNK):
            return False
        self._chunks, self._used = self._chunks + 1, 0
        self._write_header()
        return True

    def _number(self, text: str) -> int:
        if not text:
            return 0
        number = self._strings.get(text)
        if number is None:
            number = self._strings[text] = len(self._strings) + 1
            self._write_text(STRING, number, 0, text)
        return number

    def _write_text(self, kind: int, number: int, scope: int, text: str) -> None:
        data = text.encode("utf-8", "replace")
        _write(self._texts, _TEXT.pack(kind, number, scope, len(data)) + data)

    def _open_here(self) -> None:
        """Open files for this process; a forked child gets its own."""
        self._own, self._threads = _local(), 0  # while the process id is the parent's: its threads end unheard
        self._pid, self._chunks, self._used, self._lost = os.getpid(), 1, _PER_CHUNK, 0
        self._strings, self._categories = {}, {}
        path = f"{self._folder}/{nvtx_file(self._pid, 'python')}"
        self._events, self._texts = f"{path}{EVENTS}", f"{path}{TEXTS}"
        _write(self._events, bytes(CHUNK), 0)
        self._write_text(PARENT, os.getppid(), 0, "")
        self._write_header()

    def _write_header(self) -> None:
        numbers = (nvtx_layout.VERSION, self._pid, CHUNK, _EVENT.size, self._chunks, self._lost)
        _write(self._events, _HEADER.pack(nvtx_layout.MAGIC, *numbers), 0)


def _write(path: str, data: bytes, at: int | None = None) -> bool:
    """Write at a place, or at the end; whether that was possible: there may be no room, or no folder any more."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
    try:
        file = os.open(path, flags | os.O_APPEND if at is None else flags, 0o666)
        try:
            return (os.write(file, data) if at is None else os.pwrite(file, data, at)) == len(data)
        finally:
            os.close(file)
    except OSError:
        return False


def _reserve(path: str, at: int) -> bool:
    """Have the next chunk in the file; whether there is room for it."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.posix_fallocate(file, at, CHUNK)
        finally:
            os.close(file)
    except OSError:
        return False
    return True


class _Thread:
    """A thread that records. Only the thread itself holds this, and so tells that it ends."""

    def __init__(self, number: int, ends: Callable[[_Thread], None]) -> None:
        self.id, self.number, self._ends = get_native_id(), number, ends

    def __del__(self, at_exit: Callable[[], bool] = sys.is_finalizing) -> None:
        if not at_exit():  # then threads end in no order, without the modules that they used
            self._ends(self)


class TorchStandIn:
    """For ``torch.cuda.nvtx._nvtx`` in a build of torch without CUDA, whose own functions raise."""

    def __init__(
        self,
        push: Callable[[str], int],
        pop: Callable[[], int],
        start: Callable[[str], int],
        end: Callable[[int], None],
        mark: Callable[[str], None],
    ) -> None:
        self.rangePushA, self.rangePop = push, pop  # the names of torch's C functions
        self.rangeStartA, self.rangeEnd, self.markA = start, end, mark
        self.deviceRangeStart: Callable[..., object] = lambda name, stream=0: start(name)  # noqa: ARG005
        self.deviceRangeEnd: Callable[..., None] = lambda number, stream=0: end(number)  # noqa: ARG005
