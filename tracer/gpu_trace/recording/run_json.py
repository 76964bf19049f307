"""``run.json``: what was run, where, with which versions, how it ended, and what recording it cost."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from .._version import VERSION
from ..boot.contract import BOUNDED, CUDA, PYTHON, REFUSED, STREAM_WAITS, TORCH, UNSYNCHRONIZED
from ..exporting.output import write_text
from . import job
from .folder import SCHEMA
from .working_folder import working_folder

if TYPE_CHECKING:
    from .notes import Notes
    from .request import Request
    from .result import Recording


def write(request: Request, recording: Recording) -> None:
    """Write the file, whole or not at all: by it the folder is known. Raises OSError."""
    notes = recording.notes
    document = {
        "schema": SCHEMA,
        "command": request.target.command,
        "cwd": working_folder(),
        "job": None if request.only_ranks else job.facts(),
        "host": os.uname().nodename,
        "clock": recording.clock.in_run_json if recording.clock else None,
        **recording.job,
        "began_ns": recording.began_ns,
        "wall_ns": recording.wall_ns,
        "level": request.level,
        "recorded": recording.device,
        "source": recording.source,
        "cupti_refused": notes.last(REFUSED),
        "unsynchronized_ms": notes.all(UNSYNCHRONIZED),
        "stream_waits": _agreed(notes.all(STREAM_WAITS)),
        "gpus": recording.gpus,
        "until": notes.last(BOUNDED) or "the end",
        "versions": _versions(notes),
        "traces": [trace.path.name for trace in recording.traces],
        "ending": {"exit_code": recording.ending.code, "text": recording.ending.text},
        "lost": recording.lost + recording.left_out,
        "cost": asdict(recording.cost),
        "stacks": recording.stacks,
        "dependencies": recording.dependencies.known if recording.dependencies else None,
    }
    write_text(recording.folder.facts, json.dumps(document, indent=1) + "\n")


def _agreed(answers: list[int]) -> bool | None:
    """Whether CUPTI agreed each time that it was asked; None where it never was."""
    return all(answers) if answers else None


def _versions(notes: Notes) -> dict[str, str]:
    return {
        "gpu-trace": VERSION,
        "python": notes.last(PYTHON),
        "torch": notes.last(TORCH),
        "cuda": notes.last(CUDA),
        "nvtx": _version("nvtx"),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
