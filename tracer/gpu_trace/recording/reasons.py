"""Why could something not be done? In words, and alike for all files that lack one thing."""

from __future__ import annotations

INTERRUPTED = "interrupted"


def reason_of(error: BaseException) -> str:
    """What the system says, without the file; else what the error says."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
