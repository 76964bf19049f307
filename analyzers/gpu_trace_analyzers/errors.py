"""Everything that can go wrong, in one tree.

    GpuTraceError                exit code 3
    ├── TraceUnreadable          the file is no trace, or nothing of it could be read
    ├── FormatUnsupported        the file is recognized; gpu-trace does not read its format
    ├── TraceInconclusive        the trace cannot answer the question            (exit code 4)
    └── UsageError               what was asked for makes no sense               (exit code 2)
        └── SeveralRuns          a folder of several runs, where one is needed

A message is one sentence a person can act on: the file, what is wrong with it, the next step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike


class GpuTraceError(Exception):
    """Base of all errors that gpu-trace raises on purpose; ``exit_code`` is what the command line ends with."""

    exit_code = 3


class TraceUnreadable(GpuTraceError):
    """A file from which no trace could be read."""

    def __init__(self, path: str | PathLike[str], problem: str, next_step: str) -> None:
        super().__init__(f"{path}: {problem}; {next_step}")
        self.problem = problem


class FormatUnsupported(TraceUnreadable):
    """A file of a known format that gpu-trace does not read; ``next_step`` says how to get one that it does."""


class TraceInconclusive(GpuTraceError):
    """The trace holds nothing that could answer the question."""

    exit_code = 4


class UsageError(GpuTraceError):
    """An argument that makes no sense, alone or for this trace."""

    exit_code = 2


class SeveralRuns(UsageError):
    """A folder with the traces of several runs, for a question that has one answer for each of them."""

    def __init__(self, path: str | PathLike[str], names: Sequence[str]) -> None:
        super().__init__(
            f"{path}: holds {len(names)} runs, not one; give one of them, such as {names[0]}"
            f" (gpu-trace summary {path} lists them)"
        )
