"""This process, once there may be something to record: its notes, its recorder, and how it ends."""

from __future__ import annotations

import atexit
import os
import sys

from . import endings, signals
from .contract import LEFT, PROCESS, PYTHON, RESERVED_NOTES, notes_file
from .fork_warning import OurThreads
from .names import process_name, serves_forks
from .notes import Notes
from .recorder import Recorder
from .telling import tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .contract import Settings
    from .started import Started


class RecordedProcess:
    """Watches the process from now on; what it records begins with torch."""

    def __init__(self, settings: Settings, started: Started) -> None:
        self._settings = settings
        self._began_in = started.by
        self._notes = Notes(
            self._notes_file, "" if settings.is_child else f"{settings.raw}/{RESERVED_NOTES}", settings.is_child
        )
        self._threads = OurThreads()
        self._recorder = Recorder(settings, self._notes, self._threads)
        self._note_python()
        atexit.register(self._at_exit)  # the first to register is the last to be called
        endings.watch(self._recorder, self._notes, started, self._move)

    def torch_imported(self) -> None:
        """Hook torch; a fork server does so in those that it forks."""
        if (serves_forks() and os.getpid() == self._began_in) or not self._becomes_known():
            return
        try:
            __import__("_gpu_trace_boot.torch_hooks").torch_hooks.install(
                self._recorder, self._settings, self._notes, self._threads
            )
        except Exception as error:
            self._notes.failed("the recorder could not hook torch", error)

    def nvtx_imported(self) -> None:
        """Hook the nvtx package."""
        if not self._becomes_known():
            return
        try:
            if _nvtx_hooks().looks_only_if_heard():
                _nvtx_hooks().accept_any_color()
                _nvtx_hooks().accept_any_argument()
            if self._settings.hooks_nvtx:
                _nvtx_hooks().hear_the_nvtx_package(self._settings.raw)
        except Exception as error:
            self._notes.failed("the recorder could not hook the nvtx package", error)

    @property
    def _notes_file(self) -> str:
        return f"{self._settings.raw}/{notes_file(os.getpid())}"

    def _note_python(self) -> None:
        self._notes.write(PYTHON, sys.version.split()[0])

    def _becomes_known(self) -> bool:
        """Have notes from now on; whether there is a place for them: a container, or another user, may not have it."""
        if not self._notes.release():
            return True
        raw = self._settings.raw
        if not os.access(raw, os.W_OK):
            if not _is_complete(raw):
                tell(f"{process_name()} ({os.getpid()}) is not recorded: it cannot write to {raw}")
            return False
        self._notes.write(PROCESS, process_name())
        self._notes.write(LEFT, "")  # it may have left another program by `exec`
        return True

    def _move(self) -> None:
        """Into a forked child, which can be recorded itself."""
        self._recorder.move_here()
        self._notes.move(self._notes_file)
        self._note_python()
        if "torch" in sys.modules:
            self.torch_imported()

    def _at_exit(self) -> None:
        if self._recorder.belongs_here:
            self._notes.uncaught()
            endings.finish_undisturbed(self._recorder)
            endings.undisturbed(self._recorder.measure_cost)
            self._recorder.leave()
            signals.end()


def _is_complete(raw: str) -> bool:
    """Whether the run folder is there without what processes wrote: this one goes on without gpu-trace."""
    return os.path.isdir(os.path.dirname(raw)) and not os.path.exists(raw)


def _nvtx_hooks() -> Any:
    return __import__("_gpu_trace_boot.nvtx_hooks").nvtx_hooks
