"""A recorded run, as Python and notebooks see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from plotly.graph_objects import Figure

    from gpu_trace_analyzers.model import Trace
    from gpu_trace_analyzers.notebook.analysis import Analysis
    from gpu_trace_analyzers.notebook.summary import Summary
    from gpu_trace_analyzers.summary import Summary as Data

    from ..recording.result import Recording


class Run:
    """What `record` recorded. It is complete when the block has ended."""

    def __init__(self, folder: Path | None = None) -> None:
        """Of a block that has just begun; without a folder of one that has not."""
        self._folder = folder
        self._recording: Recording | None = None
        self._summary: Summary | None = None
        self._analysis: Analysis | None = None

    def complete(self, recording: Recording, summary: Data | None) -> None:
        """The block has ended; the summary is None where nothing was recorded, or it could not be made."""
        self._recording = recording
        if summary is not None:
            from gpu_trace_analyzers.notebook.summary import Summary

            self._summary = Summary.shown(summary)

    @property
    def is_complete(self) -> bool:
        """Whether its block has ended."""
        return self._recording is not None

    @property
    def folder(self) -> Path:
        """The run folder, which every command reads. Raises `UsageError` before the block begins."""
        if self._folder is None:
            raise UsageError("nothing was recorded yet; enter the block first")
        return self._folder

    @property
    def what(self) -> str:
        """What was recorded, in one sentence. Raises `UsageError` while the block is under way."""
        return self._done.what

    @property
    def lost(self) -> list[str]:
        """What is not in it, in sentences: as ``lost`` in ``run.json``. Raises `UsageError` as ``what``."""
        found = self._done
        unwritten = [f"{name} could not be written: {why}" for name, why in found.unwritten.items()]
        return [*found.lost, *found.left_out, *unwritten]

    def summary(self) -> Summary:
        """What ``gpu-trace run`` prints. Raises `UsageError` where nothing was recorded, and as ``what``."""
        if self._done and self._summary is None:
            raise UsageError(f"{self.folder}: no summary; {self.what}")
        assert self._summary is not None
        return self._summary

    @property
    def analysis(self) -> Analysis:
        """Every question of its trace, which is read when this is first asked for. Raises as `summary`."""
        if self._analysis is None:
            from gpu_trace_analyzers.notebook.analysis import Analysis

            self._analysis = Analysis(self.trace)
        return self._analysis

    @property
    def trace(self) -> Trace:
        """What was recorded, with its operators. Raises as `summary`."""
        from gpu_trace_analyzers.readers import load

        if self._analysis is not None:
            return self._analysis.trace
        if not self._done.traces:
            raise UsageError(f"{self.folder}: no trace; {self.what}")
        return load(self.folder, operators=True)

    def plot_losses(self) -> Figure:
        """A bar per device: its compute time and its losses. Needs plotly. Raises as `summary`."""
        return self.summary().plot_losses()

    def plot_timeline(self) -> Figure:
        """A lane per device and engine, as `Analysis.plot_timeline`. Needs plotly. Raises as `summary`."""
        return self.analysis.plot_timeline()

    @property
    def _done(self) -> Recording:
        if self._recording is None:
            where = f"into {self._folder} " if self._folder else ""
            raise UsageError(f"the recording {where}is not complete; ask when its block has ended")
        return self._recording

    def __repr__(self) -> str:
        if self._recording is None:
            return f"Run in {self._folder}, under way" if self._folder else "Run that has not begun"
        said = repr(self._summary).partition(": ")[2] if self._summary else self.what
        lost = "".join(f"\nlost: {sentence}" for sentence in self.lost)
        return f"Run in {self.folder}: {said}{lost}"

    def _repr_html_(self) -> str:
        from gpu_trace_analyzers.notebook.markup import boxed, text

        if self._recording is None:
            return boxed([text(repr(self))])
        shown = self._summary._repr_html_() if self._summary else f"<div>{text(self.what)}</div>"
        lost = [f'<div style="opacity:.7">lost: {text(sentence)}</div>' for sentence in self.lost]
        return boxed([shown, *lost, f'<div style="opacity:.7">the run is in {text(str(self.folder))}</div>'])
