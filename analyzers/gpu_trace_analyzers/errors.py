"""Everything that can go wrong, in one tree.

    GpuTraceError                exit code 3
    ├── TraceUnreadable          the file is not a trace, or nothing of it could be read
    ├── FormatUnsupported        the file is recognized; gpu-trace does not read its format
    ├── WorkerLost               a process that reads ranks ended, or cannot be reached
    ├── TraceInconclusive        the trace cannot answer the question            (exit code 4)
    └── UsageError               an option or argument is invalid                (exit code 2)
        ├── NotWritten           a file that was asked for cannot be written
        └── SeveralRuns          a folder of several runs, but one is needed

A message is one sentence a person can act on: the file, the problem, the next step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class GpuTraceError(Exception):
    """Base of all errors that gpu-trace raises on purpose; the command line exits with ``exit_code``."""

    exit_code = 3


class TraceUnreadable(GpuTraceError):
    """A file from which no trace could be read. ``path`` is its name, its path or its place."""

    def __init__(self, path: object, problem: str, next_step: str) -> None:
        super().__init__(f"{path}: {problem}; {next_step}")
        self.problem = problem
        self._stated = str(path), problem, next_step

    def __reduce__(self) -> tuple[type[TraceUnreadable], tuple[str, str, str]]:
        """What it was made of, since a process that reads may not be the one that prints."""
        return type(self), self._stated


class FormatUnsupported(TraceUnreadable):
    """A file of a known format that gpu-trace does not read; ``next_step`` describes how to get one that it does."""


class WorkerLost(GpuTraceError):
    """Not all ranks of a job were read, because of what reads them, not because of their files."""


class TraceInconclusive(GpuTraceError):
    """The trace has no data that could answer the question."""

    exit_code = 4


class UsageError(GpuTraceError):
    """An argument that is invalid, by itself or for this trace."""

    exit_code = 2


class NotWritten(UsageError):
    """A place in which a file that was asked for cannot be written."""


class SeveralRuns(UsageError):
    """A folder with the traces of several runs, for a question with one answer per run."""

    def __init__(self, path: object, names: Sequence[str]) -> None:
        super().__init__(
            f"{path}: holds {len(names)} runs, not one; give one of them, such as {names[0]}"
            f" (gpu-trace summary {path} lists them)"
        )
