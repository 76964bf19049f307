"""torch.profiler's traces."""

from .reader import NAME, read, recognises

__all__ = ["NAME", "read", "recognises"]
