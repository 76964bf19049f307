"""A part of a job: what was kept of some of its ranks. Parts add up to the job, in any order, to the same bytes."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from .tables import Collectives, Groups, Lengths, Losses, Operations, Ranks, Steps, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...columns import Columns


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """Tables of some ranks. Merged, their rows are in order, and ``strings`` are sorted and only those of a table."""

    strings: tuple[str, ...] = ()
    ranks: Ranks = field(default_factory=Ranks.empty)
    losses: Losses = field(default_factory=Losses.empty)
    steps: Steps = field(default_factory=Steps.empty)
    collectives: Collectives = field(default_factory=Collectives.empty)
    groups: Groups = field(default_factory=Groups.empty)
    operations: Operations = field(default_factory=Operations.empty)
    lengths: Lengths = field(default_factory=Lengths.empty)
    unreadable: Unreadable = field(default_factory=Unreadable.empty)

    @classmethod
    def of(cls, strings: Iterable[str], tables: Mapping[str, Any]) -> Partial:
        """That of these tables, by their fields; those left out are empty."""
        return cls(tuple(strings), **tables)

    @classmethod
    @cache
    def table_types(cls) -> Mapping[str, type[Columns]]:
        """Every table that it has: its field and its type, in the order of the fields."""
        of_nothing = cls()
        return {each.name: type(getattr(of_nothing, each.name)) for each in fields(cls)[1:]}

    def tables(self) -> dict[str, Any]:
        """Every table by its field, in the order of the fields."""
        return {name: getattr(self, name) for name in self.table_types()}

    def text(self, code: int) -> str:
        """The string behind a code; empty for `MISSING`."""
        return self.strings[code] if code >= 0 else ""
