"""Records one run: from a request to a run folder with everything in it that the run left."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

from ..boot.contract import TORCH
from . import cost, gpu_clocks, host_clock, launch, notes, run_json, stacks, unheard
from .freed import keep_freed
from .host_clock import Clock
from .reasons import reason_of
from .request import Block
from .result import Recording
from .working_folder import working_folder

if TYPE_CHECKING:
    from .assemble import ProcessLeft
    from .folder import RunFolder
    from .request import Extent, Request
    from .told import Audience

_NAMED = 3
"""processes of which a sentence is; more are counted"""
_CRASHES = (signal.SIGSEGV, signal.SIGABRT)
_CRASHED = (
    "the end of the script, perhaps: PyTorch's execution trace observer crashes on some tensors (sparse CSR); "
    "record without --dependencies"
)


def record(request: Request, folder: RunFolder, audience: Audience) -> Recording:
    """Run the script and fill its folder. Once the script has run, only its result can still be lost, never raised."""
    began = host_clock.read()
    with gpu_clocks.sampled(folder.raw):
        status, pid = launch.run(request, folder, audience.saving)
    clock = Clock(began, host_clock.read())
    keep_freed()
    bare = Recording(folder, status, notes.read(folder.raw, pid), clock)
    return put_together(request, bare, pid, audience)


def put_together(request: Request, recording: Recording, pid: int, audience: Audience) -> Recording:
    """Fill the folder of a recording of which only ``raw`` is there; ``pid`` is the process that was recorded first.

    Whatever fails is lost, and not raised, except Ctrl-C after a block: it is meant for the process, which goes on.
    """
    folder = recording.folder
    try:
        recording = _collected(recording, pid, request.extent, audience)
        _complete(request, recording, audience)
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, KeyboardInterrupt) and isinstance(request.target, Block):
            raise
        recording.lost.append(f"the run folder could not be completed ({reason_of(error)}){_kept(folder)}")
    return recording


def _complete(request: Request, recording: Recording, audience: Audience) -> None:
    from .complete import complete

    run_json.write(request, recording)
    known = list(recording.lost)
    complete(recording, audience)
    if recording.lost != known:
        run_json.write(request, recording)
    recording.folder.discard_raw()


def _kept(folder: RunFolder) -> str:
    return f"; the raw recording is in {os.path.relpath(folder.raw, working_folder())}" if folder.raw.exists() else ""


def _collected(bare: Recording, pid: int, extent: Extent, audience: Audience) -> Recording:
    # Imported only now, or while the script ran: it would begin a third of a second later.
    from . import assemble, ranks, still_saving, subjects

    still_saving.wait(bare.folder.raw, audience.saving)
    with audience.working("reading the records"):
        processes = assemble.with_execution_traces(bare.folder, assemble.left_by(bare.folder.raw, pid))
        traces = assemble.traces(bare.folder, processes)
    recorded = [process.pid for process in processes if process.parts and process.has_content]
    lost = _told([(process, sentence) for process in processes for sentence in process.lost], processes)
    main = next((process for process in processes if process.parts and process.did_anything), processes[0])
    return replace(
        bare,
        notes=main.notes,
        traces=traces,
        lost=[
            *lost,
            *_of_a_crash(bare.status, main),
            *assemble.too_many(processes),
            *stacks.lost(bare.folder.raw, recorded),
            *(bare.clock.lost if bare.clock else ()),
        ],
        stacks=stacks.in_run_json(bare.folder.raw),
        left_out=[
            *_told([(process, sentence) for process in processes for sentence in process.left_out], processes),
            *_unheard(bare.folder),
        ],
        gpus=main.gpus,
        job=ranks.in_run_json(processes, {trace.pid: trace.path.name for trace in traces}),
        never_entered=_never_entered(extent, processes) if main.notes.last(TORCH) and not traces else "",
        subjects=subjects.subjects(assemble.with_traces(processes)),
        own_notes=bare.notes,
        cost=cost.of(main.parts, main.notes),
        dependencies=main.dependencies,
    )


def _of_a_crash(status: int | None, main: ProcessLeft) -> list[str]:
    """Why the script may have ended by a signal that it does not end by natively."""
    found = main.execution_trace
    crashed = status is not None and os.WIFSIGNALED(status) and os.WTERMSIG(status) in _CRASHES
    if not (found and found.is_cut and crashed):
        return []
    return [_CRASHED]


def _never_entered(extent: Extent, processes: list[ProcessLeft]) -> str:
    wanted = extent.range_name or extent.step_range
    entered = {name for process in processes for program in process.ranges for name in program.texts.strings.values()}
    return "" if wanted in entered else wanted


def _told(said: list[tuple[ProcessLeft, str]], processes: list[ProcessLeft]) -> list[str]:
    """Sentences with the processes that they are of, each once; without these where only the script left anything."""
    of_sentence: dict[str, list[str]] = {}
    for process, sentence in said:
        of_sentence.setdefault(sentence, []).append(process.label)
    if all(process.is_first or not process.has_content for process in processes) and all(p.is_first for p, _ in said):
        return list(of_sentence)
    return [f"{_named(labels)}: {sentence}" for sentence, labels in of_sentence.items()]


def _unheard(folder: RunFolder) -> list[str]:
    """Which processes did not find the recorder, and why."""
    labels = unheard.labels(folder.raw)
    return [f"{_named(labels)}: {unheard.WHY}"] if labels else []


def _named(labels: list[str]) -> str:
    if len(labels) <= _NAMED:
        return ", ".join(labels)
    return f"{', '.join(labels[:_NAMED])} and {len(labels) - _NAMED} more"
