"""The ways a process ends without running its exit handlers, each made to save the recording first; and forks."""

from __future__ import annotations

import os
import sys

from .contract import BECAME_ANOTHER, FORKED, LEFT
from .look_like import look_like

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Callable
    from typing import Any

    from .notes import Notes
    from .recorder import Recorder
    from .started import Started
else:
    import _signal


def finish_undisturbed(recorder: Recorder) -> None:
    """Save; a second, impatient Ctrl-C does not take away what was recorded."""
    undisturbed(recorder.finish)


def undisturbed(action: Callable[[], None]) -> None:
    """Do something that Ctrl-C does not interrupt."""
    try:
        before = _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    except ValueError:  # not the main thread: signals do not come here
        action()
        return
    try:
        action()
    finally:
        if before is not None:
            _signal.signal(_signal.SIGINT, before)


def watch(recorder: Recorder, notes: Notes, started: Started, moved: Callable[[], None]) -> None:
    """Stand before ``os._exit`` and the ``exec`` functions, and look after forked children.

    ``moved`` is called in those that can be recorded themselves.
    """
    for name in ("_exit", "execv", "execve"):  # all others end in these
        _stand_before(name, recorder, notes)
    os.register_at_fork(after_in_child=lambda: _in_forked_child(recorder, notes, started, moved))


def _stand_before(name: str, recorder: Recorder, notes: Notes) -> None:
    leave = getattr(os, name)

    def replacement(*args: Any, **kwargs: Any) -> Any:
        if not recorder.belongs_here:
            if name != "_exit" and recorder.had_session:
                notes.write(BECAME_ANOTHER, os.getpid())
            leave(*args, **kwargs)
        notes.write(LEFT, f"os.{name}")
        finish_undisturbed(recorder)
        try:
            leave(*args, **kwargs)
        finally:  # reached only where it failed
            notes.write(LEFT, "")
            recorder.reopen()

    look_like(replacement, leave)
    setattr(os, name, replacement)


def _in_forked_child(recorder: Recorder, notes: Notes, started: Started, moved: Callable[[], None]) -> None:
    if recorder.had_session:
        if not started.is_starting:  # another program, which `subprocess` forks for
            notes.write(FORKED, os.getpid())
        leave_without_destructors()
    elif not recorder.has_hooks:
        moved()


def leave_without_destructors() -> None:
    """Have this forked child's ``exit`` stop short of the destructors of C++ libraries.

    Kineto's waits for a thread that exists in the parent only, for ever. glibc calls the function registered last
    first, with the exit status: ``_exit`` itself will do, after ``fflush``.
    """
    ctypes = sys.modules.get("ctypes")
    if ctypes is None:
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "on_exit"):
        libc.on_exit(ctypes.cast(libc._exit, ctypes.c_void_p), None)
        libc.__cxa_atexit(ctypes.cast(libc.fflush, ctypes.c_void_p), None, None)
