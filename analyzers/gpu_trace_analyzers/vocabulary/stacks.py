"""The word of both exports for a sample whose stack could not be read."""

from __future__ import annotations

NO_STACK = "(no stack)"
"""the function that viewers show for it"""
