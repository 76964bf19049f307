"""A job as markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..markdown import drawn
from .sections import sections

if TYPE_CHECKING:
    from ...job.answer import JobAnswer


def to_markdown(answer: JobAnswer) -> str:
    """All of it. Names from traces are text, whatever characters they have."""
    return drawn(sections(answer))
