"""The ranges that gpu-trace records of its own accord, as the readers find them among those of NVTX."""

from __future__ import annotations

DOMAIN = "gpu-trace"
"""the NVTX domain of all of them"""

GARBAGE_COLLECTION = "Python garbage collection"
"""A collection of Python's garbage collector, of 100 us and more. It is a range of the process, because no thread runs
Python meanwhile; its ``thread`` is the one that collected."""
