"""Files that a user asked for by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


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
        raise UsageError(f"{path}: no folder can be made ({error.strerror}); choose another place") from error
