"""The Perfetto traces that gpu-trace writes."""

from .reader import NAME, read, recognizes

__all__ = ["NAME", "read", "recognizes"]
