"""What the Perfetto UI shows first: the engine lanes pinned on top, the first finding in the middle.

The UI takes commands and a stretch of time in the fragment of its address (https://perfetto.dev/docs/visualization/).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from gpu_trace_analyzers.questions.overlap import active_devices

from ..exporting.timeline.titles import PINNED, PINNED_PREDICTED, lane_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpu_trace_analyzers.model import Trace

    from ..exporting.timeline.findings import Finding

_DEVICES = 2
"""How many devices' lanes are pinned: more would leave no room for anything else."""
_AROUND = 4
"""How many times the finding's length is shown before it and after it."""


@dataclass(frozen=True, slots=True)
class StartView:
    """``pinned`` is a pattern of track names; times are the trace's, on the clock of the exported file."""

    pinned: str = ""
    start_ns: int | None = None
    end_ns: int | None = None
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
        if self.start_ns is not None:
            parts.append(f"visStart={self.start_ns}&visEnd={self.end_ns}")
        return "&".join(parts)


def start_view(trace: Trace, findings: Sequence[Finding], with_prediction: bool = False) -> StartView:
    """The view for a trace; of all of it where there is no finding."""
    devices, pinned_titles = active_devices(trace)[:_DEVICES], PINNED + PINNED_PREDICTED * with_prediction
    titles = [lane_title(trace, device, title) for device in devices for title in pinned_titles]
    pinned = "^(" + "|".join(_escaped(title) for title in titles) + ")$" if titles else ""
    if not findings or not len(trace.work):
        return StartView(pinned)
    first = min(findings, key=lambda finding: finding.start_ns)
    around = _AROUND * (first.end_ns - first.start_ns)
    begin, end = int(trace.work.start_ns[0]), int(trace.work.end_ns.max())
    return StartView(pinned, max(begin, first.start_ns - around), min(end, first.end_ns + around))


def _escaped(title: str) -> str:
    """The title as a pattern of JavaScript, which has no escape for a space."""
    return "".join("\\" + letter if letter in r".*+?^${}()|[]\/" else letter for letter in title)
