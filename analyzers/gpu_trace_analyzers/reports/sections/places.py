"""The line of the script that a loss is at, in words: ``train.py:57 in batches``."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from ...units import count, duration

if TYPE_CHECKING:
    from ...questions.account.losses import Loss
    from ...questions.account.where import Lines

_SAYS_LITTLE = ("__init__", "__main__")
"""Names of files that say something only together with their folder."""
_WORTH_TELLING = 0.05
"""Share of a loss from which it is said that so much of it was not sampled."""


def short_place(lines: Lines) -> str:
    """``train.py:57 in batches``, ``train.py:55-58 in batches``."""
    file = PurePath(lines.file)
    name = "/".join(file.parts[-2:]) if file.stem in _SAYS_LITTLE else file.name
    return f"{name}:{_numbers(lines)} in {lines.function.rpartition('<locals>.')[2]}"


def full_place(lines: Lines) -> str:
    """The same, with the whole path and the qualified name."""
    return f"{lines.file}:{_numbers(lines)} in {lines.function}"


def _numbers(lines: Lines) -> str:
    return str(lines.first_line) if lines.first_line == lines.last_line else f"{lines.first_line}-{lines.last_line}"


def at_lines(lines: Lines | None) -> str:
    """`` at train.py:57 in batches``; empty where no line is named."""
    return f" at {short_place(lines)}" if lines else ""


def sampled_line(loss: Loss) -> str:
    """``at train.py:57 in batches (140 of 144 samples)``; empty where no line is named."""
    if loss.seen is None or loss.lines is None:
        return ""
    unsampled_ns = loss.seen.unsampled_ns
    lacking = f"; {duration(unsampled_ns)} not sampled" if unsampled_ns >= _WORTH_TELLING * loss.ns else ""
    return f"at {short_place(loss.lines)} ({loss.lines.samples:,} of {count(loss.seen.samples, 'sample')}{lacking})"
