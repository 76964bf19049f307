"""Work in a process of its own, beside what this one does: a fork, which has all that is in memory already."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

from .reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable


_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
_END = b"\0"
"""what the process says last: its status may be unknown, and a fork of another thread keep its pipe open"""
_PR_SET_PDEATHSIG = 1
"""of prctl: the signal that a process gets as its parent ends"""


class Beside:
    """Does some work, which begins at once. Where the system allows no more processes, this one does it first.

    As a context it stops the work at its end, if that goes on still. The work also stops where this process is killed.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        """``work`` shows nothing, and starts no threads."""
        self._reading, writing = os.pipe()
        self._pid, self._problem = 0, ""
        mask, parent = signal.pthread_sigmask(signal.SIG_BLOCK, ()), os.getpid()
        try:
            self._pid = _fork(mask)
        except OSError:
            self._problem = _problem(work)
            os.close(self._reading)
        else:
            if self._pid == 0:
                _do(work, writing, mask, parent)
        os.close(writing)

    def wait(self) -> str:
        """Wait for its end; what went wrong, empty for nothing."""
        if not self._pid:
            return self._problem
        said = b""
        while not said.endswith(_END) and (piece := os.read(self._reading, 1 << 16)):
            said += piece
        self._ended()
        is_whole = said.endswith(_END)
        self._problem = said.removesuffix(_END).decode("utf-8", "replace") if is_whole else "its process was killed"
        return self._problem

    def stop(self) -> None:
        """End it where it is, and wait for that."""
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)
            self._ended()

    def _ended(self) -> None:
        with suppress(ChildProcessError):  # a program that records a block of itself may wait for all its children
            os.waitpid(self._pid, 0)
        os.close(self._reading)
        self._pid = 0

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _fork(mask: set[int]) -> int:
    """Fork; signals are blocked in the fork, which would else run on as its parent does, and not in the parent."""
    pid = -1
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        with warnings.catch_warnings():
            # Python 3.12 warns of threads. Those of BLAS end in a fork, and there are no others.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
    finally:
        if pid:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return pid


def _do(work: Callable[[], object], writing: int, mask: set[int], parent: int) -> None:
    """Do the work in the fork, and end it: without what Python does at its end, which is the other's to do."""

    def interruptible() -> None:
        _handle_no_signals()
        _end_with(parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        work()

    status = 1
    try:
        gc.disable()  # it would touch, and so copy, all objects that the two share
        problem = _problem(interruptible)
        signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
        os.write(writing, problem.encode("utf-8", "replace") + _END)
        status = 0
    finally:
        os._exit(status)


def _handle_no_signals() -> None:
    """Leave them to the parent, whose handlers may save what a program has; but stop where that is asked for."""
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        if callable(handler) and handler is not signal.default_int_handler:
            signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _end_with(parent: int) -> None:
    """Be interrupted as the process ends that began this one, however it ends: no process would wait for this."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGTERM))
    if os.getppid() != parent:  # it has ended already
        raise KeyboardInterrupt


def _problem(work: Callable[[], object]) -> str:
    try:
        work()
    except (Exception, KeyboardInterrupt) as error:
        return reason_of(error)
    return ""
