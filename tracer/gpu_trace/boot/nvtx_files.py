"""NVTX events from Python into the files that ``nvtx_recording/records.py`` reads, for want of the C library."""

from __future__ import annotations

import os
import time
from _thread import RLock, get_native_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_PUSH, _POP, _START, _END, _MARK = 1, 2, 3, 4, 5
_CHUNK, _EVENT = 1 << 16, 48
_PER_CHUNK, _PADDING = divmod(_CHUNK, _EVENT)
_BUDGET = 512 << 20


class NvtxFiles:
    """Writes each event at once, so that none is lost however the process ends. Methods never raise."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._lock = RLock()
        self._pid = 0
        self._last_range = time.time_ns()
        self._depth = 0

    def push(self, name: str, domain: str = "", more: tuple[int, int, int, int] = (0, 0, 0, 0)) -> int:
        """Open a range of this thread; ``more`` is category, ARGB, kind of payload (0: none), and its 8 bytes."""
        self._record(_PUSH, 0, name, domain, more)
        self._depth += 1
        return self._depth - 1

    def pop(self, domain: str = "") -> int:
        """Close the innermost range of this thread and domain."""
        self._record(_POP, 0, "", domain)
        self._depth = max(self._depth - 1, 0)
        return self._depth

    def start(self, name: str, domain: str = "", more: tuple[int, int, int, int] = (0, 0, 0, 0)) -> int:
        """Open a range that any thread may end; its number."""
        with self._lock:
            self._last_range += 1
            self._record(_START, self._last_range, name, domain, more)
            return self._last_range

    def end(self, number: int, domain: str = "") -> None:
        """Close a range that `start` opened."""
        self._record(_END, number, "", domain)

    def mark(self, name: str, domain: str = "", more: tuple[int, int, int, int] = (0, 0, 0, 0)) -> None:
        """Note a moment."""
        self._record(_MARK, 0, name, domain, more)

    def category(self, domain: str, name: str) -> int:
        """The number of a category, new or known."""
        with self._lock:
            self._open_here()
            known = self._categories.setdefault(domain, {})
            if name not in known:
                known[name] = len(known) + 1
                self._write_text(2, known[name], self._number(domain), name)
            return known[name]

    def _record(
        self, kind: int, number: int, name: str, domain: str, more: tuple[int, int, int, int] = (0, 0, 0, 0)
    ) -> None:
        at_ns, (category, color, payload_type, payload) = time.time_ns(), more
        with self._lock:
            self._open_here()
            if self._events < 0 or self._written * _EVENT > _BUDGET:
                return
            event = b"".join(
                [
                    at_ns.to_bytes(8, "little"), number.to_bytes(8, "little"), payload.to_bytes(8, "little"),
                    *(n.to_bytes(4, "little") for n in (self._number(name), self._number(domain), category, color)),
                    get_native_id().to_bytes(4, "little"), bytes([payload_type, color > 0, 0, kind]),
                ]
            )  # fmt: skip
            self._written += 1
            _write(self._events, event + bytes(_PADDING) if self._written % _PER_CHUNK == 0 else event)

    def _number(self, text: str) -> int:
        if not text:
            return 0
        if text not in self._strings:
            self._strings[text] = len(self._strings) + 1
            self._write_text(1, self._strings[text], 0, text)
        return self._strings[text]

    def _write_text(self, kind: int, number: int, scope: int, text: str) -> None:
        data = text.encode("utf-8", "replace")
        head = b"".join(n.to_bytes(4, "little") for n in (kind, number, scope, len(data)))
        _write(self._texts, head + data)

    def _open_here(self) -> None:
        """Open files for this process; a forked child gets its own."""
        if self._pid == os.getpid():
            return
        self._pid, self._written = os.getpid(), 0
        self._strings: dict[str, int] = {}
        self._categories: dict[str, dict[str, int]] = {}
        path = f"{self._folder}/nvtx-{self._pid}-python"
        self._events, self._texts = _create(f"{path}.events"), _create(f"{path}.texts")
        numbers = ((1, 4), (self._pid, 4), (_CHUNK, 4), (_EVENT, 4), (0, 8), (0, 8))
        header = b"GTNVTX\r\n" + b"".join(n.to_bytes(size, "little") for n, size in numbers)
        _write(self._events, header.ljust(_CHUNK, b"\0"))


def _create(path: str) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError:
        return -1


def _write(file: int, data: bytes) -> None:
    try:
        os.write(file, data)
    except OSError:  # no room, or no folder any more: the script must not notice
        return


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
