"""PyTorch's execution trace, beside the sessions: which storages each operator read and wrote.

Its observer is PyTorch's own, in C++, and a process can have one. All sessions write to one file, so that operators and
storages keep their numbers from one to the next.
"""

from __future__ import annotations

import os
import sys
import time
from _thread import RLock

from . import contract
from .look_like import look_like
from .native_warnings import Silenced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .notes import Notes

_SOURCE = "torch._C._profiler"
_IMPORTER = "torch.profiler.profiler"
_ADD = "_add_execution_trace_observer"
_MISSING = "this PyTorch has no execution trace observer"
_OF_THE_SCRIPT = "the script has an execution trace observer of its own, and PyTorch allows one"
_CLOSED = "the script closed or deleted the file of PyTorch's execution trace observer"
_BUFFER_BYTES = 1 << 13
"""of a ``std::ofstream``: a longer text is written at once, behind all that it held back"""
_GRACE_S = 0.02
"""for operators of other threads that are just being written, which takes microseconds"""


class ExecutionTrace:
    """The observer of this process. Methods never raise: why nothing is observed goes to the notes.

    It is not removed at the end, only disabled: to remove it frees what operators of other threads may be just writing
    with. What it holds back then is flushed by a node with a long name.
    """

    def __init__(self, notes: Notes) -> None:
        self._path = ""
        self._notes = notes
        self._pid = os.getpid()
        self._lock = RLock()
        self._file = -1
        """its descriptor, while the observer is there"""
        self._is_on = False
        self._refusal = ""
        """why nothing more can be observed"""
        self._is_told = False
        self._replaced: list[tuple[str, Any, Any]] = []
        """where torch's function stood that adds an observer, that function, and what stands there now"""

    @property
    def may_write(self) -> bool:
        """Whether there is an observer and its file. A script that closes all descriptors may have another there."""
        return self._file >= 0 and _leads_to(self._file, self._path)

    def add(self, path: str) -> None:
        """Add the observer, which is to write there, as soon as torch is imported; it sees something of this thread.

        In the backward pass of a graph that was built on a thread of which it has seen nothing, it crashes. So it has
        to see the main thread before anything else, and later each thread that begins a session.
        """
        self._path = path
        if not contract.has_known_execution_trace(str(sys.modules["torch"].__version__)):
            self._refuse(contract.EXECUTION_TRACE_TOO_OLD)
        elif not hasattr(sys.modules[_SOURCE], _ADD):
            self._refuse(_MISSING)
        else:
            os.register_at_fork(after_in_child=self._leave_to_the_parent)
            self._attempt(self._add)
            self._watch_the_script()

    def begin(self) -> None:
        """Observe the operators of all threads from now on."""
        with self._lock:
            if self._file >= 0 and not self.may_write:
                self._refuse(_CLOSED)
            self._tell()
            if self.may_write and not self._is_on:
                self._attempt(self._begin)

    def end(self) -> None:
        """Observe nothing until the next `begin`; what was observed is in the file."""
        with self._lock:
            if self._is_on:
                self._attempt(self._end)

    def begin_calibrating(self) -> None:
        """Observe what is not the script's; the parent reads no further. Raises whatever goes wrong."""
        with self._lock:
            self._begin()
            _write_node(contract.CALIBRATION)

    def give_way(self) -> None:
        """Make room for an observer of the script's, for good: each numbers storages anew, so parts do not join."""
        with self._lock:
            was_on = self._is_on
            if self._file >= 0:
                self.end()
                self._attempt(self._remove)
            self._refuse(_OF_THE_SCRIPT)
            if was_on:
                self._tell()

    def _add(self) -> None:
        if not _call(_ADD, self._path):
            raise OSError(f"{self._path} cannot be written")
        try:
            self._file = _descriptor(self._path)
        except OSError:
            _call("_remove_execution_trace_observer")
            raise
        os.set_inheritable(self._file, False)
        self._begin()
        self._end()

    def _begin(self) -> None:
        _call("_enable_execution_trace_observer")
        self._is_on = True
        _write_node(contract.OWN_NODE)

    def _end(self) -> None:
        self._is_on = False
        try:
            if self.may_write:
                _write_node(f"{contract.OWN_NODE} {time.monotonic_ns() // 10**6} ".ljust(_BUFFER_BYTES, "."))
        finally:
            _call("_disable_execution_trace_observer")

    def _remove(self) -> None:
        self._file = -1
        time.sleep(_GRACE_S)
        _call("_remove_execution_trace_observer")

    def _leave_to_the_parent(self) -> None:
        """Remove it from a forked child, without a word in the parent's file."""
        self._lock = RLock()
        if self.may_write:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._file, inheritable=False)
            os.close(nothing)
            _call("_remove_execution_trace_observer")
        elif self._is_on:
            _call("_disable_execution_trace_observer")
        self._file, self._is_on = -1, False

    def _watch_the_script(self) -> None:
        torchs = getattr(sys.modules[_SOURCE], _ADD)

        def replacement(*args: Any, **kwargs: Any) -> Any:
            if os.getpid() == self._pid:
                self.give_way()
            return torchs(*args, **kwargs)

        look_like(replacement, torchs)
        for name in (_SOURCE, _IMPORTER):
            if getattr(sys.modules.get(name), _ADD, None) is torchs:
                setattr(sys.modules[name], _ADD, replacement)
                self._replaced.append((name, torchs, replacement))

    def leave(self) -> None:
        """Remove it for good, where the process goes on and may be observed anew."""
        with self._lock:
            if self._file >= 0:
                self.end()
                self._attempt(self._remove)
        for name, torchs, replacement in self._replaced:
            if getattr(sys.modules.get(name), _ADD, None) is replacement:
                setattr(sys.modules[name], _ADD, torchs)

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:
            self._refuse(f"{type(error).__name__}: {error}")

    def _refuse(self, why: str) -> None:
        self._refusal = self._refusal or why

    def _tell(self) -> None:
        """Note once why a session is not observed, or no longer."""
        if self._refusal and not self._is_told:
            self._is_told = True
            self._notes.write(contract.FAILED, f"data dependencies: {self._refusal}")


def _call(name: str, *args: str) -> Any:
    with Silenced():  # it warns that it is enabled, and that it is disabled
        return getattr(sys.modules[_SOURCE], name)(*args)


def _write_node(name: str) -> None:
    """Have the observer write an operator of this thread, of which no mode of the script's knows: none dispatches."""
    autograd = sys.modules["torch._C._autograd"]
    autograd._record_function_with_args_exit(autograd._record_function_with_args_enter(name))


def _descriptor(path: str) -> int:
    """The file descriptor by which this process has a file open. Raises OSError where there is none."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if _leads_to(number, path):
            return number
    raise OSError(f"{path} is not open")


def _leads_to(descriptor: int, path: str) -> bool:
    """Whether this is what the descriptor, if it is one, has open."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False
