"""An analysis that a notebook shows, with its figures."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .. import analysis as questions
from .summary import Summary
from .timeline import timeline_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


class Analysis(questions.Analysis):
    """The questions of one trace, each answered once, as in its base class; a notebook shows its summary.

    Properties are of the whole trace, methods of one device, by its position in ``trace.devices``. Answers are frozen,
    and shared: do not change their arrays. Times are integers in ns, on the clock of the trace.
    """

    @cached_property
    def summary(self) -> Summary:
        """All that reports show. Raises `UsageError` where no range has the name of ``step_range``."""
        return Summary.shown(super().summary)

    def plot_losses(self) -> Figure:
        """A bar per device: its compute time and its losses, which add up to its window. Needs plotly."""
        return self.summary.plot_losses()

    def plot_timeline(self) -> Figure:
        """A lane per device and engine, in the window that was asked for. Needs plotly.

        Up to 5,000 operations are drawn one by one. Of more, the window is cut into 2,000 columns, and each has the
        share of it in which the engine was busy, which is exact; a shorter window shows single operations again.
        """
        return timeline_figure(self)

    def __repr__(self) -> str:
        return f"Analysis of {self.trace!r}"

    def _repr_html_(self) -> str:
        return self.summary._repr_html_()
