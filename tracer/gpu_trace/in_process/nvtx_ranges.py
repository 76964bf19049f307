"""NVTX in a process that runs already: each client looks for a library once, at its first call, and never again."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING

from ..boot import nvtx_hooks
from ..boot.contract import FAILED, INJECTION_VARIABLE
from ..boot.imports import when_imported
from ..nvtx_recording.environment import injection, injection_library

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..boot.notes import Notes

_LOST = "NVTX ranges"
_USED_BEFORE = (
    "NVTX ranges of {client}: it was used before the first recording of this process, and looks for a library once; "
    "put %load_ext gpu_trace, or gpu_trace.record, before its first use"
)
_PROBE = "gpu-trace"
_safe: list[str] = []
"""packages whose functions take arguments that they would not look at without a library"""


def listen() -> str:
    """Have the NVTX clients that were not used so far load the injection library; why not, if they cannot.

    It writes nothing until `record_to`. The variable is not in ``os.environ``, and stays: a client may come later.
    """
    library, others = injection(os.environ)
    if library is None:
        return others if injection_library() else f"{_LOST}: no injection library was built; run gpu-trace doctor"
    os.putenv(INJECTION_VARIABLE, str(library))
    record_to("")
    return ""


def record_to(folder: str) -> None:
    """Write into a folder from now on; nothing, where that is empty."""
    _library().gpu_trace_record_to(os.fsencode(folder))


class NvtxRanges:
    """The ranges of one recording."""

    def __init__(self, folder: str, notes: Notes) -> None:
        self._folder, self._notes = folder, notes
        self._leave: Callable[[], None] = lambda: None

    def begin(self) -> None:
        """Record from now on; what cannot be recorded goes to the notes."""
        if reason := listen():
            self._notes.write(FAILED, reason)
            return
        if "nvtx" in sys.modules:
            self._hear_the_package()
        else:
            self._leave = when_imported("nvtx", _make_safe)
        self._hear_torch()
        record_to(self._folder)

    def end(self) -> None:
        """Record no longer."""
        self._leave()
        if injection(os.environ)[0]:
            record_to("")

    def _hear_the_package(self) -> None:
        nvtx = sys.modules["nvtx"]
        if self._hears(lambda: nvtx.push_range(_PROBE), lambda: nvtx.pop_range(), "the nvtx package"):
            _make_safe()

    def _hear_torch(self) -> None:
        """Of a build of torch without CUDA, the recording brings its own stand-in."""
        module = sys.modules.get("torch.cuda.nvtx")
        if module is not None and hasattr(module._nvtx, "rangeStartA"):
            self._hears(lambda: module.range_push(_PROBE), module.range_pop, "torch.cuda.nvtx")

    def _hears(self, push: Callable[[], object], pop: Callable[[], object], client: str) -> bool:
        """Whether a range of a client comes to the library; nothing is recorded of it."""
        depth = _library().gpu_trace_depth
        before = depth()
        push()
        is_heard = bool(depth() > before)
        pop()
        if not is_heard:
            self._notes.write(FAILED, _USED_BEFORE.format(client=client))
        return is_heard


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(str(injection_library()))


def _make_safe() -> None:
    if not _safe and nvtx_hooks.looks_only_if_heard():
        nvtx_hooks.accept_any_color()
        nvtx_hooks.accept_any_argument()
        _safe.append("nvtx")
