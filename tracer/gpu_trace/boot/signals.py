"""Signals whose default is the end of the process: while that holds, save, then die of the very signal.

The library does so without a trace in Python (see ``signals.c``). Without it a Python handler has to do, which waits
for the main thread to return from whatever C call it is in, and which `signal.getsignal` shows.
"""

from __future__ import annotations

import os
import sys
import time
from _thread import start_new_thread

from . import native, safepoint
from .contract import FAILED

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from types import FrameType
    from typing import NoReturn

    from .fork_warning import OurThreads
    from .notes import Notes
    from .recorder import Recorder
else:
    import _signal

_PATIENCE_S = 3.0
"""How long a dying process waits for its GPUs."""
_BY_PYTHON = ("SIGHUP", "SIGQUIT", "SIGALRM", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGXCPU")


def save_before_dying(recorder: Recorder, notes: Notes, threads: OurThreads) -> None:
    """Take over each of the signals that the script has left at its default."""
    library = native.library()
    if library is None:
        _Handler(recorder)
        return

    def save() -> None:
        library.gpu_trace_entered()
        library.gpu_trace_signals_saving()
        safepoint.ours(lambda: recorder.finish(_PATIENCE_S), _PATIENCE_S)

    def is_busy() -> int:
        return int(recorder.is_busy_in_this_thread)

    begin = library.gpu_trace_signals_begin
    if threads.counted(lambda: begin(native.returns_nothing(save), native.returns_int(is_busy))):
        notes.write(FAILED, "the last events, if a signal ends the process: the system allows no more threads")


def take_again() -> None:
    """Take those over whose default the script has restored since."""
    library = native.loaded()
    if library is not None:
        library.gpu_trace_signals_take()


def end() -> None:
    """Leave signals alone from now on. Does not return where one has come: the process is about to die of it."""
    library = native.loaded()
    if library is not None:
        library.gpu_trace_signals_end()


class _Handler:
    """Python's own, of the main thread; others cannot have any."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._mask: set[int | _signal.Signals] = set()
        numbers = [getattr(_signal, name) for name in _BY_PYTHON]
        self._ours = [number for number in numbers if _signal.getsignal(number) == _signal.SIG_DFL]
        try:
            for number in self._ours:
                _signal.signal(number, self._handle)
        except ValueError:  # not the main thread
            return
        os.register_at_fork(before=self._hold, after_in_parent=self._release, after_in_child=self._forget)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # the signature of a handler
        start_new_thread(self._die, (number,))
        while not self._recorder.is_busy_in_this_thread:  # natively, nothing of the script ran after this moment
            time.sleep(1)

    def _die(self, number: int) -> NoReturn:
        safepoint.ours(lambda: self._recorder.finish(_PATIENCE_S), _PATIENCE_S)
        sys.modules["ctypes"].CDLL(None).signal(number, None)  # SIG_DFL; signal.signal works in the main thread only
        os.kill(os.getpid(), number)
        while True:
            time.sleep(1)

    def _hold(self) -> None:
        self._mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, self._ours)

    def _release(self) -> None:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self._mask)

    def _forget(self) -> None:
        """In a forked child they kill at once, as they do natively."""
        for number in self._ours:
            if _signal.getsignal(number) == self._handle:
                _signal.signal(number, _signal.SIG_DFL)
        self._release()
