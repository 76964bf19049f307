"""What the script's process noted about itself: facts, one a line, ``key<TAB>value``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Notes:
    """The facts of one process, in the order in which they were noted."""

    def __init__(self, text: str) -> None:
        lines = (line.partition("\t") for line in text.splitlines())
        self._facts = [(key, value) for key, _, value in lines]

    @property
    def latest(self) -> str:
        """The key of the latest fact; empty where there is none."""
        return self._facts[-1][0] if self._facts else ""

    def all(self, key: str) -> list[str]:
        """Every value noted under a key."""
        return [value for name, value in self._facts if name == key]

    def last(self, key: str) -> str:
        """The latest value; empty where there is none."""
        return (self.all(key) or [""])[-1]


def read(path: Path) -> Notes:
    """The notes of a file; none where the process did not come to write any."""
    try:
        return Notes(path.read_text("utf-8", "replace"))
    except OSError:
        return Notes("")
