"""Files that a user asked for by name, none of them in place of a trace that is read for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gpu_trace_analyzers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpu_trace_analyzers.places import Place


def refuse_to_overwrite(out: Path, traces: Iterable[Place]) -> None:
    """Raise `UsageError` where a file to write is one of the files of these traces, by whatever name."""
    for trace in traces:
        if isinstance(trace, Path) and out.exists() and any(map(out.samefile, _files_of(trace))):
            raise UsageError(f"{out}: is the input trace; choose another file")


def _files_of(trace: Path) -> list[Path]:
    from gpu_trace_analyzers.readers.folders.files import traces_in

    files = [file.path for file in traces_in(trace)] if trace.is_dir() else [trace]
    return [file for file in files if isinstance(file, Path) and file.exists()]


def write_text(path: Path, text: str) -> None:
    """Write a file as UTF-8. Raises `UsageError` where there can be none."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


def make_folder(path: Path) -> None:
    """Make a folder and those around it, unless it is there. Raises `UsageError` where there can be none."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: the folder cannot be created ({error.strerror}); choose another place") from error
