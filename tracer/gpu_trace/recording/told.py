"""Whom a run is told about while it lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from gpu_trace_analyzers.job.answer import JobAnswer
    from gpu_trace_analyzers.summary import Summary
    from gpu_trace_analyzers.whatif.document import Entry


class Audience(Protocol):
    """Shows what it is told, as far as the user wants that. Nothing here raises but ``KeyboardInterrupt``."""

    def saving(self) -> None:
        """The script has ended, and its recording takes long to stop and save."""

    def working(self, doing: str) -> AbstractContextManager[None]:
        """Something is being done that may take long."""

    def show(self, summary: Summary, predicted: Entry | None = None) -> None:
        """The summary is there, and what is predicted of the run, if its dependencies were recorded."""

    def show_job(self, answer: JobAnswer) -> None:
        """The same of a run of many ranks."""
