"""What a recording hooks in torch, for as long as its block takes; so it may begin before torch is imported."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ..boot import captures, nvtx_hooks, process_groups
from ..boot.bounds import Bounds
from ..boot.contract import CUDA, TORCH, execution_trace_file, is_too_old
from ..boot.imports import when_imported
from ..boot.scripts_profiler import ScriptsProfiler
from ..boot.session import Calls
from ..boot.torch_hooks import version_of_gpu_library
from .watching import Uncounted, Watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..boot.contract import Settings
    from ..boot.notes import Notes
    from ..boot.recorder import Recorder

_recording: list[Recorder] = []
"""the one under way"""
_watched: list[str] = []
"""what is watched in torch from the first recording on: it changes nothing, and the next one needs it again"""


class HooksInTorch:
    """Starts a recorder as soon as there is anything to record: at once, or when torch is imported and CUDA used."""

    def __init__(self, recorder: Recorder, settings: Settings, notes: Notes) -> None:
        self._recorder, self._settings, self._notes = recorder, settings, notes
        self._watching = Watching()
        self._undo: list[Callable[[], None]] = [self._watching.end]
        self._is_over = False
        _recording[:] = [recorder]

    def install(self) -> None:
        """Hook torch now, or when it has been imported."""
        if "torch" in sys.modules:
            self._hook()
        else:
            self._undo.append(when_imported("torch", self._hook))

    def leave(self) -> None:
        """Undo it."""
        self._is_over = True
        _recording.clear()
        for undo in reversed(self._undo):
            undo()

    def _hook(self) -> None:
        torch = sys.modules["torch"]
        self._notes.write(TORCH, torch.__version__)
        if is_too_old(torch.__version__):
            return
        self._notes.write(CUDA, version_of_gpu_library(torch))
        self._recorder.use(Calls(sys.modules["torch.autograd.profiler"]))
        if self._settings.dependencies:
            self._recorder.execution_trace.add(f"{self._settings.raw}/{execution_trace_file(os.getpid())}")
            self._undo.append(self._recorder.execution_trace.leave)
        self._undo.append(ScriptsProfiler(self._recorder).leave)
        _watch_once()
        self._stand_in_for_nvtx()
        bounds = Bounds(self._settings, self._recorder, self._notes, Uncounted(), self._watching.repeat)
        self._undo.append(bounds.leave)
        if self._settings.has_gpu and version_of_gpu_library(torch):
            torch.cuda._lazy_call(lambda: None if self._is_over else bounds.begin())
        else:
            bounds.begin()

    def _stand_in_for_nvtx(self) -> None:
        """Have torch.cuda.nvtx record in a build of torch without CUDA, where it raises otherwise."""
        module = sys.modules["torch.cuda.nvtx"]
        torchs = module._nvtx
        if self._settings.injection:
            nvtx_hooks.stand_in_for_torch(self._settings.injection, self._settings.raw)
            self._undo.append(lambda: setattr(module, "_nvtx", torchs))


def _watch_once() -> None:
    if not _watched:
        captures.watch(sys.modules["torch"].cuda.CUDAGraph)
        process_groups.watch(_note_ranks)
        _watched.append("torch")


def _note_ranks() -> None:
    for recorder in _recording:
        recorder.note_rank()
