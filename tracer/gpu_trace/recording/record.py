"""Records one run: from a request to a run folder with everything in it that the run left."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from . import cost, ending, facts, interpreter, launch, notes
from .cost import FREE, Cost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .assemble import ProcessLeft
    from .folder import RunFolder
    from .notes import Notes
    from .request import Request, Window


@dataclass(frozen=True, slots=True)
class Recording:
    """What came of it.

    ``status`` is the script's wait status, ``notes`` are those of the process that was recorded first; ``traces`` are
    the files written, one a process; ``lost`` says in sentences what is not in them.
    """

    folder: RunFolder
    status: int
    notes: Notes
    traces: list[Path] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    left_to_the_script: list[str] = field(default_factory=list)
    """what is not in them either, and in the script's own profiles: nothing that went wrong"""
    gpus: list[str] = field(default_factory=list)
    wall_ns: int = 0
    never_entered: str = ""
    """the NVTX range that was to begin the recording, or to count its steps, where none of that name was entered"""
    cost: Cost = FREE

    @property
    def ending(self) -> ending.Ending:
        """How the script ended."""
        return ending.of(self.status, self.notes)

    @property
    def device(self) -> str:
        """``gpu`` or ``cpu``; empty where nothing was recorded."""
        return self.notes.last("recording")

    @property
    def source(self) -> str:
        """Who kept the GPU's records: ``cupti`` for our own library, ``kineto`` for torch's; empty where nobody did."""
        return self.notes.last("source") if self.device == "gpu" else ""

    @property
    def started(self) -> int:
        """How many processes the script started by ``multiprocessing``."""
        return int(self.notes.last("started") or 0)

    @property
    def what(self) -> str:
        """What was recorded, in one sentence."""
        until = f", up to {reason}" if (reason := self.notes.last("bounded")) else ""
        if len(self.traces) > 1:
            return f"{len(self.traces)} processes were recorded{until}."
        if self.never_entered:
            return f"No NVTX range called {self.never_entered!r} was entered, so nothing was recorded."
        if self.device:
            return (
                f"Its GPU work was recorded{until}."
                if self.device == "gpu"
                else f"No GPU: the CPU was recorded{until}."
            )
        if not self.notes.last("python"):
            return self._nothing
        if self.notes.last("torch"):
            return "It used no GPU, so nothing was recorded; with CUDA_VISIBLE_DEVICES= in front its CPU work is."
        return "It never imported torch, so there was nothing to record."

    @property
    def _nothing(self) -> str:
        """Why there is not even a note."""
        if not interpreter.can_be_watched():
            return "Its Python does not load the recorder (-S, or -I before Python 3.11), so nothing was recorded."
        if not self.folder.path.exists():
            return "The run folder is gone, and what was recorded with it."
        return "Its Python did not load the recorder, or ended before it could, so nothing was recorded."


def record(request: Request, folder: RunFolder, saving: Callable[[], None]) -> Recording:
    """Run the script and fill its folder. Once the script has run, only its result can still be lost, never raised."""
    began = time.time_ns()
    status, pid = launch.run(request, folder, saving)
    recording = Recording(folder, status, notes.read(folder.raw / f"notes-{pid}"), wall_ns=time.time_ns() - began)
    try:
        recording = _collected(recording, pid, request.window)
        facts.write(request, recording, began)
        folder.discard_raw()
    except (Exception, KeyboardInterrupt) as error:
        kept = f"; what was recorded lies in {os.path.relpath(folder.raw)}" if folder.raw.exists() else ""
        recording.lost.append(f"the run folder could not be completed ({error or type(error).__name__}){kept}")
    return recording


def _collected(bare: Recording, pid: int, window: Window) -> Recording:
    # Imported only now that the script has ended: NumPy starts threads, and those of its BLAS block no signals, so that
    # one meant for the script, or the news of its end, could go to them.
    from . import assemble

    processes = assemble.left_by(bare.folder.raw, pid)
    traces = assemble.write_traces(bare.folder, processes)
    lost = [_of(process, sentence, processes) for process in processes for sentence in process.lost]
    main = next((process for process in processes if process.parts), processes[0])
    return replace(
        bare,
        notes=main.notes,
        traces=traces,
        lost=lost,
        left_to_the_script=[_of(p, sentence, processes) for p in processes for sentence in p.left_to_the_script],
        gpus=main.gpus,
        never_entered=_never_entered(window, processes) if main.notes.last("torch") and not traces else "",
        cost=cost.of(main.parts, main.notes),
    )


def _never_entered(window: Window, processes: list[ProcessLeft]) -> str:
    wanted = window.range_name or window.step_range
    entered = {name for process in processes for program in process.ranges for name in program.texts.strings.values()}
    return "" if wanted in entered else wanted


def _of(process: ProcessLeft, sentence: str, processes: list[ProcessLeft]) -> str:
    return sentence if len(processes) == 1 else f"process {process.pid}: {sentence}"
