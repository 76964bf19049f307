"""gpu-trace: is the copying hidden behind the computing, and if not, why?

>>> import gpu_trace
>>> trace = gpu_trace.load("trace.json.gz")            # doctest: +SKIP
>>> gpu_trace.overlap(trace).devices.overlap_ratio     # doctest: +SKIP

``load``, ``overlap``, ``ranges``, ``causes`` and ``diff`` are imported when first used: this module is also imported
where nothing is analysed.
"""

from ._version import VERSION as __version__

TYPE_CHECKING = False  # type checkers take it for typing's, which is not loaded here
if TYPE_CHECKING:
    from ._api import causes, diff, load, overlap, ranges

__all__ = ["__version__", "load", "overlap", "ranges", "causes", "diff"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import _api

    return getattr(_api, name)


def __dir__() -> "list[str]":
    return sorted(__all__)
