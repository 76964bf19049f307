"""The Perfetto traces that gpu-trace writes."""

from .reader import NAME, read, recognises

__all__ = ["NAME", "read", "recognises"]
