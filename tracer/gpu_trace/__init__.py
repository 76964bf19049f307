"""gpu-trace reports how much GPU copy time overlaps with compute, and why the rest does not.

>>> import gpu_trace
>>> trace = gpu_trace.load("trace.json.gz")            # doctest: +SKIP
>>> gpu_trace.overlap(trace).devices.overlap_ratio     # doctest: +SKIP

Everything but the version is imported when first used: this module is also imported where nothing is analyzed.
"""

from ._version import VERSION as __version__

TYPE_CHECKING = False  # type checkers take it for typing's, which is not loaded here
if TYPE_CHECKING:
    from gpu_trace_analyzers.errors import (
        FormatUnsupported,
        GpuTraceError,
        NotWritten,
        SeveralRuns,
        TraceInconclusive,
        TraceUnreadable,
        UsageError,
        WorkerLost,
    )
    from gpu_trace_analyzers.model import Engine, Trace
    from gpu_trace_analyzers.notebook.analysis import Analysis

    from ._api import account, causes, diff, load, overlap, ranges, what_if, work
    from .in_process.record import record
    from .in_process.run import Run

__all__ = [
    "__version__",
    "load",
    "overlap",
    "ranges",
    "causes",
    "account",
    "work",
    "what_if",
    "diff",
    "record",
    "Run",
    "Analysis",
    "Trace",
    "Engine",
    "GpuTraceError",
    "TraceUnreadable",
    "FormatUnsupported",
    "TraceInconclusive",
    "UsageError",
    "SeveralRuns",
    "NotWritten",
    "WorkerLost",
]
_HOMES = {
    "Analysis": "gpu_trace_analyzers.notebook.analysis",
    "Trace": "gpu_trace_analyzers.model",
    "Engine": "gpu_trace_analyzers.model",
    "record": "gpu_trace.in_process.record",
    "Run": "gpu_trace.in_process.run",
}
"""The module of each; other classes are errors, and other functions are in `_api`, which alone loads pandas."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    usual = "gpu_trace_analyzers.errors" if name[0].isupper() else "gpu_trace._api"
    return getattr(import_module(_HOMES.get(name, usual)), name)


def __dir__() -> "list[str]":
    return sorted(__all__)


def load_ipython_extension(shell: object) -> None:
    """What ``%load_ext gpu_trace`` calls in a notebook: it adds the cell magic ``%%gpu_trace``."""
    from .magic import load as load_magic

    load_magic(shell)
