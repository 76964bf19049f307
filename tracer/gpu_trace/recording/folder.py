"""The run folder: one for each run; a folder that holds anything else is never touched."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_trace_analyzers.errors import UsageError

from . import job, notes

if TYPE_CHECKING:
    from .request import Request

RUNS = Path("gpu-trace-runs")
FACTS = "run.json"
"""The file by which a run folder is known."""

SCHEMA = "gpu-trace.run/1"
RAW = ".raw"
DISCARDED = ".raw-discarded"
"""what it is called while it is removed: a process that runs on cannot put anything into it then"""
EXECUTION_TRACES = "execution-trace*"
"""of a run with its dependencies: one for each process"""
_FILES = (
    FACTS,
    "trace*.json.gz",
    "trace*.pftrace",
    *("trace*.part", "run.json.*.part", "summary.*.part", "report.html.*.part", "*whatif.json.*.part"),
    EXECUTION_TRACES,
    "*whatif.json",
    "summary.md",
    "summary.json",
    "report.html",
)


class RunFolder:
    """A folder of one run; what the child writes lies in ``raw`` until it is put together."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.shown = str(path)
        self.raw = self.path / RAW
        self.facts = self.path / FACTS

    def discard_raw(self) -> None:
        """Remove what is no longer needed. Processes that the script left see at once that the run is complete."""
        discarded = self.path / DISCARDED
        with suppress(OSError):  # there may be none
            self.raw.rename(discarded)
        shutil.rmtree(discarded, ignore_errors=True)


def create(request: Request) -> RunFolder:
    """Make the folder. Raises `UsageError` where it exists, or cannot be made."""
    try:
        folder = RunFolder(_made(request))
        _furnish(folder)
    except OSError as error:
        place = error.filename or request.folder or RUNS  # a write that fails names no file
        raise UsageError(
            f"{place}: the run cannot be written there ({error.strerror}); choose another folder with -o"
        ) from error
    return folder


def _furnish(folder: RunFolder) -> None:
    """Put in what has to be there before the script starts; or nothing. Raises OSError."""
    try:
        folder.raw.mkdir()
        notes.reserve(folder.raw)
        # Known as a run folder from the start, whatever happens.
        folder.facts.write_text(f'{{"schema": "{SCHEMA}"}}\n', encoding="utf-8")
    except OSError:
        folder.discard_raw()
        folder.facts.unlink(missing_ok=True)
        with suppress(OSError):  # there may be other things in it
            folder.path.rmdir()
        raise


def _made(request: Request) -> Path:
    rank = job.rank()
    # Where we start the ranks of a machine ourselves, what started us counts machines.
    within = "" if rank is None else f"{'node' if request.only_ranks else 'rank'}-{rank}"
    if request.folder is not None:
        return _chosen(request.folder / within, request.force)
    # The launcher started one of us for each rank, or machine: a folder for the job, in it one for each.
    when = time.strftime("%Y%m%d-%H%M%S") if rank is None else job.name()
    return _new_default(f"{request.target.name}-{when}", within)


def _holds_a_run(path: Path) -> bool:
    try:
        return SCHEMA in (path / FACTS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _empty(path: Path) -> None:
    """Remove what a run consists of; all other files stay."""
    for raw in (RAW, DISCARDED):
        shutil.rmtree(path / raw, ignore_errors=True)
    for pattern in _FILES:
        for file in path.glob(pattern):
            file.unlink()


def _new_default(stem: str, within: str) -> Path:
    """The first that there is not; of ranks that record as often, each time the same for all."""
    for suffix in ("", *(f"-{number}" for number in range(2, 1000))):
        path = RUNS / f"{stem}{suffix}" / within
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return path
    raise UsageError(f"{RUNS}: already has 1,000 runs called {stem}; choose a folder with -o")


def _chosen(path: Path, force: bool) -> Path:
    if path.is_dir() and any(path.iterdir()):
        if not _holds_a_run(path):
            raise UsageError(f"{path}: is not empty and is not a run folder; choose another folder with -o")
        if not force:
            raise UsageError(f"{path}: already has a run; choose another folder with -o, or overwrite it with --force")
        _empty(path)
    path.mkdir(parents=True, exist_ok=True)
    return path
