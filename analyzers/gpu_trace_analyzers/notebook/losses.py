"""Where the time of each device went, as a figure: bars whose parts add up to the window exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..reports.owner_names import OWNER_NAMES
from ..reports.sections.job_verdict import answer
from ..reports.sections.verdict import extent
from ..units import duration, share
from ..vocabulary.losses import Owner
from .colors import OF_OWNER
from .drawing import figure, graph_objects, literally

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from ..questions.account.losses import DeviceAccount
    from ..summary import Summary

_LEGEND_PX = 60


def losses_figure(summary: Summary) -> Figure:
    """A bar per device. Raises `UsageError` where plotly is not installed."""
    go, account = graph_objects(), summary.account
    devices = account.devices if account else ()
    labels = {each.position: literally(each.device.label) for each in summary.devices}
    what = extent(account.steady) if account else "the time"
    found = figure(literally(answer(summary)), f"ms of {what}", len(devices))
    for owner, title in _parts(devices):
        own = [(labels[each.device], ns, each.window_ns) for each in devices if (ns := _ns(each, owner, title))]
        name = OWNER_NAMES[owner] + (f": {title}" if title else "")
        found.add_trace(
            go.Bar(
                name=name,
                orientation="h",
                y=[label for label, _, _ in own],
                x=[ns / 1e6 for _, ns, _ in own],
                customdata=[ns for _, ns, _ in own],
                text=[share(ns, whole_ns) for _, ns, whole_ns in own],
                textangle=0,
                hovertext=[f"{name}<br>{duration(ns)} ({share(ns, whole_ns)})" for _, ns, whole_ns in own],
                hoverinfo="text",
                marker={"color": OF_OWNER[owner], "line": {"width": 1, "color": "rgba(255,255,255,.6)"}},
            )
        )
    below = {"orientation": "h", "yref": "container", "y": 0.0, "yanchor": "bottom", "traceorder": "normal"}
    found.update_layout(
        barmode="stack", legend=below, margin_b=50 + _LEGEND_PX, height=found.layout.height + _LEGEND_PX
    )
    return found


def _parts(devices: tuple[DeviceAccount, ...]) -> list[tuple[Owner, str]]:
    """Compute, then each cause of each owner that any device has, the owners in their order."""
    found = {(loss.owner, loss.title): 0 for each in devices for loss in each.losses}
    owners = list(Owner)
    return [(Owner.COMPUTE, ""), *sorted(found, key=lambda part: owners.index(part[0]))]


def _ns(account: DeviceAccount, owner: Owner, title: str) -> int:
    if owner is Owner.COMPUTE:
        return account.compute_ns
    return sum(loss.ns for loss in account.losses if (loss.owner, loss.title) == (owner, title))
