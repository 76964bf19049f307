"""Plotly, which only notebooks need."""

from __future__ import annotations

from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..reports.plain import plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_LAYOUT: dict[str, Any] = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"color": "#808080"},
    "template": "none",
    "margin": {"l": 10, "r": 30, "t": 60, "b": 50},
}
"""Readable on a light and on a dark background."""
_LONGEST_LINE = 110
_AXIS: dict[str, Any] = {"gridcolor": "rgba(128,128,128,.25)", "zeroline": False, "automargin": True}


def graph_objects() -> Any:
    """Plotly's classes. Raises `UsageError` where it is not installed."""
    try:
        from plotly import graph_objects as found
    except ImportError as error:
        raise UsageError(
            "figures need plotly, which is not installed; run pip install 'gpu-trace[notebook]'"
        ) from error
    return found


def figure(title: str, x_title: str, lanes: int, *, lane_px: int = 34) -> Figure:
    """An empty figure of lanes below each other, the first on top."""
    found: Figure = graph_objects().Figure()
    lines = "<br>".join(wrap(title, _LONGEST_LINE))
    found.update_layout(title={"text": lines, "font": {"size": 14}, "x": 0}, height=150 + lane_px * lanes, **_LAYOUT)
    found.update_xaxes(title=x_title, **_AXIS)
    found.update_yaxes(autorange="reversed", **_AXIS)
    return found


def literally(text: str) -> str:
    """Text that plotly shows as it is: it would take ``<b>``, ``<br>`` or ``&lt;`` in a name for markup."""
    return escape(plain(text), quote=False)
