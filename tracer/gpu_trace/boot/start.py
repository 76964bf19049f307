"""Prepares the recording of this process; called before the script begins."""

from __future__ import annotations

import atexit
import os
import sys

from . import endings, settings, signals
from .contract import LEFT, PROCESS, PYTHON, RESERVED_NOTES, notes_file
from .fork_warning import OurThreads
from .imports import when_imported
from .names import process_name, serves_forks
from .notes import Notes
from .recorder import Recorder
from .started import Started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .contract import Settings


_COMPILES = "/torch/_inductor/compile_worker/__main__.py"


def begin() -> None:
    """Take the settings from the environment, and hand them down; then wait for the script to import torch."""
    wishes = settings.take()
    started = Started(wishes)
    started.watch()
    if not _is_left_out(wishes):
        _record(wishes, started)


def _is_left_out(wishes: Settings) -> bool:
    """Whether this is a launcher, or the process of torch.compile which forks those that compile.

    In the latter a session would be in the way of these, and record nothing of the script's.
    """
    is_launcher = wishes.only_ranks and "RANK" not in os.environ
    return is_launcher or any(argument.endswith(_COMPILES) for argument in sys.orig_argv)


def _record(wishes: Settings, started: Started) -> None:
    own = f"{wishes.raw}/{notes_file(os.getpid())}"
    notes = Notes(own, is_held=True) if wishes.is_child else Notes(own, f"{wishes.raw}/{RESERVED_NOTES}")
    threads = OurThreads()
    recorder = Recorder(wishes, notes, threads)

    def at_exit() -> None:
        if recorder.belongs_here:
            notes.uncaught()
            endings.finish_undisturbed(recorder)
            endings.undisturbed(recorder.measure_cost)
            recorder.leave()
            signals.end()

    def torch_imported() -> None:
        if recorder.has_moved or not serves_forks():
            _torch_imported(wishes, recorder, notes, threads)

    def moved() -> None:
        recorder.move_here()
        notes.move(f"{wishes.raw}/{notes_file(os.getpid())}")
        notes.write(PYTHON, _version())
        if "torch" in sys.modules:
            torch_imported()

    notes.write(PYTHON, _version())
    atexit.register(at_exit)  # the first to register is the last to be called
    endings.watch(recorder, notes, started, moved)
    when_imported("torch", torch_imported)
    when_imported("nvtx", lambda: _nvtx_imported(wishes, notes))


def _version() -> str:
    return sys.version.split()[0]


def _torch_imported(wishes: Settings, recorder: Recorder, notes: Notes, threads: OurThreads) -> None:
    if not _becomes_known(wishes, notes):
        return
    try:
        __import__("_gpu_trace_boot.torch_hooks").torch_hooks.install(recorder, wishes, notes, threads)
    except Exception as error:
        notes.failed("the recorder could not hook torch", error)


def _nvtx_imported(wishes: Settings, notes: Notes) -> None:
    if not _becomes_known(wishes, notes):
        return
    try:
        if _nvtx_hooks().looks_only_if_heard():
            _nvtx_hooks().accept_any_color()
            _nvtx_hooks().accept_any_argument()
        if wishes.hooks_nvtx:
            _nvtx_hooks().hear_the_nvtx_package(wishes.raw)
    except Exception as error:
        notes.failed("the recorder could not hook the nvtx package", error)


def _becomes_known(wishes: Settings, notes: Notes) -> bool:
    """Have notes from now on, because there may be something to record; whether there is a place for them.

    A container, or another user, may not have it.
    """
    if notes.release():
        if not os.access(wishes.raw, os.W_OK):
            name = f"{process_name()} ({os.getpid()})"
            print(f"gpu-trace: {name} is not recorded: it cannot write to {wishes.raw}", file=sys.stderr)
            return False
        notes.write(PROCESS, process_name())
        notes.write(LEFT, "")  # it may have left another program by `exec`
    return True


def _nvtx_hooks() -> Any:
    return __import__("_gpu_trace_boot.nvtx_hooks").nvtx_hooks
