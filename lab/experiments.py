"""What the laboratory runs: the entries of experiments.toml."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Collection

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Experiment:
    """One sample, and what is asked of it.

    ``overlap_of`` is ``copies`` or ``devices``; ``copies`` (names of engines) says what counts as copying where that is
    not the usual.
    """

    title: str
    sample: str
    book: str
    overlap_of: str = "copies"
    parts: tuple[tuple[str, ...], ...] = ()
    other_parts: dict[str, str] = field(default_factory=dict)
    copies: tuple[str, ...] = ()
    ranks: int = 1

    @property
    def script(self) -> str:
        """Its file, from the root of the repository."""
        return f"samples/{self.sample}.py"

    def parts_of(self, variant: str, ran: Collection[str]) -> tuple[str, ...]:
        """The two variants that do half the work of this one each; none where it is one of them, or has none."""
        found = [next((name for name in names if name in ran), "") for names in self.parts]
        halves = {half for names in self.parts for half in names} | set(self.other_parts.values())
        if not found or not all(found) or variant in halves:
            return ()
        return (found[0], self.other_parts.get(variant, found[1]))


def experiments() -> list[Experiment]:
    """All of them, in the order of the page."""
    text = (Path(__file__).parent / "experiments.toml").read_text(encoding="utf-8")
    return [_experiment(entry) for entry in tomllib.loads(text)["experiments"]]


def _experiment(entry: dict[str, object]) -> Experiment:
    listed = {name: value for name, value in entry.items() if name not in ("parts", "copies")}
    parts = tuple(tuple(names) for names in entry.get("parts", ()))  # type: ignore[attr-defined]  # lists of strings
    return Experiment(parts=parts, copies=tuple(entry.get("copies", ())), **listed)  # type: ignore[arg-type]  # by TOML
