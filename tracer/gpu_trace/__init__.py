"""gpu-trace reports how much GPU copy time overlaps with compute, and why the rest does not.

>>> import gpu_trace
>>> trace = gpu_trace.load("trace.json.gz")            # doctest: +SKIP
>>> gpu_trace.overlap(trace).devices.overlap_ratio     # doctest: +SKIP

Everything but the version is imported when first used: this module is also imported where nothing is analyzed.
"""

from ._version import VERSION as __version__

TYPE_CHECKING = False  # type checkers take it for typing's, which is not loaded here
if TYPE_CHECKING:
    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.errors import (
        FormatUnsupported,
        GpuTraceError,
        SeveralRuns,
        TraceInconclusive,
        TraceUnreadable,
        UsageError,
    )
    from gpu_trace_analyzers.model import Engine, Trace

    from ._api import account, causes, diff, load, overlap, ranges, what_if, work

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
    "Analysis",
    "Trace",
    "Engine",
    "GpuTraceError",
    "TraceUnreadable",
    "FormatUnsupported",
    "TraceInconclusive",
    "UsageError",
    "SeveralRuns",
]
_CLASSES = {"Analysis": "analysis", "Trace": "model", "Engine": "model"}
"""The module of each; the others are errors."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = f"gpu_trace_analyzers.{_CLASSES.get(name, 'errors')}" if name[0].isupper() else "gpu_trace._api"
    return getattr(import_module(home), name)  # only the functions load pandas


def __dir__() -> "list[str]":
    return sorted(__all__)
