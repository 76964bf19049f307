"""torch.profiler's traces."""

from .reader import ARROWS, NAME, read, recognizes

__all__ = ["ARROWS", "NAME", "read", "recognizes"]
