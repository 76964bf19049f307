"""torch.profiler's traces."""

from .reader import NAME, read, recognizes

__all__ = ["NAME", "read", "recognizes"]
