"""Records one run: from a request to a run folder with everything in it that the run left."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from .. import __version__
from . import ending, launch, notes, trace_file

if TYPE_CHECKING:
    from .ending import Ending
    from .folder import RunFolder
    from .notes import Notes
    from .request import Request


@dataclass(frozen=True, slots=True)
class Recording:
    """What came of it. ``status`` is the script's wait status; ``lost`` says in sentences what is not in the trace."""

    folder: RunFolder
    status: int
    ending: Ending
    device: str
    was_watched: bool
    uses_torch: bool
    lost: tuple[str, ...]
    has_trace: bool

    @property
    def what(self) -> str:
        """What was recorded, in one sentence."""
        if self.device == "gpu":
            return "Its GPU work was recorded."
        if self.device == "cpu":
            return "No GPU here: the CPU was recorded."
        if self.uses_torch:
            return "It used no GPU, so nothing was recorded; with CUDA_VISIBLE_DEVICES= in front its CPU work is."
        if not self.was_watched:
            return "Its Python did not load the recorder (python -S does not), so nothing was recorded."
        return "It never imported torch, so there was nothing to record."


def record(request: Request, folder: RunFolder) -> Recording:
    """Run the script and fill its folder."""
    began = time.time_ns()
    status, pid = launch.run(request, folder)
    ended = time.time_ns()
    facts = notes.read(folder.raw / f"notes-{pid}")
    lost, has_trace = _assemble(folder, pid, facts)
    recording = Recording(
        folder,
        status,
        ending.of(status, facts),
        facts.last("recording"),
        bool(facts.last("python")),
        bool(facts.last("torch")),
        tuple(lost),
        has_trace,
    )
    _write_facts(request, recording, facts, began, ended)
    folder.discard_raw()
    return recording


def _assemble(folder: RunFolder, pid: int, facts: Notes) -> tuple[list[str], bool]:
    parts, lost = trace_file.read_parts(folder.raw, pid)
    lost = [*facts.all("failed"), *lost]
    if not parts and facts.last("starts"):
        lost.append("what torch's profiler recorded: the process ended before it could be saved")
    base = trace_file.base_ns(parts) or 0
    if parts:
        trace_file.write(folder.trace, parts, [], base)
    return lost, bool(parts)


def _write_facts(request: Request, recording: Recording, facts: Notes, began: int, ended: int) -> None:
    document = {
        "schema": "gpu-trace.run/1",
        "command": request.target.command,
        "cwd": os.getcwd(),  # noqa: PTH109  # where the script ran, as the shell calls it
        "began_ns": began,
        "wall_ns": ended - began,
        "level": request.level,
        "recorded": recording.device,
        "versions": {
            "gpu-trace": __version__,
            "python": facts.last("python"),
            "torch": facts.last("torch"),
            "cuda": facts.last("cuda"),
            "nvtx": _version("nvtx"),
        },
        "ending": {"exit_code": recording.ending.code, "text": recording.ending.text},
        "lost": list(recording.lost),
    }
    recording.folder.facts.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
