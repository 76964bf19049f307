"""Records one run: from a request to a run folder with everything in it that the run left."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ..boot.contract import TORCH
from . import cost, gpu_clocks, launch, notes, run_json, stacks
from .result import Recording
from .working_folder import working_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from .assemble import ProcessLeft
    from .folder import RunFolder
    from .request import Extent, Request


def record(request: Request, folder: RunFolder, saving: Callable[[], None]) -> Recording:
    """Run the script and fill its folder. Once the script has run, only its result can still be lost, never raised."""
    began = time.time_ns()
    with gpu_clocks.sampled(folder.raw):
        status, pid = launch.run(request, folder, saving)
    recording = Recording(folder, status, notes.read(folder.raw, pid), wall_ns=time.time_ns() - began)
    try:
        recording = _collected(recording, pid, request.extent)
        run_json.write(request, recording, began)
        folder.discard_raw()
    except (Exception, KeyboardInterrupt) as error:
        kept = (
            f"; the raw recording is in {os.path.relpath(folder.raw, working_folder())}" if folder.raw.exists() else ""
        )
        recording.lost.append(f"the run folder could not be completed ({error or type(error).__name__}){kept}")
    return recording


def _collected(bare: Recording, pid: int, extent: Extent) -> Recording:
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
        lost=lost + stacks.lost(bare.folder.raw, [process.pid for process in processes if process.parts]),
        stacks=stacks.in_run_json(bare.folder.raw),
        left_to_the_script=[_of(p, sentence, processes) for p in processes for sentence in p.left_to_the_script],
        gpus=main.gpus,
        never_entered=_never_entered(extent, processes) if main.notes.last(TORCH) and not traces else "",
        cost=cost.of(main.parts, main.notes),
    )


def _never_entered(extent: Extent, processes: list[ProcessLeft]) -> str:
    wanted = extent.range_name or extent.step_range
    entered = {name for process in processes for program in process.ranges for name in program.texts.strings.values()}
    return "" if wanted in entered else wanted


def _of(process: ProcessLeft, sentence: str, processes: list[ProcessLeft]) -> str:
    return sentence if len(processes) == 1 else f"process {process.pid}: {sentence}"
