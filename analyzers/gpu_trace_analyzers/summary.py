"""All that the summary of a trace says, as data. Reports show it; nothing here prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .questions.overlap import active_devices, device_figures, pair_figures
from .questions.ranges import range_figures

if TYPE_CHECKING:
    from collections.abc import Collection

    from .model import Engine, Source, Trace
    from .questions.overlap import DeviceFigures, PairFigures
    from .questions.ranges import RangeFigures


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a trace; see each part's own class for the definitions."""

    source: Source
    devices: tuple[DeviceFigures, ...]
    """of the devices that did anything"""
    pairs: tuple[PairFigures, ...]
    ranges: tuple[RangeFigures, ...]


def summarise(trace: Trace, copies: Collection[Engine] | None = None) -> Summary:
    """Ask every question of a trace. ``copies``: the engines that count as copying (default: by kind of device)."""
    return Summary(
        source=trace.source,
        devices=tuple(device_figures(trace, position, copies) for position in active_devices(trace)),
        pairs=tuple(pair_figures(trace)),
        ranges=tuple(range_figures(trace, copies)),
    )
