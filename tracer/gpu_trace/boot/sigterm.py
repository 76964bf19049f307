"""SIGTERM while its default holds: save, then die of it.

A Python handler alone would wait for the main thread to return from whatever C call it is in. The interpreter's wakeup
descriptor is written at once, and a thread of ours reads it. A handler that the script installs simply replaces ours.
"""

from __future__ import annotations

import os
import sys
import time
from _thread import start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from types import FrameType
    from typing import NoReturn

    from .fork_warning import OurThreads
    from .recorder import Recorder
else:
    import _signal

_PATIENCE_S = 3.0
"""How long a dying process waits for its GPUs."""

_HIGH = 200


def save_before_dying(recorder: Recorder, threads: OurThreads) -> None:
    """Take over SIGTERM, if the script has not and this is the main thread (others cannot)."""
    try:
        wanted = _signal.getsignal(_signal.SIGTERM) == _signal.SIG_DFL
        if wanted:
            _Watcher(recorder, threads)
    except ValueError:
        pass


def _out_of_the_way(descriptor: int) -> int:
    """The same at a high number: low ones go to the script's files, as they would natively."""
    fcntl = sys.modules.get("fcntl")
    if fcntl is None:
        return descriptor
    high: int = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    os.close(descriptor)
    return high


class _Watcher:
    def __init__(self, recorder: Recorder, threads: OurThreads) -> None:
        self._recorder = recorder
        self._reads, self._writes = (_out_of_the_way(end) for end in os.pipe())
        os.set_blocking(self._writes, False)
        _signal.signal(_signal.SIGTERM, self._handle)
        others = _signal.set_wakeup_fd(self._writes, warn_on_full_buffer=False)
        if others != -1:
            _signal.set_wakeup_fd(others)  # theirs was first; then our handler has to do
        # A signal between the fork and `_forget` would come to our thread, which is not there.
        os.register_at_fork(before=self._hold, after_in_parent=self._release, after_in_child=self._forget)
        threads.counted(lambda: start_new_thread(self._watch, ()))

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # the signature of a handler
        os.write(self._writes, bytes([number]))
        while not self._recorder.is_busy_in_this_thread:  # natively, nothing of the script ran after this moment
            time.sleep(1)

    def _watch(self) -> None:
        while True:
            if _signal.SIGTERM in os.read(self._reads, 512) and self._is_ours():
                self._die()

    def _is_ours(self) -> bool:
        return _signal.getsignal(_signal.SIGTERM) == self._handle

    def _die(self) -> NoReturn:
        libc = sys.modules["ctypes"].CDLL(None)  # signal.signal works in the main thread only
        libc.signal(int(_signal.SIGTERM), None)  # SIG_DFL: a second one kills at once
        self._recorder.finish(_PATIENCE_S)
        os.kill(os.getpid(), _signal.SIGTERM)
        while True:
            time.sleep(1)

    def _hold(self) -> None:
        self._mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, {_signal.SIGTERM})

    def _release(self) -> None:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self._mask)

    def _forget(self) -> None:
        """In a forked child SIGTERM kills at once, as it does natively."""
        if self._is_ours():
            _signal.signal(_signal.SIGTERM, _signal.SIG_DFL)
        if (others := _signal.set_wakeup_fd(-1)) not in (-1, self._writes):
            _signal.set_wakeup_fd(others)
        self._release()
