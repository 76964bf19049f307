"""CUPTI by itself, without torch's profiler and without gpu-trace: kinds of activity on and off, and leaving it."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar

from gpu_trace.boot.activities import loaded_cupti

KINDS = {"memcpy": 1, "memset": 2, "driver": 4, "runtime": 5, "kernel": 10, "sync": 38}
"""By the numbers of cupti_activity.h."""
_BUFFER = 4 << 20
_ALIGNMENT = 8
_FORCED = 1
_DRIVER, _RUNTIME, _EXIT = 1, 2, 1
"""domains and the site of a callback, by the numbers of cupti_callbacks.h"""

_REQUESTED = ctypes.CFUNCTYPE(
    None, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t), ctypes.POINTER(ctypes.c_size_t)
)
_COMPLETED = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)
_CALLED = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.POINTER(ctypes.c_uint32))


def library() -> Any:
    """The libcupti of this process. Raises OSError where torch has loaded none."""
    path = loaded_cupti()
    if path is None:
        raise OSError("torch has not loaded libcupti")
    return ctypes.CDLL(path)


def finalize() -> int:
    """Have CUPTI leave the process, as nothing is under way; a CUptiResult, 0 for success."""
    cupti = library()
    cupti.cuptiActivityFlushAll(_FORCED)
    return int(cupti.cuptiFinalize())


class Kinds:
    """Activities of some kinds; what is recorded is thrown away."""

    def __init__(self, names: list[str]) -> None:
        self._kinds = [KINDS[name] for name in names]
        self._libc = ctypes.CDLL(None)
        self._libc.aligned_alloc.restype = ctypes.c_void_p
        self._callbacks = _REQUESTED(self._requested), _COMPLETED(self._completed)
        self.buffers = 0

    def begin(self) -> None:
        """Enable them. Raises OSError with what CUPTI returned."""
        cupti = library()
        results = [cupti.cuptiActivityRegisterCallbacks(*self._callbacks)]
        results += [cupti.cuptiActivityEnable(kind) for kind in self._kinds]
        if any(results):
            raise OSError(f"CUPTI returned {results}")

    def end(self) -> None:
        """Flush, disable them, and flush again."""
        cupti = library()
        cupti.cuptiActivityFlushAll(_FORCED)
        for kind in self._kinds:
            cupti.cuptiActivityDisable(kind)
        cupti.cuptiActivityFlushAll(_FORCED)

    def _requested(self, buffer: Any, size: Any, most: Any) -> None:
        buffer[0] = self._libc.aligned_alloc(ctypes.c_size_t(_ALIGNMENT), ctypes.c_size_t(_BUFFER))
        size[0], most[0] = _BUFFER, 0

    def _completed(self, _context: Any, _stream: int, buffer: Any, _size: int, _valid: int) -> None:
        self.buffers += 1
        self._libc.free(ctypes.c_void_p(buffer))


class Subscriber:
    """The one subscriber to CUPTI's callbacks that a process can have."""

    _known: ClassVar[list[Subscriber]] = []
    """all of them: CUPTI may still call one that is referred to nowhere else"""

    def __init__(self) -> None:
        self._known.append(self)
        self._handle = ctypes.c_void_p()
        self._callback = _CALLED(self._called)
        self._leaves = False
        self.left: int | None = None
        """what ``cuptiFinalize`` returned in a callback; None until then"""

    def subscribe(self) -> int:
        """A CUptiResult, 0 for success."""
        return int(library().cuptiSubscribe(ctypes.byref(self._handle), self._callback, None))

    def unsubscribe(self) -> int:
        """A CUptiResult, 0 for success."""
        return int(library().cuptiUnsubscribe(self._handle))

    def leave_at_next_exit(self) -> None:
        """Have CUPTI leave as the next call of CUDA returns, in whichever thread that is."""
        self._leaves = True
        for domain in (_RUNTIME, _DRIVER):
            library().cuptiEnableDomain(1, self._handle, domain)

    def _called(self, _user: Any, domain: int, _call: int, data: Any) -> None:
        if self._leaves and domain in (_DRIVER, _RUNTIME) and data[0] == _EXIT:
            self._leaves = False
            cupti = library()
            cupti.cuptiUnsubscribe(self._handle)
            self.left = int(cupti.cuptiFinalize())
