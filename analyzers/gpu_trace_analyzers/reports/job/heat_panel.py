"""The section of the page that has the map of how late ranks came: its canvas, what its colors mean, and its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model import MISSING
from ...units import count, duration
from ..html_parts import data_block, escaped

if TYPE_CHECKING:
    from ...job.answer import Heat, JobAnswer

_SHADES = 4
"""of the legend, without that of no lateness"""
_PART_OF_STEP = 20
"""Lateness by this part of a step, or by more if there is more, has the full color: else the map of a job whose ranks
are alike would be full of it."""
_KEYS = (
    ("← → ↑ ↓", "another cell"),
    ("Home", "the latest"),
    ("Esc", "remove the marks"),
    ("n p", "next finding, previous"),
)


def heat_panel(answer: JobAnswer) -> str:
    """The section; empty where no lateness is known."""
    heat = answer.heat
    if heat is None or not heat.late_ns:
        return ""
    return (
        '<section><h2>How late ranks came</h2><div id="map">'
        f'<canvas tabindex="0" role="img" aria-label="{_label(heat)}"></canvas>'
        f'<output id="tip" hidden></output></div><ul class="legend">{_legend(_full_ns(answer, heat))}</ul>'
        f'<p class="hint">{escaped(_meaning(heat))}</p><p class="hint">Keys: {_keys()}</p>'
        "<noscript>The map needs JavaScript.</noscript></section>"
    )


def heat_data(answer: JobAnswer) -> str:
    """What the script draws."""
    heat = answer.heat
    if heat is None or not heat.late_ns:
        return ""
    return data_block(
        "heat-data",
        {
            "first_step": heat.first_step,
            "steps_each": heat.steps_each,
            "ranks_each": heat.ranks_each,
            "ranks": len(heat.late_ns) * heat.ranks_each if answer.world_size == MISSING else answer.world_size,
            "full_ns": _full_ns(answer, heat),
            "hosts": heat.hosts,
            "late_ns": heat.late_ns,
            "late_rank": heat.late_rank,
        },
    )


def _label(heat: Heat) -> str:
    return f"Lateness of {count(len(heat.late_ns), 'row')} of ranks in {count(len(heat.late_ns[0]), 'column')} of steps"


def _meaning(heat: Heat) -> str:
    """What a cell is."""
    rows = "a rank" if heat.ranks_each == 1 else f"{heat.ranks_each} ranks"
    columns = "a step" if heat.steps_each == 1 else f"{heat.steps_each} steps"
    if heat.ranks_each == heat.steps_each == 1:
        cell = "how long the other ranks waited for the rank at collectives in the step"
    else:
        cell = "the longest time that other ranks waited for one of its ranks at collectives in one step"
    return (
        f"A row is {rows}, a column {columns}. A cell has {cell}. "
        "Point at a cell to read it; click on a finding, a host or a stage to mark its ranks."
    )


def _full_ns(answer: JobAnswer, heat: Heat) -> int:
    """The lateness that has the full color."""
    part_ns = answer.step_ns.median // _PART_OF_STEP if answer.step_ns else 0
    return max(1, part_ns, *(max(row) for row in heat.late_ns))


def _legend(full_ns: int) -> str:
    """Shades from none to the full one, as the script mixes them: by the square root."""
    times = (duration(full_ns * shade * shade // _SHADES**2) for shade in range(_SHADES + 1))
    return "".join(f'<li><i class="late-{shade}"></i>{time}</li>' for shade, time in enumerate(times))


def _keys() -> str:
    return ", ".join(f"{' '.join(f'<kbd>{key}</kbd>' for key in keys.split())} {what}" for keys, what in _KEYS)
