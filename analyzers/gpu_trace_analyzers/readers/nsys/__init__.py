"""The SQLite export of Nsight Systems."""

from .reader import NAME, read, recognises

__all__ = ["NAME", "read", "recognises"]
