"""The SQLite export of Nsight Systems."""

from .reader import NAME, read, recognizes

__all__ = ["NAME", "read", "recognizes"]
