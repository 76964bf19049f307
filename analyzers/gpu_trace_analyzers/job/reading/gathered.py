"""Parts of a job as they come, merged by and by, so that their texts and longest operations are kept once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kept.merged import merged

if TYPE_CHECKING:
    from ..kept.partial import Partial

_TOGETHER = 32
"""parts that are merged at once: each row is copied once for each power of it, not once for each part"""


class Gathered:
    """All parts so far."""

    def __init__(self) -> None:
        self._levels: list[list[Partial]] = [[]]
        """parts that were merged 0, 1, 2, ... times"""

    def add(self, part: Partial) -> None:
        """Take one more."""
        self._levels[0].append(part)
        for level, parts in enumerate(self._levels):
            if len(parts) < _TOGETHER:
                return
            if level + 1 == len(self._levels):
                self._levels.append([])
            self._levels[level + 1].append(merged(parts))
            parts.clear()

    def whole(self) -> Partial:
        """All of them as one."""
        return merged(part for parts in self._levels for part in parts)
