"""The section of a page that has the timeline: its buttons, the canvas, what the colors mean, and its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .html_parts import data_block

if TYPE_CHECKING:
    from .lanes import Timeline

_LEGEND = {
    "engine-compute": "compute",
    "engine-collective": "collective",
    "engine-copy": "copy",
    "engine-memset": "memset",
    "engine-unknown": "unknown",
    "lost-copy": "exposed copy (no compute ran)",
    "lost-collective": "exposed collective",
    "lost-idle": "idle",
    "critical": "critical path of the prediction",
    "range": "range on the host",
}
_BUTTONS = (
    ("in", "+", "zoom in"),
    ("out", "−", "zoom out"),
    ("left", "◀", "earlier"),
    ("right", "▶", "later"),
    ("all", "all", "show everything"),
)
_NEXT = ("next", "next exposed", "go to the next exposed copy or collective")
_KEYS = (
    ("← → a d", "move"),
    ("↑ ↓ w s", "zoom"),
    ("Home", "show everything"),
    ("n p", "next loss, previous loss"),
)


def timeline_html(timeline: Timeline) -> str:
    """The section. ``data-zero-ns`` is the page's zero on the clock of the trace."""
    return (
        f'<section><h2>Timeline</h2><div class="bar">{_buttons(timeline)}<output id="shown"></output></div>'
        f'<div id="timeline" data-zero-ns="{timeline.zero_ns}">'
        '<canvas tabindex="0" role="img" aria-label="Timeline of engines and ranges; arrows move and zoom"></canvas>'
        '<div class="strip" aria-hidden="true" hidden></div>'
        f'<output id="tip" hidden></output></div><ul class="legend">{_legend(timeline)}</ul>'
        '<p class="hint">A lane is filled as high as it was busy; beside its name is its share of the time in view. '
        "A thin line below it marks what is too little to be drawn.</p>"
        '<p class="hint">Drag to move; pinch, double-click or Ctrl + wheel to zoom.</p>'
        f'<p class="hint">Keys: {_keys()}</p>'
        "<noscript>The timeline needs JavaScript.</noscript></section>"
    )


def data_html(timeline: Timeline) -> str:
    """What the script draws."""
    return data_block("data", timeline.document())


def _buttons(timeline: Timeline) -> str:
    name = timeline.steady_name
    steady = [("steady", name, f"show {name}, which the account speaks of")] if timeline.steady else []
    following = [_NEXT] if {"lost-copy", "lost-collective"} & _kinds(timeline) else []
    return "".join(
        f'<button type="button" data-do="{do}" aria-label="{label}" title="{label}">{text}</button>'
        for do, text, label in (*_BUTTONS, *steady, *following)
    )


def _keys() -> str:
    return ", ".join(f"{' '.join(f'<kbd>{key}</kbd>' for key in keys.split())} {what}" for keys, what in _KEYS)


def _legend(timeline: Timeline) -> str:
    """Of the kinds that there are."""
    kinds = _kinds(timeline)
    return "".join(f'<li><i class="{kind}"></i>{text}</li>' for kind, text in _LEGEND.items() if kind in kinds)


def _kinds(timeline: Timeline) -> set[str]:
    return {lane.kind for group in timeline.groups for lane in group.lanes}
