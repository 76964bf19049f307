"""What the end of a run needs is imported while the script runs: one module a second, while a processor is idle.

The imports take a third of a second, and the summary is there that much sooner. Where every processor has work all the
time, nothing is imported: the script would wait for it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = (
    "numpy",
    "numpy.ma",
    "gpu_trace_analyzers.readers.kineto",
    "gpu_trace_analyzers.analysis",
    "gpu_trace_analyzers.reports.text",
    "gpu_trace.recording.assemble",
    "gpu_trace.recording.complete",
    "gpu_trace.recording.summary_files",
    "gpu_trace.exporting.perfetto.export",
)
"""No more than a tenth of a second each, once those before are there."""
_IDLE_SHARE = 0.9
_TICKS = Path("/proc/stat")
_IDLE = slice(3, 5)
"""ticks of a processor without work, and those in which what it had waited for a disk"""


def imports() -> Iterator[None]:
    """Import the next module each time that this is asked for more, if a processor has been idle since the last time.

    No thread is started: NumPy's BLAS has none of its own from now on.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    before = _ticks()
    for module in MODULES:
        yield
        while not _one_was_idle(before, before := _ticks()):
            yield
        with suppress(Exception):  # what cannot be imported is told of where it is needed
            import_module(module)


def _ticks() -> dict[str, tuple[int, int]]:
    """Of each processor that we may use the ticks that it was idle for, and all; none where the system does not say."""
    ours = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    with suppress(OSError):
        lines = [line.split() for line in _TICKS.read_text().splitlines()]
        of_each = {line[0]: [*map(int, line[1:])] for line in lines if line and line[0] in ours}
        return {name: (sum(ticks[_IDLE]), sum(ticks)) for name, ticks in of_each.items()}
    return {}


def _one_was_idle(before: dict[str, tuple[int, int]], now: dict[str, tuple[int, int]]) -> bool:
    """Whether a processor did next to nothing between the two."""
    spent = [(now[name][0] - idle, now[name][1] - every) for name, (idle, every) in before.items() if name in now]
    return any(idle >= _IDLE_SHARE * every > 0 for idle, every in spent)
