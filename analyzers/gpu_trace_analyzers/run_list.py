"""Several runs of one folder, each by itself: no figure is of two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .analysis import Analysis
from .errors import GpuTraceError
from .readers.base.source_names import in_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from .model import Engine
    from .questions.overlap import DeviceFigures
    from .readers.folders.runs import Run
    from .summary import Summary


@dataclass(frozen=True, slots=True)
class Listed:
    """One run of a folder. Either ``summary`` is there, or ``problem`` says why not."""

    name: str
    paths: tuple[str, ...]
    """the trace file or the folder that it is all of; else its files and folders"""
    summary: Summary | None
    problem: GpuTraceError | None = None

    @property
    def devices(self) -> tuple[DeviceFigures, ...]:
        """Those that did anything."""
        return () if self.summary is None else self.summary.devices

    @property
    def span_ns(self) -> int | None:
        """From the first operation of any device to the end of the last; None where there is none."""
        windows = [figures.window for figures in self.devices]
        if not windows:
            return None
        return max(window.end_ns for window in windows) - min(window.start_ns for window in windows)


def listed(run: Run, copies: Collection[Engine] | None = None) -> Listed:
    """One run with its figures; ``copies`` are the engines that count as copying."""
    paths = tuple(in_text(path) for path in run.paths)
    try:
        return Listed(run.name, paths, Analysis(run.load(), copies).summary)
    except GpuTraceError as error:
        return Listed(run.name, paths, None, error)
