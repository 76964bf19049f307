"""Plotly, which only notebooks need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import UsageError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_LAYOUT: dict[str, Any] = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"color": "#808080"},
    "margin": {"l": 10, "r": 10, "t": 50, "b": 40},
}
"""Readable on a light and on a dark background."""
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
    found.update_layout(title=title, height=150 + lane_px * lanes, **_LAYOUT)
    found.update_xaxes(title=x_title, **_AXIS)
    found.update_yaxes(autorange="reversed", **_AXIS)
    return found
