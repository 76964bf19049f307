"""One recording in this process, from the beginning of a block to its end, and what lies in its folder then."""

from __future__ import annotations

import ctypes  # noqa: F401  # the recorder takes it from sys.modules
import json  # noqa: F401  # as above
import os
import sys
import threading
from contextlib import ExitStack, nullcontext, suppress
from typing import TYPE_CHECKING

from gpu_trace_analyzers.errors import UsageError

from ..boot import endings
from ..boot.contract import EXCEPTION, FORKED, PYTHON, RESERVED_NOTES, notes_file
from ..boot.notes import Notes
from ..boot.recorder import Recorder
from ..recording import cells, gpu_clocks, host_clock, launch, notes, stacks
from ..recording.folder import create
from ..recording.host_clock import Clock
from ..recording.record import put_together
from ..recording.result import Recording
from .hooks_in_torch import HooksInTorch
from .nvtx_ranges import NvtxRanges
from .watching import Uncounted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..recording.host_clock import ClockReading
    from ..recording.request import Request
    from ..recording.told import Audience

_under_way: list[Block] = []
"""at most one: torch has one profiler, CUPTI one subscriber, NVTX one library"""
_beginning = threading.Lock()
_after_forks: list[str] = []


class Block:
    """A recording under way in this process. There can be one at a time."""

    def __init__(self, request: Request) -> None:
        """Begin. Raises `UsageError` where this process is recorded already, or the folder cannot be made."""
        self._request = request
        with _beginning:
            _refuse_another()
            self._prepare(request)
            _under_way.append(self)
            _look_after_forks()
            try:
                self._start()
            except BaseException:  # Ctrl-C: there is no block to end
                self._stop()
                raise

    def _prepare(self, request: Request) -> None:
        self.folder = create(request)
        self._pid = os.getpid()
        self._began = host_clock.read()
        raw = self.folder.raw
        settings = launch.settings_of(request, self.folder)
        self._notes = Notes(str(raw / notes_file(self._pid)), str(raw / RESERVED_NOTES))
        self._notes.write(PYTHON, sys.version.split()[0])
        self._recorder = Recorder(settings, self._notes, Uncounted())
        self._hooks = HooksInTorch(self._recorder, settings, self._notes)
        self._nvtx = NvtxRanges(str(raw), self._notes)
        self._beside = ExitStack()

    def _start(self) -> None:
        raw = self.folder.raw
        try:
            self._beside.enter_context(gpu_clocks.sampled(raw))
            self._beside.enter_context(stacks.sampling(raw) if self._request.stacks else nullcontext())
            self._nvtx.begin()
            self._hooks.install()
        except Exception as error:  # the block is worth running all the same
            self._notes.failed("the recording could not begin as a whole", error)

    @property
    def belongs_here(self) -> bool:
        """Whether this is the process that began it, and no fork of it."""
        return os.getpid() == self._pid

    def end(self, error: BaseException | None, audience: Audience) -> Recording:
        """Stop, and fill the folder. ``error`` is what the block ended by."""
        if error is not None:
            self._notes.write(EXCEPTION, type(error).__name__)
        ended = self._stop()
        facts = notes.read(self.folder.raw, self._pid)
        bare = Recording(self.folder, None, facts, Clock(self._began, ended))
        return put_together(self._request, bare, self._pid, audience)

    def _stop(self) -> ClockReading:
        """Stop and save; the clock when that began."""
        try:
            ended = host_clock.read()
            self._attempt(self._nvtx.end)
            self._attempt(lambda: endings.finish_undisturbed(self._recorder))
            self._attempt(self._beside.close)
            self._attempt(self._note_cells)
            self._attempt(lambda: endings.undisturbed(self._recorder.measure_cost))
            self._attempt(lambda: endings.undisturbed(self._recorder.leave_cupti))
        finally:
            self._attempt(self._hooks.leave)
            self._attempt(self._recorder.leave)
            _under_way.clear()
        return ended

    def _note_cells(self) -> None:
        with suppress(OSError):  # the disk is full: cells are called by their files then
            cells.note(self.folder.raw, _cells())

    def _attempt(self, step: Callable[[], None]) -> None:
        """Do what belongs to an end; the block ends as it would without us, whatever fails."""
        try:
            step()
        except Exception as error:
            self._notes.failed("the recording could not end as a whole", error)

    def forked(self) -> None:
        """In a child of this process: it has no profiler, and its end must not wait for one."""
        if self._recorder.had_session:
            self._notes.write(FORKED, os.getpid())
            endings.leave_without_destructors()


def _cells() -> dict[str, str]:
    """The cells of this notebook by the files that Python calls them; empty outside a notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    numbers = getattr(getattr(shell, "compile", None), "_filename_map", {})
    return {file: f"In[{number}]" for file, number in numbers.items()}


def _refuse_another() -> None:
    """Raise `UsageError` where this process is recorded already."""
    if "_gpu_trace_boot" in sys.modules:
        raise UsageError("gpu-trace run records this process already; run the script without it, or without record()")
    if _under_way:
        raise UsageError(f"this process is being recorded already, into {_under_way[0].folder.shown}; end that first")
    autograd = sys.modules.get("torch._C._autograd")
    if autograd is not None and autograd._profiler_enabled():
        raise UsageError("torch.profiler is recording this process, and PyTorch can run one profiler; stop that first")


def _look_after_forks() -> None:
    if not _after_forks:
        os.register_at_fork(after_in_child=_in_forked_child)
        _after_forks.append("registered")


def _in_forked_child() -> None:
    while _under_way:
        _under_way.pop().forked()
