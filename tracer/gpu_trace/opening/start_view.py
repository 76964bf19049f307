"""What the Perfetto UI shows first: the tracks of engines pinned on top, a place in the middle, its slice selected.

The UI takes commands, a slice and a stretch of time in the fragment of its address
(https://perfetto.dev/docs/visualization/deep-linking-to-perfetto-ui).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.overlap import active_devices

from ..exporting.timeline.titles import PINNED, PINNED_PREDICTED, lane_title

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Trace

_DEVICES = 2
"""How many devices' lanes are pinned: more would leave no room for anything else."""
_WIDTH = 5
"""How many times the length of a finding is in view: as much as the UI itself shows around what it selects."""


@dataclass(frozen=True, slots=True)
class Landing:
    """A place of a trace, on its clock; of the finding that begins and ends there, if ``device`` is its device."""

    start_ns: int
    end_ns: int
    device: int = MISSING


@dataclass(frozen=True, slots=True)
class StartView:
    """``pinned`` is a pattern of track names; times are the trace's, on the clock of the exported file."""

    pinned: str = ""
    start_ns: int | None = None
    end_ns: int | None = None
    selected: tuple[int, int] | None = None
    """when the slice begins and ends that is selected"""
    expanded: str = "^(?!System$)"
    """of groups: all but that with the clock, which is Perfetto's own"""

    @property
    def fragment(self) -> str:
        """What follows ``#!/?`` in the address of the UI."""
        parts = []
        if self.pinned:
            commands = [
                {"id": "dev.perfetto.PinTracksByRegex", "args": [self.pinned]},
                {"id": "dev.perfetto.ExpandTracksByRegex", "args": [self.expanded]},
            ]
            parts.append("startupCommands=" + quote(json.dumps(commands, separators=(",", ":"))))
        if self.selected is not None:
            start_ns, end_ns = self.selected
            parts.append(f"ts={start_ns}&dur={end_ns - start_ns}")
        if self.start_ns is not None:
            parts.append(f"visStart={self.start_ns}&visEnd={self.end_ns}")
        return "&".join(parts)

    def later(self, by_ns: int) -> StartView:
        """The same on a clock that shows ``by_ns`` more."""
        if self.start_ns is None or self.end_ns is None:
            return self
        selected = self.selected and (self.selected[0] + by_ns, self.selected[1] + by_ns)
        return replace(self, start_ns=self.start_ns + by_ns, end_ns=self.end_ns + by_ns, selected=selected)


def start_view(trace: Trace, landing: Landing | None = None, with_prediction: bool = False) -> StartView:
    """The view for a trace; of all of it without a place to land at."""
    pinned = _pinned(trace, landing, with_prediction)
    if landing is None:
        return StartView(pinned)
    if landing.device == MISSING:
        return StartView(pinned, landing.start_ns, landing.end_ns)
    around = (_WIDTH - 1) * (landing.end_ns - landing.start_ns) // 2
    begin = max(landing.start_ns - around, min(landing.start_ns, int(trace.work.start_ns[0])))
    end = min(landing.end_ns + around, max(landing.end_ns, int(trace.work.end_ns.max())))
    return StartView(pinned, begin, end, (landing.start_ns, landing.end_ns))


def _pinned(trace: Trace, landing: Landing | None, with_prediction: bool) -> str:
    """The lanes of the first devices, of which that of the place is one."""
    devices = sorted(active_devices(trace), key=lambda device: landing is None or device != landing.device)[:_DEVICES]
    titles = [
        lane_title(trace, device, title)
        for device in sorted(devices)
        for title in PINNED + PINNED_PREDICTED * with_prediction
    ]
    return "^(" + "|".join(_escaped(title) for title in titles) + ")$" if titles else ""


def _escaped(title: str) -> str:
    """The title as a pattern of JavaScript, which has no escape for a space."""
    return "".join("\\" + letter if letter in r".*+?^${}()|[]\/" else letter for letter in title)
