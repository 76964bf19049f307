"""Prepares the recording of this process; called before the script begins."""

from __future__ import annotations

import atexit
import os
import sys

from . import endings, settings, signals
from .contract import PYTHON, RESERVED_NOTES, notes_file
from .fork_warning import OurThreads
from .imports import when_imported
from .notes import Notes
from .recorder import Recorder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def begin() -> None:
    """Take the settings from the environment and wait for the script to import torch."""
    wishes = settings.take()
    if wishes.only_ranks and "RANK" not in os.environ:
        return
    notes = Notes(f"{wishes.raw}/{notes_file(os.getpid())}", f"{wishes.raw}/{RESERVED_NOTES}")
    threads = OurThreads()
    recorder = Recorder(wishes, notes, threads)

    def at_exit() -> None:
        if recorder.belongs_here:
            notes.uncaught()
            endings.finish_undisturbed(recorder)
            recorder.leave()
            signals.end()

    def torch_imported() -> None:
        try:
            __import__("_gpu_trace_boot.torch_hooks").torch_hooks.install(recorder, wishes, notes, threads)
        except Exception as error:
            notes.failed("the recorder could not hook torch", error)

    def nvtx_imported() -> None:
        try:
            if _nvtx_hooks().looks_only_if_heard():
                _nvtx_hooks().accept_any_color()
                _nvtx_hooks().accept_any_argument()
            if wishes.hooks_nvtx:
                _nvtx_hooks().hear_the_nvtx_package(wishes.raw)
        except Exception as error:
            notes.failed("the recorder could not hook the nvtx package", error)

    notes.write(PYTHON, sys.version.split()[0])
    atexit.register(at_exit)  # the first to register is the last to be called
    endings.watch(recorder, notes)
    when_imported("torch", torch_imported)
    when_imported("nvtx", nvtx_imported)


def _nvtx_hooks() -> Any:
    return __import__("_gpu_trace_boot.nvtx_hooks").nvtx_hooks
