"""What did the host do for the steady window? The host is ahead of the devices, so its own time is another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..once import once
from ..scope import Window
from .steps import found_steps
from .window import steady

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ...model import Int64, ProcessAt
    from ..scope import Scope

    Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class HostWindow:
    """The host's time that counts: that in which each process launched the steps, or the window on the clock."""

    of_process: Mapping[int, Window] | None
    """by position in ``Trace.processes``; None: one window for all of them"""
    window: Window | None
    """where it is one for all; None: all of the recording"""
    of_launches: bool = False
    """whether launches alone are its edges: the operator that makes the first of them began before it"""

    def of(self, process: int) -> Window | None:
        """That of one process; None for all of the recording, an empty one where the process has no part in it."""
        return self.window if self.of_process is None else self.of_process.get(process, Window(0, 0))

    def has(self, start_ns: Int64, end_ns: Int64, process: ProcessAt) -> Mask:
        """Which rows ``[start_ns, end_ns)`` count: (n,) bool. Those that begin in it, whole.

        Where launches are its edges, those that run in it.
        """
        inside = np.ones(len(start_ns), np.bool_)
        from_ns = end_ns if self.of_launches else start_ns
        for position in np.unique(process).tolist():
            window = self.of(position)
            if window is not None:
                own = process == position
                inside[own] = (from_ns[own] >= window.start_ns) & (start_ns[own] < window.end_ns)
        return inside


@once
def host_window(
    scope: Scope, whole: bool = False, steps: tuple[int, int] | None = None, step_range: str | None = None
) -> HostWindow:
    """That of the steady window, chosen as for `steady`."""
    found = steady(scope, whole, steps, step_range)
    marked = found_steps(scope, step_range) if found.first_step is not None else None
    if marked is None or found.first_step is None or found.last_step is None:
        return HostWindow(None, found.window)
    number = marked.steps.number
    chosen = marked.steps[(number >= found.first_step) & (number <= found.last_step)]
    each = {
        int(own.process[0]): Window(int(own.launch_from_ns.min()), int(own.launch_to_ns.max()))
        for own in chosen.by_process()
    }
    return HostWindow(each, None, of_launches=not marked.name)
