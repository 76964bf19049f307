"""A summary that a notebook shows, and that prints as the command does."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from .. import summary as data
from ..reports.sections.job_verdict import answer
from ..reports.text import to_text
from .losses import losses_figure
from .markup import summary_html

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


class Summary(data.Summary):
    """The figures of a trace. ``print`` shows the text of ``gpu-trace summary``, a notebook a small table and a bar."""

    __slots__ = ()

    @classmethod
    def shown(cls, summary: data.Summary) -> Summary:
        """The same summary."""
        return cls(**{field.name: getattr(summary, field.name) for field in fields(summary)})

    def plot_losses(self) -> Figure:
        """A bar per device: its compute time and its losses, which add up to its window. Needs plotly."""
        return losses_figure(self)

    def text(self, *, verbose: bool = False, width: int = 100) -> str:
        """What ``gpu-trace summary`` prints, with ``verbose`` as its option, ``width`` columns wide."""
        return to_text(self, width=width, brief=not verbose)

    def __repr__(self) -> str:
        return f"Summary of {self.source.path}: {answer(self)}"

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return summary_html(self)
