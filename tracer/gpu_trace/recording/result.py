"""What came of recording one run: what was recorded, what was lost, and how the script ended."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..boot.contract import BOUNDED, GPU, PYTHON, RECORDING, SOURCE, STARTED, TORCH, is_too_old
from . import ending, interpreter
from .cost import FREE, Cost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .dependencies import Dependencies
    from .folder import RunFolder
    from .host_clock import Clock
    from .notes import Notes
    from .process_trace import ProcessTrace


@dataclass(frozen=True, slots=True)
class Recording:
    """What came of it.

    ``status`` is the script's wait status (None for a block, whose process goes on), ``notes`` are those of the first
    process with a session; ``traces`` has one for each process that left something; ``lost`` says in sentences what is
    not in them.
    """

    folder: RunFolder
    status: int | None
    notes: Notes
    clock: Clock | None = None
    """of this machine, at the begin and at the end"""
    traces: list[ProcessTrace] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """what is not in them either, although nothing went wrong: it is in the script's own profiles, say"""
    unwritten: dict[str, str] = field(default_factory=dict)
    """of the files that are made of the traces, those that could not be written, by their names, and why"""
    gpus: list[str] = field(default_factory=list)
    job: Mapping[str, object] = field(default_factory=dict)
    """the ranks and process groups that were recorded, as ``run.json`` has them"""
    never_entered: str = ""
    """the NVTX range that was to begin the recording, or to count its steps, where none of that name was entered"""
    cost: Cost = FREE
    dependencies: Dependencies | None = None
    """of the execution trace of the process that was recorded first; None where there is none"""
    stacks: Mapping[str, float | int] | None = None
    """rate and cost of sampling stacks; None where none were sampled"""
    subjects: str = ""
    """which processes were recorded, where the script's own is not all: `subjects.subjects`"""
    own_notes: Notes | None = None
    """those of the script's own process, where ``notes`` are of another one"""

    @property
    def began_ns(self) -> int:
        """Since 1970."""
        return self.clock.began.realtime_ns if self.clock else 0

    @property
    def wall_ns(self) -> int:
        """How long it took."""
        return self.clock.wall_ns if self.clock else 0

    @property
    def ending(self) -> ending.Ending:
        """How the script ended."""
        notes = self.own_notes or self.notes
        return ending.of_block(notes) if self.status is None else ending.of(self.status, notes)

    @property
    def device(self) -> str:
        """``gpu`` or ``cpu``; empty where nothing was recorded."""
        return self.notes.last(RECORDING)

    @property
    def source(self) -> str:
        """``cupti``: GPU rows came from the CUPTI recording library; ``kineto``: from torch's profiler; else empty."""
        return self.notes.last(SOURCE) if self.device == GPU else ""

    @property
    def started(self) -> int:
        """How many processes the script started by ``multiprocessing``."""
        return self.notes.last_number(STARTED) or 0

    @property
    def what(self) -> str:
        """What was recorded, in one sentence."""
        until = f", up to {reason}" if (reason := self.notes.last(BOUNDED)) else ""
        if self.subjects:
            return f"{self.subjects} recorded{until}."
        if self.never_entered:
            return f"No NVTX range called {self.never_entered!r} was entered, so nothing was recorded."
        if self.device:
            work = "Its GPU work" if self.device == GPU else "No GPU is available; its CPU work"
            return f"{work} was recorded{until}."
        if not self.notes.last(PYTHON):
            return self._nothing
        return self._with_torch(torch) if (torch := self.notes.last(TORCH)) else _without_torch()

    def _with_torch(self, torch: str) -> str:
        if is_too_old(torch):
            return f"Its torch {torch} is too old, so nothing was recorded; install torch 2.6 or later."
        return "It used no GPU, so nothing was recorded. To record CPU work, run with CUDA_VISIBLE_DEVICES= (empty)."

    @property
    def _nothing(self) -> str:
        """Why there is not even a note."""
        if not interpreter.can_be_watched():
            return "Its Python does not load the recorder (-S, or -I before Python 3.11), so nothing was recorded."
        if not self.folder.path.exists():
            return "The run folder was deleted, and the recording with it."
        return "Its Python did not load the recorder, or ended before loading it, so nothing was recorded."


def _without_torch() -> str:
    """Why the script did not import it: the Python that runs it is the one that runs us."""
    if find_spec("torch") is None:
        return f"{sys.executable} has no torch, so nothing was recorded; install gpu-trace into the Python that has it."
    return "It never imported torch, so nothing was recorded."
