"""Where the library is that records CUPTI's activities."""

from __future__ import annotations

from pathlib import Path


def activities_library() -> Path | None:
    """The built library; None where it was installed without a C compiler."""
    path = Path(__file__).with_name("_activities.so")
    return path if path.exists() else None
