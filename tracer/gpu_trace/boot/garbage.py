"""Which collections of Python's garbage collector took long, and when: in a file, at every level of recording."""

from __future__ import annotations

import gc
import os
import sys

from . import native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Garbage:
    """Stands in front of the script's own ``gc.callbacks``, in a list that the script does not see.

    Nothing of it is there before the first recording, after `leave`, and in forked children.
    """

    def __init__(self) -> None:
        self._called: list[Any] | None = None
        """the list that Python calls, while the script sees another"""
        self._seen: list[Any] = []
        os.register_at_fork(after_in_child=self.leave)

    def begin(self, path: str) -> None:
        """Record from now on to the end of a file; without the C library nothing is recorded."""
        library = native.library(native.GARBAGE)
        if library is None or type(gc.callbacks) is not list:  # the script's own is not what Python calls
            return
        if self._called is None:
            self._called, self._seen = gc.callbacks, list(gc.callbacks)
            self._called.insert(0, _callback(library))
            gc.callbacks = self._seen
        library.gpu_trace_garbage_to(os.fsencode(path), self._called, self._seen)

    def pause(self) -> None:
        """Record nothing until the next `begin`."""
        if self._called is not None:
            native.library(native.GARBAGE).gpu_trace_garbage_to(b"", self._called, self._seen)

    def leave(self) -> None:
        """Have ``gc.callbacks`` as it is natively."""
        called, self._called = self._called, None
        if called is not None:
            called[:] = self._seen
            if gc.callbacks is self._seen:
                gc.callbacks = called


def _callback(library: Any) -> Any:
    ctypes = sys.modules["ctypes"]
    library.gpu_trace_garbage_to.argtypes = [ctypes.c_char_p, ctypes.py_object, ctypes.py_object]
    library.gpu_trace_garbage_to.restype = None
    library.gpu_trace_garbage_callback.restype = ctypes.py_object
    return library.gpu_trace_garbage_callback()
