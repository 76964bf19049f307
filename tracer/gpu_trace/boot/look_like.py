"""Functions that stand in the place of others."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def look_like(replacement: Any, original: Any) -> None:
    """Have a function called and documented as the one whose place it takes."""
    for attribute in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(replacement, attribute, getattr(original, attribute))
